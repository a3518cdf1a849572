/**
 * A column of a row group, read from its beginning to its end a few rows at a time. Only the page that is being read is in memory.
 *
 * hyparquet's own reader makes arrays of JavaScript values, of a whole column at a time: 50,000 to 95,000 rows of 50 columns a
 * second. Its reader of headers and its codecs serve here; levels and values go into typed arrays.
 */
import type { ColumnMetaData } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import type { PageHeader } from "hyparquet/src/types.js";
import { decompress } from "./decompress.ts";
import type { ParquetFile } from "./file.ts";
import { HybridReader } from "./hybrid.ts";
import { openValues, type PageValues } from "./page-values.ts";
import type { ParquetColumn, Physical } from "./types.ts";

/** Rows of a column that lie in one page. */
export interface Span {
  readonly rows: number;
  /** By row: 0 where it is null. `undefined`: none is. */
  readonly present: Uint8Array | undefined;
  /** Of rows that are not null: values, or indices of the dictionary. */
  readonly values: Physical;
  /** Values of the dictionary; the same array for all spans of the chunk. */
  readonly dictionary: Physical | undefined;
}

interface Page {
  rowsLeft: number;
  readonly levels: HybridReader | undefined;
  readonly values: PageValues;
}

/** Most headers are shorter. */
const HEADER_BYTES = 512;
const MAX_HEADER_BYTES = 2 ** 24;

export class ChunkReader {
  readonly #file: ParquetFile;
  readonly #column: ParquetColumn;
  readonly #codec: string;
  readonly #rows: number;
  readonly #end: number;
  #at: number;
  /** Row of the group that is read next. */
  #row = 0;
  #page: Page | undefined;
  #dictionary: Physical | undefined;

  constructor(file: ParquetFile, column: ParquetColumn, chunk: ColumnMetaData, rows: number) {
    this.#file = file;
    this.#column = column;
    this.#codec = chunk.codec;
    this.#rows = rows;
    const first = Number(chunk.data_page_offset);
    const dictionary = Number(chunk.dictionary_page_offset ?? 0n);
    // Some writers say 0 where there is no dictionary.
    this.#at = dictionary > 0 ? Math.min(first, dictionary) : first;
    this.#end = this.#at + Number(chunk.total_compressed_size);
  }

  get row(): number {
    return this.#row;
  }

  /** Goes on at a later row. Pages before it are not unpacked. */
  skipTo(row: number): void {
    while (this.#row < row) {
      if (this.#page === undefined) {
        this.#openPage(row);
      } else {
        const rows = Math.min(row - this.#row, this.#page.rowsLeft);
        this.#page.values.skip(this.#levels(this.#page, rows).count);
        this.#pass(rows);
      }
    }
  }

  /** The next rows, at most so many. */
  next(rows: number): Span {
    while (this.#page === undefined) {
      this.#openPage(this.#row);
    }
    return this.#take(Math.min(rows, this.#page.rowsLeft));
  }

  #take(rows: number): Span {
    const page = this.#page!;
    const { present, count } = this.#levels(page, rows);
    const { isIndexed } = page.values;
    if (isIndexed && this.#dictionary === undefined) {
      throw new Error("a page has indices of a dictionary that there is not");
    }
    const values = page.values.take(count);
    this.#pass(rows);
    return {
      rows,
      present: count === rows ? undefined : present,
      values,
      dictionary: isIndexed ? this.#dictionary : undefined,
    };
  }

  /** Which of the next rows are not null, and how many. */
  #levels(
    { levels }: Page,
    rows: number,
  ): { readonly present: Uint8Array | undefined; readonly count: number } {
    if (levels === undefined) {
      return { present: undefined, count: rows };
    }
    const present = new Uint8Array(rows);
    levels.read(present, rows);
    let count = 0;
    for (let row = 0; row < rows; row++) {
      count += present[row]!;
    }
    return { present, count };
  }

  #pass(rows: number): void {
    const page = this.#page!;
    page.rowsLeft -= rows;
    this.#row += rows;
    if (page.rowsLeft === 0) {
      this.#page = undefined;
    }
  }

  /** Opens the next page, or goes past it where it ends before `wanted`. */
  #openPage(wanted: number): void {
    const { header, begin } = this.#readHeader();
    const size = header.compressed_page_size;
    const end = begin + size;
    if (!(size >= 0 && end <= this.#end && header.uncompressed_page_size >= 0)) {
      throw new Error(`a page of ${size} bytes does not fit into its column`);
    }
    this.#at = end;
    const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: dictionary } = header;
    if (header.type === "DICTIONARY_PAGE" && dictionary !== undefined) {
      const bytes = decompress(this.#codec, this.#file.read(begin, end), header.uncompressed_page_size);
      this.#dictionary = openValues("PLAIN", bytes, 0, 0, this.#column.element).take(dictionary.num_values);
      return;
    }
    const rows = v1?.num_values ?? v2?.num_values;
    if (rows === undefined) {
      return;
    }
    if (!(rows >= 0 && rows <= this.#rows - this.#row)) {
      throw new Error(`a page of ${rows} rows does not fit into its row group of ${this.#rows}`);
    }
    if (this.#row + rows <= wanted || rows === 0) {
      this.#row += rows;
      return;
    }
    const bytes = this.#file.read(begin, end);
    this.#page = v2 === undefined ? this.#pageV1(header, bytes) : this.#pageV2(header, bytes);
  }

  #readHeader(): { readonly header: PageHeader; readonly begin: number } {
    const room = this.#end - this.#at;
    for (let size = HEADER_BYTES; ; size *= 16) {
      const bytes = this.#file.read(this.#at, this.#at + Math.min(size, room));
      const reader = { view: new DataView(bytes.buffer), offset: 0 };
      try {
        const header = parquetHeader(reader);
        return { header, begin: this.#at + reader.offset };
      } catch (error) {
        // Statistics of long texts make long headers.
        if (size >= room || size > MAX_HEADER_BYTES) {
          throw room <= 0 ? new Error("the column ends before its row group does") : error;
        }
      }
    }
  }

  #pageV1(header: PageHeader, packed: Uint8Array): Page {
    const { num_values: rows, encoding, definition_level_encoding: levelEncoding } = header.data_page_header!;
    const bytes = decompress(this.#codec, packed, header.uncompressed_page_size);
    let at = 0;
    let levels: HybridReader | undefined;
    if (this.#column.optional) {
      if (levelEncoding !== "RLE") {
        throw new Error(`levels in ${levelEncoding} are not supported`);
      }
      const end = 4 + new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
      levels = new HybridReader(bytes, 4, end, 1);
      at = end;
    }
    return this.#page0(rows, levels, encoding, bytes, at);
  }

  #pageV2(header: PageHeader, packed: Uint8Array): Page {
    const v2 = header.data_page_header_v2!;
    const length = v2.definition_levels_byte_length;
    if (v2.repetition_levels_byte_length !== 0 || !(length >= 0 && length <= packed.length)) {
      throw new Error("a page has levels that do not fit");
    }
    const levels = this.#column.optional ? new HybridReader(packed, 0, length, 1) : undefined;
    const rest = packed.subarray(length);
    const bytes =
      v2.is_compressed === false
        ? rest
        : decompress(this.#codec, rest, header.uncompressed_page_size - length);
    return this.#page0(v2.num_values, levels, v2.encoding, bytes, 0);
  }

  #page0(
    rows: number,
    levels: HybridReader | undefined,
    encoding: string,
    bytes: Uint8Array,
    at: number,
  ): Page {
    // Where values are decoded at once, their number matters: of v1 pages, only levels tell it.
    const count = encoding.startsWith("DELTA") && levels !== undefined ? deltaCount(bytes, at) : rows;
    return {
      rowsLeft: rows,
      levels,
      values: openValues(encoding, bytes, at, Math.min(rows, count), this.#column.element),
    };
  }
}

/** How many values a page of deltas has: the third number in it. In pages of texts, their lengths or prefixes stand first. */
function deltaCount(bytes: Uint8Array, at: number): number {
  let place = at;
  let value = 0;
  for (let field = 0; field < 3; field++) {
    value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[place++];
      if (byte === undefined || shift > 28) {
        return 0;
      }
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        break;
      }
    }
  }
  return value >>> 0;
}
