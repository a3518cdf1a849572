/** Values of one page, of any encoding, a few at a time. */
import type { SchemaElement } from "hyparquet";
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from "hyparquet/src/delta.js";
import { HybridReader } from "./hybrid.ts";
import type { Physical } from "./types.ts";

export interface PageValues {
  /** Whether values are indices of the dictionary of the chunk. */
  readonly isIndexed: boolean;
  /** The next values. */
  take(count: number): Physical;
  /** Goes past the next values. */
  skip(count: number): void;
}

/** @param count of values in the page, nulls not counted; where nobody knows, of rows */
export function openValues(
  encoding: string,
  bytes: Uint8Array,
  at: number,
  count: number,
  element: SchemaElement,
): PageValues {
  switch (encoding) {
    case "PLAIN":
      return new PlainValues(bytes, at, element);
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      return indices(bytes, at);
    case "RLE": {
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
      return booleans(new HybridReader(bytes, at + 4, at + 4 + length, 1), element);
    }
    case "BYTE_STREAM_SPLIT":
      return decoded(mergeStreams(bytes.subarray(at), element));
    default:
      return decoded(unpackDeltas(encoding, bytes.subarray(at), count, element));
  }
}

function indices(bytes: Uint8Array, at: number): PageValues {
  // A page of nulls alone may leave the width out.
  const reader =
    at < bytes.length
      ? new HybridReader(bytes, at + 1, bytes.length, bytes[at]!)
      : new HybridReader(bytes, at, at, 0);
  return {
    isIndexed: true,
    take(count): Int32Array {
      const values = new Int32Array(count);
      reader.read(values, count);
      return values;
    },
    skip: (count) => reader.skip(count),
  };
}

function booleans(reader: HybridReader, { type }: SchemaElement): PageValues {
  if (type !== "BOOLEAN") {
    throw new Error(`encoding RLE of ${type} is not supported`);
  }
  return {
    isIndexed: false,
    take(count): Uint8Array {
      const values = new Uint8Array(count);
      reader.read(values, count);
      return values;
    },
    skip: (count) => reader.skip(count),
  };
}

/** Bytes of a value of a physical type of fixed size. */
export function widthOf({ type, type_length: length }: SchemaElement): number {
  switch (type) {
    case "FLOAT":
    case "INT32":
      return 4;
    case "DOUBLE":
    case "INT64":
      return 8;
    case "INT96":
      return 12;
    default:
      return length ?? 0;
  }
}

/** Little-endian values of fixed size: an array of numbers of their own memory, or of views. */
function fixed(bytes: Uint8Array, at: number, count: number, element: SchemaElement): Physical {
  const width = widthOf(element);
  const end = at + count * width;
  if (end > bytes.length || (width === 0 && count > 0)) {
    throw new RangeError("the page ends before its values do");
  }
  switch (element.type) {
    case "FLOAT":
      return new Float32Array(bytes.slice(at, end).buffer);
    case "INT32":
      return new Int32Array(bytes.slice(at, end).buffer);
    case "DOUBLE":
      return new Float64Array(bytes.slice(at, end).buffer);
    case "INT64":
      return new BigInt64Array(bytes.slice(at, end).buffer);
    default:
      return Array.from({ length: count }, (_, i) => bytes.subarray(at + i * width, at + (i + 1) * width));
  }
}

class PlainValues implements PageValues {
  readonly isIndexed = false;
  readonly #bytes: Uint8Array;
  readonly #element: SchemaElement;
  #at: number;
  /** Of booleans: bits from `#at` on. */
  #bit = 0;

  constructor(bytes: Uint8Array, at: number, element: SchemaElement) {
    this.#bytes = bytes;
    this.#at = at;
    this.#element = element;
  }

  take(count: number): Physical {
    if (this.#element.type === "BOOLEAN") {
      return this.#takeBits(count);
    }
    if (this.#element.type === "BYTE_ARRAY") {
      return this.#takeBytes(count);
    }
    const values = fixed(this.#bytes, this.#at, count, this.#element);
    this.#at += count * widthOf(this.#element);
    return values;
  }

  skip(count: number): void {
    const { type } = this.#element;
    if (type === "BOOLEAN" || type === "BYTE_ARRAY") {
      this.take(count);
    } else {
      this.#at += count * widthOf(this.#element);
    }
  }

  #takeBits(count: number): Uint8Array {
    const values = new Uint8Array(count);
    if (this.#at + (this.#bit + count) / 8 > this.#bytes.length) {
      throw new RangeError("the page ends before its values do");
    }
    for (let i = 0; i < count; i++) {
      const bit = this.#bit++;
      values[i] = (this.#bytes[this.#at + (bit >> 3)]! >> (bit & 7)) & 1;
    }
    return values;
  }

  #takeBytes(count: number): Uint8Array[] {
    const values: Uint8Array[] = [];
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
    for (let i = 0; i < count; i++) {
      const begin = this.#at + 4;
      this.#at = begin + view.getUint32(this.#at, true);
      if (this.#at > this.#bytes.length) {
        throw new RangeError("a text reaches beyond its page");
      }
      values.push(this.#bytes.subarray(begin, this.#at));
    }
    return values;
  }
}

/** Values that were decoded at once. */
function decoded(values: Physical): PageValues {
  let at = 0;
  return {
    isIndexed: false,
    take(count): Physical {
      if (at + count > values.length) {
        throw new RangeError("the page ends before its values do");
      }
      at += count;
      return values.slice(at - count, at);
    },
    skip(count): void {
      at += count;
    },
  };
}

/** The first bytes of all values, then the second ones, … */
function mergeStreams(bytes: Uint8Array, element: SchemaElement): Physical {
  const width = widthOf(element);
  const count = width === 0 ? 0 : Math.floor(bytes.length / width);
  const merged = new Uint8Array(count * width);
  for (let stream = 0; stream < width; stream++) {
    for (let i = 0; i < count; i++) {
      merged[i * width + stream] = bytes[stream * count + i]!;
    }
  }
  return fixed(merged, 0, count, element);
}

function unpackDeltas(encoding: string, bytes: Uint8Array, count: number, { type }: SchemaElement): Physical {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
  if (encoding === "DELTA_BINARY_PACKED" && (type === "INT32" || type === "INT64")) {
    const values = type === "INT32" ? new Int32Array(count) : new BigInt64Array(count);
    deltaBinaryUnpack(reader, count, values);
    return values;
  }
  const texts: Uint8Array[] = new Array(count);
  if (encoding === "DELTA_LENGTH_BYTE_ARRAY") {
    deltaLengthByteArray(reader, count, texts);
  } else if (encoding === "DELTA_BYTE_ARRAY") {
    deltaByteArray(reader, count, texts);
  } else {
    throw new Error(`encoding ${encoding} of ${type} is not supported`);
  }
  return texts;
}
