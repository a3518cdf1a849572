/** Rows of a request in the forms in which protocols bring them, and how each becomes what a model takes. */

import type { ModelExecutor } from "xgboost-infer/executor";
import { Failure, invalid } from "../failure.ts";

/** Names of a row that are not features of the model; `undefined` where there are none. */
export type Unknown = readonly string[] | undefined;

/** Rows, not yet read. Values are read a block at a time: a small request can mean a large matrix. */
export interface Rows {
  readonly count: number;
  /** @throws Failure or InputError for rows that the model cannot take */
  bind(executor: ModelExecutor): BoundRows;
}

export interface BoundRows {
  /**
   * Writes the rows `begin … end - 1` to `out`, one after the other, NaN for what is absent.
   * @returns unknown names by row, or `undefined` where there are none
   * @throws Failure or InputError for values that cannot be used
   */
  fill(begin: number, end: number, out: Float32Array): readonly Unknown[] | undefined;
}

/** A row by feature name. */
export type NamedRow = Record<string, unknown>;

/** Rows by feature name, in any order. */
export class NamedRows implements Rows {
  readonly rows: readonly NamedRow[];

  constructor(rows: readonly NamedRow[]) {
    this.rows = rows;
  }

  get count(): number {
    return this.rows.length;
  }

  bind(executor: ModelExecutor): BoundRows {
    const cols = executor.features.length;
    return {
      fill: (begin, end, out) => {
        let unknown: Unknown[] | undefined;
        for (let row = begin; row < end; row++) {
          const names = executor.encodeInto(this.rows[row]!, out, (row - begin) * cols, row);
          if (names !== undefined) {
            unknown ??= new Array<Unknown>(end - begin).fill(undefined);
            unknown[row - begin] = names;
          }
        }
        return unknown;
      },
    };
  }
}

/** A matrix in the model's order of features, row-major. Numbers are codes of categories, as in XGBoost; text is their names. */
export class MatrixRows implements Rows {
  readonly count: number;
  readonly #values: ArrayLike<unknown>;
  readonly #cols: number;

  constructor(values: ArrayLike<unknown>, rows: number, cols: number) {
    this.count = rows;
    this.#values = values;
    this.#cols = cols;
  }

  bind(executor: ModelExecutor): BoundRows {
    checkWidth(this.#cols, executor, "the matrix");
    const values = this.#values;
    const cols = this.#cols;
    return {
      fill: (begin, end, out) => {
        if (values instanceof Float32Array) {
          out.set(values.subarray(begin * cols, end * cols));
        } else {
          for (let i = begin * cols, to = 0; i < end * cols; i++, to++) {
            const value = values[i];
            out[to] =
              typeof value === "number"
                ? value
                : executor.encodeValue(value, to % cols, begin + Math.floor(to / cols));
          }
        }
        return undefined;
      },
    };
  }
}

/** Rows of values in the model's order, of any type: numbers are codes of categories, text is their names. */
export class ListRows implements Rows {
  readonly rows: readonly (readonly unknown[])[];

  constructor(rows: readonly (readonly unknown[])[]) {
    this.rows = rows;
  }

  get count(): number {
    return this.rows.length;
  }

  bind(executor: ModelExecutor): BoundRows {
    const cols = executor.features.length;
    return {
      fill: (begin, end, out) => {
        for (let row = begin, to = 0; row < end; row++) {
          const values = this.rows[row]!;
          checkWidth(values.length, executor, `row ${row}`);
          for (let column = 0; column < cols; column++, to++) {
            const value = values[column];
            out[to] = typeof value === "number" ? value : executor.encodeValue(value, column, row);
          }
        }
        return undefined;
      },
    };
  }
}

/** Values of one feature, a row each. */
export interface NamedColumn {
  readonly name: string;
  readonly values: ArrayLike<unknown>;
}

/** Columns by feature name, in any order. Features without a column are absent. */
export class ColumnRows implements Rows {
  readonly count: number;
  readonly #columns: readonly NamedColumn[];
  readonly #text: boolean;

  /**
   * @param columns all of them `rows` long
   * @param text whether values are fields of a table of text, where numbers are text
   */
  constructor(columns: readonly NamedColumn[], rows: number, text = false) {
    this.count = rows;
    this.#columns = columns;
    this.#text = text;
  }

  bind(executor: ModelExecutor): BoundRows {
    const { features } = executor;
    const places = new Map(features.map((name, column) => [name, column]));
    const known: { values: ArrayLike<unknown>; column: number }[] = [];
    const unknown: string[] = [];
    const seen = new Set<string>();
    for (const { name, values } of this.#columns) {
      const column = places.get(name);
      if (seen.has(name)) {
        throw invalid(`feature ${JSON.stringify(name)} stands twice`);
      }
      seen.add(name);
      if (column === undefined) {
        unknown.push(name);
      } else {
        known.push({ values, column });
      }
    }
    return {
      fill: (begin, end, out) => {
        out.fill(Number.NaN, 0, (end - begin) * features.length);
        for (const { values, column } of known) {
          for (let row = begin, to = column; row < end; row++, to += features.length) {
            const value = values[row];
            out[to] = this.#text
              ? executor.encodeText(value as string, column, row)
              : executor.encodeValue(value, column, row);
          }
        }
        return unknown.length === 0 ? undefined : new Array<Unknown>(end - begin).fill(unknown);
      },
    };
  }
}

/** Rows of a table of text without names, in the model's order. */
export class TextRows implements Rows {
  readonly rows: readonly (readonly string[])[];

  constructor(rows: readonly (readonly string[])[]) {
    this.rows = rows;
  }

  get count(): number {
    return this.rows.length;
  }

  bind(executor: ModelExecutor): BoundRows {
    return {
      fill: (begin, end, out) => {
        for (let row = begin, to = 0; row < end; row++) {
          const fields = this.rows[row]!;
          checkWidth(fields.length, executor, `row ${row}`);
          for (let column = 0; column < fields.length; column++, to++) {
            out[to] = executor.encodeText(fields[column]!, column, row);
          }
        }
        return undefined;
      },
    };
  }
}

/** Rows as lists of column and value; absent is missing. */
export class SparseRows implements Rows {
  readonly count: number;
  readonly #indptr: readonly number[];
  readonly #indices: readonly number[];
  readonly #values: readonly number[];

  /** @param indptr where the entries of each row begin, and at last where they end */
  constructor(indptr: readonly number[], indices: readonly number[], values: readonly number[]) {
    this.count = indptr.length - 1;
    this.#indptr = indptr;
    this.#indices = indices;
    this.#values = values;
  }

  bind(executor: ModelExecutor): BoundRows {
    const cols = executor.features.length;
    return {
      fill: (begin, end, out) => {
        out.fill(Number.NaN, 0, (end - begin) * cols);
        for (let row = begin; row < end; row++) {
          for (let i = this.#indptr[row]!; i < this.#indptr[row + 1]!; i++) {
            const column = this.#indices[i]!;
            if (column >= cols) {
              throw invalid(`row ${row} has feature ${column}, the model has features 0 to ${cols - 1}`);
            }
            out[(row - begin) * cols + column] = this.#values[i]!;
          }
        }
        return undefined;
      },
    };
  }
}

function checkWidth(found: number, { features }: ModelExecutor, what: string): void {
  if (found !== features.length) {
    throw new Failure(
      "invalid",
      `${what} has ${found} ${found === 1 ? "column" : "columns"}, the model has ${features.length} features`,
    );
  }
}
