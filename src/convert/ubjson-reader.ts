/** UBJSON to events. The bytes have been read as a model before, so they are known to be well formed. */
import { ByteReader } from "../parse/byte-reader.ts";
import { ELEMENT_BYTES, PackedArray } from "../parse/packed-array.ts";
import type { DocumentWriter, ElementType, Scalar } from "./document-writer.ts";

const [ARRAY, ARRAY_END, OBJECT, OBJECT_END, TYPE, COUNT] = [91, 93, 123, 125, 36, 35];

export function copyUbjson(bytes: Uint8Array, writer: DocumentWriter): void {
  const reader = new ByteReader(bytes, false);
  /** Containers that are open: values left of a counted array, or what ends the container. */
  const open: { left: number; readonly isObject: boolean }[] = [];
  do {
    copyValue(reader, writer, open);
    for (let last = open[open.length - 1]; last !== undefined; last = open[open.length - 1]) {
      if (!ends(reader, last)) {
        if (last.isObject) {
          writer.key(textBytes(reader));
        }
        break;
      }
      writer.close();
      open.pop();
    }
  } while (open.length > 0);
}

/** Whether a container is complete; counts the value that comes next where it is not. */
function ends(reader: ByteReader, container: { left: number; readonly isObject: boolean }): boolean {
  if (container.left >= 0) {
    return container.left-- === 0;
  }
  return skip(reader, container.isObject ? OBJECT_END : ARRAY_END);
}

function copyValue(
  reader: ByteReader,
  writer: DocumentWriter,
  open: { left: number; readonly isObject: boolean }[],
): void {
  const mark = reader.uint8("value");
  if (mark === OBJECT) {
    writer.open("object");
    open.push({ left: -1, isObject: true });
  } else if (mark !== ARRAY) {
    writer.scalar(scalar(reader, String.fromCharCode(mark)));
  } else if (skip(reader, TYPE)) {
    copyTypedArray(reader, writer);
  } else {
    writer.open("array");
    open.push({ left: skip(reader, COUNT) ? length(reader, 1) : -1, isObject: false });
  }
}

function copyTypedArray(reader: ByteReader, writer: DocumentWriter): void {
  const type = String.fromCharCode(reader.uint8("array type")) as ElementType;
  reader.take(1, "#");
  const bytes = ELEMENT_BYTES[type]!;
  const count = length(reader, bytes);
  const start = reader.take(bytes * count, "array");
  const end = reader.offset;
  if (type === "L") {
    const view = new DataView(reader.bytes.buffer, reader.bytes.byteOffset);
    writer.numbers(
      type,
      BigInt64Array.from({ length: count }, (_, i) => view.getBigInt64(start + 8 * i)),
    );
  } else {
    writer.numbers(type, new PackedArray(reader, type, start, count).unpack());
  }
  reader.offset = end;
}

function scalar(reader: ByteReader, mark: string): Scalar {
  switch (mark) {
    case "Z":
      return { type: "null" };
    case "T":
      return { type: "true" };
    case "F":
      return { type: "false" };
    case "S":
      return { type: "text", value: textBytes(reader) };
    case "d":
      return { type: "float32", value: reader.float32(mark) };
    case "D":
      return { type: "float64", value: reader.float64(mark) };
    default:
      return { type: "integer", value: integer(reader, mark) };
  }
}

function integer(reader: ByteReader, mark: string): number | bigint {
  switch (mark) {
    case "i":
      return reader.int8(mark);
    case "U":
      return reader.uint8(mark);
    case "I":
      return reader.int16(mark);
    case "l":
      return reader.int32(mark);
    default:
      return new DataView(reader.bytes.buffer, reader.bytes.byteOffset).getBigInt64(reader.take(8, mark));
  }
}

function textBytes(reader: ByteReader): Uint8Array {
  const count = length(reader, 1);
  const start = reader.take(count, "text");
  return reader.bytes.subarray(start, start + count);
}

function length(reader: ByteReader, itemBytes: number): number {
  reader.take(1, "L");
  return reader.length(itemBytes, "length");
}

function skip(reader: ByteReader, mark: number | undefined): boolean {
  const found = reader.bytes[reader.offset] === mark;
  reader.offset += found ? 1 : 0;
  return found;
}
