/** The forms of input data, and the one form that engines take. */

/** A dense matrix, row-major. */
export interface DenseData {
  readonly data: Float32Array | Float64Array | ArrayLike<number>;
  readonly rows: number;
  readonly cols: number;
}

/** Columns by feature name, all of one length. */
export interface ColumnData {
  readonly columns: Record<string, ArrayLike<unknown>>;
}

/** Compressed sparse rows. Absent entries are missing; stored zeros are values. */
export interface CsrData {
  readonly indptr: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
  readonly data: ArrayLike<number>;
  readonly cols: number;
}

/**
 * An Arrow table or record batch in memory, by its shape: `apache-arrow`'s, `@uwdata/flechette`'s and those like them. Columns are
 * features by name. Null is missing; dictionary and text columns name categories.
 */
export interface ArrowTableLike {
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
  readonly numRows: number;
  /** A column by its place, with its chunks in `data`. */
  getChildAt(index: number): unknown;
}

/** What rows can be scored: a matrix, a list of rows, named rows, named columns, a sparse matrix, or an Arrow table. */
export type Data =
  | DenseData
  | readonly ArrayLike<number>[]
  | readonly Record<string, unknown>[]
  | ColumnData
  | CsrData
  | ArrowTableLike;

/**
 * Rows as engines take them: float32, one column a feature of the model, NaN for missing. Values are converted a block at
 * a time, so that memory does not grow with the number of rows.
 */
export interface RowSource {
  readonly rows: number;
  /** The caller's own array, where it already is what engines take. */
  readonly direct: Float32Array | undefined;
  /** Writes rows `begin … end)` to the front of `out`. */
  fill(begin: number, end: number, out: Float32Array): void;
  /** Stored entries of a sparse matrix, whose order decides the last bits of a linear model. */
  readonly sparse:
    | { readonly indptr: ArrayLike<number>; readonly indices: ArrayLike<number>; readonly data: Float32Array }
    | undefined;
}
