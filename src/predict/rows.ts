/** Every form of `Data` to the rows that engines take, with Python's checks. */
import { describe, InputError } from "../errors.ts";
import { isArrowTable, openArrow } from "./arrow.ts";
import { toNumber } from "./bigint.ts";
import { openColumns } from "./columns.ts";
import type { CsrData, Data, DenseData, RowSource } from "./data.ts";
import type { FeatureTable } from "./features.ts";

export interface RowOptions {
  /** Value that means missing besides NaN, in float32; NaN for none. */
  readonly missing: number;
  readonly validateFeatures: boolean;
}

const A_NUMBER = "a number (NaN for missing)";

export function openRows(data: Data, features: FeatureTable, options: RowOptions): RowSource {
  if (Array.isArray(data)) {
    return openList(data, features, options);
  }
  if (typeof data === "object" && data !== null) {
    if (isArrowTable(data)) {
      return openArrow(data, features, options);
    }
    if ("columns" in data) {
      return openColumns(data, features, options);
    }
    if ("indptr" in data) {
      return openCsr(data, features, options);
    }
    if ("data" in data && "rows" in data && "cols" in data) {
      return openDense(data, features, options);
    }
  }
  throw new InputError(
    `data is ${describe(data)}, expected rows (an array of arrays or of objects by feature name), ` +
      "{ data, rows, cols }, { columns }, { indptr, indices, data, cols } or an Arrow table",
  );
}

/**
 * The array of a matrix that already is what engines take: float32, as wide as the model, NaN for missing. Else `openRows`
 * converts the data, or says what is wrong with it.
 */
export function directRows(
  data: Data,
  features: FeatureTable,
  options: RowOptions,
): Float32Array | undefined {
  if (typeof data !== "object" || data === null || !("data" in data) || !("rows" in data)) {
    return undefined;
  }
  const { data: values, rows, cols } = data;
  const fits = values instanceof Float32Array && cols === features.count && values.length === rows * cols;
  return fits && Number.isInteger(rows) && Number.isNaN(options.missing) && !("columns" in data)
    ? values
    : undefined;
}

/** One row into `out`, NaN for missing. */
export function fillRow(
  row: ArrayLike<number> | Record<string, unknown>,
  index: number,
  features: FeatureTable,
  options: RowOptions,
  out: Float32Array,
  at: number,
): void {
  if (row instanceof Float32Array || isPositional(row)) {
    fillPositional(row, index, features, options, out, at);
  } else if (
    typeof row === "object" &&
    row !== null &&
    !ArrayBuffer.isView(row) &&
    !(Symbol.iterator in row)
  ) {
    fillNamed(row, index, features, options, out, at);
  } else {
    throw new InputError(
      `row ${index} is ${describe(row)}, expected an array of numbers or an object by feature name`,
      {
        row: index,
      },
    );
  }
}

function isPositional(row: unknown): row is ArrayLike<number> {
  return (
    Array.isArray(row) ||
    (ArrayBuffer.isView(row) && !(row instanceof DataView)) ||
    (typeof row === "object" && row !== null && Symbol.iterator in row && "length" in row)
  );
}

function fillPositional(
  row: ArrayLike<number>,
  index: number,
  features: FeatureTable,
  options: RowOptions,
  out: Float32Array,
  at: number,
): void {
  const width = checkWidth(row.length, features, options, index);
  copyNumbers(row, 0, width, out, at, (i, value) => features.refuse(value, i, index, A_NUMBER));
  if (width < features.count) {
    out.fill(Number.NaN, at + width, at + features.count);
  }
  blankMissing(out, at, at + width, options.missing);
}

function fillNamed(
  row: Record<string, unknown>,
  index: number,
  features: FeatureTable,
  options: RowOptions,
  out: Float32Array,
  at: number,
): void {
  out.fill(Number.NaN, at, at + features.count);
  for (const name of Object.keys(row)) {
    const column = features.column(name);
    if (column >= 0) {
      out[at + column] = features.value(row[name], column, index, options.missing);
    } else if (options.validateFeatures && !features.open) {
      throw features.unknown(name, index);
    }
  }
  blankMissing(out, at, at + features.count, options.missing);
}

/**
 * XGBoost's rules: exactly the model's width (inplace_predict); unchecked, fewer columns are missing ones (DMatrix).
 * Returns how many columns to read.
 */
function checkWidth(found: number, features: FeatureTable, options: RowOptions, row?: number): number {
  const expected = features.count;
  if ((found > expected && !features.open) || (found < expected && options.validateFeatures)) {
    throw new InputError(
      `Feature shape mismatch, expected: ${expected}, got ${found} (columns of ${row === undefined ? "the matrix" : `row ${row}`})`,
      row === undefined ? {} : { row },
    );
  }
  return Math.min(found, expected);
}

function copyNumbers(
  from: ArrayLike<number>,
  begin: number,
  end: number,
  out: Float32Array,
  at: number,
  refuse: (index: number, value: unknown) => never,
): void {
  if (ArrayBuffer.isView(from) && !(from instanceof BigInt64Array) && !(from instanceof BigUint64Array)) {
    const numbers = from as unknown as Float32Array;
    const isWhole = end - begin === numbers.length;
    // Few values: a loop is quicker than making a view for `set`.
    if (isWhole || end - begin > 64) {
      out.set(isWhole ? numbers : numbers.subarray(begin, end), at);
      return;
    }
    for (let i = begin; i < end; i++) {
      out[at + i - begin] = numbers[i]!;
    }
    return;
  }
  for (let i = begin; i < end; i++) {
    const value: unknown = from[i];
    if (typeof value === "number") {
      out[at + i - begin] = value;
    } else if (typeof value === "bigint") {
      out[at + i - begin] = toNumber(value);
    } else if (typeof value === "boolean") {
      out[at + i - begin] = Number(value);
    } else {
      refuse(i, value);
    }
  }
}

/** Turns every `missing` into NaN. Both are float32, so -0 matches 0, as in XGBoost. */
export function blankMissing(values: Float32Array, begin: number, end: number, missing: number): void {
  if (!Number.isNaN(missing)) {
    for (let i = begin; i < end; i++) {
      if (values[i] === missing) {
        values[i] = Number.NaN;
      }
    }
  }
}

function openList(
  data: readonly (ArrayLike<number> | Record<string, unknown>)[],
  features: FeatureTable,
  options: RowOptions,
): RowSource {
  return {
    rows: data.length,
    direct: undefined,
    sparse: undefined,
    fill(begin, end, out): void {
      for (let row = begin; row < end; row++) {
        fillRow(data[row]!, row, features, options, out, (row - begin) * features.count);
      }
    },
  };
}

function openDense(matrix: DenseData, features: FeatureTable, options: RowOptions): RowSource {
  const { data, rows, cols } = matrix;
  checkCount(rows, "rows");
  checkCount(cols, "cols");
  if (typeof data !== "object" || data === null || data.length !== rows * cols) {
    throw new InputError(
      `data has ${data?.length ?? "no"} values, expected rows × cols = ${rows} × ${cols} = ${rows * cols}`,
    );
  }
  const used = checkWidth(cols, features, options);
  const width = features.count;
  const asIs = data instanceof Float32Array && cols === width && Number.isNaN(options.missing);
  return {
    rows,
    direct: asIs ? data : undefined,
    sparse: undefined,
    fill(begin, end, out): void {
      if (cols === width) {
        copyNumbers(data, begin * cols, end * cols, out, 0, (i, value) =>
          features.refuse(value, i % cols, Math.floor(i / cols), A_NUMBER),
        );
      } else {
        for (let row = begin; row < end; row++) {
          const at = (row - begin) * width;
          copyNumbers(data, row * cols, row * cols + used, out, at, (i, value) =>
            features.refuse(value, i - row * cols, row, A_NUMBER),
          );
          out.fill(Number.NaN, at + used, at + width);
        }
      }
      blankMissing(out, 0, (end - begin) * width, options.missing);
    },
  };
}

function openCsr(matrix: CsrData, features: FeatureTable, options: RowOptions): RowSource {
  const { indptr, indices, cols } = matrix;
  checkCount(cols, "cols");
  checkWidth(cols, features, options);
  checkCsr(matrix);
  const data = new Float32Array(matrix.data.length);
  copyNumbers(matrix.data, 0, data.length, data, 0, (i, value) => {
    throw new InputError(`data[${i}]: found ${describe(value)}, expected ${A_NUMBER}`);
  });
  blankMissing(data, 0, data.length, options.missing);
  return {
    rows: indptr.length - 1,
    direct: undefined,
    sparse: { indptr, indices, data },
    fill(begin, end, out): void {
      const width = features.count;
      out.fill(Number.NaN, 0, (end - begin) * width);
      for (let row = begin; row < end; row++) {
        for (let i = indptr[row]!; i < indptr[row + 1]!; i++) {
          // XGBoost drops missing entries when it makes its matrix, so one cannot hide an earlier value of its column.
          if (!Number.isNaN(data[i]!) && indices[i]! < width) {
            out[(row - begin) * width + indices[i]!] = data[i]!;
          }
        }
      }
    },
  };
}

function checkCsr({ indptr, indices, data, cols }: CsrData): void {
  for (const [name, list] of Object.entries({ indptr, indices, data })) {
    if (typeof list !== "object" || typeof list?.length !== "number") {
      throw new InputError(`${name} is ${describe(list)}, expected an array`);
    }
  }
  if (indices.length !== data.length) {
    throw new InputError(`indices has ${indices.length} entries, data has ${data.length}`);
  }
  if (indptr.length === 0 || indptr[0] !== 0 || indptr[indptr.length - 1] !== data.length) {
    throw new InputError(`indptr must start at 0 and end at the ${data.length} entries of data`);
  }
  for (let row = 0; row + 1 < indptr.length; row++) {
    if (!Number.isInteger(indptr[row + 1]) || indptr[row + 1]! < indptr[row]!) {
      throw new InputError(`indptr[${row + 1}] is ${indptr[row + 1]} after ${indptr[row]}`, { row });
    }
  }
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!Number.isInteger(index) || index < 0 || index >= cols) {
      throw new InputError(`indices[${i}] is ${index}, expected a column below cols = ${cols}`);
    }
  }
}

function checkCount(value: unknown, what: string): void {
  if (!Number.isInteger(value) || (value as number) < 0) {
    throw new InputError(`${what} is ${describe(value)}, expected a whole number`);
  }
}
