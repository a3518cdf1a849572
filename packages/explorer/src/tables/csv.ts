/** CSV and its relatives with tabs, semicolons or bars, as they stream in. Quotes are those of RFC 4180. */
import type { PostedTable } from "../workers/protocol.ts";
import { ColumnBuilder, MISSING } from "./column-builder.ts";
import { NO_NUMBER, readNumber } from "./number.ts";

const [LF, CR, QUOTE, SPACE, TAB] = [10, 13, 34, 32, 9];
/** Longer rows are taken for a quote that is not closed. */
const MAX_ROW_BYTES = 2 ** 24;
const DELIMITERS = [44, TAB, 59, 124];

/** Thrown when a column of numbers turns out to be text: it must be read again, so that 1.0 stays 1.0. */
export class TextColumnFound extends Error {
  readonly column: number;

  constructor(column: number) {
    super(`column ${column} is text`);
    this.column = column;
  }
}

export class CsvReader {
  readonly #textColumns: ReadonlySet<number>;
  readonly #builders: ColumnBuilder[] = [];
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true });
  #rest = new Uint8Array(0);
  #delimiter = 0;
  #hasNames = true;
  #line = 1;
  #rows = 0;
  /** Where the next quote stands in the bytes that are being read. */
  #quoteAt = -1;

  /** @param textColumns columns that are known to be text */
  constructor(textColumns: ReadonlySet<number>) {
    this.#textColumns = textColumns;
  }

  get rows(): number {
    return this.#rows;
  }

  /** @throws TextColumnFound; Error in words for what is no CSV */
  write(chunk: Uint8Array): void {
    const bytes = joined(this.#rest, chunk);
    this.#quoteAt = -1;
    this.#rest = bytes.slice(this.#read(bytes, 0));
    if (this.#rest.length > MAX_ROW_BYTES) {
      throw new Error(`line ${this.#line}: the row has no end; is a quote not closed?`);
    }
  }

  end(): PostedTable {
    const rest = joined(this.#rest, Uint8Array.of(LF));
    this.#quoteAt = -1;
    const at = this.#read(rest, 0);
    if (at < rest.length) {
      throw new Error(`line ${this.#line}: a quote that begins a field is not closed`);
    }
    if (this.#builders.length === 0) {
      throw new Error("the file is empty");
    }
    if (this.#rows === 0) {
      throw new Error("the file has a header and no rows");
    }
    return {
      format: "CSV",
      rows: this.#rows,
      hasNames: this.#hasNames,
      columns: this.#builders.map((builder) => builder.done()),
    };
  }

  /** Reads whole rows; returns where the first one begins that is not whole. */
  #read(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      const next = this.#delimiter === 0 ? this.#head(bytes, at) : this.#row(bytes, at);
      if (next < 0) {
        return at;
      }
      at = next;
    }
    return at;
  }

  /** Returns where the next row begins; -1 where this one is not whole. */
  #row(bytes: Uint8Array, begin: number): number {
    const builders = this.#builders;
    const delimiter = this.#delimiter;
    if (!this.#isWhole(bytes, begin)) {
      return -1;
    }
    if (isBlank(bytes, begin)) {
      this.#line++;
      return bytes.indexOf(LF, begin) + 1;
    }
    let at = begin;
    let column = 0;
    let lines = 0;
    for (;;) {
      let field = at;
      let fieldEnd: number;
      let quoted = false;
      if (bytes[at] === QUOTE) {
        quoted = true;
        field++;
        at = closingQuote(bytes, field);
        fieldEnd = at++;
        lines += quotedLines(bytes, field, fieldEnd);
        if (bytes[at] === CR) {
          at++;
        }
        if (bytes[at] !== delimiter && bytes[at] !== LF) {
          throw new Error(`line ${this.#line}: field ${column + 1} goes on after its closing quote`);
        }
      } else {
        while (bytes[at] !== delimiter && bytes[at] !== LF) {
          at++;
        }
        fieldEnd = bytes[at] === LF && at > field && bytes[at - 1] === CR ? at - 1 : at;
      }
      if (column < builders.length) {
        this.#field(bytes, field, fieldEnd, quoted, column);
      }
      column++;
      if (bytes[at] === LF) {
        break;
      }
      at++;
    }
    if (column !== builders.length) {
      throw new Error(
        `line ${this.#line} has ${column} ${column === 1 ? "field" : "fields"}, expected ${builders.length}`,
      );
    }
    this.#line += 1 + lines;
    this.#rows++;
    return at + 1;
  }

  /** Line ends may stand within quotes; most rows have none. */
  #isWhole(bytes: Uint8Array, begin: number): boolean {
    const end = bytes.indexOf(LF, begin);
    if (end >= 0 && this.#quoteAt < begin) {
      const at = bytes.indexOf(QUOTE, begin);
      this.#quoteAt = at < 0 ? Number.POSITIVE_INFINITY : at;
    }
    return end >= 0 && (this.#quoteAt > end || splitRow(bytes, begin, this.#delimiter).next >= 0);
  }

  #field(bytes: Uint8Array, begin: number, end: number, quoted: boolean, column: number): void {
    const builder = this.#builders[column]!;
    if (begin === end && !quoted) {
      builder.missing();
      return;
    }
    if (!builder.isText) {
      const value = readNumber(bytes, begin, end);
      if (value !== NO_NUMBER) {
        builder.number(value);
        return;
      }
    }
    const text = this.#text(bytes, begin, end, quoted);
    if (!quoted && MISSING.has(text)) {
      builder.missing();
      return;
    }
    if (!builder.isText && builder.hasNumbers) {
      throw new TextColumnFound(column);
    }
    builder.text(text);
  }

  #text(bytes: Uint8Array, begin: number, end: number, quoted: boolean): string {
    let text = "";
    for (let at = begin; at < end; at++) {
      const c = bytes[at]!;
      if (c >= 128) {
        text = this.#decode(bytes.subarray(begin, end));
        break;
      }
      text += String.fromCharCode(c);
    }
    return quoted ? text.replaceAll('""', '"') : text;
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#utf8.decode(bytes);
    } catch {
      throw new Error(`line ${this.#line} is not UTF-8: save the table as UTF-8`);
    }
  }

  /** The first row: which character stands between fields, and whether it holds names. */
  #head(bytes: Uint8Array, begin: number): number {
    if (isBlank(bytes, begin)) {
      this.#line++;
      return bytes.indexOf(LF, begin) + 1;
    }
    const delimiter = likeliest(bytes, begin);
    const { fields, next } = splitRow(bytes, begin, delimiter);
    if (next < 0) {
      return -1;
    }
    const texts = fields.map(([from, to, quoted]) => this.#text(bytes, from, to, quoted).trim());
    this.#delimiter = delimiter;
    this.#hasNames = texts.some(
      (text) =>
        !MISSING.has(text) && readNumber(new TextEncoder().encode(text), 0, text.length) === NO_NUMBER,
    );
    const names = this.#hasNames ? distinct(texts) : texts.map((_, i) => `column ${i + 1}`);
    names.forEach((name, i) => {
      const builder = new ColumnBuilder(name);
      if (this.#textColumns.has(i)) {
        builder.becomeText();
      }
      this.#builders.push(builder);
    });
    if (this.#hasNames) {
      this.#line++;
      return next;
    }
    return begin;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) {
    return second;
  }
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** A second column of a name gets a number, as in pandas. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name, i) => {
    const base = name === "" ? `column ${i + 1}` : name;
    const count = seen.get(base) ?? 0;
    seen.set(base, count + 1);
    return count === 0 ? base : `${base}.${count}`;
  });
}

/** The delimiter of which the first line has most, outside of quotes. */
function likeliest(bytes: Uint8Array, begin: number): number {
  const counts = new Map(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let quoted = false;
  for (let at = begin; at < bytes.length; at++) {
    const c = bytes[at]!;
    if (c === QUOTE) {
      quoted = !quoted;
    } else if (c === LF && !quoted) {
      break;
    } else if (!quoted && counts.has(c)) {
      counts.set(c, counts.get(c)! + 1);
    }
  }
  return DELIMITERS.reduce((best, each) => (counts.get(each)! > counts.get(best)! ? each : best));
}

type FieldRange = readonly [begin: number, end: number, quoted: boolean];

function splitRow(
  bytes: Uint8Array,
  begin: number,
  delimiter: number,
): { fields: FieldRange[]; next: number } {
  const fields: FieldRange[] = [];
  let at = begin;
  while (at < bytes.length) {
    const quoted = bytes[at] === QUOTE;
    const field = quoted ? at + 1 : at;
    const close = quoted ? closingQuote(bytes, field) : -1;
    if (quoted && close < 0) {
      break;
    }
    at = quoted ? close + 1 : at;
    while (at < bytes.length && bytes[at] !== delimiter && bytes[at] !== LF) {
      at++;
    }
    if (at >= bytes.length) {
      break;
    }
    const end = bytes[at] === LF && at > field && bytes[at - 1] === CR ? at - 1 : at;
    fields.push([field, quoted ? close : end, quoted]);
    if (bytes[at] === LF) {
      return { fields, next: at + 1 };
    }
    at++;
  }
  return { fields, next: -1 };
}

/** The quote that ends a field; doubled ones are part of it. -1 where it is not in sight. */
function closingQuote(bytes: Uint8Array, begin: number): number {
  for (let at = bytes.indexOf(QUOTE, begin); at >= 0; at = bytes.indexOf(QUOTE, at + 2)) {
    if (bytes[at + 1] !== QUOTE) {
      // Whether another one follows is not known at the end of what came.
      return at + 1 < bytes.length ? at : -1;
    }
  }
  return -1;
}

function quotedLines(bytes: Uint8Array, begin: number, end: number): number {
  let lines = 0;
  for (let at = begin; at < end; at++) {
    lines += bytes[at] === LF ? 1 : 0;
  }
  return lines;
}

function isBlank(bytes: Uint8Array, begin: number): boolean {
  let at = begin;
  while (bytes[at] === SPACE || bytes[at] === CR) {
    at++;
  }
  return bytes[at] === LF;
}
