/** One prediction, cut into blocks of rows that workers score in any order. */
import type { PreparedPrediction } from "../predict/booster.ts";
import { stagedRows } from "../predict/scorer.ts";

/** A prediction with what workers need beside its rows. */
export interface Task extends PreparedPrediction {
  readonly features: number;
  readonly groups: number;
  /** Base margins, rows × groups, where the caller gave any. */
  readonly base: Float32Array | undefined;
  readonly blockRows: number;
  readonly needsTrees: boolean;
}

/** Rows `begin … end)` of a job. */
export interface Block {
  readonly job: Job;
  readonly begin: number;
  readonly end: number;
  /** Workers that died scoring it. */
  deaths: number;
}

export class Job {
  readonly task: Task;
  /** rows × width. */
  readonly out: Float32Array;
  readonly finished: Promise<Float32Array>;
  /** Read by workers that share memory: not 0 once nobody wants the result any more. */
  readonly cancelled: Int32Array | undefined;
  settled = false;
  #nextRow = 0;
  #unscored: number;
  /** Blocks whose worker died. */
  readonly #again: Block[] = [];
  #resolve: (out: Float32Array) => void = ignore;
  #reject: (reason: unknown) => void = ignore;

  constructor(task: Task, sharesMemory: boolean) {
    this.task = task;
    this.#unscored = task.source.rows;
    this.out = new Float32Array(task.source.rows * task.width);
    this.cancelled = sharesMemory ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** The next block for a worker; nothing where all are under way. */
  take(): Block | undefined {
    const { source, blockRows } = this.task;
    const again = this.#again.shift();
    if (again !== undefined || this.#nextRow >= source.rows) {
      return again;
    }
    const begin = this.#nextRow;
    const end = Math.min(begin + blockRows, source.rows);
    this.#nextRow = end;
    return { job: this, begin, end, deaths: 0 };
  }

  /** Gives back a block that was not scored. */
  giveBack(block: Block): void {
    this.#again.push(block);
  }

  /** Writes the rows of a block to the front of `out`; throws what `Booster.predict` would. */
  fill({ begin, end }: Block, out: Float32Array): void {
    const { source, features } = this.task;
    try {
      source.fill(begin, end, out);
    } catch (error) {
      // Of several values that cannot be used, a call names the first one it meets, and it converts other blocks.
      const step = stagedRows(features);
      const scratch = new Float32Array(step * features);
      for (let from = begin - (begin % step); from < end; from += step) {
        source.fill(from, Math.min(from + step, source.rows), scratch);
      }
      throw error;
    }
  }

  /** Takes over the results of a block: its rows × width, at the front of `values`. */
  accept({ begin, end }: Block, values: Float32Array): void {
    const { width } = this.task;
    this.out.set(values.subarray(0, (end - begin) * width), begin * width);
    this.#unscored -= end - begin;
    if (this.#unscored === 0) {
      this.settled = true;
      this.#resolve(this.out);
    }
  }

  fail(reason: unknown): void {
    this.settled = true;
    if (this.cancelled !== undefined) {
      Atomics.store(this.cancelled, 0, 1);
    }
    this.#reject(reason);
  }
}

function ignore(): void {
  // Replaced before anyone can call it.
}
