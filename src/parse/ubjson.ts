/**
 * The subset of UBJSON that XGBoost writes: big-endian, lengths as `L` int64, arrays counted (`[#`), typed (`[$T#`) or
 * closed (`[ … ]`). Typed arrays stay typed. Nothing recurses.
 */
import type { ByteReader } from "./byte-reader.ts";
import { type JsonObject, type JsonValue, newObject } from "./json.ts";

interface Frame {
  readonly array: JsonValue[] | undefined;
  readonly object: JsonObject;
  /** Values still to come in a counted array; -1 where a closing mark ends it. */
  left: number;
  key: string;
}

const MARKS = {
  arrayOpen: 91,
  arrayClose: 93,
  objectOpen: 123,
  objectClose: 125,
  type: 36,
  count: 35,
} as const;

/** One UBJSON document. `reader` is big-endian and is left behind the last byte. */
export function parseUbjson(reader: ByteReader): JsonValue {
  const stack: Frame[] = [];
  for (;;) {
    let value = openValue(reader, stack);
    for (;;) {
      const frame = stack[stack.length - 1];
      if (value !== undefined) {
        if (frame === undefined) {
          return value;
        }
        attach(frame, value);
      }
      if (frame === undefined || !closes(reader, frame)) {
        break;
      }
      stack.pop();
      value = frame.array ?? frame.object;
    }
  }
}

function attach(frame: Frame, value: JsonValue): void {
  if (frame.array !== undefined) {
    frame.array.push(value);
    frame.left -= frame.left > 0 ? 1 : 0;
  } else {
    frame.object[frame.key] = value;
  }
}

/** Whether the innermost container is complete; for an object that is not, reads the next key. */
function closes(reader: ByteReader, frame: Frame): boolean {
  if (frame.array !== undefined) {
    if (frame.left >= 0) {
      return frame.left === 0;
    }
    return skipMark(reader, MARKS.arrayClose);
  }
  if (skipMark(reader, MARKS.objectClose)) {
    return true;
  }
  frame.key = readText(reader, "key");
  return false;
}

function skipMark(reader: ByteReader, mark: number): boolean {
  const found = reader.bytes[reader.offset] === mark;
  reader.offset += found ? 1 : 0;
  return found;
}

/** Reads a scalar or a typed array; or opens a container and returns `undefined`. */
function openValue(reader: ByteReader, stack: Frame[]): JsonValue | undefined {
  const mark = reader.uint8("value");
  if (mark === MARKS.objectOpen) {
    stack.push({ array: undefined, object: newObject(), left: 0, key: "" });
    return undefined;
  }
  if (mark !== MARKS.arrayOpen) {
    return readScalar(reader, mark);
  }
  if (skipMark(reader, MARKS.type)) {
    return readTypedArray(reader);
  }
  const left = skipMark(reader, MARKS.count) ? readLength(reader, 1, "array") : -1;
  stack.push({ array: [], object: {}, left, key: "" });
  return undefined;
}

function readScalar(reader: ByteReader, mark: number): JsonValue {
  switch (String.fromCharCode(mark)) {
    case "Z":
      return null;
    case "T":
      return true;
    case "F":
      return false;
    case "i":
      return reader.int8("int8");
    case "U":
      return reader.uint8("uint8");
    case "I":
      return reader.int16("int16");
    case "l":
      return reader.int32("int32");
    case "L":
      return reader.int64("int64");
    case "d":
      return reader.float32("float32");
    case "D":
      return reader.float64("float64");
    case "S":
      return readText(reader, "string");
    default:
      reader.offset--;
      return reader.fail(`unknown UBJSON mark ${JSON.stringify(String.fromCharCode(mark))}`);
  }
}

function readTypedArray(reader: ByteReader): JsonValue {
  const type = String.fromCharCode(reader.uint8("array type"));
  if (!skipMark(reader, MARKS.count)) {
    reader.fail(`typed array without its count`);
  }
  switch (type) {
    case "d":
      return reader.float32Array(readLength(reader, 4, "float32 array"), "float32 array");
    case "l":
      return reader.int32Array(readLength(reader, 4, "int32 array"), "int32 array");
    case "U": {
      const length = readLength(reader, 1, "uint8 array");
      const start = reader.take(length, "uint8 array");
      return reader.bytes.slice(start, start + length);
    }
    case "i": {
      const length = readLength(reader, 1, "int8 array");
      const start = reader.take(length, "int8 array");
      return new Int8Array(reader.bytes.slice(start, start + length).buffer);
    }
    case "I":
      return Int16Array.from({ length: readLength(reader, 2, "int16 array") }, () => reader.int16("int16"));
    case "L":
      return Float64Array.from({ length: readLength(reader, 8, "int64 array") }, () => reader.int64("int64"));
    case "D":
      return Float64Array.from({ length: readLength(reader, 8, "float64 array") }, () =>
        reader.float64("float64"),
      );
    default:
      return reader.fail(`unknown UBJSON array type ${JSON.stringify(type)}`);
  }
}

function readText(reader: ByteReader, what: string): string {
  return reader.text(readLength(reader, 1, what), what);
}

/** A length is always `L` and an int64. */
function readLength(reader: ByteReader, itemBytes: number, what: string): number {
  if (!skipMark(reader, 76)) {
    reader.fail(`expected "L" and the length of ${what}`);
  }
  return reader.length(itemBytes, what);
}
