/** The end of an Arrow file, which has the schema once more. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Schema } from "apache-arrow";
import { loadArrow } from "./library.ts";
import { checkFooter } from "./metadata.ts";

/** Length of the footer, and the magic number. */
const TAIL_BYTES = 10;
const MAX_BYTES = 2 ** 28;

/** The schema in the footer of a file; `undefined` where there is no footer that can be read. */
export function schemaOfFooter(path: string): Schema | undefined {
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    const tail = Buffer.alloc(TAIL_BYTES);
    readSync(fd, tail, 0, TAIL_BYTES, Math.max(0, size - TAIL_BYTES));
    const length = tail.readUInt32LE(0);
    if (tail.toString("latin1", 4) !== "ARROW1" || length > Math.min(MAX_BYTES, size - TAIL_BYTES)) {
      return undefined;
    }
    const footer = new Uint8Array(length);
    readSync(fd, footer, 0, length, size - TAIL_BYTES - length);
    checkFooter(footer);
    return loadArrow().Footer.decode(footer).schema;
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** A schema as the message that a stream begins with. */
export function schemaMessage(schema: Schema): Uint8Array {
  const { arrow } = loadArrow();
  const stream = arrow.tableToIPC(new arrow.Table(schema, []), "stream");
  return stream.slice(0, messageHeadLength(stream));
}

/** Bytes of prefix and metadata of a message. */
export function messageHeadLength(bytes: Uint8Array): number {
  return 8 + new DataView(bytes.buffer, bytes.byteOffset).getInt32(4, true);
}
