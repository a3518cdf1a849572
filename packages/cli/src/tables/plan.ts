/** Which columns of a table are the model's, and which are passed through. */
import { UsageError } from "../errors.ts";
import type { ColumnPlan, FeatureEncoder } from "./table.ts";

export interface PlannedColumns {
  readonly plan: ColumnPlan;
  /** Features of the model that the table has no column for, in the model's order: missing in every row. */
  readonly missing: readonly string[];
  /** Columns of the table that are neither a feature nor kept, in the order of the table. */
  readonly unused: readonly string[];
}

/**
 * Matches columns by name.
 * @param columns the table's; `undefined` where each row names its own
 * @param keep names of the columns to pass through, in the order of the output
 * @throws UsageError for a column to be kept that the table does not have
 */
export function planColumns(
  columns: readonly string[] | undefined,
  encoder: FeatureEncoder,
  keep: readonly string[] | "all",
): PlannedColumns {
  const names = columns ?? namesOfRows(encoder, keep);
  const places = new Map(encoder.names.map((name, column) => [name, column]));
  const features = Int32Array.from(names, (name) => places.get(name) ?? -1);
  const kept = keep === "all" ? names.map((_, column) => column) : keep.map((name) => find(name, names));
  const has = new Set(names);
  const isKept = new Set(kept);
  return {
    plan: { names, features, keep: kept },
    missing: encoder.names.filter((name) => !has.has(name)),
    unused: names.filter((_, column) => features[column] === -1 && !isKept.has(column)),
  };
}

function namesOfRows(encoder: FeatureEncoder, keep: readonly string[] | "all"): readonly string[] {
  if (keep === "all") {
    throw new UsageError(
      "all columns cannot be kept of a table whose rows name their own (NDJSON): name those to keep",
    );
  }
  return [...new Set([...encoder.names, ...keep])];
}

function find(name: string, names: readonly string[]): number {
  const column = names.indexOf(name);
  if (column < 0) {
    const some = names.slice(0, 10).map((each) => JSON.stringify(each));
    throw new UsageError(
      `there is no column ${JSON.stringify(name)} to keep; the table has ${some.join(", ")}` +
        `${names.length > 10 ? `, … (${names.length} columns)` : ""}`,
    );
  }
  return column;
}
