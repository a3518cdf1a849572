/**
 * Contributions of a sample of the table's rows, computed by the workers that score:
 *
 *     startExplaining(2000)          // rows at most; cancelExplaining() stops
 *     explaining.value.state         // "none", "running" with progress, "done", "cancelled" or "failed"
 */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Matrix } from "../logic/beeswarm.ts";
import { contributionsOf } from "../logic/contributions.ts";
import { spreadRows } from "../logic/sample.ts";
import { type Binding, binding } from "./binding.ts";
import { messageOf } from "./problem.ts";
import { pool } from "./scores.ts";

export interface Explanations {
  readonly binding: Binding;
  readonly output: number;
  /** Rows of the table, ascending. */
  readonly rows: Int32Array;
  readonly features: Matrix;
  readonly contributions: Matrix;
  /** Milliseconds. */
  readonly time: number;
}

export type Explaining =
  | { readonly state: "none" }
  | { readonly state: "running"; readonly done: number; readonly rows: number }
  | { readonly state: "done"; readonly explanations: Explanations }
  | { readonly state: "cancelled" }
  | { readonly state: "failed"; readonly problem: string };

const current = signal<Explaining>({ state: "none" });
export const explaining: ReadonlySignal<Explaining> = current;

let abort: AbortController | undefined;

export function cancelExplaining(): void {
  abort?.abort();
}

// What is explained belongs to a model and a table.
effect(() => {
  binding.value;
  abort?.abort();
  current.value = { state: "none" };
});

export function startExplaining(limit: number, output: number): void {
  abort?.abort();
  const rows = binding.peek();
  if (rows === undefined) {
    return;
  }
  const controller = new AbortController();
  abort = controller;
  void explain(rows, limit, output, controller.signal);
}

/** Rows a step, in rows × trees: a step of a large model is a few tenths of a second of one worker. */
const STEP_WALKS = 16_384;

async function explain(rows: Binding, limit: number, output: number, signal: AbortSignal): Promise<void> {
  const begin = performance.now();
  const { booster } = rows.model;
  const width = rows.width;
  const usable = usableRows(rows);
  const places = spreadRows(usable.length, limit);
  const chosen = Int32Array.from(places, (place) => usable.at(place));
  let done = 0;
  current.value = { state: "running", done, rows: chosen.length };
  try {
    const workers = await pool();
    const features = new Float32Array(chosen.length * width);
    const values = new Float32Array(chosen.length * width);
    const step = Math.max(4, Math.min(256, Math.floor(STEP_WALKS / Math.max(1, booster.numTrees))));
    const group = Math.min(output, booster.numOutputGroups - 1);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < chosen.length && !signal.aborted) {
        const from = next;
        const to = Math.min(chosen.length, from + step);
        next = to;
        for (let i = from; i < to; i++) {
          rows.fill(chosen[i]!, chosen[i]! + 1, features.subarray(i * width, (i + 1) * width));
        }
        const data = features.slice(from * width, to * width);
        const found = await workers.predict(
          { data, rows: to - from, cols: width },
          { predContribs: true, signal },
        );
        values.set(
          contributionsOf(found.data, to - from, booster.numOutputGroups, group, width),
          from * width,
        );
        done += to - from;
        // Small steps are answered at once, by this very thread: frames come in between.
        await nextTask();
        if (!signal.aborted) {
          current.value = { state: "running", done, rows: chosen.length };
        }
      }
    };
    await Promise.all(Array.from({ length: workers.workers + 1 }, work));
    if (signal.aborted) {
      throw signal.reason;
    }
    const matrix = (data: Float32Array): Matrix => ({ data, rows: chosen.length, cols: width });
    current.value = {
      state: "done",
      explanations: {
        binding: rows,
        output,
        rows: chosen,
        features: matrix(features),
        contributions: matrix(values),
        time: performance.now() - begin,
      },
    };
  } catch (error) {
    if (!signal.aborted) {
      current.value = { state: "failed", problem: messageOf(error) };
    } else if (abort?.signal === signal && binding.peek() === rows) {
      current.value = { state: "cancelled" };
    }
  }
}

/** Rows that were not refused, without a list where there are no refusals. */
function usableRows(rows: Binding): { readonly length: number; at(place: number): number } {
  if (rows.refused.size === 0) {
    return { length: rows.rows, at: (place) => place };
  }
  const usable = new Int32Array(rows.rows - rows.refused.size);
  let count = 0;
  for (let row = 0; row < rows.rows; row++) {
    if (!rows.refused.has(row)) {
      usable[count++] = row;
    }
  }
  return { length: usable.length, at: (place) => usable[place]! };
}

const channel = new MessageChannel();
const tasks: (() => void)[] = [];
channel.port1.onmessage = () => tasks.shift()?.();

/** Timers would wait 4 ms each. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    tasks.push(resolve);
    channel.port2.postMessage(undefined);
  });
}
