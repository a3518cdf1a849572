/** A Parquet file as a table: blocks are ranges of rows, which decoders read themselves. */
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FileMetaData } from "hyparquet";
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
    const ranges = rangesOf(file.metadata);
    return {
      format: "parquet",
      name,
      columns,
      size: { total: rows, unit: "rows" },
      headerLines: 0,
      decoder: { format: "parquet", name, columns, options },
      blocks: (from) => blocks(path, ranges, from),
      close: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A block, and the run of blocks that one thread had better do: they lie in the same pages. */
interface Range {
  readonly rowBegin: number;
  readonly rowEnd: number;
  readonly run: number;
}

async function* blocks(
  path: string,
  ranges: readonly Range[],
  from: BlockPosition | undefined,
): AsyncGenerator<RawBlock> {
  const first = Number(from?.["row"] ?? 0);
  for (const [index, { rowBegin, rowEnd, run }] of ranges.entries()) {
    if (rowBegin >= first) {
      yield {
        index,
        next: { row: rowEnd },
        read: rowEnd,
        payload: { kind: "parquet", path, rowBegin, rowEnd, run },
      };
    }
  }
}

/** Blocks of a run. More would have other threads wait for their turn: the order of the output is that of the table. */
const RUN = 2;

/**
 * Blocks begin with row groups, for who reads a part of a group reads all of its dictionaries, and unpacks the pages that two
 * parts share. Small groups are joined, large ones are divided into equal parts.
 */
function rangesOf({ row_groups: groups }: FileMetaData): Range[] {
  const ranges: Range[] = [];
  let run = 0;
  let rowBegin = 0;
  let joined = 0;
  const end = (rows: number): void => {
    ranges.push({ rowBegin, rowEnd: rowBegin + rows, run });
    rowBegin += rows;
  };
  for (const { num_rows: count } of groups) {
    const rows = Number(count);
    if (joined > 0 && joined + rows > BLOCK_ROWS) {
      end(joined);
      run++;
      joined = 0;
    }
    joined += rows;
    const parts = Math.ceil(joined / BLOCK_ROWS);
    if (parts > 1) {
      const size = Math.ceil(joined / parts);
      for (let part = 0; part < parts; part++) {
        end(Math.min(size, joined - part * size));
        run += part % RUN === RUN - 1 || part === parts - 1 ? 1 : 0;
      }
      joined = 0;
    }
  }
  if (joined > 0) {
    end(joined);
  }
  return ranges;
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
