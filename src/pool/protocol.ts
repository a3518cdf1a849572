/** What a pool and its workers post to each other. Blocks are answered in the order in which they came. */
import type { EngineOption } from "../engine/select.ts";
import type { Model } from "../model/model.ts";
import type { Rules } from "../model/rules.ts";
import type { Plan } from "../predict/options.ts";

/** What a worker makes its scorer of. */
export interface Setup {
  /** Without its trees, where the layout stands for them. */
  readonly model: Model;
  readonly rules: Rules;
  readonly engine: EngineOption;
  /** Buffer of the compiled trees; shared where the platform shares memory. */
  readonly layout: ArrayBuffer | SharedArrayBuffer | undefined;
}

export interface SetupMessage {
  readonly type: "setup";
  readonly setup: Setup;
}

/** A block of rows to score. */
export interface ScoreMessage {
  readonly type: "score";
  readonly plan: Plan;
  readonly count: number;
  /** count × features, at the front. */
  readonly rows: Float32Array;
  /** Base margins, count × output groups, where the caller gave any. */
  readonly base: Float32Array | undefined;
  /** Room for count × `Scorer.roomPerRow`. */
  readonly out: Float32Array;
  /** Shared; not 0 once nobody wants the result any more. */
  readonly cancelled: Int32Array | undefined;
}

export type ToWorker = SetupMessage | ScoreMessage;

export interface ReadyMessage {
  readonly type: "ready";
}

/** The answer to a block. Where memory is not shared, `rows` and `out` come back with it, to be used again. */
export interface ScoredMessage {
  readonly type: "scored";
  readonly rows: Float32Array | undefined;
  readonly out: Float32Array | undefined;
}

export type FromWorker = ReadyMessage | ScoredMessage;
