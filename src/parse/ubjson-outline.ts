import { ModelFormatError } from "../errors.ts";
import type { ByteReader } from "./byte-reader.ts";
import { ELEMENT_BYTES } from "./packed-array.ts";
import { COUNTED_LIST, type Outline } from "./unread-list.ts";

const HASH = 35;
const DOLLAR = 36;
const LENGTH = 76;
const TEXT = 83;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Bytes of values by their mark. */
const SCALAR_BYTES: Readonly<Record<string, number>> = { Z: 0, T: 0, F: 0, ...ELEMENT_BYTES };
const scalarBytes = Int8Array.from(
  { length: 256 },
  (_, mark) => SCALAR_BYTES[String.fromCharCode(mark)] ?? -1,
);
const elementBytes = Int8Array.from(
  { length: 256 },
  (_, mark) => ELEMENT_BYTES[String.fromCharCode(mark)] ?? -1,
);

/** Trees are not deeper; what is deeper is left to the reader, which does not recurse. */
const MAX_DEPTH = 4;

/**
 * Looks over `count` objects from where the reader stands, or over those up to the closing mark where `count` is -1. They are
 * not checked: what is read later is. `undefined` where the list is anything else; the reader stands anywhere then.
 */
export function outlineOfUbjson(reader: ByteReader, count: number): Outline | undefined {
  try {
    return new Outliner(reader).list(count);
  } catch (error) {
    if (error instanceof ModelFormatError) {
      return undefined;
    }
    throw error;
  }
}

class Outliner {
  readonly #reader: ByteReader;
  #counted = 0;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  list(count: number): Outline | undefined {
    const reader = this.#reader;
    const starts: number[] = [];
    while (count < 0 ? !this.#skipMark(CLOSE_BRACKET) : starts.length < count) {
      starts.push(reader.offset);
      if (reader.bytes[reader.offset] !== OPEN_BRACE) {
        return undefined;
      }
      this.#skipValue(0);
    }
    return { starts, end: reader.offset, counted: this.#counted };
  }

  /** Moves behind a value. Returns the entries of a typed array, else 0. */
  #skipValue(depth: number): number {
    const reader = this.#reader;
    const mark = reader.uint8("value");
    if (mark === OPEN_BRACKET) {
      return this.#skipArray(depth);
    }
    if (mark === OPEN_BRACE) {
      this.#skipObject(depth);
    } else if (mark === TEXT) {
      reader.take(this.#length(), "string");
    } else {
      const bytes = scalarBytes[mark]!;
      if (bytes < 0) {
        reader.fail("unknown mark");
      }
      reader.take(bytes, "value");
    }
    return 0;
  }

  #skipObject(depth: number): void {
    if (depth > MAX_DEPTH) {
      this.#reader.fail("deep");
    }
    const reader = this.#reader;
    while (!this.#skipMark(CLOSE_BRACE)) {
      const length = this.#length();
      const key = reader.take(length, "key");
      const entries = this.#skipValue(depth + 1);
      if (length === COUNTED_LIST.length && isCounted(reader.bytes, key)) {
        this.#counted += entries;
      }
    }
  }

  #skipArray(depth: number): number {
    const reader = this.#reader;
    if (this.#skipMark(DOLLAR)) {
      const bytes = elementBytes[reader.uint8("array type")]!;
      if (bytes < 0 || !this.#skipMark(HASH)) {
        reader.fail("unknown array type");
      }
      const length = this.#length();
      reader.take(bytes * length, "array");
      return length;
    }
    if (depth > MAX_DEPTH) {
      reader.fail("deep");
    }
    const count = this.#skipMark(HASH) ? this.#length() : -1;
    let entries = 0;
    while (count < 0 ? !this.#skipMark(CLOSE_BRACKET) : entries < count) {
      this.#skipValue(depth + 1);
      entries++;
    }
    return entries;
  }

  #length(): number {
    const reader = this.#reader;
    if (!this.#skipMark(LENGTH)) {
      reader.fail("no length");
    }
    return reader.length(0, "length");
  }

  #skipMark(mark: number): boolean {
    const reader = this.#reader;
    const found = reader.bytes[reader.offset] === mark;
    reader.offset += found ? 1 : 0;
    return found;
  }
}

function isCounted(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < COUNTED_LIST.length; i++) {
    if (bytes[start + i] !== COUNTED_LIST.charCodeAt(i)) {
      return false;
    }
  }
  return true;
}
