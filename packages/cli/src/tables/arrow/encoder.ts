/** Tables as Arrow streams and files: a record batch a block. */
import type { Data, DataType, Schema } from "apache-arrow";
import type { KeptType, OutputBlock, OutputColumn, TableEncoder } from "../table.ts";
import { messageHeadLength, schemaMessage } from "./footer.ts";
import { loadArrow } from "./library.ts";

export function createArrowEncoder(
  format: "arrow" | "arrows",
  columns: readonly OutputColumn[],
): TableEncoder {
  return new ArrowEncoder(format === "arrow", columns);
}

const MAGIC = Uint8Array.from("ARROW1", (letter) => letter.charCodeAt(0));
const END_OF_STREAM = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);

/** Where a record batch lies in the file, for its footer: bytes of metadata, of the body, and its offset. */
type BatchPlace = readonly [metadata: number, body: number, offset: number];

class ArrowEncoder implements TableEncoder {
  readonly #isFile: boolean;
  readonly #columns: readonly OutputColumn[];
  readonly #schema: Schema;
  readonly #head: Uint8Array;
  #offset: number;
  #batches: BatchPlace[] = [];

  constructor(isFile: boolean, columns: readonly OutputColumn[]) {
    const { arrow } = loadArrow();
    this.#isFile = isFile;
    this.#columns = columns;
    this.#schema = new arrow.Schema(
      columns.map(({ name, type }) => new arrow.Field(name, typeOf(type), true)),
    );
    this.#head = schemaMessage(this.#schema);
    this.#offset = this.begin().length;
  }

  begin(): Uint8Array {
    return this.#isFile ? join([MAGIC, new Uint8Array(2), this.#head]) : this.#head;
  }

  block({ rows, columns }: OutputBlock): Uint8Array {
    if (rows === 0) {
      return new Uint8Array(0);
    }
    const { arrow } = loadArrow();
    const children = this.#columns.map(({ type }, i) => dataOf(columns[i]!, type, rows));
    const struct = arrow.makeData({ type: new arrow.Struct(this.#schema.fields), length: rows, children });
    const batch = new arrow.RecordBatch(this.#schema, struct);
    const stream = arrow.RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true);
    const bytes = stream.slice(this.#head.length, stream.length - END_OF_STREAM.length);
    const metadata = messageHeadLength(bytes);
    this.#batches.push([metadata, bytes.length - metadata, this.#offset]);
    this.#offset += bytes.length;
    return bytes;
  }

  end(): Uint8Array {
    if (!this.#isFile) {
      return END_OF_STREAM;
    }
    const { Footer, FileBlock } = loadArrow();
    const blocks = this.#batches.map(([metadata, body, offset]) => new FileBlock(metadata, body, offset));
    const footer = Footer.encode(new Footer(this.#schema, undefined, blocks, []));
    const length = new Uint8Array(Int32Array.of(footer.length).buffer);
    return join([END_OF_STREAM, footer, length, MAGIC]);
  }

  state(): unknown {
    return { offset: this.#offset, batches: this.#isFile ? this.#batches : [] };
  }

  restore(state: unknown): void {
    const { offset, batches } = state as { readonly offset: number; readonly batches: readonly BatchPlace[] };
    this.#offset = offset;
    this.#batches = [...batches];
  }
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(pieces);
}

function typeOf(type: KeptType): DataType {
  const { arrow } = loadArrow();
  switch (type.name) {
    case "boolean":
      return new arrow.Bool();
    case "int32":
      return new arrow.Int32();
    case "int64":
      return new arrow.Int64();
    case "uint64":
      return new arrow.Uint64();
    case "float32":
      return new arrow.Float32();
    case "float64":
      return new arrow.Float64();
    case "date":
      return new arrow.DateDay();
    case "timestamp":
      return new arrow.Timestamp(UNITS[type.unit], type.timezone);
    default:
      return new arrow.Utf8();
  }
}

/** As Arrow numbers them. */
const UNITS = { s: 0, ms: 1, us: 2, ns: 3 } as const;

/** Arrays that hold the values of a type, one place a row. */
const ARRAYS = {
  int32: Int32Array,
  date: Int32Array,
  int64: BigInt64Array,
  timestamp: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

function dataOf(values: ArrayLike<unknown>, type: KeptType, rows: number): Data {
  const { arrow } = loadArrow();
  const common = { type: typeOf(type), length: rows, ...validityOf(values, rows) };
  if (type.name === "float32" && values instanceof Float32Array) {
    return arrow.makeData({ ...common, data: values } as never);
  }
  if (type.name === "text" || type.name === "json") {
    return arrow.makeData({ ...common, ...textsOf(values, type, rows) } as never);
  }
  if (type.name === "boolean") {
    const bits = bitsOf(rows, (row) => values[row] === true);
    return arrow.makeData({ ...common, data: bits } as never);
  }
  const data = new ARRAYS[type.name](rows);
  for (let row = 0; row < rows; row++) {
    const value = values[row];
    if (value !== null && value !== undefined) {
      data[row] = value as never;
    }
  }
  return arrow.makeData({ ...common, data } as never);
}

function validityOf(
  values: ArrayLike<unknown>,
  rows: number,
): { readonly nullCount: number; readonly nullBitmap?: Uint8Array } {
  if (ArrayBuffer.isView(values)) {
    return { nullCount: 0 };
  }
  let nullCount = 0;
  const nullBitmap = bitsOf(rows, (row) => {
    const isNull = values[row] === null || values[row] === undefined;
    nullCount += isNull ? 1 : 0;
    return !isNull;
  });
  return nullCount === 0 ? { nullCount } : { nullCount, nullBitmap };
}

function bitsOf(rows: number, isSet: (row: number) => boolean): Uint8Array {
  const bits = new Uint8Array((rows + 7) >> 3);
  for (let row = 0; row < rows; row++) {
    if (isSet(row)) {
      bits[row >> 3]! |= 1 << (row & 7);
    }
  }
  return bits;
}

function textsOf(
  values: ArrayLike<unknown>,
  type: KeptType,
  rows: number,
): { readonly valueOffsets: Int32Array; readonly data: Uint8Array } {
  const encoder = new TextEncoder();
  const valueOffsets = new Int32Array(rows + 1);
  const pieces: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    const value = values[row];
    const isNull = value === null || value === undefined;
    const piece = encoder.encode(isNull ? "" : type.name === "json" ? JSON.stringify(value) : String(value));
    pieces.push(piece);
    valueOffsets[row + 1] = valueOffsets[row]! + piece.length;
  }
  return { valueOffsets, data: join(pieces) };
}
