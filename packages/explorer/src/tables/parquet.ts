/** Parquet: one row group and one column at a time, of which only the bytes are read that it takes. */
import { parquetMetadataAsync, parquetRead } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { PostedTable } from "../workers/protocol.ts";
import { ColumnBuilder } from "./column-builder.ts";
import type { Report } from "./read-file.ts";

export async function readParquet(file: File, report: Report): Promise<PostedTable> {
  const buffer = {
    byteLength: file.size,
    slice: (start: number, end?: number) => file.slice(start, end).arrayBuffer(),
  };
  const metadata = await parquetMetadataAsync(buffer);
  const [, ...elements] = metadata.schema;
  const names = topLevel(elements).map(({ name }) => name);
  const builders = names.map((name) => new ColumnBuilder(name));
  const rows = Number(metadata.num_rows);
  let begin = 0;
  let done = 0;
  for (const group of metadata.row_groups) {
    const end = begin + Number(group.num_rows);
    for (const builder of builders) {
      await parquetRead({
        file: buffer,
        metadata,
        columns: [builder.name],
        rowStart: begin,
        rowEnd: end,
        compressors,
        onChunk: ({ columnData }) => append(builder, columnData),
      });
      if (builder.length !== end) {
        throw new Error(
          `column ${JSON.stringify(builder.name)} has ${builder.length} values up to row ${end}`,
        );
      }
      done += 1 / (builders.length * metadata.row_groups.length);
      report(Math.round(done * file.size), begin);
    }
    begin = end;
  }
  if (rows === 0) {
    throw new Error("the table has no rows");
  }
  return { format: "Parquet", rows, hasNames: true, columns: builders.map((builder) => builder.done()) };
}

/** A schema is a tree in depth-first order. */
function topLevel<Element extends { readonly name: string; readonly num_children?: number }>(
  elements: readonly Element[],
): Element[] {
  const found: Element[] = [];
  let inside = 0;
  for (const element of elements) {
    if (inside === 0) {
      found.push(element);
      inside = 1;
    }
    inside += (element.num_children ?? 0) - 1;
  }
  return found;
}

function append(builder: ColumnBuilder, values: ArrayLike<unknown>): void {
  if (values instanceof Float32Array || values instanceof Float64Array || values instanceof Int32Array) {
    builder.numbers(values);
    return;
  }
  for (let i = 0; i < values.length; i++) {
    builder.value(values[i]);
  }
}
