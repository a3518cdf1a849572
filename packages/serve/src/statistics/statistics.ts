/** What models have done so far, as Triton's statistics extension counts it. */
import type { Scored } from "../api.ts";
import type { FailureKind } from "../failure.ts";
import type { ServedModel } from "../repository/served-model.ts";
import type { ScoreAnswer } from "../scoring/request.ts";

/** How often, and how long in all. */
export interface Duration {
  readonly count: number;
  readonly ns: number;
}

export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since 1970; 0 for never. */
  readonly lastInference: number;
  /** Rows. */
  readonly inferenceCount: number;
  /** Requests. */
  readonly executionCount: number;
  /** Requests that were answered, from their arrival to the reply. */
  readonly success: Duration;
  /** Those that the model refused, or that were not done by the deadline. */
  readonly fail: Duration;
  /** Waiting for a turn. */
  readonly queue: Duration;
  /** From the arrival to the rows. */
  readonly computeInput: Duration;
  /** Scoring. */
  readonly computeInfer: Duration;
  /** From the scores to the reply. */
  readonly computeOutput: Duration;
}

/** A request at its end. Times by `performance.now()`. */
export interface Ended {
  readonly begin: number;
  readonly kind: FailureKind | undefined;
  readonly answer: ScoreAnswer | undefined;
  readonly scored: Scored | undefined;
}

/** Adds milliseconds up. */
class Sum {
  count = 0;
  #milliseconds = 0;

  add(milliseconds: number): void {
    this.count++;
    this.#milliseconds += milliseconds;
  }

  get duration(): Duration {
    return { count: this.count, ns: Math.round(this.#milliseconds * 1e6) };
  }
}

class Counts {
  lastInference = 0;
  rows = 0;
  readonly success = new Sum();
  readonly fail = new Sum();
  readonly queue = new Sum();
  readonly input = new Sum();
  readonly infer = new Sum();
  readonly output = new Sum();
}

/** Of this process. */
export class Statistics {
  /** By name and version: those of a model go on when its files are replaced. */
  readonly #counts = new Map<string, Counts>();
  readonly #find: (name: string, version: string | undefined) => ServedModel | undefined;

  /** @param find the model that answers for a name, if there is one */
  constructor(find: (name: string, version: string | undefined) => ServedModel | undefined) {
    this.#find = find;
  }

  note({ begin, kind, answer, scored }: Ended): void {
    if (scored === undefined) {
      return;
    }
    const { asked, begin: read, end } = scored;
    const now = performance.now();
    if (kind === undefined && answer !== undefined && end !== undefined) {
      const counts = this.#of(answer.model);
      const infer = answer.scoringTime ?? end - read;
      counts.lastInference = Date.now();
      counts.rows += answer.rows;
      counts.success.add(now - begin);
      counts.queue.add(Math.max(0, end - read - infer));
      counts.input.add(read - begin);
      counts.infer.add(infer);
      counts.output.add(now - end);
      return;
    }
    // Names of models that are not there are not counted: there is no end to them.
    const model = this.#find(asked.model, asked.version);
    if (model !== undefined) {
      this.#of(model).fail.add(now - begin);
    }
  }

  statistics(model: Pick<ServedModel, "name" | "version">): ModelStatistics {
    const counts = this.#counts.get(keyOf(model)) ?? new Counts();
    const { lastInference, rows, success, fail, queue, input, infer, output } = counts;
    return {
      name: model.name,
      version: model.version,
      lastInference,
      inferenceCount: rows,
      executionCount: success.count,
      success: success.duration,
      fail: fail.duration,
      queue: queue.duration,
      computeInput: input.duration,
      computeInfer: infer.duration,
      computeOutput: output.duration,
    };
  }

  /** Of a model that is there no more. */
  forget(model: Pick<ServedModel, "name" | "version">): void {
    this.#counts.delete(keyOf(model));
  }

  #of(model: Pick<ServedModel, "name" | "version">): Counts {
    const key = keyOf(model);
    let counts = this.#counts.get(key);
    if (counts === undefined) {
      counts = new Counts();
      this.#counts.set(key, counts);
    }
    return counts;
  }
}

function keyOf({ name, version }: Pick<ServedModel, "name" | "version">): string {
  return `${name}\n${version}`;
}
