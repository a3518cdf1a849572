/** How cost grows with rows and with trees: one thread, the default engine, models and rows of the `risk` shape. */
import { Booster } from "../src/index.ts";
import { modelText, WORKLOADS, workloadRows } from "./workloads.ts";

/** The cost of one call. */
export interface CostPoint {
  readonly trees: number;
  readonly rows: number;
  /** Microseconds a call in each round. */
  readonly times: number[];
}

const RISK = WORKLOADS.find(({ name }) => name === "risk")!;
/** Different rows; more are these again. */
const DRAWN_ROWS = 10_000;
/** A round repeats short calls for so long. */
const LEAST_MILLISECONDS = 5;

interface Task {
  readonly point: CostPoint;
  readonly call: () => void;
  repeats: number;
}

export function measureRows(rowCounts: readonly number[], rounds: number): CostPoint[] {
  const booster = Booster.load(new TextEncoder().encode(modelText(RISK)));
  const most = Math.max(...rowCounts);
  const rows = tiledRows(most);
  return measure(
    rowCounts.map((count) => taskFor(booster, rows, count)),
    rounds,
  );
}

/** For each number of trees a batch, and one row. */
export function measureTrees(treeCounts: readonly number[], batch: number, rounds: number): CostPoint[] {
  const rows = tiledRows(batch);
  const tasks = treeCounts.flatMap((trees) => {
    const booster = Booster.load(new TextEncoder().encode(modelText({ ...RISK, trees })));
    return [taskFor(booster, rows, batch), taskFor(booster, rows, 1)];
  });
  return measure(tasks, rounds);
}

function tiledRows(count: number): Float32Array {
  const drawn = workloadRows(RISK, Math.min(count, DRAWN_ROWS));
  const rows = new Float32Array(count * RISK.features);
  for (let at = 0; at < rows.length; at += drawn.length) {
    rows.set(drawn.subarray(0, Math.min(drawn.length, rows.length - at)), at);
  }
  return rows;
}

function taskFor(booster: Booster, rows: Float32Array, count: number): Task {
  const { features } = RISK;
  const point = { trees: booster.numTrees, rows: count, times: [] };
  if (count === 1) {
    let next = 0;
    const call = (): void => {
      booster.predictRow(rows.subarray(next * features, (next + 1) * features));
      next = (next + 1) % Math.min(DRAWN_ROWS, rows.length / features);
    };
    return { point, call, repeats: 1 };
  }
  const data = { data: rows.subarray(0, count * features), rows: count, cols: features };
  const out = new Float32Array(count);
  return { point, call: () => booster.predictInto(data, out), repeats: 1 };
}

/** Rounds in which every point has a turn, so that what else the machine does meets all of them. */
function measure(tasks: readonly Task[], rounds: number): CostPoint[] {
  for (const task of tasks) {
    warmUp(task);
  }
  for (let round = 0; round < rounds; round++) {
    for (const { point, call, repeats } of tasks) {
      const begin = performance.now();
      for (let i = 0; i < repeats; i++) {
        call();
      }
      point.times.push(((performance.now() - begin) * 1000) / repeats);
    }
  }
  return tasks.map(({ point }) => point);
}

/** Until the compiler is done; finds how often a round has to repeat the call. */
function warmUp(task: Task): void {
  for (let elapsed = 0; elapsed < 20 * LEAST_MILLISECONDS; ) {
    const begin = performance.now();
    for (let i = 0; i < task.repeats; i++) {
      task.call();
    }
    const time = performance.now() - begin;
    elapsed += time;
    task.repeats *= time < LEAST_MILLISECONDS ? 2 : 1;
  }
}
