/** Columns by feature name: what tables of arrays and Arrow tables have in common. */
import { describe, InputError } from "../errors.ts";
import type { ColumnData, RowSource } from "./data.ts";
import type { FeatureTable } from "./features.ts";
import { blankMissing, type RowOptions } from "./rows.ts";

/** A column that can be written into rows. */
export interface NamedColumn {
  readonly name: string;
  readonly length: number;
  /** Writes rows `begin … end)` to `out[feature]`, `out[feature + width]`, …, which is NaN before; missing may stay so. */
  fill(begin: number, end: number, feature: number, out: Float32Array): void;
}

/** @param rows of the table; `undefined`: as many as the first column has */
export function openNamedColumns(
  columns: readonly NamedColumn[],
  rows: number | undefined,
  features: FeatureTable,
  options: RowOptions,
): RowSource {
  const used: (NamedColumn | undefined)[] = [];
  const count = rows ?? columns[0]?.length ?? 0;
  for (const column of columns) {
    const feature = features.column(column.name);
    if (feature < 0 && options.validateFeatures && !features.open) {
      throw features.unknown(column.name);
    }
    if (column.length !== count) {
      const expected =
        rows === undefined
          ? `column ${describe(columns[0]!.name)} has ${count}`
          : `the table has ${count} rows`;
      throw new InputError(`column ${describe(column.name)} has ${column.length} values, ${expected}`, {
        feature: column.name,
      });
    }
    if (feature >= 0) {
      used[feature] = column;
    }
  }
  if (options.validateFeatures) {
    checkAllColumns(used, features);
  }
  return {
    rows: count,
    direct: undefined,
    sparse: undefined,
    fill(begin, end, out): void {
      out.fill(Number.NaN, 0, (end - begin) * features.count);
      used.forEach((column, feature) => {
        column?.fill(begin, end, feature, out);
      });
      blankMissing(out, 0, (end - begin) * features.count, options.missing);
    },
  };
}

export function openColumns(table: ColumnData, features: FeatureTable, options: RowOptions): RowSource {
  if (typeof table.columns !== "object" || table.columns === null) {
    throw new InputError(
      `columns is ${describe(table.columns)}, expected an object of arrays by feature name`,
    );
  }
  const columns = Object.keys(table.columns).map((name) => {
    const values = table.columns[name]!;
    return {
      name,
      length: lengthOf(values, name),
      fill: (begin: number, end: number, feature: number, out: Float32Array) =>
        fillColumn(values, begin, end, feature, features, options.missing, out),
    };
  });
  return openNamedColumns(columns, undefined, features, options);
}

function lengthOf(column: ArrayLike<unknown> | undefined, name: string): number {
  const length = typeof column === "object" && column !== null ? column.length : undefined;
  if (typeof length !== "number") {
    throw new InputError(`column ${describe(name)} is ${describe(column)}, expected an array`, {
      feature: name,
    });
  }
  return length;
}

function checkAllColumns(columns: readonly (NamedColumn | undefined)[], features: FeatureTable): void {
  for (let feature = 0; feature < features.count; feature++) {
    if (columns[feature] === undefined) {
      const name = features.name(feature);
      throw new InputError(
        `feature_names mismatch: expected ${describe(name)} in input data; validateFeatures: false takes it as missing`,
        { feature: name },
      );
    }
  }
}

function fillColumn(
  column: ArrayLike<unknown>,
  begin: number,
  end: number,
  feature: number,
  features: FeatureTable,
  missing: number,
  out: Float32Array,
): void {
  const width = features.count;
  let at = feature;
  const plain = column instanceof Float32Array || column instanceof Float64Array;
  if (plain && !features.hasIntegerCategories(feature)) {
    for (let row = begin; row < end; row++, at += width) {
      out[at] = column[row]!;
    }
    return;
  }
  for (let row = begin; row < end; row++, at += width) {
    out[at] = features.value(column[row], feature, row, missing);
  }
}
