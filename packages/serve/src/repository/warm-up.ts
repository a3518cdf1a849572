/** The first calls of a model, so that no request waits for what is made once: compiled kernels, tables of contributions. */
import { InputError, type PredictOptions, UnsupportedModelError } from "xgboost-infer";
import type { ModelExecutor } from "xgboost-infer/executor";

/** Rows of a batch, enough that engines take the way of batches. */
const BATCH_ROWS = 64;

/** Kinds of calls besides plain values, each in the order of its cost. */
const KINDS: readonly PredictOptions[] = [{ outputMargin: true }, { predLeaf: true }, { predContribs: true }];

/** Scores a row, so that the engine is chosen and its code compiled. */
export function tryRow({ booster, features }: ModelExecutor): void {
  booster.predictRow(new Float32Array(features.length));
}

/** @throws whatever scoring throws: a model that cannot score a row must not be visible */
export function warmUp({ booster, features }: ModelExecutor): void {
  const cols = features.length;
  const rows = new Float32Array(BATCH_ROWS * cols);
  rows.fill(Number.NaN, 0, cols);
  booster.predictRow(rows.subarray(cols, 2 * cols));
  booster.predict({ data: rows, rows: BATCH_ROWS, cols });
  for (const options of KINDS) {
    try {
      booster.predict({ data: rows.subarray(0, cols), rows: 1, cols }, options);
    } catch (error) {
      // Not every model has leaves and contributions; whoever asks for them is told so.
      if (!(error instanceof UnsupportedModelError || error instanceof InputError)) {
        throw error;
      }
    }
  }
}
