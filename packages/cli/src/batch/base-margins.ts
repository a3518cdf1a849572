/** Base margins from columns of the table. */
import type { KeptColumn } from "../tables/table.ts";
import type { BlockRows, RefusalReason } from "./block-rows.ts";

/** One margin a row and column, row-major; rows without one are refused. `undefined` where there are no such columns. */
export function readBaseMargins(columns: readonly KeptColumn[], rows: BlockRows): Float32Array | undefined {
  if (columns.length === 0) {
    return undefined;
  }
  const read = (): readonly (readonly (number | undefined)[])[] =>
    columns.map(({ values }) => Array.from(rows.take(values), marginOf));
  const margins = read();
  const reasons = Array.from({ length: rows.count }, (_, row) => reasonOf(columns, margins, row));
  rows.refuse(reasons);
  const accepted = read();
  const result = new Float32Array(rows.count * columns.length);
  accepted.forEach((values, column) => {
    values.forEach((value, row) => {
      result[row * columns.length + column] = value!;
    });
  });
  return result;
}

/** Decimal numbers as tables have them. */
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

function marginOf(value: unknown): number | undefined {
  const number =
    typeof value === "string" && NUMBER.test(value)
      ? Number(value)
      : typeof value === "number" || typeof value === "bigint"
        ? Number(value)
        : Number.NaN;
  return Number.isFinite(Math.fround(number)) ? number : undefined;
}

function reasonOf(
  columns: readonly KeptColumn[],
  margins: readonly (readonly (number | undefined)[])[],
  row: number,
): RefusalReason | undefined {
  const wrong = margins.findIndex((values) => values[row] === undefined);
  return wrong < 0
    ? undefined
    : { column: columns[wrong]!.name, reason: "the base margin is not a finite float32 number" };
}
