/** The first bytes of a table of text, as many as its head takes. */
import { TableError } from "../../errors.ts";
import type { ByteReader } from "../byte-reader.ts";

/** Longer records are an error: most probably a quote that is never closed. */
export const MAX_RECORD_BYTES = 1 << 26;

const BOM = [0xef, 0xbb, 0xbf];

export class HeadReader {
  readonly name: string;
  bytes = new Uint8Array(0);
  /** Where the table begins. */
  begin = 0;
  ended = false;
  readonly #reader: ByteReader;

  constructor(reader: ByteReader, name: string) {
    this.#reader = reader;
    this.name = name;
  }

  async fill(count: number): Promise<void> {
    const held = this.bytes;
    const bytes = new Uint8Array(count);
    bytes.set(held);
    const filled = held.length + (await this.#reader.read(bytes, held.length));
    this.ended = filled < count;
    this.bytes = bytes.subarray(0, filled);
  }

  /** Skips the mark of UTF-8. @throws TableError for encodings other than UTF-8 */
  skipMark(): number {
    const { bytes, name } = this;
    const [a, b] = bytes;
    if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
      throw new TableError(`${name}:1: is UTF-16, expected UTF-8`, { line: 1 });
    }
    this.begin = BOM.every((byte, at) => bytes[at] === byte) ? BOM.length : 0;
    return this.begin;
  }
}
