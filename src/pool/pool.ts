/** A loaded model whose large batches are scored by workers. Platform by platform, `WorkerPool` adds how to start them. */
import { describe, InputError } from "../errors.ts";
import {
  Booster,
  type BoosterParts,
  type LoadOptions,
  type Prediction,
  partsOf,
} from "../predict/booster.ts";
import type { Data } from "../predict/data.ts";
import type { PredictOptions } from "../predict/options.ts";
import { checkBaseMargin } from "../predict/scorer.ts";
import { blockRowsOf, isSmall, LIMITS, type Limits } from "./cost.ts";
import { type CancelSignal, Dispatcher } from "./dispatcher.ts";
import type { Platform } from "./platform.ts";
import { SetupFactory } from "./setup.ts";
import { WorkerError } from "./worker-error.ts";

export interface PoolOptions extends LoadOptions {
  /** Number of workers. Default: as many as the machine runs at a time. */
  readonly workers?: number;
}

export interface PoolPredictOptions extends PredictOptions {
  /** An `AbortSignal`: once it is aborted, the prediction rejects with its reason and the workers drop it. */
  readonly signal?: CancelSignal;
}

/** What a pool can be made of: a loaded model, or what `Booster.load` takes. */
export type PoolSource = Booster | Uint8Array | ArrayBuffer | string | object;

export class ModelPool {
  /** The model, for everything that needs no workers. */
  readonly booster: Booster;
  readonly #parts: BoosterParts;
  readonly #setups: SetupFactory;
  readonly #dispatcher: Dispatcher;
  readonly #size: number;
  readonly #limits: Limits;
  #closed = false;

  protected constructor(
    source: PoolSource,
    options: PoolOptions,
    platform: Platform,
    defaultWorkers: number,
    limits: Limits = LIMITS,
  ) {
    if (typeof options !== "object" || options === null) {
      throw new InputError(`options is ${describe(options)}, expected an object`);
    }
    this.#limits = limits;
    this.booster = source instanceof Booster ? source : Booster.load(source, options);
    this.#size = checkWorkers(options.workers ?? defaultWorkers);
    this.#parts = partsOf(this.booster);
    this.#setups = new SetupFactory(this.#parts, platform.sharesMemory);
    this.#dispatcher = new Dispatcher(platform, this.#setups, this.#size);
  }

  /** Live workers. One that died is replaced when there is work for it. */
  get workers(): number {
    return this.#dispatcher.size;
  }

  /** Starts the workers. */
  protected start(): Promise<void> {
    return this.#dispatcher.start();
  }

  /**
   * As `Booster.predict`, with the same bits, shapes and errors. Small batches, and gblinear models, are scored at once in
   * the calling thread. The data must not change until the promise settles. Rows in a `Float32Array` over a
   * `SharedArrayBuffer`, as wide as the model, are not copied.
   * @returns rejects with InputError for data or options that cannot be used, with the signal's reason, or with
   *   WorkerError where workers die again and again, or the pool is closed
   */
  async predict(data: Data, options: PoolPredictOptions = {}): Promise<Prediction> {
    const signal = checkSignal(options?.signal);
    if (this.#closed) {
      throw new WorkerError("the pool is closed");
    }
    if (signal?.aborted) {
      throw signal.reason;
    }
    const prepared = this.#parts.prepare(data, options);
    const { plan, source, room, shape } = prepared;
    const { linear, numFeatures: features, numOutputGroups: groups } = this.#parts.model;
    if (linear !== undefined || isSmall(plan, source.rows, this.#limits)) {
      return this.#parts.score(prepared, options);
    }
    const { baseMargin } = options;
    const base = baseMargin === undefined ? undefined : checkBaseMargin(baseMargin, source.rows, groups);
    this.#parts.check(plan);
    const task = {
      ...prepared,
      features,
      groups,
      base,
      blockRows: blockRowsOf(plan, source.rows, Math.max(features, room), this.#size, this.#limits),
      needsTrees: this.#setups.needsTrees(plan),
    };
    return { data: await this.#dispatcher.run(task, signal), shape };
  }

  /** Ends the workers. Predictions that are not finished reject with WorkerError. */
  close(): Promise<void> {
    this.#closed = true;
    return this.#dispatcher.close();
  }
}

function checkWorkers(workers: unknown): number {
  if (!Number.isInteger(workers) || (workers as number) < 1) {
    throw new InputError(`workers is ${describe(workers)}, expected a whole number from 1`);
  }
  return workers as number;
}

function checkSignal(signal: CancelSignal | undefined): CancelSignal | undefined {
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw new InputError(`signal is ${describe(signal)}, expected an AbortSignal`);
  }
  return signal;
}
