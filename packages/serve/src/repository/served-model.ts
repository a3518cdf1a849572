/** A model that is ready to answer. Immutable: a request that holds one is answered by it wholly, whatever is swapped in meanwhile. */
import type { ModelExecutor } from "xgboost-infer/executor";

export interface ServedModel {
  readonly name: string;
  readonly version: string;
  /** `sha256:` and the hash over all of its files. */
  readonly digest: string;
  readonly executor: ModelExecutor;
  readonly loadedAt: Date;
  /** Milliseconds that reading, parsing, checks and warming up took, and how long of this the event loop stood still. */
  readonly loadTime: number;
  readonly blockedTime: number;
  /** What a check of the model has found, such as its certificate. */
  readonly notes: readonly string[];
}
