/** A request and its answer without a trace of any protocol: what HTTP and gRPC have in common. */
import type { PredictOptions } from "xgboost-infer";
import type { ServedModel } from "../repository/served-model.ts";
import type { Rows } from "./rows.ts";

export const OUTPUT_KINDS = ["value", "margin", "leaf", "contribs", "interactions"] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

export interface ScoreRequest {
  /** In log lines and replies. */
  readonly id: string;
  /** For metrics and the log, such as `oip-rest`. */
  readonly protocol: string;
  readonly model: string;
  /** The latest, where none is given. */
  readonly version?: string | undefined;
  readonly rows: Rows;
  /** What is asked for, each once. */
  readonly outputs: readonly OutputKind[];
  readonly options?: ScoreOptions | undefined;
  /** When the answer is of no use any more, by `performance.now()`. */
  readonly deadline: number;
  /** Whether nobody waits for the answer any more. */
  isCancelled?(): boolean;
}

export interface ScoreOptions {
  /** As in Python: boosting rounds `[begin, end)`. */
  readonly iterationRange?: readonly [number, number] | undefined;
  /** One margin a row and output group. */
  readonly baseMargin?: Float32Array | undefined;
  readonly approxContribs?: boolean | undefined;
}

export interface ScoreAnswer {
  /** The model that all of the answer is from. */
  readonly model: ServedModel;
  readonly rows: number;
  /** In the order in which they were asked for. */
  readonly outputs: readonly ScoredOutput[];
  /** Values that were absent, of all rows × features. */
  readonly missingValues: number;
  /** Names in the rows that are not features of the model, each once, a hundred at most. */
  readonly unknown: readonly string[];
  /** Milliseconds of scoring without those of waiting for its turn; absent where it did not wait. */
  readonly scoringTime?: number | undefined;
  /** Absent features of the row and the share of importance that they hold; of single named rows only. */
  readonly row?: { readonly missing: readonly string[]; readonly missingWeight: number } | undefined;
}

export interface ScoredOutput {
  readonly kind: OutputKind;
  /** Row-major. */
  readonly data: Float32Array;
  /** Rows first; at least two numbers: one value a row has the shape [rows, 1]. */
  readonly shape: readonly number[];
}

/** An output as an option of `Booster.predict`. */
export function predictOptions(
  kind: OutputKind,
  { iterationRange, approxContribs }: ScoreOptions,
): PredictOptions {
  return {
    ...(iterationRange === undefined ? {} : { iterationRange }),
    ...(approxContribs === undefined ? {} : { approxContribs }),
    ...OPTION_OF[kind],
  };
}

const OPTION_OF: Readonly<Record<OutputKind, PredictOptions>> = {
  value: {},
  margin: { outputMargin: true },
  leaf: { predLeaf: true },
  contribs: { predContribs: true },
  interactions: { predInteractions: true },
};
