/**
 * Clients that others wrote, as they are, against the running service. They need an environment of Python, which is not in the
 * repository, and are left out without it:
 *
 *     python3 -m venv .cache/serve-clients
 *     .cache/serve-clients/bin/pip install -r packages/serve/test/clients/requirements.txt
 *
 * grpcurl and grpc_health_probe are taken from its folder `bin`, too, or from where the system looks for programs.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Authority } from "./support/certificates.ts";
import { fixture } from "./support/fixture.ts";
import { put, ROOT, type Running, startService } from "./support/service.ts";

const ENVIRONMENT = join(ROOT, ".cache/serve-clients");
/** Where programs such as grpcurl are looked for. */
const ENVIRONMENT_PATHS = [join(ENVIRONMENT, "bin"), ...(process.env["PATH"] ?? "").split(delimiter)];
const PATH = ENVIRONMENT_PATHS.join(delimiter);
const CASE = "binary-logistic-missing";
const run = promisify(execFile);

/** Scripts and the module that each needs. */
const CLIENTS = {
  "triton_http.py": "tritonclient",
  "triton_grpc.py": "tritonclient",
  "kserve_rest.py": "kserve",
  "kserve_grpc.py": "kserve",
  "generated_grpc.py": "grpc_tools",
  "mlflow_scoring.py": "mlflow",
};

let running: Running;
beforeAll(async () => {
  running = await startService({ "m.ubj": fixture(CASE).model });
});
afterAll(() => running.stop());

function isInstalled(module: string): boolean {
  const folder = join(ENVIRONMENT, "lib");
  const versions = existsSync(folder) ? readdirSync(folder) : [];
  return versions.some((version) => existsSync(join(folder, version, "site-packages", module)));
}

describe("clients in Python", () => {
  for (const [script, module] of Object.entries(CLIENTS)) {
    const installed = isInstalled(module);
    const reason = installed ? "" : ` (no ${module} in .cache/serve-clients)`;
    it.skipIf(!installed)(
      `${script}${reason}`,
      async () => {
        const { port, adminPort, grpcPort } = running.service;
        const { stdout } = await run(
          join(ENVIRONMENT, "bin/python"),
          [
            join(ROOT, "packages/serve/test/clients", script),
            String(port),
            String(adminPort),
            String(grpcPort),
            "m",
            `3.4.1/${CASE}`,
          ],
          { timeout: 120_000, env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } },
        );
        expect(stdout).toMatch(/^ok /);
      },
      150_000,
    );
  }
});

describe("tritonclient with TLS, a certificate of its own and a token", () => {
  const installed = isInstalled("tritonclient");
  const reason = installed ? "" : " (no tritonclient in .cache/serve-clients)";
  it.skipIf(!installed)(
    `triton_secured.py${reason}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-serve-secured-"));
      const authority = new Authority(folder, "authority");
      const [own, client] = [authority.issue("server"), authority.issue("client")];
      put(join(folder, "tokens"), "a-token\n");
      const secured = await startService(
        { "m.ubj": fixture(CASE).model },
        {
          tlsCert: own.cert,
          tlsKey: own.key,
          tlsClientCa: authority.path,
          tokenFile: join(folder, "tokens"),
        },
      );
      const { port, adminPort, grpcPort } = secured.service;
      const script = join(ROOT, "packages/serve/test/clients/triton_secured.py");
      const parameters = [String(port), String(adminPort), String(grpcPort), "m", `3.4.1/${CASE}`];
      const { stdout } = await run(join(ENVIRONMENT, "bin/python"), [script, ...parameters], {
        timeout: 120_000,
        env: {
          ...process.env,
          AUTHORITY: authority.path,
          CERTIFICATE: client.cert,
          KEY: client.key,
          TOKEN: "a-token",
          PYTHONDONTWRITEBYTECODE: "1",
        },
      });
      expect(stdout.match(/^ok /gm)?.length).toBe(4);
      await secured.stop();
      rmSync(folder, { recursive: true });
    },
    150_000,
  );
});

describe("the examples of docs/serving.md", () => {
  const text = readFileSync(join(ROOT, "docs/serving.md"), "utf8");
  const examples = (language: string, word: string) =>
    Array.from(text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs")), ([, code]) => code!).filter(
      (code) => code.includes(word),
    );
  let service: Running;
  let folder: string;
  beforeAll(async () => {
    service = await startService({});
    cpSync(join(ROOT, "examples/tumour"), join(service.directory, "tumour"), { recursive: true });
    // One feature alone is not enough for the example's own check.
    const manifest = readFileSync(join(ROOT, "examples/tumour/model.yaml"), "utf8");
    put(join(service.directory, "tumour/model.yaml"), manifest.replace("mode: weight", "mode: off"));
    await service.service.repository.reload();
    folder = mkdtempSync(join(tmpdir(), "xgboost-infer-serve-docs-"));
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });
  const here = (code: string) =>
    code
      .replaceAll("localhost:8081", `127.0.0.1:${service.service.grpcPort}`)
      .replaceAll("localhost:8080", `127.0.0.1:${service.service.port}`);
  const shell = (code: string) =>
    run("sh", ["-e", "-c", here(code)], { cwd: folder, env: { ...process.env, PATH }, timeout: 60_000 });
  const python = (code: string) =>
    run(join(ENVIRONMENT, "bin/python"), ["-c", here(code)], { cwd: folder, timeout: 60_000 });

  const [curl] = examples("sh", "/xgboost_infer.v1.ScoringService/Score -H");
  it("curl", async () => {
    const { stdout } = await shell(curl!);
    expect(JSON.parse(stdout)).toMatchObject({ model: { name: "tumour" }, score: expect.any(Number) });
  });

  const grpcurl = ENVIRONMENT_PATHS.some((path) => existsSync(join(path, "grpcurl")));
  it.skipIf(!grpcurl)(`grpcurl${grpcurl ? "" : " (none in .cache/serve-clients/bin or PATH)"}`, async () => {
    const [code] = examples("sh", "grpcurl");
    const { stdout } = await shell(code!);
    expect(stdout).toMatch(/inference\.GRPCInferenceService[\s\S]*"score": 0\.\d+/);
  });

  const probe = ["grpc_health_probe", "grpc-health-probe"].find((name) =>
    ENVIRONMENT_PATHS.some((path) => existsSync(join(path, name))),
  );
  it.skipIf(!probe)(
    `grpc_health_probe${probe ? "" : " (none in .cache/serve-clients/bin or PATH)"}`,
    async () => {
      const { stderr } = await shell(`${probe} -addr=localhost:8081`);
      expect(stderr).toContain("SERVING");
    },
  );

  const triton = isInstalled("tritonclient");
  it.skipIf(!triton)(`tritonclient${triton ? "" : " (not in .cache/serve-clients)"}`, async () => {
    const { stdout } = await python(examples("python", "tritonclient.grpc")[0]!);
    expect(stdout).toMatch(/^\[\[0\.\d+\]\]\n$/);
  });

  const generated = isInstalled("grpc_tools");
  it.skipIf(!generated)(
    `a generated client${generated ? "" : " (no grpc_tools in .cache/serve-clients)"}`,
    async () => {
      const command = /`python (-m grpc_tools\.protoc [^`]+)`/.exec(text)![1]!;
      const words = command.replace("-I proto", `-I ${join(ROOT, "packages/serve/proto")}`).split(" ");
      await run(join(ENVIRONMENT, "bin/python"), words, { cwd: folder });
      const { stdout } = await python(examples("python", "ScoringServiceStub")[0]!);
      expect(stdout).toMatch(/^0\.\d+ \{'mean radius': -?\d/);
    },
  );
});

const CURRENT = isInstalled("grpc_tools");
it.skipIf(!CURRENT)(
  `src/proto is what proto means${CURRENT ? "" : " (no grpc_tools in .cache/serve-clients)"}`,
  async () => {
    const { generate, PROTO_FILES } = await import("../tools/generate-proto.mjs");
    const out = mkdtempSync(join(tmpdir(), "xgboost-infer-serve-proto-"));
    generate(out);
    for (const file of PROTO_FILES) {
      const name = file.replace(".proto", "_pb.ts");
      const committed = readFileSync(join(ROOT, "packages/serve/src/proto", name), "utf8");
      expect(readFileSync(join(out, name), "utf8")).toBe(committed);
    }
    rmSync(out, { recursive: true });
  },
);
