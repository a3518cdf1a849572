/** The types of tensors of the Open Inference Protocol, and how their values are read from JSON and from raw bytes. */
import { isUtf8 } from "node:buffer";
import { invalid } from "../failure.ts";

/** Values of a tensor, row-major: numbers, or text for BYTES, where `null` is missing. */
export type TensorValues = Float32Array | Float64Array | readonly (string | null)[];

interface NumberType {
  /** Bytes of a raw value. */
  readonly size: number;
  readonly read: (view: DataView, at: number) => number;
  /** Whole numbers from `least` to `most`; `undefined` for floating point. */
  readonly range?: readonly [least: number, most: number];
}

function integer(bits: number, signed: boolean, read: NumberType["read"]): NumberType {
  const range = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  return { size: bits / 8, read, range: range as [number, number] };
}

const NUMBER_TYPES = {
  BOOL: integer(8, false, (view, at) => (view.getUint8(at) === 0 ? 0 : 1)),
  UINT8: integer(8, false, (view, at) => view.getUint8(at)),
  UINT16: integer(16, false, (view, at) => view.getUint16(at, true)),
  UINT32: integer(32, false, (view, at) => view.getUint32(at, true)),
  UINT64: integer(64, false, (view, at) => Number(view.getBigUint64(at, true))),
  INT8: integer(8, true, (view, at) => view.getInt8(at)),
  INT16: integer(16, true, (view, at) => view.getInt16(at, true)),
  INT32: integer(32, true, (view, at) => view.getInt32(at, true)),
  INT64: integer(64, true, (view, at) => Number(view.getBigInt64(at, true))),
  FP16: { size: 2, read: (view, at) => fromHalf(view.getUint16(at, true)) },
  FP32: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  FP64: { size: 8, read: (view, at) => view.getFloat64(at, true) },
  BF16: { size: 2, read: (view, at) => fromBits(view.getUint16(at, true) << 16) },
} satisfies Record<string, NumberType>;

export type Datatype = keyof typeof NUMBER_TYPES | "BYTES";

/** Types that have no form in JSON. */
const RAW_ONLY: ReadonlySet<string> = new Set(["FP16", "BF16"]);

export function isDatatype(name: unknown): name is Datatype {
  return typeof name === "string" && (name === "BYTES" || Object.hasOwn(NUMBER_TYPES, name));
}

export const DATATYPES: readonly string[] = [...Object.keys(NUMBER_TYPES), "BYTES"];

const bits = new DataView(new ArrayBuffer(4));

function fromBits(pattern: number): number {
  bits.setInt32(0, pattern);
  return bits.getFloat32(0);
}

/** IEEE 754 binary16. */
function fromHalf(half: number): number {
  const sign = half >> 15 === 0 ? 1 : -1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) {
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** Types whose every value float32 holds exactly. The others are rounded once, when a row is made of them. */
const OF_FLOAT32: ReadonlySet<Datatype> = new Set<Datatype>([
  "BOOL",
  "UINT8",
  "UINT16",
  "INT8",
  "INT16",
  "FP16",
  "BF16",
  "FP32",
]);

function newNumbers(datatype: Datatype, count: number): Float32Array | Float64Array {
  return OF_FLOAT32.has(datatype) ? new Float32Array(count) : new Float64Array(count);
}

/**
 * Values of raw bytes, little-endian; for BYTES, each text with its length in front.
 * @throws Failure where the bytes are not `count` values
 */
export function readRaw(datatype: Datatype, bytes: Uint8Array, count: number, name: string): TensorValues {
  if (datatype === "BYTES") {
    return readTexts(bytes, count, name);
  }
  const { size, read } = NUMBER_TYPES[datatype];
  if (bytes.length !== count * size) {
    throw invalid(
      `input ${name}: ${bytes.length} bytes of ${datatype}, expected ${count * size} for ${count} values`,
    );
  }
  if (datatype === "FP32") {
    // A copy, which is aligned as the view must be; the slice of a Buffer would be none.
    return new Float32Array(new Uint8Array(bytes).buffer);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = newNumbers(datatype, count);
  for (let i = 0; i < count; i++) {
    values[i] = read(view, i * size);
  }
  return values;
}

function readTexts(bytes: Uint8Array, count: number, name: string): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const begin = at + 4;
    const end = begin <= bytes.length ? begin + view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    if (end > bytes.length || texts.length === count) {
      throw invalid(`input ${name}: the lengths in BYTES do not fit ${bytes.length} bytes of ${count} texts`);
    }
    texts.push(toText(bytes.subarray(begin, end), name));
    at = end;
  }
  if (texts.length !== count) {
    throw invalid(`input ${name}: ${texts.length} texts in BYTES, expected ${count}`);
  }
  return texts;
}

/** @throws Failure for what is not UTF-8 */
export function toText(bytes: Uint8Array, name: string): string {
  if (!isUtf8(bytes)) {
    throw invalid(`input ${name}: BYTES that are not UTF-8 text`);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

/**
 * Values of JSON, flat or nested as the shape says. `null` is a missing number, or a missing category.
 * @throws Failure for values of another type, and a shape that does not fit
 */
export function readJson(
  datatype: Datatype,
  data: unknown,
  shape: readonly number[],
  name: string,
): TensorValues {
  if (RAW_ONLY.has(datatype)) {
    throw invalid(`input ${name}: ${datatype} has no form in JSON, send it as binary data`);
  }
  if (!Array.isArray(data)) {
    throw invalid(`input ${name}: data is not an array`);
  }
  const count = shape.reduce((product, size) => product * size, 1);
  const nested = Array.isArray(data[0]) && shape.length > 1;
  if (!nested && data.length !== count) {
    throw invalid(
      `input ${name}: data has ${data.length} values, its shape [${shape.join(", ")}] means ${count}`,
    );
  }
  // As long as what is there, whatever the shape says.
  const flat = nested ? flatten(data, shape, name) : (data as unknown[]);
  return datatype === "BYTES" ? checkTexts(flat, name) : toNumbers(datatype, flat, name);
}

function flatten(data: readonly unknown[], shape: readonly number[], name: string): unknown[] {
  const flat: unknown[] = [];
  const visit = (values: unknown, level: number): void => {
    if (!Array.isArray(values) || values.length !== shape[level]) {
      const found = Array.isArray(values) ? `a list of ${values.length}` : "no list";
      throw invalid(
        `input ${name}: data is not nested as its shape [${shape.join(", ")}] says: ${found} at level ${level + 1}`,
      );
    }
    if (level === shape.length - 1) {
      for (const value of values) {
        flat.push(value);
      }
      return;
    }
    for (const value of values) {
      visit(value, level + 1);
    }
  };
  visit(data, 0);
  return flat;
}

function toNumbers(
  datatype: Exclude<Datatype, "BYTES">,
  data: readonly unknown[],
  name: string,
): Float32Array | Float64Array {
  const { range }: NumberType = NUMBER_TYPES[datatype];
  const values = newNumbers(datatype, data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (typeof value === "number" && (range === undefined || fits(value, range, datatype))) {
      values[i] = value;
    } else if (value === null && range === undefined) {
      values[i] = Number.NaN;
    } else if (typeof value === "boolean" && datatype === "BOOL") {
      values[i] = value ? 1 : 0;
    } else {
      throw invalid(`input ${name}: value ${i} is ${show(value)}, expected ${expected(datatype, range)}`);
    }
  }
  return values;
}

function fits(value: number, [least, most]: readonly [number, number], datatype: Datatype): boolean {
  return Number.isInteger(value) && value >= least && value <= (datatype === "BOOL" ? 1 : most);
}

function expected(datatype: Datatype, range: readonly [number, number] | undefined): string {
  if (datatype === "BOOL") {
    return "true or false";
  }
  return range === undefined ? "a number, or null for missing" : `a whole number of ${datatype}`;
}

function checkTexts(data: readonly unknown[], name: string): readonly (string | null)[] {
  const wrong = data.findIndex((value) => typeof value !== "string" && value !== null);
  if (wrong >= 0) {
    throw invalid(`input ${name}: value ${wrong} is ${show(data[wrong])}, expected text`);
  }
  return data as readonly (string | null)[];
}

function show(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "a list" : "an object";
  }
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
