/** Messages of Arrow's IPC format, one after the other, from a stream or a file. */
import type { Message } from "apache-arrow/ipc/metadata/message";
import { TableError } from "../../errors.ts";
import type { ByteReader } from "../byte-reader.ts";
import { loadArrow } from "./library.ts";
import { checkMessage } from "./metadata.ts";

export interface IpcMessage {
  readonly message: Message;
  /** Where it begins, counted in bytes of the table. */
  readonly offset: number;
  /** Prefix, metadata and body, as they stand in the file. */
  readonly head: Uint8Array;
  /** Bytes of the body, which is read next or skipped. */
  readonly bodyLength: number;
}

const FILE_MAGIC = "ARROW1";
const CONTINUATION = 0xffffffff;
/** A schema of 100,000 columns has 10 MB. */
const MAX_METADATA = 2 ** 28;
const MAX_BODY = 2 ** 32;
/** Bytes that are read at a time, so that a length that lies takes no more memory than the table has bytes. */
const PIECE = 2 ** 24;
/** Of a footer. */
const TAIL_PIECE = 2 ** 16;

export class MessageReader {
  readonly #reader: ByteReader;
  readonly #name: string;
  #offset = 0;
  #isFile = false;

  constructor(reader: ByteReader, name: string) {
    this.#reader = reader;
    this.#name = name;
  }

  /** The next message; `undefined` at the mark that ends the stream. */
  async next(): Promise<IpcMessage | undefined> {
    const offset = this.#offset;
    let prefix = await this.#take(4, "message");
    if (offset === 0 && asText(prefix) === FILE_MAGIC.slice(0, 4)) {
      prefix = await this.#skipMagic(prefix);
    }
    let length = uint32(prefix);
    // Before release 0.15, the length came first.
    if (length === CONTINUATION) {
      const rest = await this.#take(4, "message");
      length = uint32(rest);
      prefix = concat([prefix, rest]);
    }
    if (length === 0) {
      await this.#end();
      return undefined;
    }
    if (length > MAX_METADATA || length % 4 !== 0) {
      throw this.error(
        this.#offset <= 8 ? "is not an Arrow table" : `has a damaged message at byte ${offset}`,
      );
    }
    const metadata = await this.#take(length, "message");
    const message = this.#decode(metadata, offset);
    const { bodyLength } = message;
    if (!(bodyLength >= 0 && bodyLength <= MAX_BODY)) {
      throw this.error(
        `has a message with a body of ${bodyLength} bytes at byte ${offset}, at most ${MAX_BODY} are allowed`,
      );
    }
    return { message, offset, head: concat([prefix, metadata]), bodyLength };
  }

  /** The body of the message before. */
  body(length: number): Promise<Uint8Array> {
    return this.#take(length, "body");
  }

  error(problem: string): TableError {
    return new TableError(`${this.#name}: ${problem}`);
  }

  /** Whether the table began as a file does. */
  get isFile(): boolean {
    return this.#isFile;
  }

  get offset(): number {
    return this.#offset;
  }

  get taken(): number {
    return this.#reader.taken;
  }

  #decode(metadata: Uint8Array, offset: number): Message {
    try {
      checkMessage(metadata);
      const message = loadArrow().Message.decode(metadata);
      // Decoded when it is asked for.
      message.header();
      return message;
    } catch {
      throw this.error(offset <= 8 ? "is not an Arrow table" : `has a damaged message at byte ${offset}`);
    }
  }

  async #skipMagic(begin: Uint8Array): Promise<Uint8Array> {
    const rest = await this.#take(4, "message");
    if (!asText(concat([begin, rest])).startsWith(FILE_MAGIC)) {
      throw this.error("is not an Arrow table");
    }
    this.#isFile = true;
    return this.#take(4, "message");
  }

  /** A file goes on with its footer, and ends as it began. */
  async #end(): Promise<void> {
    if (!this.#isFile) {
      return;
    }
    let tail = "";
    const piece = new Uint8Array(TAIL_PIECE);
    for (;;) {
      const count = await this.#reader.read(piece, 0);
      if (count === 0) {
        break;
      }
      tail = (tail + asText(piece.subarray(Math.max(0, count - FILE_MAGIC.length), count))).slice(
        -FILE_MAGIC.length,
      );
    }
    if (tail !== FILE_MAGIC) {
      throw this.error("is cut off: its footer is not whole");
    }
  }

  async #take(length: number, what: "message" | "body"): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (let left = length; left > 0; ) {
      const piece = new Uint8Array(Math.min(left, PIECE));
      const count = await this.#reader.read(piece, 0);
      this.#offset += count;
      left -= count;
      pieces.push(piece);
      if (count < piece.length) {
        throw this.#cutOff(what, count);
      }
    }
    return pieces.length === 1 ? pieces[0]! : concat(pieces);
  }

  #cutOff(what: string, count: number): TableError {
    if (this.#offset === 0) {
      return this.error("is empty, expected an Arrow table");
    }
    return this.error(
      `is cut off after ${this.#offset} bytes: ${count === 0 && what === "message" ? "it lacks the mark that ends an Arrow table" : `its last ${what} is not whole`}`,
    );
  }
}

export function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function uint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

function asText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
