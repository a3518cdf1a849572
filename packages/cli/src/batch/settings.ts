/** What a batch is asked to do. */
import type { LoadOptions } from "xgboost-infer";
import type { TableOptions } from "../tables/table.ts";
import type { OutputKind } from "./output-columns.ts";
import type { Terminal } from "./progress.ts";
import type { ColumnWishes } from "./table-columns.ts";

export interface BatchSettings extends ColumnWishes {
  /** Path of a model file or model directory. */
  readonly model: string;
  readonly load: LoadOptions;
  /** `undefined` for standard input. */
  readonly data: string | undefined;
  readonly format: string | undefined;
  readonly table: TableOptions;
  /** `undefined` for standard output. */
  readonly out: string | undefined;
  readonly outputFormat: string | undefined;
  readonly kind: OutputKind;
  readonly iterationRange: readonly [number, number] | undefined;
  readonly rejects: string | undefined;
  readonly resume: boolean;
  /** 0 scores in the main thread. */
  readonly workers: number | "auto";
  /** Seconds between two checkpoints. */
  readonly checkpoint: number;
  readonly quiet: boolean;
  /** Where progress, summary and notes go. */
  readonly terminal: Terminal;
}
