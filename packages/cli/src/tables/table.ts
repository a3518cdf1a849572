/**
 * Tables as the batch sees them. A source cuts a table into blocks; a decoder, which may run in another thread, makes of a block
 * the float32 rows that the model takes, and the columns that are passed through. Where blocks begin and end depends on the
 * table's content and nothing else, so that an interrupted run can go on at a block and end with the same bytes.
 */

/** Formats of tables. `arrow` is a file of Arrow's IPC format, `arrows` a stream of it; both are recognised when read. */
export type TableFormat = "csv" | "tsv" | "ndjson" | "libsvm" | "parquet" | "arrow" | "arrows";

/** What a value of a feature may be: a number, or the name of a category, which is text or a whole number. */
export type FeatureKind = "number" | "text category" | "integer category";

/** The model's side of a table. What decoders of all formats share. */
export interface FeatureEncoder {
  /** Feature names in the order of the model's columns. */
  readonly names: readonly string[];
  /** By column. */
  readonly kinds: readonly FeatureKind[];
  /**
   * A field of a text table as the model sees it, before it is rounded to float32. Missing (empty, `NaN`, `NA`, `null`) is NaN.
   * @throws InputError for what is neither a number nor a category
   */
  encodeText(text: string, column: number): number;
  /**
   * A typed value, from JSON or a typed column, as the model sees it. `null` and `undefined` are NaN.
   * @throws InputError for what is neither a number nor a category
   */
  encodeValue(value: unknown, column: number): number;
}

/** What a decoder does with the columns of a table. */
export interface ColumnPlan {
  /** By column of the table. Where each row names its own (NDJSON): the model's features, then the others that are kept. */
  readonly names: readonly string[];
  /** By column of the table: the model's column that it fills, or -1. */
  readonly features: Int32Array;
  /** Columns of the table that are passed through, in the order of the output. */
  readonly keep: readonly number[];
}

/** A column that is passed through: one value a row of the block, refused rows included. */
export interface KeptColumn {
  readonly name: string;
  /** `text` is what stood in the file. Others are of typed formats, and stay what they are where the output has types. */
  readonly type: KeptType;
  readonly values: ArrayLike<unknown>;
}

/**
 * `int32` and the like are numbers, `int64` big integers; `timestamp` is big integers of `unit`; `json` is any value of JSON.
 * `null` is a missing value in all of them.
 */
export type KeptType =
  | {
      readonly name:
        | "text"
        | "boolean"
        | "int32"
        | "int64"
        | "uint64"
        | "float32"
        | "float64"
        | "date"
        | "json";
    }
  | { readonly name: "timestamp"; readonly unit: "s" | "ms" | "us" | "ns"; readonly timezone: string | null };

/** Why a row is not scored. */
export interface RowRefusal {
  /** Row in the block, counted from 0. */
  readonly row: number;
  /** Line in the block, counted from 0, where the format has lines. */
  readonly line?: number;
  /** Name of the column that is to blame, where one is. */
  readonly column?: string;
  readonly reason: string;
}

export interface DecodedBlock {
  /** Rows of the block, refused ones included. */
  readonly rows: number;
  /** Lines that the block takes in the file; 0 where the format has none. */
  readonly lines: number;
  /**
   * rows × features, row-major: NaN for missing, codes for categories. Refused rows hold anything. The decoder may use the
   * memory again for the next block.
   */
  readonly features: Float32Array;
  readonly kept: readonly KeptColumn[];
  /** In the order of rows, at most one a row. */
  readonly refused: readonly RowRefusal[];
  /** By row, names that are neither features nor passed through, where each row has its own. */
  readonly unknown?: readonly (readonly string[] | undefined)[];
}

/** A part of a table, as it can be posted to another thread. */
export interface RawBlock {
  /** Counted from 0. */
  readonly index: number;
  /** Where reading can go on after this block; what it means is the source's affair. It is plain JSON. */
  readonly next: BlockPosition;
  /** How much of the source has been read up to the end of this block, in the units of `TableSource.size`. */
  readonly read: number;
  readonly payload: BlockPayload;
}

export type BlockPosition = { readonly [key: string]: string | number };

export type BlockPayload =
  /** Whole lines of a text table, without its header. */
  | { readonly kind: "text"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Rows of a Parquet file, which the decoder opens. Blocks of the same run one after the other had better go to the same thread. */
  | {
      readonly kind: "parquet";
      readonly path: string;
      readonly rowBegin: number;
      readonly rowEnd: number;
      readonly run: number;
    }
  /** A whole Arrow stream, schema and dictionaries included, with one record batch. */
  | { readonly kind: "arrow"; readonly bytes: Uint8Array<ArrayBuffer> };

/** An opened table. Nothing but its head has been read. */
export interface TableSource {
  readonly format: TableFormat;
  /** Path, or `<stdin>`: for messages. */
  readonly name: string;
  /** Names of the columns in order; `undefined` where each row names its own (NDJSON). LIBSVM has the model's. */
  readonly columns: readonly string[] | undefined;
  /** What there is to read, for progress; `undefined` where nobody knows. */
  readonly size: { readonly total: number; readonly unit: "bytes" | "rows" } | undefined;
  /** Lines before the first block (a header), so that messages can give line numbers of the file. */
  readonly headerLines: number;
  /** What a decoder of this table is made of, as it can be posted to another thread. */
  readonly decoder: DecoderSpec;
  /** Blocks in order, from the beginning or from the `next` of a block. Reads no faster than blocks are taken. */
  blocks(from?: BlockPosition): AsyncIterable<RawBlock>;
  close(): Promise<void>;
}

/** Plain data. */
export interface DecoderSpec {
  readonly format: TableFormat;
  readonly name: string;
  readonly columns: readonly string[] | undefined;
  readonly options: TableOptions;
}

/** What a user can say about a table. */
export interface TableOptions {
  /** Texts that mean missing, besides the usual ones. */
  readonly missing?: readonly string[];
  /** Character between fields of CSV. */
  readonly delimiter?: string;
  /** Whether the first line of CSV is a header. Without one, columns are those of the model in order. */
  readonly header?: boolean;
  /** First index of LIBSVM: 0, as in XGBoost, or 1. */
  readonly libsvmBase?: 0 | 1;
}

export interface Decoder {
  /** @throws TableError for a block that cannot be read at all */
  decode(payload: BlockPayload): DecodedBlock | Promise<DecodedBlock>;
  /** Gives back the files that it holds open, if there are any. */
  close?(): void;
}

/** A column of a table to be written. */
export interface OutputColumn {
  readonly name: string;
  readonly type: KeptType;
}

/** Columns of equal length. */
export interface OutputBlock {
  readonly rows: number;
  /** Kept columns, then the scores as Float32Array (leaves too, as XGBoost has them). */
  readonly columns: readonly ArrayLike<unknown>[];
}

/** Turns blocks into bytes of a format. Pure: who calls it writes the bytes. */
export interface TableEncoder {
  /** Bytes before the first block. */
  begin(): Uint8Array;
  /** Bytes of a block. */
  block(block: OutputBlock): Uint8Array;
  /** Bytes after the last block. */
  end(): Uint8Array;
  /** What `restore` needs to go on after the blocks so far: plain JSON, small. */
  state(): unknown;
  /** Goes on where an encoder of the same columns was when it gave its state. */
  restore(state: unknown): void;
}
