/** Models that come, change, break and go while they are used. */
import { cpSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Booster } from "xgboost-infer";
import { withDefaults } from "../src/config/read-config.ts";
import { openLog } from "../src/log/logger.ts";
import type { IndexEntry } from "../src/repository/repository.ts";
import { compareVersions } from "../src/repository/versions.ts";
import { Service } from "../src/service.ts";
import { fixture, rowTexts } from "./support/fixture.ts";
import { put, type Repository, ROOT, type Running, startService, until } from "./support/service.ts";

const A = fixture("binary-logistic");
const B = fixture("binary-logistic-base-score");
const NAMED = fixture("feature-names");

vi.setConfig({ testTimeout: 60_000 });

let running: Running | undefined;

async function start(files: Repository, settings = {}): Promise<Running> {
  running = await startService(files, settings);
  return running;
}

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function index(of: Running): Promise<IndexEntry[]> {
  return (await of.admin("/v2/repository/index", { method: "POST" })).json<IndexEntry[]>();
}

function logLines(of: Running): Record<string, unknown>[] {
  of.flushLog();
  return readFileSync(of.logFile, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Puts a file in another's place at once, as a careful release does. */
function replace(path: string, content: string | Uint8Array): void {
  put(`${path}.tmp`, content);
  renameSync(`${path}.tmp`, path);
}

const MANIFEST = "name: risk\nversion: '7'\nmodel: m.ubj\n";

describe("layouts", () => {
  it("are model directories, model files, and versions of both; hidden and unfinished files are passed over", async () => {
    const document = readFileSync(join(ROOT, "fixtures/3.4.1/binary-logistic/model.json"));
    const of = await start({
      "risk-dir/model.yaml": MANIFEST,
      "risk-dir/m.ubj": A.model,
      "plain.ubj": B.model,
      "versions/1/model.ubj": A.model,
      "versions/10/model.json": document,
      "versions/9/model.yaml": "name: versions\nmodel: m.ubj\n",
      "versions/9/m.ubj": B.model,
      "alone/model.ubj": NAMED.model,
      ".hidden/model.ubj": A.model,
      "coming.ubj.tmp": A.model,
      "readme.md": "no model",
      "empty/notes.txt": "no model",
    });
    expect(
      (await index(of)).map(({ name, version, state, reason }) => [name, version, state, reason]),
    ).toEqual([
      ["alone", "1", "READY", ""],
      ["plain", "1", "READY", ""],
      ["risk", "7", "READY", ""],
      ["versions", "1", "READY", ""],
      ["versions", "10", "READY", ""],
      ["versions", "9", "READY", ""],
    ]);
    const { versions, inputs } = (await of.send("/v2/models/alone")).json<{
      versions: string[];
      inputs: { name: string }[];
    }>();
    expect(versions).toEqual(["1"]);
    expect(inputs.map((input) => input.name)).toEqual(NAMED.names);
    expect((await of.send("/v2/models/versions")).json()["versions"]).toEqual(["10", "9", "1"]);
    expect(await score(of, "versions/versions/9")).toEqual({ of: "B", version: "9" });
    expect(await score(of, "versions")).toEqual({ of: "A", version: "10" });
    expect((await of.send("/v2/models/versions/versions/2")).status).toBe(404);
  });

  it("may be a single model directory", async () => {
    const of = await start({ "model.yaml": MANIFEST, "m.ubj": A.model });
    expect(await score(of, "risk")).toEqual({ of: "A", version: "7" });
  });

  it("report two models of one name and version, and serve the first", async () => {
    const of = await start({
      "a/model.yaml": MANIFEST,
      "a/m.ubj": A.model,
      "b/model.yaml": MANIFEST,
      "b/m.ubj": B.model,
    });
    expect((await index(of)).map(({ state }) => state)).toEqual(["READY", "UNAVAILABLE"]);
    expect((await index(of))[1]!.reason).toMatch(/^model "risk" has version "7" already/);
    expect(await score(of, "risk")).toEqual({ of: "A", version: "7" });
    rmSync(join(of.directory, "a"), { recursive: true });
    await until(async () => (await score(of, "risk")).of === "B");
  });

  it("order versions by the numbers in them", () => {
    const sorted = ["10", "9", "2026-11", "2026-9", "1.10", "1.9"].sort(compareVersions);
    expect(sorted).toEqual(["1.9", "1.10", "9", "10", "2026-9", "2026-11"]);
  });
});

const ROWS = Array.from({ length: A.rows }, (_, row) => row);
const INFER = `{"inputs":[{"name":"rows","shape":[${A.rows},${A.cols}],"datatype":"FP32","data":[${rowTexts(A, ROWS).flat()}]}]}`;
const EXPECTED = { A: A.expected.value, B: booster(B.model) };

/** What B gives for the rows of A: no fixture has it. */
function booster(model: Uint8Array): Float32Array {
  return Booster.load(model).predict({ data: A.values, rows: A.rows, cols: A.cols }).data;
}

interface InferReply {
  readonly model_version: string;
  readonly parameters: { readonly model_digest: string };
  readonly outputs: readonly [{ readonly data: readonly number[] }];
}

/** Which of the two models all of an answer is from. */
async function score(of: Running, path: string): Promise<{ of: string; version: string }> {
  const answer = await of.send(`/v2/models/${path}/infer`, {
    body: INFER,
    headers: { "Content-Type": "application/json" },
  });
  if (answer.status !== 200) {
    return { of: `${answer.status} ${answer.bytes}`, version: "" };
  }
  const { model_version: version, outputs } = answer.json<InferReply>();
  const found = (["A", "B"] as const).filter((each) =>
    outputs[0].data.every((value, i) => Object.is(value, EXPECTED[each][i])),
  );
  return { of: found.join(), version };
}

describe("a model that changes", () => {
  it("is swapped in: of requests by 20 clients none is lost, and none answered by both", async () => {
    const of = await start({ "m.ubj": A.model });
    const digests = new Map<string, string>();
    let requests = 0;
    let going = true;
    const client = async () => {
      while (going) {
        const answer = await of.send("/v2/models/m/infer", {
          body: INFER,
          headers: { "Content-Type": "application/json" },
        });
        expect(answer.status).toBe(200);
        const { parameters, outputs } = answer.json<InferReply>();
        const which = (["A", "B"] as const).find((each) =>
          outputs[0].data.every((value, i) => Object.is(value, EXPECTED[each][i])),
        );
        expect(which).toBeDefined();
        const known = digests.get(parameters.model_digest);
        expect(known ?? which).toBe(which);
        digests.set(parameters.model_digest, which!);
        requests++;
      }
    };
    const clients = Array.from({ length: 20 }, client);
    for (let swap = 0; swap < 10; swap++) {
      const before = of.service.repository.get("m").digest;
      replace(join(of.directory, "m.ubj"), swap % 2 === 0 ? B.model : A.model);
      await until(() => of.service.repository.get("m").digest !== before);
    }
    going = false;
    await Promise.all(clients);
    expect(requests).toBeGreaterThan(100);
    expect([...digests.values()].sort()).toEqual(["A", "B"]);
  });

  it("goes on in its old form where the new one is broken, and says so", async () => {
    const of = await start({ "m.ubj": A.model, "bad.ubj": "no model at all" });
    const { digest } = of.service.repository.get("m");
    replace(join(of.directory, "m.ubj"), A.model.subarray(0, 500));
    await until(async () => (await index(of))[1]!.reason !== "");
    const [bad, m] = await index(of);
    expect(bad).toMatchObject({
      name: "bad",
      state: "UNAVAILABLE",
      reason: expect.stringContaining("bad.ubj"),
    });
    expect(m).toMatchObject({ name: "m", state: "READY", digest, reason: expect.stringMatching(/^m\.ubj/) });
    expect(JSON.stringify([bad, m])).not.toContain(of.directory);
    expect(await score(of, "m")).toEqual({ of: "A", version: "1" });
    expect((await of.send("/v2/models/bad/ready")).status).toBe(503);
    expect((await of.send("/v2/health/ready")).status).toBe(200);
    const metrics = (await of.admin("/metrics")).bytes.toString();
    expect(metrics).toMatch(/model_loads_total\{model="m",outcome="failed"\} 1\b/);
    expect(logLines(of)).toContainEqual(
      expect.objectContaining({ msg: "model cannot be used", model: "m", stillServing: digest }),
    );
    replace(join(of.directory, "m.ubj"), B.model);
    await until(async () => (await score(of, "m")).of === "B");
    expect((await index(of))[1]!.reason).toBe("");
  });

  it("comes and goes with its files", async () => {
    const of = await start({});
    expect((await of.send("/v2/health/ready")).status).toBe(503);
    expect((await of.send("/v2/health/live")).status).toBe(200);
    put(join(of.directory, "new/model.yaml"), MANIFEST);
    put(join(of.directory, "new/m.ubj"), A.model);
    await until(async () => (await of.send("/v2/health/ready")).status === 200);
    expect(await score(of, "risk")).toEqual({ of: "A", version: "7" });
    rmSync(join(of.directory, "new"), { recursive: true });
    await until(async () => (await of.send("/v2/models/risk/ready")).status === 404);
  });

  it("is seen on request where nobody watches", async () => {
    const of = await start({ "m.ubj": A.model }, { watch: false });
    replace(join(of.directory, "m.ubj"), B.model);
    expect((await score(of, "m")).of).toBe("A");
    await of.service.repository.reload();
    expect((await score(of, "m")).of).toBe("B");
    replace(join(of.directory, "m.ubj"), A.model);
    expect((await of.admin("/v2/repository/reload", { method: "POST" })).status).toBe(200);
    expect((await score(of, "m")).of).toBe("A");
  });

  it("is unloaded and loaded on request", async () => {
    const of = await start({ "m.ubj": A.model, "n.ubj": B.model });
    const post = (path: string) => of.admin(`/v2/repository/models/${path}`, { method: "POST" });
    expect((await post("m/unload")).status).toBe(200);
    expect((await of.send("/v2/models/m/ready")).status).toBe(503);
    expect((await index(of))[0]).toMatchObject({ name: "m", state: "UNAVAILABLE", reason: "unloaded" });
    await of.service.repository.reload();
    expect((await of.send("/v2/models/m/ready")).status).toBe(503);
    expect((await post("m/load")).status).toBe(200);
    expect(await score(of, "m")).toEqual({ of: "A", version: "1" });
    expect((await post("nobody/load")).status).toBe(404);
    expect((await post("nobody/unload")).status).toBe(404);
    replace(join(of.directory, "m.ubj"), "broken");
    expect((await post("m/load")).status).toBe(400);
    expect(await score(of, "m")).toEqual({ of: "A", version: "1" });
    const ready = await of.admin("/v2/repository/index", { body: { ready: true } });
    expect(ready.json<IndexEntry[]>().map(({ name }) => name)).toEqual(["m", "n"]);
  });
});

describe("a check", () => {
  it("keeps a model from being served, or tells of it", async () => {
    const of = await start({});
    cpSync(join(ROOT, "examples/tumour"), join(of.directory, "tumour"), { recursive: true });
    put(join(of.directory, "m.ubj"), A.model);
    const config = withDefaults({
      modelRepository: of.directory,
      port: 0,
      adminPort: 0,
      watch: false,
      logLevel: "silent",
      drainTimeout: 100,
    });
    const log = openLog({ ...config, logFile: join(of.directory, "../other-log") });
    const service = new Service({
      config,
      log,
      checks: [
        ({ files, executor }) => {
          if (!files.has("model.yaml")) {
            throw new Error("has no certificate");
          }
          return `${executor.name} is certified`;
        },
      ],
    });
    await service.start();
    expect(service.repository.get("tumour").notes).toEqual(["tumour is certified"]);
    expect(service.repository.index()[0]).toMatchObject({
      name: "m",
      state: "UNAVAILABLE",
      reason: "has no certificate",
    });
    await service.stop();
    await log.close();
  });
});
