/** What the columns of a Parquet file are, and their values in JavaScript. */
import type { FileMetaData, SchemaElement } from "hyparquet";
import { TableError } from "../../errors.ts";
import { numbersOfIntegers } from "../columnar/integers.ts";
import { checkNames } from "../columnar/names.ts";
import type { KeptType } from "../table.ts";

/** Values as they stand in pages: numbers of their physical type, or bytes. */
export type Physical =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | readonly Uint8Array[];

export interface ParquetColumn {
  readonly name: string;
  /** Place among the chunks of a row group; -1 for columns of several. */
  readonly chunk: number;
  readonly element: SchemaElement;
  /** Whether values may be null. */
  readonly optional: boolean;
  readonly type: ColumnType;
}

export interface ColumnType {
  /** In words, for messages. */
  readonly name: string;
  /** What it is where it is passed through; `undefined` where it cannot be. */
  readonly kept: KeptType | undefined;
  /** Whether it can be a feature. */
  readonly isFeature: boolean;
  /** The value at a place of an array of physical ones. */
  value(values: Physical, i: number): unknown;
  /** The same array as numbers, where they are values as they stand. */
  readonly numbers: ((values: Physical) => ArrayLike<number>) | undefined;
}

/** @throws TableError for two columns of one name, or a schema that is damaged */
export function columnsOf({ schema }: FileMetaData, table: string): ParquetColumn[] {
  const columns: ParquetColumn[] = [];
  const count = schema[0]?.num_children ?? 0;
  for (let at = 1, chunk = 0; columns.length < count; ) {
    const element = schema[at];
    if (element === undefined) {
      throw new TableError(`${table}: the schema is damaged: it has fewer columns than it says`);
    }
    const end = endOfColumn(schema, at);
    const leaves = schema.slice(at, end).filter((each) => !each.num_children).length;
    const isNested = end > at + 1 || element.repetition_type === "REPEATED" || element.type === undefined;
    columns.push({
      name: element.name,
      chunk: isNested ? -1 : chunk,
      element,
      optional: element.repetition_type !== "REQUIRED",
      type: isNested ? refused("nested") : typeOf(element),
    });
    chunk += leaves;
    at = end;
  }
  checkNames(
    table,
    columns.map(({ name }) => name),
  );
  return columns;
}

/** Place after an element and all that is in it. */
function endOfColumn(schema: readonly SchemaElement[], at: number): number {
  let left = 1;
  let end = at;
  for (; left > 0 && end < schema.length; end++) {
    left += (schema[end]!.num_children ?? 0) - 1;
  }
  return end;
}

/** The logical type by its newer or its older name. */
function logicalName({ logical_type: logical, converted_type: converted }: SchemaElement): string {
  if (logical?.type === "INTEGER") {
    return `${logical.isSigned ? "" : "U"}INT_${logical.bitWidth}`;
  }
  if (logical?.type === "TIMESTAMP" || logical?.type === "TIME") {
    return `${logical.type}_${logical.unit}`;
  }
  return logical?.type ?? converted ?? "";
}

function typeOf(element: SchemaElement): ColumnType {
  const logical = logicalName(element);
  if (logical === "DECIMAL") {
    return decimal(element);
  }
  if (logical.startsWith("TIMESTAMP")) {
    return timestamp(element, logical);
  }
  const type =
    TYPES[`${element.type} ${logical}`] ?? TYPES[`${element.type} ${logical.replace(/^U?INT_(8|16)$/, "")}`];
  return type ?? refused(logical === "" ? String(element.type) : logical);
}

const same = (values: Physical, i: number): unknown => values[i];
const numbers = (values: Physical): ArrayLike<number> => values as Float32Array;
const text = new TextDecoder("utf-8", { fatal: true });
const asText = (values: Physical, i: number): string => text.decode((values as Uint8Array[])[i]!);

function feature(
  name: string,
  kept: Exclude<KeptType["name"], "timestamp">,
  value: ColumnType["value"] = same,
  plain: ColumnType["numbers"] = undefined,
): ColumnType {
  return { name, kept: { name: kept }, isFeature: true, value, numbers: plain };
}

const integers = (values: Physical): ArrayLike<number> => numbersOfIntegers(values as BigInt64Array);
const INT64 = feature("int64", "int64", same, integers);
const STRING = feature("text", "text", asText);
const INT32 = feature("int32", "int32", same, numbers);

/** By physical and logical type. */
const TYPES: Readonly<Record<string, ColumnType>> = {
  "BOOLEAN ": feature("boolean", "boolean", (values, i) => values[i] === 1, numbers),
  "INT32 ": INT32,
  "INT32 INT_32": INT32,
  "INT32 UINT_32": feature(
    "uint32",
    "int64",
    (values, i) => BigInt((values as Int32Array)[i]! >>> 0),
    (values) => Uint32Array.from(values as Int32Array),
  ),
  "INT32 DATE": { ...feature("date", "date"), isFeature: false },
  "INT64 ": INT64,
  "INT64 INT_64": INT64,
  "INT64 UINT_64": feature(
    "uint64",
    "uint64",
    (values, i) => BigInt.asUintN(64, (values as BigInt64Array)[i]!),
    (values) => numbersOfIntegers(new BigUint64Array((values as BigInt64Array).buffer)),
  ),
  "INT96 ": {
    name: "timestamp",
    kept: { name: "timestamp", unit: "ns", timezone: null },
    isFeature: false,
    value: (values, i) => nanosOfInt96((values as Uint8Array[])[i]!),
    numbers: undefined,
  },
  "FLOAT ": feature("float", "float32", same, numbers),
  "DOUBLE ": feature("double", "float64", same, numbers),
  "BYTE_ARRAY ": STRING,
  "BYTE_ARRAY STRING": STRING,
  "BYTE_ARRAY UTF8": STRING,
  "BYTE_ARRAY ENUM": STRING,
  "BYTE_ARRAY JSON": {
    ...feature("json", "json", (values, i) => JSON.parse(asText(values, i))),
    isFeature: false,
  },
  "FIXED_LEN_BYTE_ARRAY FLOAT16": feature("float16", "float32", (values, i) =>
    numberOfHalf((values as Uint8Array[])[i]!),
  ),
  "FIXED_LEN_BYTE_ARRAY UUID": feature("uuid", "text", (values, i) => uuid((values as Uint8Array[])[i]!)),
};

function refused(name: string): ColumnType {
  return { name, kept: undefined, isFeature: false, value: same, numbers: undefined };
}

const UNITS = { MILLIS: "ms", MICROS: "us", NANOS: "ns" } as const;

function timestamp({ logical_type: logical }: SchemaElement, name: string): ColumnType {
  const unit = UNITS[name.slice("TIMESTAMP_".length) as keyof typeof UNITS];
  // Of the older types, all are in UTC.
  const isUtc = logical?.type === "TIMESTAMP" ? logical.isAdjustedToUTC : true;
  return {
    name: "timestamp",
    kept: { name: "timestamp", unit, timezone: isUtc ? "UTC" : null },
    isFeature: false,
    value: same,
    numbers: undefined,
  };
}

/** Passed through as text, which is exact: no type of the output is wide enough for all. */
function decimal({ scale = 0 }: SchemaElement): ColumnType {
  return {
    name: "decimal",
    kept: { name: "text" },
    isFeature: false,
    value: (values, i) => decimalText(values[i]!, scale),
    numbers: undefined,
  };
}

function decimalText(value: number | bigint | Uint8Array, scale: number): string {
  const unscaled = value instanceof Uint8Array ? bigEndian(value) : BigInt(value);
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const sign = unscaled < 0n ? "-" : "";
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function bigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) {
    value = (value << 8n) | BigInt(byte);
  }
  return BigInt.asIntN(bytes.length * 8, value);
}

const JULIAN_DAY_OF_1970 = 2_440_588;

function nanosOfInt96(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const days = BigInt(view.getInt32(8, true) - JULIAN_DAY_OF_1970);
  return days * 86_400_000_000_000n + view.getBigInt64(0, true);
}

function numberOfHalf(bytes: Uint8Array): number {
  const bits = bytes[0]! | (bytes[1]! << 8);
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits >> 15 === 0 ? 1 : -1;
  if (exponent === 31) {
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function uuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
