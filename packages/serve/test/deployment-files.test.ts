/** The files of examples/serve for systemd and Kubernetes are such as these take, and fit the service and each other. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { readConfig } from "../src/config/read-config.ts";
import { ROOT, startService } from "./support/service.ts";

const EXAMPLES = join(ROOT, "examples/serve");
const read = (name: string): string => readFileSync(join(EXAMPLES, name), "utf8");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "xgboost-infer-deployment-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function configOf(text: string) {
  const path = join(folder, "serve.yaml");
  writeFileSync(path, text);
  return readConfig(["node", "xgboost-infer-serve", "--config", path], {});
}

describe("the unit of systemd", () => {
  const unit = read("xgboost-infer-serve.service");
  const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

  it.skipIf(!hasSystemd)(`is one${hasSystemd ? "" : " (there is no systemd-analyze)"}`, () => {
    // The command need not be installed here.
    const path = join(folder, "xgboost-infer-serve.service");
    writeFileSync(path, unit.replace("/usr/bin/xgboost-infer-serve", process.execPath));
    const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", path], {
      encoding: "utf8",
    });
    expect([status, stdout + stderr]).toEqual([0, ""]);
  });

  it("names settings that the service takes, in the folders that it may use", () => {
    const config = configOf(read("serve.yaml"));
    expect(unit).toContain("--config /etc/xgboost-infer-serve/serve.yaml");
    expect(config.modelRepository).toMatch(/^\/var\/lib\/xgboost-infer-serve\//);
    expect(unit).toMatch(/^StateDirectory=xgboost-infer-serve$/m);
    expect(config.logFile).toMatch(/^\/var\/log\/xgboost-infer-serve\//);
    expect(unit).toMatch(/^LogsDirectory=xgboost-infer-serve$/m);
    const stop = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)![1]) * 1000;
    expect(stop).toBeGreaterThan(config.drainTimeout);
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute/m);
  });
});

interface Port {
  readonly name: string;
  readonly containerPort?: number;
  readonly targetPort?: string;
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: of many shapes, which the schema checks
  readonly spec?: any;
}

describe("the manifests of Kubernetes", () => {
  const manifests = parseAllDocuments(read("kubernetes.yaml")).map((each) => each.toJS() as Manifest);
  const find = (kind: string, name = "scoring") =>
    manifests.find((each) => each.kind === kind && each.metadata.name === name)!;
  const config = configOf(find("ConfigMap").data!["serve.yaml"]!);
  const pod = find("Deployment").spec.template;
  const [container] = pod.spec.containers;

  const validator = join(ROOT, ".cache/deployment/bin/kubernetes-validate");
  const reason = existsSync(validator) ? "" : " (no .cache/deployment: see test/deployment/requirements.txt)";
  it.skipIf(reason !== "").each(["1.30", "1.34", "1.37"])(`fit the schemas of %s${reason}`, (version) => {
    const args = ["--strict", "-k", version, join(EXAMPLES, "kubernetes.yaml")];
    const { status, stdout, stderr } = spawnSync(validator, args, { encoding: "utf8" });
    const passed = `${stdout}${stderr}`.match(/ passed for resource /g)?.length;
    expect([status, passed]).toEqual([0, manifests.length]);
  });

  it("are of the same ports and labels as the settings and each other", () => {
    const ports = new Map(
      (container.ports as Port[]).map(({ name, containerPort }) => [name, containerPort]),
    );
    expect(Object.fromEntries(ports)).toEqual({ http: config.port, grpc: config.grpcPort });
    expect(container.livenessProbe.grpc.port).toBe(config.grpcPort);
    for (const service of manifests.filter(({ kind }) => kind === "Service")) {
      expect(pod.metadata.labels).toMatchObject(service.spec.selector);
      for (const { targetPort } of service.spec.ports as Port[]) {
        expect([...ports.keys()]).toContain(targetPort);
      }
    }
    expect(pod.metadata.labels).toMatchObject(find("Deployment").spec.selector.matchLabels);
    expect(pod.metadata.labels).toMatchObject(find("PodDisruptionBudget").spec.selector.matchLabels);
    expect(find("Service", "scoring-grpc").spec.clusterIP).toBe("None");
  });

  it("leave time to drain, and listen where probes and requests come from", () => {
    const { terminationGracePeriodSeconds } = pod.spec;
    const before = container.lifecycle.preStop.sleep.seconds;
    expect(terminationGracePeriodSeconds * 1000).toBeGreaterThan(before * 1000 + config.drainTimeout);
    expect(config.host).toBe("0.0.0.0");
    expect(config.adminHost).toBe("127.0.0.1");
    const mounted = (container.volumeMounts as { name: string; mountPath: string }[]).map(
      ({ mountPath }) => mountPath,
    );
    expect(mounted).toContain(config.modelRepository);
    expect(container.command).toContain(`${mounted[0]}/serve.yaml`);
  });

  it("ask for paths that the service answers", async () => {
    const running = await startService({});
    for (const probe of [container.startupProbe, container.readinessProbe]) {
      // There is no model: it is not ready, and says so.
      expect((await running.send(probe.httpGet.path)).status).toBe(503);
    }
    await running.stop();
  });
});
