import { ModelFormatError } from "../errors.ts";
import type { ByteReader } from "./byte-reader.ts";
import { ELEMENT_BYTES } from "./packed-array.ts";
import { isCountedKey, type Outline } from "./unread-list.ts";

const HASH = 35;
const DOLLAR = 36;
const LENGTH = 76;
const TEXT = 83;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Bytes of a value by its mark. */
const VALUE_BYTES: Readonly<Record<string, number>> = { Z: 0, T: 0, F: 0, ...ELEMENT_BYTES };
const valueBytes = Int8Array.from({ length: 256 }, (_, mark) => VALUE_BYTES[String.fromCharCode(mark)] ?? -1);

/** Trees are not deeper; what is deeper is left to the reader of documents, which does not recurse. */
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

  list(count: number): Outline {
    const reader = this.#reader;
    const starts: number[] = [];
    while (count < 0 ? !this.#skip(CLOSE_BRACKET) : starts.length < count) {
      starts.push(reader.offset);
      this.#expect(this.#skip(OPEN_BRACE));
      this.#skipObject(0);
    }
    return { starts, end: reader.offset, counted: this.#counted };
  }

  #skipObject(depth: number): void {
    const reader = this.#reader;
    while (!this.#skip(CLOSE_BRACE)) {
      const length = this.#length();
      const key = reader.take(length, "");
      const entries = this.#skipValue(depth + 1);
      this.#counted += isCountedKey(reader.bytes, key, length) ? entries : 0;
    }
  }

  /** Returns the entries of a list, else 0. */
  #skipValue(depth: number): number {
    this.#expect(depth < MAX_DEPTH);
    const reader = this.#reader;
    const mark = reader.uint8("");
    if (mark === OPEN_BRACKET) {
      return this.#skipList(depth);
    }
    if (mark === OPEN_BRACE) {
      this.#skipObject(depth);
    } else {
      this.#skipBytes(mark === TEXT ? this.#length() : valueBytes[mark]!);
    }
    return 0;
  }

  #skipList(depth: number): number {
    if (this.#skip(DOLLAR)) {
      const bytes = valueBytes[this.#reader.uint8("")]!;
      this.#expect(this.#skip(HASH));
      const entries = this.#length();
      this.#skipBytes(bytes * entries);
      return entries;
    }
    const count = this.#skip(HASH) ? this.#length() : -1;
    let entries = 0;
    while (count < 0 ? !this.#skip(CLOSE_BRACKET) : entries < count) {
      this.#skipValue(depth + 1);
      entries++;
    }
    return entries;
  }

  #length(): number {
    this.#expect(this.#skip(LENGTH));
    return this.#reader.length(0, "");
  }

  #skipBytes(bytes: number): void {
    this.#expect(bytes >= 0);
    this.#reader.take(bytes, "");
  }

  #skip(mark: number): boolean {
    const reader = this.#reader;
    const found = reader.bytes[reader.offset] === mark;
    reader.offset += found ? 1 : 0;
    return found;
  }

  #expect(isSo: boolean): void {
    if (!isSo) {
      this.#reader.fail("");
    }
  }
}
