/** Bytes of a file or of standard input, uncompressed, from any place on. */
import { createReadStream } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { TableError, UsageError } from "../errors.ts";
import { decompress } from "./compression.ts";
import { type Compression, compressionOfBytes, compressionOfPath } from "./format.ts";

/** A path, or a stream such as standard input. */
export type TableInput = string | Readable;

const CHUNK = 1 << 18;
const MAGIC_BYTES = 4;

export interface ByteReader {
  /** Fills `into` from `at` on. @returns how many bytes; fewer than there is room for only at the end */
  read(into: Uint8Array, at: number): Promise<number>;
  /** Bytes that were read of the file, which may be compressed. */
  readonly taken: number;
  close(): Promise<void>;
}

/** What bytes can be read from. */
export interface ByteSource {
  readonly name: string;
  /** Bytes of the file as it is, compressed or not; `undefined` for a stream. */
  readonly size: number | undefined;
  /** Reads on from an offset in the uncompressed bytes. A stream can be opened once at its beginning, and once to go on. */
  open(offset: number): Promise<ByteReader>;
  close(): Promise<void>;
}

export function nameOf(input: TableInput): string {
  return typeof input === "string" ? input : "<stdin>";
}

/** @throws UsageError where there is no such file */
export async function openBytes(input: TableInput): Promise<ByteSource> {
  if (typeof input !== "string") {
    return new StreamSource(input);
  }
  let handle: FileHandle;
  let size: number;
  try {
    const facts = await stat(input);
    if (facts.isDirectory()) {
      throw new UsageError(`${input}: is a directory, expected a table`);
    }
    if (!facts.isFile()) {
      return new StreamSource(createReadStream(input), input);
    }
    size = facts.size;
    handle = await open(input);
  } catch (error) {
    throw explain(error, input);
  }
  try {
    const magic = new Uint8Array(MAGIC_BYTES);
    const { bytesRead } = await handle.read(magic, 0, MAGIC_BYTES, 0);
    const compression = compressionOfBytes(magic.subarray(0, bytesRead));
    if (compression === undefined && bytesRead > 0) {
      refuseWrongExtension(input);
    }
    return new FileSource(input, size, compression);
  } finally {
    await handle.close();
  }
}

function refuseWrongExtension(path: string): void {
  const expected = compressionOfPath(path);
  if (expected !== undefined) {
    throw new TableError(`${path}: is not compressed with ${expected}, as its name says`);
  }
}

function explain(error: unknown, path: string): unknown {
  const code = (error as { readonly code?: unknown }).code;
  const reason = code === "ENOENT" ? "no such file" : code === "EACCES" ? "permission denied" : undefined;
  return reason === undefined ? error : new UsageError(`${path}: ${reason}`);
}

class FileSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #compression: Compression | undefined;

  constructor(path: string, size: number, compression: Compression | undefined) {
    this.name = path;
    this.size = size;
    this.#compression = compression;
  }

  async open(offset: number): Promise<ByteReader> {
    if (this.#compression === undefined) {
      return new FileReader(await open(this.name), offset);
    }
    const file = createReadStream(this.name, { highWaterMark: CHUNK });
    const reader = new StreamReader(decompress(file, this.#compression), this.name, () => file.bytesRead);
    await skip(reader, offset);
    return reader;
  }

  async close(): Promise<void> {
    // Every reader is closed by who opened it.
  }
}

class FileReader implements ByteReader {
  readonly #handle: FileHandle;
  #offset: number;

  constructor(handle: FileHandle, offset: number) {
    this.#handle = handle;
    this.#offset = offset;
  }

  get taken(): number {
    return this.#offset;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    let end = at;
    while (end < into.length) {
      const { bytesRead } = await this.#handle.read(into, end, into.length - end, this.#offset);
      if (bytesRead === 0) {
        break;
      }
      end += bytesRead;
      this.#offset += bytesRead;
    }
    return end - at;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** A stream is read once: its first reader keeps what it reads for the second. */
class StreamSource implements ByteSource {
  readonly name: string;
  readonly size = undefined;
  readonly #stream: Readable;
  #head: Uint8Array[] = [];
  #reader: StreamReader | undefined;
  #opened = 0;

  constructor(stream: Readable, name = nameOf(stream)) {
    this.name = name;
    this.#stream = stream;
  }

  async open(offset: number): Promise<ByteReader> {
    this.#reader ??= await this.#start();
    this.#opened++;
    if (this.#opened === 1) {
      return new RecordingReader(this.#reader, this.#head);
    }
    if (this.#opened > 2) {
      throw new Error(`${this.name} can be read only once`);
    }
    this.#reader.unread(this.#head);
    this.#head = [];
    await skip(this.#reader, offset);
    return this.#reader;
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    this.#stream.destroy();
  }

  async #start(): Promise<StreamReader> {
    const raw = new StreamReader(this.#stream, this.name);
    const magic = new Uint8Array(MAGIC_BYTES);
    const head = magic.subarray(0, await raw.read(magic, 0));
    raw.unread([head]);
    const compression = compressionOfBytes(head);
    if (compression === undefined) {
      return raw;
    }
    return new StreamReader(
      decompress(Readable.from(raw.chunks(), { objectMode: false }), compression),
      this.name,
    );
  }
}

class RecordingReader implements ByteReader {
  readonly #reader: ByteReader;
  readonly #record: Uint8Array[];

  constructor(reader: ByteReader, record: Uint8Array[]) {
    this.#reader = reader;
    this.#record = record;
  }

  get taken(): number {
    return this.#reader.taken;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    const count = await this.#reader.read(into, at);
    this.#record.push(into.slice(at, at + count));
    return count;
  }

  async close(): Promise<void> {
    // The stream is read on.
  }
}

class StreamReader implements ByteReader {
  readonly #name: string;
  readonly #stream: Readable;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #bytesRead: (() => number) | undefined;
  /** Chunks that wait to be read, the next one first. */
  #waiting: Uint8Array[] = [];
  #given = 0;

  constructor(stream: Readable, name: string, bytesRead?: () => number) {
    this.#name = name;
    this.#stream = stream;
    this.#chunks = stream[Symbol.asyncIterator]();
    this.#bytesRead = bytesRead;
  }

  get taken(): number {
    return this.#bytesRead?.() ?? this.#given;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    let end = at;
    while (end < into.length) {
      const chunk = await this.#next();
      if (chunk === undefined) {
        break;
      }
      const part = chunk.subarray(0, into.length - end);
      into.set(part, end);
      end += part.length;
      if (part.length < chunk.length) {
        this.#waiting.unshift(chunk.subarray(part.length));
      }
    }
    this.#given += end - at;
    return end - at;
  }

  unread(chunks: readonly Uint8Array[]): void {
    this.#waiting = [...chunks, ...this.#waiting];
    this.#given -= chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) {
      yield chunk;
    }
  }

  async close(): Promise<void> {
    this.#stream.destroy();
  }

  async #next(): Promise<Uint8Array | undefined> {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      return waiting;
    }
    try {
      const { done, value } = await this.#chunks.next();
      return done === true ? undefined : value;
    } catch (error) {
      throw new TableError(`${this.#name}: cannot be read on: ${(error as Error).message}`, {});
    }
  }
}

async function skip(reader: ByteReader, offset: number): Promise<void> {
  const scrap = new Uint8Array(Math.min(offset, CHUNK));
  for (let left = offset; left > 0; ) {
    const count = await reader.read(left < scrap.length ? scrap.subarray(0, left) : scrap, 0);
    if (count === 0) {
      throw new TableError(
        `ends before byte ${offset}, where reading was to go on: it is not the same table`,
      );
    }
    left -= count;
  }
}
