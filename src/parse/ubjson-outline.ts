import type { ByteReader } from "./byte-reader.ts";
import { ELEMENT_BYTES } from "./packed-array.ts";
import { decodeUtf8 } from "./text.ts";
import { COUNTED_LIST } from "./unread-list.ts";

const HASH = 35;
const DOLLAR = 36;
const LENGTH = 76;
const TEXT = 83;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** A length is an `L` and an int64. */
const LENGTH_BYTES = 9;

/** Bytes of a value by its mark. */
const VALUE_BYTES: Readonly<Record<string, number>> = { Z: 0, T: 0, F: 0, ...ELEMENT_BYTES };
const byMark = (bytes: Readonly<Record<string, number>>): Int8Array =>
  Int8Array.from({ length: 256 }, (_, mark) => bytes[String.fromCharCode(mark)] ?? -1);
const valueBytes = byMark(VALUE_BYTES);
const elementBytes = byMark(ELEMENT_BYTES);

/** Larger files are left to the reader of documents. */
const MAX_BYTES = 2 ** 32;
/** Trees are not deeper; what is deeper is left to the reader of documents, which does not recurse. */
const MAX_DEPTH = 4;

/** The objects of a list, all with the same keys in the same order: a table, with a row for each object. */
export interface ObjectTable {
  /** Of each key, its column; of a key that stands in an object several times, the last. */
  readonly columns: ReadonlyMap<string, number>;
  readonly width: number;
  readonly length: number;
  /** Row by row: where each value begins, counted in bytes. */
  readonly values: Uint32Array;
  /** Entries of all lists under the key `COUNTED_LIST`. */
  readonly counted: number;
}

/**
 * Looks over `count` objects from where the reader stands, or over those up to the closing mark where `count` is -1, and leaves
 * the reader behind them. `undefined`, and the reader where it was, where they are anything else.
 */
export function outlineOfUbjson(reader: ByteReader, count: number): ObjectTable | undefined {
  const outliner = new Outliner(reader);
  try {
    const table = outliner.table(reader.offset, count);
    reader.offset = outliner.end;
    return table;
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

/** Methods take where something begins and return where it ends. They throw `RangeError`, as does the view beyond its end. */
class Outliner {
  /** Behind the objects. */
  end = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Of the first object: its keys, where they begin with their length in front, where they end, and which is `COUNTED_LIST`. */
  readonly #keys: string[] = [];
  readonly #keyStarts: number[] = [];
  readonly #keyEnds: number[] = [];
  readonly #areCounted: boolean[] = [];
  #values = new Uint32Array(0);
  /** Of the last list. */
  #entries = 0;
  #counted = 0;

  constructor({ bytes, view }: ByteReader) {
    this.#bytes = bytes;
    this.#view = view;
    expect(bytes.length <= MAX_BYTES);
  }

  table(start: number, count: number): ObjectTable {
    const bytes = this.#bytes;
    let [at, length] = [start, 0];
    while (count < 0 ? bytes[at] !== CLOSE_BRACKET : length < count) {
      expect(bytes[at] === OPEN_BRACE);
      at = length === 0 ? this.#first(at + 1) : this.#row(at + 1, length);
      length++;
    }
    this.end = count < 0 ? at + 1 : at;
    const columns = new Map(this.#keys.map((key, column) => [key, column]));
    return { columns, width: this.#keys.length, length, values: this.#values, counted: this.#counted };
  }

  #first(start: number): number {
    const values: number[] = [];
    let at = start;
    while (this.#bytes[at] !== CLOSE_BRACE) {
      const end = this.#skip(at + LENGTH_BYTES, this.#length(at));
      const key = decodeUtf8(this.#bytes.subarray(at + LENGTH_BYTES, end));
      this.#keys.push(key);
      this.#keyStarts.push(at);
      this.#keyEnds.push(end);
      this.#areCounted.push(key === COUNTED_LIST);
      values.push(end);
      at = this.#value(end, 0);
      this.#counted += key === COUNTED_LIST ? this.#entries : 0;
    }
    this.#values = Uint32Array.from(values);
    return at + 1;
  }

  /** An object with the keys of the first. */
  #row(start: number, row: number): number {
    const view = this.#view;
    const width = this.#keys.length;
    const base = row * width;
    this.#makeRoom(base + width);
    let at = start;
    for (let k = 0; k < width; k++) {
      const known = this.#keyStarts[k]!;
      const length = this.#keyEnds[k]! - known;
      // Four bytes at a time, the last of which may have been compared already: with its length, a key has nine at least.
      for (let i = 0; i < length; i = i + 4 < length ? Math.min(i + 4, length - 4) : length) {
        expect(view.getInt32(at + i) === view.getInt32(known + i));
      }
      at += length;
      this.#values[base + k] = at;
      at = this.#value(at, 0);
      this.#counted += this.#areCounted[k]! ? this.#entries : 0;
    }
    expect(this.#bytes[at] === CLOSE_BRACE);
    return at + 1;
  }

  #makeRoom(size: number): void {
    if (size > this.#values.length) {
      const larger = new Uint32Array(Math.max(size, 2 * this.#values.length));
      larger.set(this.#values);
      this.#values = larger;
    }
  }

  #value(start: number, depth: number): number {
    expect(depth < MAX_DEPTH);
    const bytes = this.#bytes;
    const mark = bytes[start]!;
    let at = start + 1;
    this.#entries = 0;
    if (mark === OPEN_BRACKET) {
      return this.#list(at, depth);
    }
    if (mark === OPEN_BRACE) {
      while (bytes[at] !== CLOSE_BRACE) {
        at = this.#value(this.#skip(at + LENGTH_BYTES, this.#length(at)), depth + 1);
      }
      return at + 1;
    }
    return mark === TEXT
      ? this.#skip(at + LENGTH_BYTES, this.#length(at))
      : this.#skip(at, valueBytes[mark] ?? -1);
  }

  #list(start: number, depth: number): number {
    const bytes = this.#bytes;
    if (bytes[start] === DOLLAR) {
      const each = elementBytes[bytes[start + 1]!] ?? -1;
      expect(each > 0 && bytes[start + 2] === HASH);
      const entries = this.#length(start + 3);
      this.#entries = entries;
      return this.#skip(start + 3 + LENGTH_BYTES, each * entries);
    }
    const isCounted = bytes[start] === HASH;
    const count = isCounted ? this.#length(start + 1) : -1;
    let at = isCounted ? start + 1 + LENGTH_BYTES : start;
    let entries = 0;
    while (isCounted ? entries < count : bytes[at] !== CLOSE_BRACKET) {
      at = this.#value(at, depth + 1);
      entries++;
    }
    this.#entries = entries;
    return isCounted ? at : at + 1;
  }

  /** `L` and an int64. */
  #length(at: number): number {
    expect(this.#bytes[at] === LENGTH && this.#view.getInt32(at + 1) === 0);
    return this.#view.getUint32(at + 5);
  }

  #skip(at: number, bytes: number): number {
    expect(bytes >= 0 && at + bytes <= this.#bytes.length);
    return at + bytes;
  }
}

function expect(isSo: boolean): void {
  if (!isSo) {
    throw new RangeError();
  }
}
