/** Arrow's IPC format, as a file (Feather) or a stream. */
import { CompressionType, setCompressionCodec, tableFromIPC } from "@uwdata/flechette";
import { decompress } from "fzstd";
import type { PostedTable } from "../workers/protocol.ts";
import { ColumnBuilder } from "./column-builder.ts";
import { decompressLz4Frame } from "./lz4-frame.ts";
import type { Report } from "./read-file.ts";

function readOnly(): never {
  throw new Error("nothing is compressed here");
}

setCompressionCodec(CompressionType.LZ4_FRAME, { encode: readOnly, decode: decompressLz4Frame });
setCompressionCodec(CompressionType.ZSTD, {
  encode: readOnly,
  decode: (bytes) => aligned(decompress(bytes)),
});

export async function readArrow(file: File, report: Report): Promise<PostedTable> {
  const table = tableFromIPC(new Uint8Array(await file.arrayBuffer()), { useDate: true, useBigInt: true });
  const rows = table.numRows;
  if (rows === 0) {
    throw new Error("the table has no rows");
  }
  const columns = table.schema.fields.map(({ name }, i) => {
    const builder = new ColumnBuilder(name);
    for (const batch of table.getChildAt(i).data) {
      const { values } = batch as { readonly values?: unknown };
      const plain = batch.nullCount === 0 && batch.type.typeId === FLOAT;
      if (plain && values instanceof Float32Array && values.length >= batch.length) {
        builder.numbers(values.subarray(0, batch.length));
      } else {
        for (let row = 0; row < batch.length; row++) {
          builder.value(batch.at(row));
        }
      }
    }
    report(Math.round((file.size * (i + 1)) / table.schema.fields.length), rows);
    return builder.done();
  });
  return { format: "Arrow", rows, hasNames: true, columns };
}

/** Type id of floating point numbers in Arrow's schema. */
const FLOAT = 3;

/** Columns of eight bytes a value are views, which must begin at a multiple of eight. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
}
