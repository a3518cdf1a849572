/** Where blocks are scored: in this thread while the table may be small, in others from then on. */
import { availableParallelism } from "node:os";
import type { LoadOptions } from "xgboost-infer";
import type { ModelSnapshot } from "../model/open-model.ts";
import type { BlockPayload, TableSource } from "../tables/table.ts";
import { BlockScorer, type ScoredBlock, type ScoringSpec } from "./block-scorer.ts";
import { ScoringPool } from "./scoring-pool.ts";

/** More threads than this wait for the one that reads and writes. */
const MAX_WORKERS = 8;

/** Tables that are larger are worth the 0.1 s that threads take to start. */
const LARGE = { bytes: 8 << 20, rows: 100_000 };

/** Blocks of a table of unknown size that are scored before threads start. */
const FIRST_BLOCKS = 2;

export class Scoring {
  readonly #snapshot: ModelSnapshot;
  readonly #load: LoadOptions;
  readonly #spec: ScoringSpec;
  readonly #threads: number;
  #here: BlockScorer | undefined;
  #pool: ScoringPool | undefined;
  /** Blocks that may still be scored in this thread. */
  #left: number;
  /** A block may be read in several steps, and the next must not overtake it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    snapshot: ModelSnapshot,
    load: LoadOptions,
    spec: ScoringSpec,
    workers: number | "auto",
    size: TableSource["size"],
  ) {
    this.#snapshot = snapshot;
    this.#load = load;
    this.#spec = spec;
    const cores = Math.min(MAX_WORKERS, availableParallelism());
    this.#threads = workers === "auto" ? (cores === 1 ? 0 : cores) : workers;
    const isLarge = size !== undefined && size.total > LARGE[size.unit];
    this.#left =
      this.#threads === 0 ? Number.POSITIVE_INFINITY : workers === "auto" && !isLarge ? FIRST_BLOCKS : 0;
  }

  /** Blocks that are worth having at a time: two for each thread, so that none waits for the next one to be read. */
  get inFlight(): number {
    return Math.max(1, 2 * this.#threads);
  }

  /** Threads that were started. */
  get workers(): number {
    return this.#pool === undefined ? 0 : this.#threads;
  }

  score(payload: BlockPayload): Promise<ScoredBlock> {
    if (this.#left > 0) {
      this.#left--;
      this.#here ??= new BlockScorer(this.#snapshot.executor, this.#spec);
      const scorer = this.#here;
      const result = this.#last.then(() => scorer.score(payload));
      this.#last = result.catch(() => undefined);
      return result;
    }
    this.#pool ??= new ScoringPool(
      { files: this.#snapshot.files, load: this.#load, spec: this.#spec },
      this.#threads,
    );
    return this.#pool.score(payload);
  }

  async close(): Promise<void> {
    this.#here?.close();
    await this.#pool?.close();
  }
}
