/** Columns of the table against features of the model, before the first row is read. */
import type { ModelExecutor } from "xgboost-infer/executor";
import { UsageError } from "../errors.ts";
import { featureEncoder } from "../model/feature-encoder.ts";
import type { ModelSnapshot } from "../model/open-model.ts";
import { planColumns } from "../tables/plan.ts";
import type { ColumnPlan, TableSource } from "../tables/table.ts";
import { someNames } from "../terminal/format.ts";

export interface TableColumns {
  /** Columns with base margins are kept behind those that are passed through. */
  readonly plan: ColumnPlan;
  /** Names of columns that are passed through. */
  readonly passed: readonly string[];
  /** Features that the table has no column for. */
  readonly absent: readonly string[];
  /** Columns that serve nothing. */
  readonly unused: readonly string[];
}

export interface ColumnWishes {
  readonly keep: readonly string[] | "all";
  readonly baseMargin: readonly string[];
  /** What becomes of features without a column; by default, the model directory's check decides, and a file has none. */
  readonly missingColumns: "error" | "allow" | undefined;
}

/** @throws UsageError where the table and the model do not fit together */
export function matchColumns(
  source: TableSource,
  { executor, isDirectory }: ModelSnapshot,
  { keep, baseMargin, missingColumns }: ColumnWishes,
): TableColumns {
  const encoder = featureEncoder(executor);
  const all = keep === "all" ? (source.columns ?? "all") : keep;
  const planned = planColumns(source.columns, encoder, all === "all" ? all : [...all, ...baseMargin]);
  const { plan, missing: absent, unused } = planned;
  const passed = plan.keep
    .slice(0, plan.keep.length - baseMargin.length)
    .map((column) => plan.names[column]!);
  checkAbsent(source, executor, absent, missingColumns ?? (isDirectory ? "check" : "error"));
  if (executor.manifest.check.unknownFeatures === "refuse" && unused.length > 0) {
    throw new UsageError(
      `${source.name}: columns that are not features of the model: ${someNames(unused, 100)}; ` +
        "the model's manifest says unknownFeatures: refuse. Remove them, or pass them through with --keep",
    );
  }
  return { plan, passed, absent, unused };
}

function checkAbsent(
  source: TableSource,
  executor: ModelExecutor,
  absent: readonly string[],
  mode: "error" | "allow" | "check",
): void {
  if (absent.length === 0) {
    return;
  }
  const names = someNames(absent, 100);
  if (absent.length === executor.features.length) {
    throw new UsageError(
      `${source.name}: no column is a feature of the model, which takes ${names}. ` +
        `The table has ${someNames(source.columns ?? [], 20)}. Where it has no header, say --no-header`,
    );
  }
  if (mode === "error") {
    throw new UsageError(
      `${source.name}: the table has no columns for these features of the model: ${names}. ` +
        "--missing-columns allow takes them as missing in every row",
    );
  }
  const refusal = refusalWithout(executor, absent);
  if (refusal !== undefined) {
    throw new UsageError(
      `${source.name}: the table has no columns for these features of the model: ${names}. ` +
        `Its check would refuse every row: ${refusal}`,
    );
  }
}

/** Why the check refuses rows that have everything but `absent`. */
function refusalWithout(executor: ModelExecutor, absent: readonly string[]): string | undefined {
  const without = new Set(absent);
  const row = Float32Array.from(executor.features, (name) => (without.has(name) ? Number.NaN : 0));
  return executor.refusals(row, 1)[0]?.message.replace(/^row \d+ is refused: /, "");
}
