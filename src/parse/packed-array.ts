import type { ByteReader } from "./byte-reader.ts";

/** Element types of UBJSON's typed arrays, and their bytes. */
export const ELEMENT_BYTES: Readonly<Record<string, number>> = { d: 4, l: 4, U: 1, i: 1, I: 2, L: 8, D: 8 };

export type NumberArray = Float64Array | Float32Array | Int32Array | Int16Array | Int8Array | Uint8Array;

/** A typed array where it stands in the file, read when it is asked for: a third of a model's arrays never are. */
export class PackedArray {
  readonly length: number;
  readonly #reader: ByteReader;
  readonly #type: string;
  readonly #start: number;

  constructor(reader: ByteReader, type: string, start: number, length: number) {
    this.#reader = reader;
    this.#type = type;
    this.#start = start;
    this.length = length;
  }

  /** The numbers, an int64 as the nearest double. */
  unpack(): NumberArray {
    const reader = this.#reader;
    const { bytes } = reader;
    const [start, length] = [this.#start, this.length];
    reader.offset = start;
    switch (this.#type) {
      case "d":
        return reader.float32Array(length, "float32 array");
      case "l":
        return reader.int32Array(length, "int32 array");
      case "U":
        return bytes.subarray(start, start + length);
      case "i":
        return new Int8Array(bytes.subarray(start, start + length));
      case "I":
        return Int16Array.from({ length }, () => reader.int16("int16"));
      case "L":
        return Float64Array.from({ length }, () => reader.int64("int64"));
      default:
        return Float64Array.from({ length }, () => reader.float64("float64"));
    }
  }
}
