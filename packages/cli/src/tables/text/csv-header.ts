/** The first line of CSV, and what it says of the columns. */
import { TableError, UsageError } from "../../errors.ts";
import type { TableOptions } from "../table.ts";
import { type HeadReader, MAX_RECORD_BYTES } from "./head-reader.ts";
import { CR, closingQuote, LF, QUOTE, type RecordEnds } from "./lines.ts";
import { quote } from "./reasons.ts";

/** The byte between fields. @throws UsageError for what cannot be one */
export function delimiterOf(format: "csv" | "tsv", options: TableOptions): number {
  const text = options.delimiter ?? (format === "tsv" ? "\t" : ",");
  if (!/^[\t -~]$/.test(text) || /[\w"'.+-]/.test(text)) {
    throw new UsageError(
      `delimiter ${quote(text)} cannot be used, expected one character such as "," or ";" or "|" or a tab`,
    );
  }
  return text.charCodeAt(0);
}

/** @throws TableError for a header that is absent, cannot be read or names a column twice */
export async function readHeader(
  head: HeadReader,
  delimiter: number,
  ends: RecordEnds,
): Promise<{ readonly columns: readonly string[]; readonly bytes: number; readonly lines: number }> {
  if (head.bytes.length === 0) {
    throw new TableError(`${head.name}: is empty, expected a header`, { line: 1 });
  }
  let lines = 0;
  for (;;) {
    const { bytes, begin, ended } = head;
    const rest = bytes.subarray(begin);
    const end = ends.first(rest, rest.length) || (ended ? rest.length : 0);
    if (end === 0 && ended) {
      throw new TableError(`${head.name}:${lines + 1}: there is no header, only empty lines`, {
        line: lines + 1,
      });
    }
    if (end === 0) {
      if (bytes.length >= MAX_RECORD_BYTES) {
        throw new TableError(`${head.name}:${lines + 1}: the header is longer than 64 MiB`, {
          line: lines + 1,
        });
      }
      await head.fill(2 * bytes.length);
      continue;
    }
    const record = rest.subarray(0, end);
    const text = record.subarray(0, lengthWithoutEnd(record));
    head.begin += end;
    if (text.length > 0) {
      const columns = new HeaderRecord(text, delimiter, head.name, lines + 1).columns();
      return { columns, bytes: head.begin, lines: lines + record.filter((byte) => byte === LF).length };
    }
    lines++;
  }
}

function lengthWithoutEnd(record: Uint8Array): number {
  const length = record.at(-1) === LF ? record.length - 1 : record.length;
  return record[length - 1] === CR ? length - 1 : length;
}

class HeaderRecord {
  readonly #bytes: Uint8Array;
  readonly #delimiter: number;
  readonly #name: string;
  readonly #line: number;

  constructor(bytes: Uint8Array, delimiter: number, name: string, line: number) {
    this.#bytes = bytes;
    this.#delimiter = delimiter;
    this.#name = name;
    this.#line = line;
  }

  columns(): readonly string[] {
    const columns: string[] = [];
    const seen = new Map<string, number>();
    for (let at = 0; at <= this.#bytes.length; ) {
      const [column, end] = this.#field(at, columns.length + 1);
      const earlier = seen.get(column);
      if (earlier !== undefined) {
        this.#fail(
          `column ${quote(column)} stands twice in the header, as number ${earlier} and ${columns.length + 1}`,
          column,
        );
      }
      columns.push(column);
      seen.set(column, columns.length);
      at = end + 1;
    }
    return columns;
  }

  #field(begin: number, number: number): [name: string, end: number] {
    const bytes = this.#bytes;
    if (bytes[begin] !== QUOTE) {
      const found = bytes.indexOf(this.#delimiter, begin);
      const end = found < 0 ? bytes.length : found;
      const name = this.#decode(bytes.subarray(begin, end), number);
      if (name.includes('"')) {
        this.#fail(`column ${number} of the header, ${quote(name)}, has a quote in the middle`);
      }
      return [name, end];
    }
    const close = closingQuote(bytes, begin, bytes.length);
    const end = close + 1;
    if (close === bytes.length) {
      this.#fail(`the quote that begins column ${number} of the header is not closed`);
    }
    if (end < bytes.length && bytes[end] !== this.#delimiter) {
      this.#fail(`column ${number} of the header goes on after its closing quote`);
    }
    return [this.#decode(bytes.subarray(begin + 1, close), number).replaceAll('""', '"'), end];
  }

  #decode(bytes: Uint8Array, number: number): string {
    if (bytes.includes(0)) {
      this.#fail(`column ${number} of the header holds a NUL byte: it is not a table of text`);
    }
    if (bytes[0] !== QUOTE && bytes.includes(CR)) {
      this.#fail(`column ${number} of the header holds a carriage return: lines must end with LF or CR LF`);
    }
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return this.#fail(`column ${number} of the header is not UTF-8`);
    }
  }

  #fail(what: string, column?: string): never {
    throw new TableError(`${this.#name}:${this.#line}: ${what}`, {
      line: this.#line,
      ...(column === undefined ? {} : { column }),
    });
  }
}
