/** A Parquet file on disk: its footer, and parts of it on request. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { FileMetaData } from "hyparquet";
import { parquetMetadataAsync } from "hyparquet";
import { TableError, UsageError } from "../../errors.ts";

const MAGIC = "PAR1";
/** Magic at both ends, and the footer's length. */
const MIN_BYTES = 12;

export class ParquetFile {
  readonly path: string;
  /** For messages. */
  readonly name: string;
  readonly metadata: FileMetaData;
  readonly #fd: number;

  private constructor(path: string, name: string, fd: number, metadata: FileMetaData) {
    this.path = path;
    this.name = name;
    this.metadata = metadata;
    this.#fd = fd;
  }

  /**
   * Reads the footer.
   * @throws UsageError where there is no such file, TableError where it is not Parquet
   */
  static async open(path: string, name: string): Promise<ParquetFile> {
    const fd = openFile(path, name);
    try {
      return new ParquetFile(path, name, fd, await readFooter(fd, name));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  get rows(): number {
    return Number(this.metadata.num_rows);
  }

  /** Bytes `begin … end)`, which must be in the file. */
  read(begin: number, end: number): Uint8Array<ArrayBuffer> {
    return readBytes(this.#fd, begin, end);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function openFile(path: string, name: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    if (code === "ENOENT" || code === "EACCES") {
      throw new UsageError(`${name}: ${code === "ENOENT" ? "no such file" : "permission denied"}`);
    }
    throw error;
  }
}

async function readFooter(fd: number, name: string): Promise<FileMetaData> {
  const { size } = fstatSync(fd);
  const ends =
    size < MIN_BYTES ? "" : [0, size - MAGIC.length].map((at) => asText(readBytes(fd, at, at + 4))).join("");
  if (ends !== MAGIC + MAGIC) {
    const how = ends.startsWith(MAGIC) ? "is cut off: it has no footer at its end" : "is not a Parquet file";
    throw new TableError(`${name}: ${how} (${size} bytes, expected ${MAGIC} at both ends)`);
  }
  try {
    const slice = async (begin: number, end = size) => readBytes(fd, begin, end).buffer;
    const metadata = await parquetMetadataAsync({ byteLength: size, slice }, { geoparquet: false });
    checkRows(metadata);
    return metadata;
  } catch (error) {
    throw new TableError(`${name}: the footer cannot be read: ${messageOf(error)}`);
  }
}

function checkRows({ num_rows: rows, row_groups: groups }: FileMetaData): void {
  const counts = groups.map((group) => Number(group.num_rows));
  const sum = counts.reduce((total, each) => total + each, 0);
  if (!Number.isSafeInteger(sum) || counts.some((count) => count < 0) || BigInt(sum) !== rows) {
    throw new Error(`it says ${rows} rows, its row groups have ${sum}`);
  }
}

function readBytes(fd: number, begin: number, end: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(end - begin);
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(fd, bytes, at, bytes.length - at, begin + at);
    if (count === 0) {
      throw new Error(`bytes ${begin} to ${end} are not in the file`);
    }
    at += count;
  }
  return bytes;
}

function asText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
