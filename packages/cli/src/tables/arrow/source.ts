/**
 * An Arrow table, file or stream: each record batch is a block, or several where it is large. A file is read as the stream that it
 * is between its magic numbers.
 */
import type { DataType, Field, RecordBatch, Schema } from "apache-arrow";
import { type ByteSource, openBytes, type TableInput } from "../byte-reader.ts";
import { BLOCK_ROWS } from "../columnar/block-rows.ts";
import { checkNames } from "../columnar/names.ts";
import type { BlockPosition, RawBlock, TableFormat, TableOptions, TableSource } from "../table.ts";
import { openColumn } from "./columns.ts";
import { schemaMessage, schemaOfFooter } from "./footer.ts";
import { loadArrow } from "./library.ts";
import { concat, type IpcMessage, MessageReader } from "./messages.ts";

/**
 * Opens an Arrow table. What stands in the file counts, and not whether it is said to be a file or a stream.
 * @throws UsageError where there is no such file, TableError where it is not Arrow
 */
export async function openArrowTable(
  input: TableInput,
  format: TableFormat = "arrow",
  options: TableOptions = {},
): Promise<TableSource> {
  const bytes = await openBytes(input);
  const head = await bytes.open(0);
  try {
    const { schema } = await readSchema(new MessageReader(head, bytes.name), input);
    const columns = schema.fields.map(({ name }) => name);
    checkNames(bytes.name, columns);
    return {
      format,
      name: bytes.name,
      columns,
      size: bytes.size === undefined ? undefined : { total: bytes.size, unit: "bytes" },
      headerLines: 0,
      decoder: { format, name: bytes.name, columns, options },
      blocks: (from) => blocks(bytes, input, from),
      close: () => bytes.close(),
    };
  } catch (error) {
    await bytes.close();
    throw error;
  } finally {
    await head.close();
  }
}

interface TableHead {
  readonly schema: Schema;
  /** The message with the schema. */
  readonly bytes: Uint8Array;
  /** The first message after it, where that has been read. */
  readonly first: IpcMessage | undefined;
}

async function readSchema(reader: MessageReader, input: TableInput): Promise<TableHead> {
  const first = await reader.next();
  if (first?.message.isSchema()) {
    const bytes = await whole(reader, first);
    return { schema: first.message.header() as unknown as Schema, bytes, first: undefined };
  }
  if (!reader.isFile) {
    throw reader.error("is not an Arrow table: it does not begin with a schema");
  }
  // apache-arrow for JavaScript writes the schema of a file into its footer alone.
  const schema = typeof input === "string" ? schemaOfFooter(input) : undefined;
  if (schema === undefined) {
    throw reader.error(
      "has its schema at its end, where it can only be read of a file that is not compressed",
    );
  }
  return { schema, bytes: schemaMessage(schema), first };
}

async function whole(
  reader: MessageReader,
  { head, bodyLength }: IpcMessage,
): Promise<Uint8Array<ArrayBuffer>> {
  return concat([head, await reader.body(bodyLength)]);
}

/** Messages with dictionaries, by id: the last whole one, and what was added to it. */
type Dictionaries = Map<number, Uint8Array[]>;

async function* blocks(
  source: ByteSource,
  input: TableInput,
  from: BlockPosition | undefined,
): AsyncGenerator<RawBlock> {
  const bytes = await source.open(0);
  try {
    const reader = new MessageReader(bytes, source.name);
    const { schema, bytes: schemaBytes, first } = await readSchema(reader, input);
    const dictionaries: Dictionaries = new Map();
    const start = { offset: Number(from?.["offset"] ?? 0), row: Number(from?.["row"] ?? 0) };
    let index = Number(from?.["index"] ?? 0);
    for (let next = first ?? (await reader.next()); next !== undefined; next = await reader.next()) {
      const message = await whole(reader, next);
      if (next.message.isDictionaryBatch()) {
        keep(next, message, dictionaries);
      } else if (next.message.isRecordBatch() && next.offset >= start.offset) {
        const begin = next.offset === start.offset ? start.row : 0;
        const { length, nodes } = next.message.header() as RecordBatchHeader;
        checkRows(reader, schema.fields, length, nodes);
        const heads = [schemaBytes, ...[...dictionaries.values()].flat()];
        for (const part of cut(reader, heads, message, Number(length), begin)) {
          index++;
          yield {
            index: index - 1,
            next: {
              ...(part.next === 0
                ? { offset: reader.offset, row: 0 }
                : { offset: next.offset, row: part.next }),
              index,
            },
            read: reader.taken,
            payload: { kind: "arrow", bytes: part.bytes },
          };
        }
      }
    }
  } finally {
    await bytes.close();
  }
}

function keep({ message }: IpcMessage, bytes: Uint8Array, dictionaries: Dictionaries): void {
  const { id, isDelta } = message.header() as { readonly id: number; readonly isDelta: boolean };
  dictionaries.set(id, isDelta ? [...(dictionaries.get(id) ?? []), bytes] : [bytes]);
}

interface RecordBatchHeader {
  readonly length: number;
  readonly nodes: readonly { readonly length: number }[];
}

/** Columns of other lengths than their record batch; the library would fill them up, whatever the number of rows says. */
function checkRows(
  reader: MessageReader,
  fields: readonly Field[],
  rows: number,
  nodes: RecordBatchHeader["nodes"],
): void {
  let node = 0;
  for (const { name, type } of fields) {
    const length = nodes[node]?.length;
    if (length !== rows) {
      throw reader.error(
        `column ${JSON.stringify(name)} cannot be read: it has ${length ?? "no"} rows, its record batch has ${rows}`,
      );
    }
    node += nodesOf(type);
  }
}

/** A dictionary's own columns are in its batch. */
function nodesOf(type: DataType): number {
  const { DataType } = loadArrow().arrow;
  // A damaged list has nothing that it is a list of, which is told when it is read.
  const children: readonly (Field | undefined)[] = DataType.isDictionary(type) ? [] : (type.children ?? []);
  return children.reduce((sum, child) => sum + (child === undefined ? 0 : nodesOf(child.type)), 1);
}

interface Part {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Row of the batch that the next part begins at; 0 where there is none. */
  readonly next: number;
}

/** Streams of one batch each. A large batch is taken apart, from row `begin` on. */
function* cut(
  reader: MessageReader,
  heads: readonly Uint8Array[],
  message: Uint8Array,
  rows: number,
  begin: number,
): Generator<Part> {
  if (rows <= BLOCK_ROWS) {
    if (rows > 0 && begin === 0) {
      yield { bytes: concat([...heads, message]), next: 0 };
    }
    return;
  }
  const { arrow } = loadArrow();
  let batch: RecordBatch;
  try {
    batch = arrow.tableFromIPC(concat([...heads, message])).batches[0]!;
    // A number of rows that lies would be cut into parts without end.
    batch.data.children.forEach(openColumn);
  } catch (error) {
    throw reader.error(`has a record batch that cannot be read: ${(error as Error).message}`);
  }
  if (batch.numRows !== rows) {
    throw reader.error(`has a record batch of ${batch.numRows} rows that should have ${rows}`);
  }
  for (let row = begin; row < rows; row += BLOCK_ROWS) {
    const end = Math.min(row + BLOCK_ROWS, rows);
    const part = arrow.RecordBatchStreamWriter.writeAll([batch.slice(row, end)]).toUint8Array(true);
    yield { bytes: concat([part]), next: end === rows ? 0 : end };
  }
}
