/**
 * A table in memory, by columns. It knows nothing of models: `state/binding.ts` joins the two.
 *
 * A column of 1,000,000 rows takes 4 MB as float32. Columns are float32, which is what models see of a number, unless they hold
 * whole numbers that float32 cannot hold, such as identifiers and times: these are float64. All else is text, as codes into a list of
 * the distinct texts, which stay bytes until they are asked for.
 */

export type TableFormat = "CSV" | "NDJSON" | "Parquet" | "Arrow";

export interface NumberColumn {
  readonly kind: "number";
  readonly name: string;
  /** One a row; NaN where the value is missing. */
  readonly values: Float32Array | Float64Array;
}

export interface TextColumn {
  readonly kind: "text";
  readonly name: string;
  /** By row: place in `texts`, or -1 where the value is missing. */
  readonly codes: Int32Array;
  /** Distinct texts in the order in which they came. */
  readonly texts: Texts;
}

export type Column = NumberColumn | TextColumn;

/** A list of texts as one array of UTF-8 bytes: to be posted to another thread without a copy. */
export interface TextBytes {
  readonly bytes: Uint8Array;
  /** Text i is bytes starts[i] … starts[i + 1]. */
  readonly starts: Uint32Array;
}

const utf8 = new TextDecoder();

export class Texts {
  readonly data: TextBytes;

  constructor(data: TextBytes) {
    this.data = data;
  }

  get length(): number {
    return this.data.starts.length - 1;
  }

  at(i: number): string {
    const { bytes, starts } = this.data;
    return utf8.decode(bytes.subarray(starts[i], starts[i + 1]));
  }
}

export class Table {
  /** File name. */
  readonly name: string;
  readonly format: TableFormat;
  /** Of the file. */
  readonly bytes: number;
  readonly rows: number;
  readonly columns: readonly Column[];
  /** Milliseconds that reading took. */
  readonly readTime: number;
  /** Whether names are the file's own; otherwise they are `column 1`, `column 2`, … */
  readonly hasNames: boolean;
  readonly #byName: ReadonlyMap<string, Column>;

  constructor(table: {
    readonly name: string;
    readonly format: TableFormat;
    readonly bytes: number;
    readonly rows: number;
    readonly columns: readonly Column[];
    readonly readTime: number;
    readonly hasNames: boolean;
  }) {
    this.name = table.name;
    this.format = table.format;
    this.bytes = table.bytes;
    this.rows = table.rows;
    this.columns = table.columns;
    this.readTime = table.readTime;
    this.hasNames = table.hasNames;
    this.#byName = new Map(table.columns.map((column) => [column.name, column]));
  }

  column(name: string): Column | undefined {
    return this.#byName.get(name);
  }
}

/** A value as it is shown: the shortest text that reads back to it; empty where it is missing. */
export function cellText(column: Column, row: number): string {
  if (column.kind === "text") {
    const code = column.codes[row]!;
    return code < 0 ? "" : column.texts.at(code);
  }
  const value = column.values[row]!;
  return column.values instanceof Float32Array
    ? float32Text(value)
    : Number.isNaN(value)
      ? ""
      : String(value);
}

const LEAST_NORMAL = 2 ** -126;

/** The shortest decimal that reads back to the same float32; empty for NaN. */
export function float32Text(value: number): string {
  if (Number.isNaN(value)) {
    return "";
  }
  if (value === 0) {
    return Object.is(value, -0) ? "-0" : "0";
  }
  // Six digits are never one too many, but where there are fewer bits: below the least normal number.
  for (let digits = Math.abs(value) < LEAST_NORMAL ? 1 : 6; digits < 9; digits++) {
    const number = Number(value.toPrecision(digits));
    if (Math.fround(number) === value) {
      return String(number);
    }
  }
  return String(Number(value.toPrecision(9)));
}
