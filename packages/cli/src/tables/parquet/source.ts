/** A Parquet file as a table: blocks are ranges of rows, which decoders read themselves. */
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ByteReader, nameOf, openBytes, type TableInput } from "../byte-reader.ts";
import { BLOCK_ROWS } from "../columnar/block-rows.ts";
import type { BlockPosition, RawBlock, TableOptions, TableSource } from "../table.ts";
import { ParquetFile } from "./file.ts";
import { columnsOf } from "./types.ts";

const CHUNK = 1 << 20;

/**
 * Opens a Parquet file. One that comes by a stream is copied to a temporary file first: its description is at its end.
 * @throws UsageError where there is no such file, TableError where it is not Parquet
 */
export async function openParquetTable(input: TableInput, options: TableOptions = {}): Promise<TableSource> {
  const name = nameOf(input);
  const spooled = typeof input === "string" ? undefined : await spool(input);
  const path = spooled === undefined ? (input as string) : join(spooled, "table.parquet");
  const remove = async (): Promise<void> => {
    if (spooled !== undefined) {
      await rm(spooled, { recursive: true, force: true });
    }
  };
  try {
    const file = await ParquetFile.open(path, name);
    file.close();
    const columns = columnsOf(file.metadata, name).map((column) => column.name);
    const { rows } = file;
    return {
      format: "parquet",
      name,
      columns,
      size: { total: rows, unit: "rows" },
      headerLines: 0,
      decoder: { format: "parquet", name, columns, options },
      blocks: (from) => blocks(path, rows, from),
      close: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Ranges of as many rows, whatever the row groups are: where one begins depends on its number alone. */
async function* blocks(
  path: string,
  rows: number,
  from: BlockPosition | undefined,
): AsyncGenerator<RawBlock> {
  for (let rowBegin = Number(from?.["row"] ?? 0); rowBegin < rows; rowBegin += BLOCK_ROWS) {
    const rowEnd = Math.min(rowBegin + BLOCK_ROWS, rows);
    yield {
      index: Math.floor(rowBegin / BLOCK_ROWS),
      next: { row: rowEnd },
      read: rowEnd,
      payload: { kind: "parquet", path, rowBegin, rowEnd },
    };
  }
}

async function spool(input: Readable): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "xgboost-infer-"));
  try {
    const bytes = await openBytes(input);
    // The first reader keeps what it reads for the second one.
    await (await bytes.open(0)).close();
    const reader = await bytes.open(0);
    await pipeline(
      Readable.from(chunksOf(reader)),
      createWriteStream(join(folder, "table.parquet"), { mode: 0o600 }),
    );
    await bytes.close();
    return folder;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function* chunksOf(reader: ByteReader): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = new Uint8Array(CHUNK);
    const count = await reader.read(chunk, 0);
    if (count === 0) {
      return;
    }
    yield chunk.subarray(0, count);
  }
}
