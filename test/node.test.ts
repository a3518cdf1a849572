/** `xgboost-infer/node`: real threads, and model files. */
import { spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Booster, InputError, ModelFormatError } from "../src/index.ts";
import { loadFile, WorkerError } from "../src/node/index.ts";
import { nodePlatform } from "../src/node/platform.ts";
import type { Listener, Platform, Port } from "../src/pool/platform.ts";
import type { ScoreMessage } from "../src/pool/protocol.ts";
import { firstDifference, manifest, readFixture, readInput, readOptions } from "./support/fixtures.ts";
import { realThreads, TestPool } from "./support/pool.ts";

// Thousands of messages between threads: on a busy machine each waits its turn.
vi.setConfig({ testTimeout: 60_000 });

const MODEL = fileURLToPath(new URL("../fixtures/3.4.1/breast-cancer/model.ubj", import.meta.url));
const FEATURES = 30;
const ROWS = 3000;
const DENSE = {
  data: Float32Array.from({ length: ROWS * FEATURES }, (_, i) => (i * 2654435761) % 997),
  rows: ROWS,
  cols: FEATURES,
};

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "xgboost-infer-node-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("threads", () => {
  /** One model of each kind: all of them would start hundreds of threads. */
  const kinds = new Map(
    manifest.cases
      .filter((each) => each.release === "3.4.1" && each.files.some((file) => file.kind === "ubj"))
      .map(
        (each) =>
          [`${each.booster} ${each.objective} ${/categor|vector|names/.exec(each.name)}`, each] as const,
      ),
  );
  const cases = [...kinds.values()];

  it("give the bits of the booster on every kind of model", async () => {
    const platform = realThreads();
    let compared = 0;
    for (const fixture of cases) {
      const file = fixture.files.find((each) => each.kind === "ubj")!;
      const booster = Booster.load(readFixture(file.path));
      const pool = await TestPool.create(booster, platform, {}, { blockWalks: 500, localWalks: 0 });
      for (const call of fixture.calls) {
        const data = readInput(fixture.inputs[call.input]!);
        const options = readOptions(call.options);
        const wanted = await Promise.resolve()
          .then(() => booster.predict(data, options))
          .catch(() => undefined);
        if (wanted !== undefined) {
          const { data: found, shape } = await pool.predict(data, options);
          expect({ call: call.id, shape, at: firstDifference(found, wanted.data) }).toEqual({
            call: call.id,
            shape: wanted.shape,
            at: -1,
          });
          compared++;
        }
      }
      await pool.close();
    }
    expect(cases.length).toBeGreaterThan(25);
    expect(compared).toBeGreaterThan(100);
  }, 120_000);

  /** Real threads, of which a test can reach each. */
  function watched(): {
    platform: Platform;
    ports: Port[];
    sent: ScoreMessage[];
    beforePost: { call: () => void };
  } {
    const inner = realThreads();
    const ports: Port[] = [];
    const sent: ScoreMessage[] = [];
    const beforePost = { call: (): void => undefined };
    const start = (listener: Listener): Port => {
      const port = inner.start(listener);
      ports.push(port);
      return {
        ...port,
        post: (message, transfer) => {
          if (message.type === "score") {
            sent.push(message);
            beforePost.call();
          }
          port.post(message, transfer);
        },
      };
    };
    return { platform: { sharesMemory: true, start }, ports, sent, beforePost };
  }

  it("that are terminated are replaced, and their blocks scored again", async () => {
    const { platform, ports, sent, beforePost } = watched();
    const pool = await TestPool.create(readFixture("3.4.1/breast-cancer/model.ubj"), platform);
    const terminated = new Set<Port>();
    beforePost.call = () => {
      const last = ports.at(-1)!;
      if (sent.length % 50 === 49 && terminated.size < 4 && !terminated.has(last)) {
        terminated.add(last);
        void last.terminate();
      }
    };
    const { data } = await pool.predict(DENSE);
    expect(firstDifference(data, pool.booster.predict(DENSE).data)).toBe(-1);
    expect(terminated.size).toBe(4);
    // The last one may have died idle, and needs no successor.
    expect(ports.length).toBeGreaterThanOrEqual(5);
    await pool.close();
  });

  it("that crash over and over end in an error, and others go on", async () => {
    const { platform, ports, sent } = watched();
    const pool = await TestPool.create(readFixture("3.4.1/breast-cancer/model.ubj"), platform, {
      workers: 1,
    });
    // No engine walks rows that are not there: the worker throws.
    const bad = { ...DENSE, data: DENSE.data.subarray(0, 60), rows: 2 };
    const broken = pool.predict(bad, { baseMargin: spoiling(2) });
    const error = await broken.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkerError);
    expect((error as Error).message).toMatch(
      /^rows 0 to 0: 3 workers died while scoring them, the last with: /,
    );
    expect(ports.length).toBeGreaterThanOrEqual(3);
    const { data } = await pool.predict(DENSE);
    expect(firstDifference(data, pool.booster.predict(DENSE).data)).toBe(-1);
    expect(sent.length).toBeGreaterThan(3);
    await pool.close();
  });

  /** Base margins that pass the checks of the calling thread, and become too few on their way to a worker. */
  function spoiling(length: number): Float32Array {
    const margins = new Float32Array(length);
    Object.defineProperty(margins, "slice", { value: () => new Float32Array(0) });
    return margins;
  }

  it("stop at once when a signal says so, and are used again", async () => {
    const { platform, ports } = watched();
    const pool = await TestPool.create(readFixture("3.4.1/breast-cancer/model.ubj"), platform);
    const controller = new AbortController();
    const call = pool.predict(DENSE, { signal: controller.signal });
    const reason = new Error("no longer wanted");
    setTimeout(() => controller.abort(reason), 1);
    await expect(call).rejects.toBe(reason);
    const { data } = await pool.predict(DENSE);
    expect(firstDifference(data, pool.booster.predict(DENSE).data)).toBe(-1);
    expect(ports.length).toBe(2);
    await pool.close();
  });

  it("where the script is not there: a clear error", async () => {
    const platform = nodePlatform(() => new Worker(join(folder, "nothing.mjs")));
    const call = TestPool.create(readFixture("3.4.1/breast-cancer/model.ubj"), platform);
    await expect(call).rejects.toThrow(/^no worker could start: Cannot find module/);
    await expect(call).rejects.toBeInstanceOf(WorkerError);
  });
});

describe("a process that made a pool", () => {
  /** Runs a script over the sources, bundled as a user would bundle them: the worker's file beside it. */
  async function runScript(name: string, code: string): Promise<string> {
    const source = fileURLToPath(new URL("../src/", import.meta.url));
    const entry = join(folder, `${name}.ts`);
    writeFileSync(
      entry,
      `import { WorkerPool, loadFile } from ${JSON.stringify(`${source}node/index.ts`)};\n` +
        `const booster = await loadFile(${JSON.stringify(MODEL)});\n` +
        `const dense = { data: new Float32Array(${100_000 * FEATURES}), rows: 100_000, cols: ${FEATURES} };\n${code}`,
    );
    await build({
      entryPoints: { [name]: entry, worker: `${source}node/worker.ts` },
      outdir: join(folder, "out"),
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
    });
    writeFileSync(join(folder, "out/package.json"), '{ "type": "module" }');
    const { status, stdout, stderr, signal } = spawnSync(
      process.execPath,
      [join(folder, "out", `${name}.js`)],
      {
        encoding: "utf8",
        timeout: 20_000,
      },
    );
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
    return stdout.trim();
  }

  it("ends by itself once its work is done, and not before", async () => {
    const printed = await runScript(
      "ends",
      `const pool = await WorkerPool.create(booster, { workers: 2 });
      pool.predict(dense).then(({ shape }) => console.log(pool.workers, shape.join()));`,
    );
    expect(printed).toBe("2 100000");
  }, 30_000);

  it("ends by itself while a pool idles", async () => {
    const printed = await runScript(
      "idles",
      `const pool = await WorkerPool.create(booster);
      console.log(pool.workers > 0);`,
    );
    expect(printed).toBe("true");
  }, 30_000);

  it("can dispose of it", async () => {
    const printed = await runScript(
      "disposes",
      `const pool = await WorkerPool.create(booster, { workers: 2 });
      await pool[Symbol.asyncDispose]();
      console.log(pool.workers, await pool.predict(dense).catch((error) => error.code));`,
    );
    expect(printed).toBe("0 ERR_WORKER");
  }, 30_000);
});

describe("loadFile", () => {
  it.each([
    ["a path", MODEL],
    ["a URL", pathToFileURL(MODEL)],
  ])("loads %s", async (_, path) => {
    const booster = await loadFile(path, { engine: "javascript" });
    expect(booster.numFeatures).toBe(FEATURES);
    expect(booster.engine).toBe("javascript");
  });

  it("obeys maxBytes before it reads", async () => {
    const path = join(folder, "sparse.json");
    const file = openSync(path, "w");
    // A terabyte, of which nothing is stored: reading it would not come to an end.
    ftruncateSync(file, 2 ** 40);
    closeSync(file);
    const call = loadFile(path, { maxBytes: 1000 });
    await expect(call).rejects.toBeInstanceOf(ModelFormatError);
    await expect(call).rejects.toThrow(`${path}: has 1099511627776 bytes, maxBytes allows 1000`);
  });

  it("names the path in every error", async () => {
    const broken = join(folder, "broken.json");
    writeFileSync(broken, '{"learner": }');
    await expect(loadFile(broken)).rejects.toBeInstanceOf(ModelFormatError);
    for (const path of [broken, join(folder, "absent.json"), folder]) {
      await expect(loadFile(path)).rejects.toThrow(path);
    }
    await expect(loadFile(folder)).rejects.toBeInstanceOf(InputError);
    await expect(loadFile(join(folder, "absent.json"))).rejects.toMatchObject({ code: "ENOENT" });
    await expect(loadFile(5 as never)).rejects.toThrow("path is 5, expected a string or a URL");
    await expect(loadFile(MODEL, { maxBytes: "many" as never })).rejects.toBeInstanceOf(InputError);
  });
});
