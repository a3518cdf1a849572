/** Tables of text: a head, and then records that end with a line. */
import { TableError } from "../../errors.ts";
import { type ByteReader, type ByteSource, openBytes, type TableInput } from "../byte-reader.ts";
import type {
  BlockPosition,
  DecoderSpec,
  RawBlock,
  TableFormat,
  TableOptions,
  TableSource,
} from "../table.ts";
import { delimiterOf, readHeader } from "./csv-header.ts";
import { HeadReader, MAX_RECORD_BYTES } from "./head-reader.ts";
import { countLines, LINES, quotedLines, type RecordEnds } from "./lines.ts";

export type TextFormat = Extract<TableFormat, "csv" | "tsv" | "ndjson" | "libsvm">;

/** A block ends with the last record that ends in so many bytes; or with its first record, where that is longer. */
export const BLOCK_BYTES = 1 << 21;
const HEAD_BYTES = 1 << 16;

/** What stands before the first record. */
interface Head {
  readonly columns: readonly string[] | undefined;
  readonly bytes: number;
  readonly lines: number;
}

/**
 * Opens a table of text, which may be compressed.
 * @param features names of the model's features in order: columns of LIBSVM, and of CSV without a header
 * @throws UsageError for options that cannot be used or where there is no such file, TableError for a head that cannot be read
 */
export async function openText(
  input: TableInput,
  format: TextFormat,
  options: TableOptions,
  features: readonly string[],
): Promise<TableSource> {
  const ends = recordEnds(format, options);
  const bytes = await openBytes(input);
  try {
    const head = await readHead(bytes, format, options, features, ends);
    return new TextSource(bytes, format, options, head, ends);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

function recordEnds(format: TextFormat, options: TableOptions): RecordEnds {
  return format === "csv" || format === "tsv" ? quotedLines(delimiterOf(format, options)) : LINES;
}

async function readHead(
  source: ByteSource,
  format: TextFormat,
  options: TableOptions,
  features: readonly string[],
  ends: RecordEnds,
): Promise<Head> {
  const reader = await source.open(0);
  try {
    const head = new HeadReader(reader, source.name);
    await head.fill(HEAD_BYTES);
    const skipped = head.skipMark();
    switch (format) {
      case "ndjson":
        return { columns: undefined, bytes: skipped, lines: 0 };
      case "libsvm":
        return { columns: libsvmColumns(features), bytes: skipped, lines: 0 };
      default:
        return options.header === false
          ? { columns: features, bytes: skipped, lines: 0 }
          : await readHeader(head, delimiterOf(format, options), ends);
    }
  } finally {
    await reader.close();
  }
}

/** The model's, and the label where no feature has that name. */
function libsvmColumns(features: readonly string[]): readonly string[] {
  return features.includes("label") ? features : [...features, "label"];
}

class TextSource implements TableSource {
  readonly format: TextFormat;
  readonly name: string;
  readonly columns: readonly string[] | undefined;
  readonly size: TableSource["size"];
  readonly headerLines: number;
  readonly decoder: DecoderSpec;
  readonly #bytes: ByteSource;
  readonly #head: Head;
  readonly #ends: RecordEnds;

  constructor(bytes: ByteSource, format: TextFormat, options: TableOptions, head: Head, ends: RecordEnds) {
    this.format = format;
    this.name = bytes.name;
    this.columns = head.columns;
    this.size = bytes.size === undefined ? undefined : { total: bytes.size, unit: "bytes" };
    this.headerLines = head.lines;
    this.decoder = { format, name: bytes.name, columns: head.columns, options };
    this.#bytes = bytes;
    this.#head = head;
    this.#ends = ends;
  }

  async *blocks(from?: BlockPosition): AsyncGenerator<RawBlock, void> {
    const start = from ?? { index: 0, offset: this.#head.bytes, line: this.#head.lines };
    const reader = await this.#bytes.open(Number(start["offset"]));
    try {
      yield* cutBlocks(reader, this.#ends, this.name, {
        index: Number(start["index"]),
        offset: Number(start["offset"]),
        line: Number(start["line"]),
      });
    } finally {
      await reader.close();
    }
  }

  close(): Promise<void> {
    return this.#bytes.close();
  }
}

interface Place {
  readonly index: number;
  /** In the uncompressed bytes. */
  readonly offset: number;
  /** Lines before it. */
  readonly line: number;
}

/** Where blocks begin and end follows from the bytes alone, and not from how they come in. */
async function* cutBlocks(
  reader: ByteReader,
  ends: RecordEnds,
  name: string,
  from: Place,
): AsyncGenerator<RawBlock, void> {
  let { index, offset, line } = from;
  let bytes = new Uint8Array(BLOCK_BYTES);
  let filled = await reader.read(bytes, 0);
  while (filled > 0) {
    let end = filled < BLOCK_BYTES ? filled : ends.last(bytes, BLOCK_BYTES);
    while (end === 0) {
      if (bytes.length >= MAX_RECORD_BYTES) {
        throw tooLong(name, line);
      }
      bytes = grown(bytes, filled);
      filled += await reader.read(bytes, filled);
      end = ends.first(bytes, filled) || (filled < bytes.length ? filled : 0);
    }
    const rest = bytes.subarray(end, filled);
    const isLast = rest.length === 0 && filled < bytes.length;
    const next = new Uint8Array(isLast ? 0 : Math.max(BLOCK_BYTES, rest.length));
    // Before the block is given away, which may take its memory along.
    next.set(rest);
    const left = rest.length;
    const taken = reader.taken - left;
    offset += end;
    line += countLines(bytes, 0, end);
    yield {
      index,
      next: { index: index + 1, offset, line },
      read: Math.max(taken, 0),
      payload: { kind: "text", bytes: bytes.subarray(0, end) },
    };
    index++;
    bytes = next;
    filled = left + (await reader.read(bytes, left));
  }
}

function grown(bytes: Uint8Array, filled: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(2 * bytes.length, MAX_RECORD_BYTES));
  larger.set(bytes.subarray(0, filled));
  return larger;
}

function tooLong(name: string, line: number): TableError {
  return new TableError(
    `${name}:${line + 1}: a row is longer than ${MAX_RECORD_BYTES >> 20} MiB; a quote may not be closed`,
    { line: line + 1 },
  );
}
