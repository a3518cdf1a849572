/** The pool apart from any platform: fake workers die, stall and fail to start when a test says so. */
import { describe, expect, it, vi } from "vitest";
import { Booster, type Data, type EngineOption, InputError, type PredictOptions } from "../src/index.ts";
import { blockRowsOf, isSmall, LIMITS } from "../src/pool/cost.ts";
import type { PoolPredictOptions } from "../src/pool/pool.ts";
import { WorkerError } from "../src/pool/worker-error.ts";
import type { Prediction } from "../src/predict/booster.ts";
import { partsOf } from "../src/predict/booster.ts";
import { randomNumbers } from "./support/arbitrary.ts";
import { writeJson } from "./support/document.ts";
import { callData, callOptions, explanations } from "./support/explanations.ts";
import { type FixtureFile, manifest, readFixture, readInput, readOptions } from "./support/fixtures.ts";
import { modelDocument, modelOf, type TreeSpec } from "./support/model.ts";
import { FakePlatform, type FakeWorker, TestPool } from "./support/pool.ts";

// Thousands of messages between threads: on a busy machine each waits its turn.
vi.setConfig({ testTimeout: 60_000 });

const FEATURES = 3;
const ROWS = 500;

/** A model whose answer tells the row apart: a sum of stumps. */
const STUMPS: TreeSpec[] = Array.from({ length: 10 }, (_, t) => [
  { feature: t % FEATURES, threshold: t / 10, defaultLeft: t % 2 === 0, left: 1, right: 2 },
  { leaf: 2 ** -t },
  { leaf: -(3 ** -t) },
]);
const MODEL = writeJson(
  modelDocument(modelOf(STUMPS, { numFeatures: FEATURES, featureNames: ["a", "b", "c"] })),
);
const random = randomNumbers(11);
const MATRIX = Float32Array.from({ length: ROWS * FEATURES }, () =>
  random() < 0.1 ? Number.NaN : random() * 1.2 - 0.1,
);
const DENSE = { data: MATRIX, rows: ROWS, cols: FEATURES };

function rowOf(index: number): Float32Array {
  return MATRIX.subarray(index * FEATURES, (index + 1) * FEATURES);
}

function inShared(values: Float32Array): Float32Array {
  const shared = new Float32Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared as unknown as Float32Array;
}

const ROW_LIST = Array.from({ length: ROWS }, (_, r) => rowOf(r));
const FORMS: Record<string, Data> = {
  "a Float32Array": DENSE,
  "a Float32Array in shared memory": { ...DENSE, data: inShared(MATRIX) },
  "a Float64Array": { ...DENSE, data: Float64Array.from(MATRIX) },
  numbers: { ...DENSE, data: Array.from(MATRIX) },
  rows: ROW_LIST.map((row) => Array.from(row)),
  "named rows": ROW_LIST.map(([a, b, c]) => ({ c, a, b })),
  columns: {
    columns: Object.fromEntries(
      ["b", "a", "c"].map((name) => [name, ROW_LIST.map((row) => row["abc".indexOf(name)]!)]),
    ),
  },
  "a sparse matrix": {
    indptr: Int32Array.from({ length: ROWS + 1 }, (_, r) => r * FEATURES),
    indices: Int32Array.from(MATRIX, (_, i) => i % FEATURES),
    data: MATRIX,
    cols: FEATURES,
  },
};

/** Same bits, NaN being NaN, and the same shape. */
function expectSame(actual: Prediction, wanted: Prediction): void {
  expect(actual.shape).toEqual(wanted.shape);
  expect(actual.data.constructor).toBe(Float32Array);
  expect(actual.data.buffer).toBeInstanceOf(ArrayBuffer);
  expect(actual.data.length).toBe(wanted.data.length);
  expect(actual.data.findIndex((value, i) => !Object.is(value, wanted.data[i]))).toBe(-1);
}

function until(condition: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const look = (): void => {
      if (condition()) {
        resolve();
      } else if (Date.now() - started > 5000) {
        reject(new Error("waited in vain"));
      } else {
        setTimeout(look, 1);
      }
    };
    look();
  });
}

async function refusal(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each([true, false])("where memory is shared: %s", (sharesMemory) => {
  it.each(Object.keys(FORMS))("%s: the bits of the booster", async (form) => {
    const platform = new FakePlatform({ sharesMemory });
    const pool = await TestPool.create(MODEL, platform);
    const options: PredictOptions[] = [
      {},
      { outputMargin: true },
      { predLeaf: true },
      { predLeaf: true, strictShape: true },
      { strictShape: true },
      { iterationRange: [2, 5] },
      { missing: MATRIX[4]! },
      { baseMargin: Array.from({ length: ROWS }, (_, r) => r / 7) },
    ];
    for (const each of options) {
      expectSame(await pool.predict(FORMS[form]!, each), pool.booster.predict(FORMS[form]!, each));
    }
    expect(platform.workers.length).toBe(2);
    expect(platform.workers.every((worker) => worker.scored > 10)).toBe(true);
    await pool.close();
  });

  it("puts results in order, whichever worker is done first", async () => {
    const delays = randomNumbers(3);
    const platform = new FakePlatform({ sharesMemory, delay: () => delays() * 8 });
    const pool = await TestPool.create(MODEL, platform, { workers: 4 });
    expectSame(await pool.predict(DENSE), pool.booster.predict(DENSE));
    expect(platform.workers.length).toBe(4);
  });

  it("serves several predictions at once, in turns", async () => {
    const platform = new FakePlatform({ sharesMemory });
    const pool = await TestPool.create(MODEL, platform);
    const finished: number[] = [];
    const calls = [1, 2, 3, 4, 5].map(async (n) => {
      // The longest comes first: it must not hold up the others.
      const rows = ROWS - 90 * n;
      const data = { data: MATRIX.subarray(n * FEATURES, (n + rows) * FEATURES), rows, cols: FEATURES };
      const result = await pool.predict(data, { predLeaf: n % 2 === 0 });
      finished.push(n);
      expectSame(result, pool.booster.predict(data, { predLeaf: n % 2 === 0 }));
    });
    await Promise.all(calls);
    expect(finished).toEqual([5, 4, 3, 2, 1]);
  });

  it("scores the block of a dead worker again, and replaces the worker", async () => {
    const platform = new FakePlatform({
      sharesMemory,
      fate: (_, sent) => (sent % 7 === 3 ? "die" : "score"),
    });
    const pool = await TestPool.create(MODEL, platform);
    for (const data of [DENSE, FORMS["a Float32Array in shared memory"]!]) {
      expectSame(await pool.predict(data), pool.booster.predict(DENSE));
    }
    expect(platform.workers.length).toBeGreaterThan(10);
    expect(pool.workers).toBe(2);
  });

  it("gives up on a block that ends three workers", async () => {
    // Row 100 is deadly.
    const poison = 77;
    const data = MATRIX.slice();
    data[100 * FEATURES] = poison;
    const platform = new FakePlatform({
      sharesMemory,
      fate: ({ rows, count }) => (rows.subarray(0, count * FEATURES).includes(poison) ? "die" : "score"),
    });
    const pool = await TestPool.create(MODEL, platform);
    const error = await refusal(() => pool.predict({ ...DENSE, data }));
    expect(error).toBeInstanceOf(WorkerError);
    expect((error as Error).message).toBe(
      "rows 100 to 103: 3 workers died while scoring them, the last with: a test ended this worker",
    );
    expect((error as WorkerError).code).toBe("ERR_WORKER");
    expect((error as Error).cause).toBeInstanceOf(Error);
    // The pool goes on.
    expectSame(await pool.predict(DENSE), pool.booster.predict(DENSE));
    expect(platform.workers.length).toBe(5);
  });

  it("stops when it is told to, and goes on with the rest", async () => {
    const platform = new FakePlatform({ sharesMemory, delay: () => 2 });
    const pool = await TestPool.create(MODEL, platform);
    const controller = new AbortController();
    const kept = pool.predict(DENSE);
    const dropped = pool.predict(DENSE, { signal: controller.signal });
    await until(() => platform.workers.some((worker) => worker.scored > 3));
    const reason = new Error("no longer wanted");
    const begun = platform.workers.reduce((sum, worker) => sum + worker.scored, 0);
    controller.abort(reason);
    expect(await refusal(() => dropped)).toBe(reason);
    const done = platform.workers.reduce((sum, worker) => sum + worker.scored, 0);
    // At once: no worker had to come to an end first.
    expect(done - begun).toBe(0);
    expectSame(await kept, pool.booster.predict(DENSE));
    expectSame(await pool.predict(DENSE), pool.booster.predict(DENSE));
    if (sharesMemory) {
      expect(platform.workers.reduce((sum, worker) => sum + worker.dropped, 0)).toBeGreaterThan(0);
    }
    expect(platform.workers.length).toBe(2);
  });
});

describe("signals", () => {
  it("are heard before anything is done", async () => {
    const platform = new FakePlatform();
    const pool = await TestPool.create(MODEL, platform);
    const signal = AbortSignal.abort("never mind");
    expect(await refusal(() => pool.predict("not even data" as never, { signal }))).toBe("never mind");
    expect(platform.workers.every((worker) => worker.scores.length === 0)).toBe(true);
  });

  it("do nothing afterwards, and keep no listener", async () => {
    const pool = await TestPool.create(MODEL, new FakePlatform());
    const controller = new AbortController();
    const listeners = new Set<unknown>();
    const signal = {
      get aborted(): boolean {
        return controller.signal.aborted;
      },
      reason: undefined,
      addEventListener: (_: "abort", listener: () => void): void => void listeners.add(listener),
      removeEventListener: (_: "abort", listener: () => void): void => void listeners.delete(listener),
    };
    const result = await pool.predict(DENSE, { signal });
    expect(listeners.size).toBe(0);
    const again = await pool.predict(DENSE, { signal: controller.signal });
    controller.abort();
    expectSame(again, result);
  });

  it("must be signals", async () => {
    const pool = await TestPool.create(MODEL, new FakePlatform());
    const error = await refusal(() => pool.predict(DENSE, { signal: 5 as never }));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toBe("signal is 5, expected an AbortSignal");
  });

  it("that come while rows are read are heard", async () => {
    const pool = await TestPool.create(MODEL, new FakePlatform());
    const controller = new AbortController();
    const rows = ROW_LIST.map(([a, b], r) => ({
      a,
      b,
      get c(): number {
        if (r === 2) {
          controller.abort("while reading");
        }
        return 1;
      },
    }));
    expect(await refusal(() => pool.predict(rows, { signal: controller.signal }))).toBe("while reading");
    expectSame(await pool.predict(DENSE), pool.booster.predict(DENSE));
  });
});

describe("errors are those of the booster", () => {
  const named = FORMS["named rows"] as Record<string, unknown>[];
  const columns = (FORMS["columns"] as { columns: Record<string, number[]> }).columns;
  const cases: Record<string, readonly [Data, PoolPredictOptions?]> = {
    "data of no form": [5 as never],
    "too few columns": [{ data: MATRIX, rows: 2, cols: 2 }],
    "a value in row 400": [named.map((row, r) => (r === 400 ? { ...row, b: "wide" } : row))],
    "an unknown name in row 333": [named.map((row, r) => (r === 333 ? { ...row, z: 1 } : row))],
    "a number that is none": [
      { ...DENSE, data: Array.from(MATRIX, (v, i) => (i === 1000 ? ("x" as never) : v)) },
    ],
    // The booster reads 256 rows of a column, then the next column.
    "two columns, the later row first": [
      {
        columns: {
          ...columns,
          a: columns["a"]!.map((v, r) => (r === 200 ? {} : v)),
          b: columns["b"]!.map((v, r) => (r === 5 ? {} : v)),
        } as never,
      },
    ],
    "two columns, far into the batch": [
      {
        columns: {
          ...columns,
          a: columns["a"]!.map((v, r) => (r === 480 ? {} : v)),
          b: columns["b"]!.map((v, r) => (r === 300 ? {} : v)),
        } as never,
      },
    ],
    "base margins": [DENSE, { baseMargin: [1, 2] }],
    "a base margin": [DENSE, { baseMargin: Array.from({ length: ROWS }, () => "1") as never }],
    "rounds out of range": [DENSE, { iterationRange: [3, 99] }],
    "options that are none": [DENSE, 5 as never],
    "two kinds": [DENSE, { predLeaf: true, outputMargin: true }],
  };

  it.each(Object.keys(cases))("%s", async (name) => {
    const pool = await TestPool.create(MODEL, new FakePlatform());
    const [data, options] = cases[name]!;
    const wanted = (await refusal(() => pool.booster.predict(data, options))) as InputError;
    const found = (await refusal(() => pool.predict(data, options))) as InputError;
    expect(wanted).toBeInstanceOf(InputError);
    expect(found).toBeInstanceOf(InputError);
    expect([found.message, found.row, found.feature]).toEqual([wanted.message, wanted.row, wanted.feature]);
    expectSame(await pool.predict(DENSE), pool.booster.predict(DENSE));
  });

  it.each([0, -1, 1.5, "2", null])("%s workers", async (workers) => {
    const error = await refusal(() =>
      TestPool.create(MODEL, new FakePlatform(), { workers: workers as never }),
    );
    if (workers === null) {
      expect(error).toBeUndefined();
    } else {
      expect(error).toBeInstanceOf(InputError);
    }
  });
});

describe("starting", () => {
  it.each(["throw", "die"] as const)(
    "fails with a clear error where no worker starts: they %s",
    async (how) => {
      const error = await refusal(() => TestPool.create(MODEL, new FakePlatform({ start: () => how })));
      expect(error).toBeInstanceOf(WorkerError);
      expect((error as Error).message).toMatch(
        /^no worker could start: (threads are forbidden|the script is not)/,
      );
    },
  );

  it("goes on with those that start", async () => {
    const platform = new FakePlatform({ start: (started) => (started === 1 ? "die" : "start") });
    const pool = await TestPool.create(MODEL, platform, { workers: 3 });
    expect(pool.workers).toBe(2);
    expectSame(await pool.predict(DENSE), pool.booster.predict(DENSE));
    // The missing one was started when there was work for it.
    expect(pool.workers).toBe(3);
  });

  it.each(["throw", "die"] as const)(
    "ends in an error where replacements do not start: they %s",
    async (how) => {
      const platform = new FakePlatform({
        start: (started) => (started < 2 || started > 5 ? "start" : how),
        fate: (_, sent) => (sent < 2 ? "die" : "score"),
      });
      const pool = await TestPool.create(MODEL, platform);
      const error = await refusal(() => pool.predict(DENSE));
      expect(error).toBeInstanceOf(WorkerError);
      expect((error as Error).message).toMatch(/^no worker could start/);
      // Not for ever: the next prediction tries again.
      expectSame(await pool.predict(DENSE), pool.booster.predict(DENSE));
    },
  );

  it("an idle worker that dies is replaced when there is work", async () => {
    const platform = new FakePlatform();
    const pool = await TestPool.create(MODEL, platform);
    platform.workers[0]!.die(new Error("out of memory"));
    await until(() => pool.workers === 1);
    expect(platform.workers.length).toBe(2);
    expectSame(await pool.predict(DENSE), pool.booster.predict(DENSE));
    expect(pool.workers).toBe(2);
  });
});

describe("closing", () => {
  it("ends workers and predictions, and is final", async () => {
    const platform = new FakePlatform({ fate: (_, sent) => (sent > 5 ? "never" : "score") });
    const pool = await TestPool.create(MODEL, platform);
    const call = refusal(() => pool.predict(DENSE));
    await until(() => platform.workers.some((worker) => worker.scored > 1));
    await pool.close();
    expect(await call).toBeInstanceOf(WorkerError);
    expect(platform.live).toEqual([]);
    expect(pool.workers).toBe(0);
    expect(await refusal(() => pool.predict(DENSE))).toBeInstanceOf(WorkerError);
    expect(platform.workers.length).toBe(2);
    await pool.close();
  });

  it("workers are kept alive by work alone", async () => {
    const platform = new FakePlatform();
    const pool = await TestPool.create(MODEL, platform);
    const needed = (): boolean[] => platform.workers.map((worker) => worker.needed);
    expect(needed()).toEqual([false, false]);
    const controller = new AbortController();
    const call = pool.predict(DENSE, { signal: controller.signal });
    expect(needed()).toEqual([true, true]);
    await Promise.all([call, pool.predict(DENSE)]);
    expect(needed()).toEqual([false, false]);
    const dropped = refusal(() => pool.predict(DENSE, { signal: controller.signal }));
    expect(needed()).toEqual([true, true]);
    controller.abort();
    await dropped;
    expect(needed()).toEqual([false, false]);
  });
});

describe("memory", () => {
  function setupOf(worker: FakeWorker): { layout: unknown; trees: number } {
    const message = worker.setups[0]!;
    return message.type === "setup"
      ? { layout: message.setup.layout, trees: message.setup.model.trees.length }
      : { layout: undefined, trees: -1 };
  }

  it("the compiled trees are there once for all workers, the trees not at all", async () => {
    const platform = new FakePlatform();
    const pool = await TestPool.create(MODEL, platform);
    await pool.predict(DENSE);
    const [a, b] = platform.workers.map(setupOf);
    expect(a?.trees).toBe(0);
    expect(a?.layout).toBeInstanceOf(SharedArrayBuffer);
    const [first, second] = [a, b].map((each) => new Int32Array(each!.layout as SharedArrayBuffer));
    expect(first![2]).toBe(STUMPS.length);
    // One memory: what is written through one view is read through the other.
    first![15] = 4711;
    expect(second![15]).toBe(4711);
  });

  it("rows in shared memory are not copied", async () => {
    const platform = new FakePlatform();
    const pool = await TestPool.create(MODEL, platform);
    const data = inShared(MATRIX);
    await pool.predict({ ...DENSE, data });
    const message = platform.workers[0]!.scores[0]!;
    const at = message.rows.byteOffset / 4;
    expect(message.rows.buffer.byteLength).toBe(data.byteLength);
    const before = data[at]!;
    data[at] = 4711;
    expect(message.rows[0]).toBe(4711);
    data[at] = before;
  });

  it("blocks are used again, so that memory does not grow with the rows", async () => {
    const platform = new FakePlatform();
    const pool = await TestPool.create(MODEL, platform);
    const marks = new Set<number>();
    await pool.predict(DENSE);
    await pool.predict(DENSE);
    for (const worker of platform.workers) {
      expect(worker.scores.length).toBeGreaterThan(50);
      for (const { out } of worker.scores) {
        // Each clone is a new object over the same memory: a mark shows which.
        out[0] = out[0]! >= 1000 ? out[0]! : 1000 + marks.size;
        marks.add(out[0]!);
      }
    }
    expect(marks.size).toBeLessThanOrEqual(4);
  });

  it("the reference engine, which reads trees, gets them, in shared memory", async () => {
    const platform = new FakePlatform();
    const pool = await TestPool.create(MODEL, platform, { engine: "reference" });
    expectSame(await pool.predict(DENSE), pool.booster.predict(DENSE));
    const message = platform.workers[0]!.setups[0]!;
    const tree = message.type === "setup" ? message.setup.model.trees[0] : undefined;
    expect(tree?.leftChildren.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(Array.from(tree!.leftChildren)).toEqual([1, -1, -1]);
  });
});

describe("what goes to workers", () => {
  const plan = { kind: "value", rounds: 500, treeBegin: 0, treeEnd: 500, strictShape: false } as const;

  it("small batches do not", async () => {
    expect(isSmall(plan, 400, LIMITS)).toBe(true);
    expect(isSmall(plan, 4000, LIMITS)).toBe(false);
    const platform = new FakePlatform();
    const pool = await TestPool.create(MODEL, platform, {}, LIMITS);
    expectSame(await pool.predict(DENSE), pool.booster.predict(DENSE));
    expect(platform.workers.every((worker) => worker.scores.length === 0)).toBe(true);
  });

  it("blocks take milliseconds, are never so few that a worker idles, and fit a cache", () => {
    expect(blockRowsOf(plan, 100_000, 50, 2, LIMITS)).toBe(2112);
    expect(blockRowsOf(plan, 4000, 50, 2, LIMITS)).toBe(512);
    expect(blockRowsOf({ ...plan, treeEnd: 1 }, 1e9, 1000, 2, LIMITS)).toBe(320);
    expect(blockRowsOf(plan, 100_000, 1e6, 2, LIMITS)).toBe(1);
    expect(blockRowsOf({ ...plan, treeEnd: 1e6 }, 100_000, 50, 2, LIMITS)).toBe(2);
    expect(blockRowsOf({ ...plan, kind: "contribs" }, 100_000, 51, 2, LIMITS)).toBe(8);
    expect(blockRowsOf({ ...plan, kind: "interactions" }, 100_000, 2601, 2, LIMITS)).toBe(4);
    expect(blockRowsOf({ ...plan, kind: "approxContribs" }, 100_000, 51, 2, LIMITS)).toBe(68);
    expect(isSmall({ ...plan, kind: "contribs" }, 1, LIMITS)).toBe(true);
    expect(isSmall({ ...plan, kind: "contribs" }, 4, LIMITS)).toBe(false);
  });
});

/** Every fixture, and those of the latest release with every engine: whatever a booster answers or refuses, a pool does too. */
describe.each(["auto", "javascript", "reference"] as EngineOption[])("fixtures, %s engine", (engine) => {
  const sharesMemory = engine !== "javascript";
  const usable = (file: FixtureFile): boolean => file.dump === undefined && file.error === undefined;
  const cases = manifest.cases.filter(
    (each) => each.files.some(usable) && (engine === "auto" || each.release === "3.4.1"),
  );
  it.each(cases.map((each) => [each.name, each] as const))("%s", async (_, fixture) => {
    const booster = Booster.load(readFixture(fixture.files.find(usable)!.path), { engine });
    const platform = new FakePlatform({ sharesMemory });
    const pool = await TestPool.create(booster, platform, {}, { blockWalks: 1000, localWalks: 0 });
    let rows = 0;
    for (const call of fixture.calls) {
      const data = readInput(fixture.inputs[call.input]!);
      const options = readOptions(call.options);
      let wanted: Prediction | undefined;
      const refused = (await refusal(() => {
        wanted = booster.predict(data, options);
      })) as Error | undefined;
      if (wanted === undefined) {
        const found = (await refusal(() => pool.predict(data, options))) as Error;
        expect([found.constructor, found.message]).toEqual([refused!.constructor, refused!.message]);
      } else {
        expectSame(await pool.predict(data, options), wanted);
        rows += wanted.shape[0]!;
      }
    }
    const scored = platform.workers.reduce((sum, worker) => sum + worker.scored, 0);
    // gblinear models cost less to score than to post.
    expect(scored > 0).toBe(rows > 0 && partsOf(booster).model.linear === undefined);
    await pool.close();
  });

  it("are many", () => {
    expect(cases.length).toBeGreaterThan(engine === "auto" ? 500 : 100);
  });
});

/** Contributions, approximations and interactions of the fixtures: whatever a booster answers or refuses, a pool does too. */
describe.each([true, false])("explanations, memory shared: %s", (sharesMemory) => {
  const usable = (file: FixtureFile): boolean => file.dump === undefined && file.error === undefined;
  const cases = manifest.cases.filter(
    (each) => each.files.some(usable) && (explanations.get(each.name)?.calls.length ?? 0) > 0,
  );
  it.each(cases.map((each) => [each.name, each] as const))("%s", async (_, fixture) => {
    const booster = Booster.load(readFixture(fixture.files.find(usable)!.path));
    const platform = new FakePlatform({ sharesMemory });
    const pool = await TestPool.create(booster, platform);
    const input = fixture.inputs["main"]!;
    const names =
      booster.featureNames === undefined ? (fixture.model.featureNames ?? input.names ?? []) : undefined;
    let rows = 0;
    for (const call of explanations.get(fixture.name)!.calls) {
      const data = callData(call, input, names);
      const options = callOptions(call);
      let wanted: Prediction | undefined;
      const refused = (await refusal(() => {
        wanted = booster.predict(data, options);
      })) as Error | undefined;
      if (wanted === undefined) {
        const found = (await refusal(() => pool.predict(data, options))) as Error;
        expect([found.constructor, found.message]).toEqual([refused!.constructor, refused!.message]);
      } else {
        expectSame(await pool.predict(data, options), wanted);
        rows += wanted.shape[0]!;
      }
    }
    const scored = platform.workers.reduce((sum, worker) => sum + worker.scored, 0);
    expect(scored > 0).toBe(rows > 0 && partsOf(booster).model.linear === undefined);
    // No worker died of an explanation that there is none of.
    expect(platform.workers.length).toBe(2);
    await pool.close();
  });

  it("are many", () => {
    expect(cases.length).toBeGreaterThan(50);
  });

  it("of a model without covers are refused as by the booster", async () => {
    const text = "0:[f0<1] yes=1,no=2,missing=1\n\t1:leaf=1\n\t2:leaf=2\n";
    const booster = Booster.load(text, { dump: { objective: "reg:squarederror", baseScore: 0 } });
    const platform = new FakePlatform({ sharesMemory });
    const pool = await TestPool.create(booster, platform);
    const data = { data: MATRIX, rows: MATRIX.length, cols: 1 };
    const wanted = (await refusal(() => booster.predict(data, { predContribs: true }))) as Error;
    const found = (await refusal(() => pool.predict(data, { predContribs: true }))) as Error;
    expect(wanted.message).toMatch(/no cover/);
    expect([found.constructor, found.message]).toEqual([wanted.constructor, wanted.message]);
    expect(platform.workers.every((worker) => worker.scores.length === 0)).toBe(true);
  });
});
