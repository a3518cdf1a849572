/**
 * The scores of the table: computed in workers as soon as there are a model and a table that fits.
 *
 *     const { state } = scoring.value;           // "none", "running", "done", "cancelled" or "failed"
 *     const found = scores.value;                // undefined until all rows are scored
 *     found?.at(row, output)                     // NaN for rows that were refused
 *     pool()                                     // the workers, for other long work with the same model
 */
import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { WorkerPool } from "xgboost-infer/browser";
import { startPoolWorker } from "../workers/pool-worker.ts";
import { type Binding, binding } from "./binding.ts";
import { type LoadedModel, model } from "./model.ts";
import { turn } from "./pace.ts";
import { messageOf } from "./problem.ts";

export interface Scores {
  readonly binding: Binding;
  /** rows × outputs, row-major. */
  readonly data: Float32Array;
  /** Values a row. */
  readonly outputs: number;
  /** Milliseconds that scoring took. */
  readonly time: number;
  readonly engine: string;
  readonly workers: number;
  at(row: number, output?: number): number;
  /** All rows' values of one output: a view where there is only one. */
  column(output: number): Float32Array;
}

export type Scoring =
  | { readonly state: "none" }
  | { readonly state: "running"; readonly done: number; readonly rows: number; readonly elapsed: number }
  | { readonly state: "done"; readonly scores: Scores }
  | { readonly state: "cancelled"; readonly done: number; readonly rows: number }
  | { readonly state: "failed"; readonly problem: string };

const current = signal<Scoring>({ state: "none" });
export const scoring: ReadonlySignal<Scoring> = current;

export const scores: ReadonlySignal<Scores | undefined> = computed(() =>
  current.value.state === "done" ? current.value.scores : undefined,
);

const rate = signal<number | undefined>(undefined);
/** As measured while scoring, or, where that took no time to speak of, right after it. */
export const rowsPerSecond: ReadonlySignal<number | undefined> = rate;

let workers: { readonly of: LoadedModel; readonly pool: Promise<WorkerPool> } | undefined;

/** The workers of the current model, started when they are first asked for. */
export function pool(): Promise<WorkerPool> {
  const loaded = model.peek();
  if (loaded === undefined) {
    throw new Error("there is no model");
  }
  if (workers?.of !== loaded) {
    const before = workers;
    before?.pool.then((each) => each.close()).catch(() => undefined);
    workers = {
      of: loaded,
      pool: WorkerPool.create(loaded.booster, { createWorker: startPoolWorker, workers: threads() }),
    };
  }
  return workers.pool;
}

/** One thread is left to the page, which is to go on scrolling. */
function threads(): number {
  return Math.max(1, Math.min(navigator.hardwareConcurrency - 1, 16));
}

/** Rows a step: progress can be told, and the page drawn, in between. Laying out 2^19 values takes 3 ms. */
const STEP_VALUES = 2 ** 19;
/** Milliseconds from one telling to the next: each draws the page, which takes 10 ms beside a long table. */
const TELL_EVERY = 200;
/** Steps under way at a time, so that no worker waits. */
const AT_ONCE = 2;

let abort: AbortController | undefined;

/** Stops scoring; `startScoring` begins anew. */
export function cancelScoring(): void {
  abort?.abort();
}

export function startScoring(): void {
  abort?.abort();
  abort = undefined;
  const rows = binding.peek();
  if (rows === undefined) {
    current.value = { state: "none" };
    return;
  }
  const controller = new AbortController();
  abort = controller;
  void score(rows, controller.signal);
}

effect(() => {
  // Read for the effect to follow it.
  binding.value;
  startScoring();
});

async function score(rows: Binding, signal: AbortSignal): Promise<void> {
  const begin = performance.now();
  let [done, told] = [0, 0];
  current.value = { state: "running", done, rows: rows.rows, elapsed: 0 };
  try {
    const outputs = rows.model.outputs.length;
    const data = new Float32Array(rows.rows * outputs);
    const step = Math.max(1024, Math.floor(STEP_VALUES / Math.max(1, rows.width)));
    const small = rows.rows * rows.model.booster.numTrees <= 2 ** 18;
    const scorer = small ? undefined : await pool();
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < rows.rows && !signal.aborted) {
        await turn();
        const [from, to] = [next, Math.min(next + step, rows.rows)];
        next = to;
        const block = { data: new Float32Array((to - from) * rows.width), rows: to - from, cols: rows.width };
        rows.fill(from, to, block.data);
        const found =
          scorer === undefined ? rows.model.booster.predict(block) : await scorer.predict(block, { signal });
        data.set(found.data, from * outputs);
        done += to - from;
        const elapsed = performance.now() - begin;
        if (!signal.aborted && scorer !== undefined && elapsed - told >= TELL_EVERY) {
          told = elapsed;
          current.value = { state: "running", done, rows: rows.rows, elapsed };
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (signal.aborted) {
      throw signal.reason;
    }
    for (const row of rows.refused.keys()) {
      data.fill(Number.NaN, row * outputs, (row + 1) * outputs);
    }
    const time = performance.now() - begin;
    batch(() => {
      rate.value = (rows.rows / time) * 1000;
      const found = scoresOf(rows, data, outputs, time, scorer?.workers ?? 0);
      current.value = { state: "done", scores: found };
    });
    if (small) {
      setTimeout(() => measure(rows, signal), MEASURE_AFTER);
    }
  } catch (error) {
    if (!signal.aborted) {
      current.value = { state: "failed", problem: messageOf(error) };
    } else if (binding.peek() === rows) {
      current.value = { state: "cancelled", done, rows: rows.rows };
    }
  }
}

/** Milliseconds: until the page has settled, and that measuring takes. */
const MEASURE_AFTER = 300;
const MEASURE_FOR = 40;

/** The first call of a page compiles code: of a few rows, it says little about how fast they are scored. */
function measure(rows: Binding, signal: AbortSignal): void {
  const count = Math.min(rows.rows, 4096);
  const block = { data: new Float32Array(count * rows.width), rows: count, cols: rows.width };
  rows.fill(0, count, block.data);
  rows.model.booster.predict(block);
  // Many calls at once: clocks of browsers tick every tenth of a millisecond, or more seldom.
  const start = performance.now();
  let [calls, elapsed] = [0, 0];
  while (elapsed < MEASURE_FOR) {
    rows.model.booster.predict(block);
    calls++;
    elapsed = performance.now() - start;
  }
  if (!signal.aborted) {
    rate.value = ((count * calls) / elapsed) * 1000;
  }
}

function scoresOf(
  binding: Binding,
  data: Float32Array,
  outputs: number,
  time: number,
  workers: number,
): Scores {
  const columns: (Float32Array | undefined)[] = [];
  return {
    binding,
    data,
    outputs,
    time,
    engine: binding.model.booster.engine,
    workers,
    at: (row, output = 0) => data[row * outputs + output]!,
    column: (output) => {
      columns[output] ??= outputs === 1 ? data : every(data, outputs, output);
      return columns[output];
    },
  };
}

/** Each `step`th value, from `first` on. */
function every(data: Float32Array, step: number, first: number): Float32Array {
  const out = new Float32Array(data.length / step);
  for (let i = 0, at = first; i < out.length; i++, at += step) {
    out[i] = data[at]!;
  }
  return out;
}
