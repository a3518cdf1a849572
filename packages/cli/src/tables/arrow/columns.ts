/** Columns of a record batch: what they are, and their values. */
import type { Data, DataType, Vector } from "apache-arrow";
import type { Entries } from "../columnar/feature-filler.ts";
import { numbersOfIntegers } from "../columnar/integers.ts";
import type { KeptType } from "../table.ts";
import { loadArrow } from "./library.ts";

export interface ArrowColumn {
  /** In words, for messages. */
  readonly name: string;
  /** What it is where it is passed through; `undefined` where it cannot be. */
  readonly kept: KeptType | undefined;
  readonly isFeature: boolean;
  /** 1 where a row has a value; `undefined` where all have. */
  readonly present: Uint8Array | undefined;
  /** Index of each row, where the column is a dictionary. */
  readonly indices: ArrayLike<number> | undefined;
  readonly entries: Entries;
}

/** @throws RangeError for buffers that are too short for the rows */
export function openColumn(data: Data): ArrowColumn {
  const { DataType } = loadArrow().arrow;
  const present = presence(data);
  if (DataType.isDictionary(data.type)) {
    const { values, dictionary } = data;
    if (dictionary === undefined || dictionary === null) {
      throw new RangeError("its dictionary is not in the table");
    }
    checkLength(values, data.length);
    const indices = isBig(values) ? Array.from(values as ArrayLike<bigint>, Number) : values;
    return { ...contentOf(dictionary.data), present, indices: indices as ArrayLike<number> };
  }
  return { ...contentOf([data]), present, indices: undefined };
}

type Content = Omit<ArrowColumn, "present" | "indices">;

function contentOf(chunks: readonly Data[]): Content {
  const { arrow } = loadArrow();
  const [first] = chunks as [Data];
  const data = chunks.length === 1 ? first : undefined;
  for (const chunk of chunks) {
    checkBuffers(chunk);
  }
  const vector = new arrow.Vector(chunks);
  const { DataType } = arrow;
  const { type } = first;
  const name = String(type);
  if (DataType.isNull(type)) {
    return { ...column(name, { name: "text" }, vector, () => null), isFeature: true };
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type)) {
    return { ...column(name, { name: "text" }, vector, (i) => vector.get(i)), isFeature: true };
  }
  if (DataType.isBool(type)) {
    return { ...column(name, { name: "boolean" }, vector, (i) => vector.get(i)), isFeature: true };
  }
  if (DataType.isInt(type)) {
    const kept =
      type.bitWidth === 64
        ? type.isSigned
          ? "int64"
          : "uint64"
        : type.bitWidth === 32 && !type.isSigned
          ? "int64"
          : "int32";
    const widen = kept === "int64" && type.bitWidth === 32;
    const at = (i: number): unknown => (widen ? BigInt(vector.get(i) as number) : vector.get(i));
    return { ...column(name, { name: kept }, vector, at, numbersOf(data)), isFeature: true };
  }
  if (DataType.isFloat(type)) {
    const kept = type.precision === arrow.Precision.DOUBLE ? "float64" : "float32";
    return {
      ...column(name, { name: kept }, vector, (i) => vector.get(i), numbersOf(data)),
      isFeature: true,
    };
  }
  return { ...other(type, name, vector), isFeature: false };
}

function column(
  name: string,
  kept: KeptType | undefined,
  { length }: Vector,
  at: (i: number) => unknown,
  numbers: ArrayLike<number> | undefined = undefined,
): Omit<Content, "isFeature"> {
  return { name, kept, entries: { length, numbers, at } };
}

const MS_PER_DAY = 86_400_000;
const UNITS = ["s", "ms", "us", "ns"] as const;

/** What can be passed through, but is no feature. */
function other(type: DataType, name: string, vector: Vector): Omit<Content, "isFeature"> {
  const { DataType, DateUnit } = loadArrow().arrow;
  if (DataType.isDate(type)) {
    const perDay = type.unit === DateUnit.DAY ? 1 : MS_PER_DAY;
    return column(name, { name: "date" }, vector, (i) => Math.floor(Number(rawAt(vector, i)) / perDay));
  }
  if (DataType.isTimestamp(type)) {
    const kept = { name: "timestamp", unit: UNITS[type.unit]!, timezone: type.timezone ?? null } as const;
    return column(name, kept, vector, (i) => rawAt(vector, i));
  }
  if (DataType.isDecimal(type)) {
    return column(name, { name: "text" }, vector, (i) =>
      decimalText(vector.get(i) as Uint32Array, type.scale),
    );
  }
  return column(name, undefined, vector, () => null);
}

/** The stored number, which the library would make a date of. */
function rawAt(vector: Vector, i: number): number | bigint | null {
  let at = i;
  for (const chunk of vector.data) {
    if (at < chunk.length) {
      return chunk.getValid(at) ? chunk.values[at] : null;
    }
    at -= chunk.length;
  }
  return null;
}

/** Passed through as text, which is exact: no type of the output is wide enough for all. */
function decimalText(words: Uint32Array, scale: number): string {
  let unscaled = 0n;
  for (let i = words.length - 1; i >= 0; i--) {
    unscaled = (unscaled << 32n) | BigInt(words[i]!);
  }
  unscaled = BigInt.asIntN(words.length * 32, unscaled);
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const sign = unscaled < 0n ? "-" : "";
  return scale <= 0
    ? sign + digits + "0".repeat(-scale)
    : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Values of one chunk as numbers that round to the right float32. */
function numbersOf(data: Data | undefined): ArrayLike<number> | undefined {
  if (data === undefined) {
    return undefined;
  }
  const { DataType, Precision } = loadArrow().arrow;
  if (DataType.isFloat(data.type) && data.type.precision === Precision.HALF) {
    return undefined;
  }
  return isBig(data.values) ? numbersOfIntegers(data.values) : data.values;
}

function isBig(values: unknown): values is BigInt64Array | BigUint64Array {
  return values instanceof BigInt64Array || values instanceof BigUint64Array;
}

function presence(data: Data): Uint8Array | undefined {
  const { length, offset, nullBitmap } = data;
  if (loadArrow().arrow.DataType.isNull(data.type)) {
    return new Uint8Array(length);
  }
  if (data.nullCount === 0 || nullBitmap === undefined || nullBitmap === null) {
    return undefined;
  }
  if (nullBitmap.length * 8 < offset + length) {
    throw new RangeError("its buffers are too short for its rows");
  }
  const present = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    present[i] = (nullBitmap[(offset + i) >> 3]! >> ((offset + i) & 7)) & 1;
  }
  return present;
}

/** The library takes what it finds of a buffer that is cut off, and makes nulls of the rest. */
function checkBuffers(data: Data): void {
  const { DataType } = loadArrow().arrow;
  const { type, length, values, valueOffsets } = data;
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) {
    checkTexts(valueOffsets as unknown as ArrayLike<number | bigint>, length, values.length);
  } else if (DataType.isBool(type)) {
    checkLength(values, (data.offset + length + 7) >> 3);
  } else if (!DataType.isNull(type)) {
    if (valueOffsets !== undefined && valueOffsets !== null) {
      checkLength(valueOffsets, length + 1);
    }
    const isPlain =
      DataType.isInt(type) || DataType.isFloat(type) || DataType.isDate(type) || DataType.isTimestamp(type);
    checkLength(values, isPlain ? length : DataType.isDecimal(type) ? length * (type.bitWidth / 32) : 0);
  }
  presence(data);
}

function checkTexts(offsets: ArrayLike<number | bigint>, length: number, bytes: number): void {
  if (length === 0) {
    return;
  }
  checkLength(offsets, length + 1);
  let last = Number(offsets[0]);
  for (let i = 0; i <= length; i++) {
    const offset = Number(offsets[i]);
    if (!(offset >= last && offset <= bytes)) {
      throw new RangeError("its texts lie beyond their buffer");
    }
    last = offset;
  }
}

function checkLength(values: ArrayLike<unknown> | undefined | null, needed: number): void {
  if ((values?.length ?? 0) < needed) {
    throw new RangeError("its buffers are too short for its rows");
  }
}
