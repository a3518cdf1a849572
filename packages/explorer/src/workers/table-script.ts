/** What the worker that reads tables runs. */
import "./offline.ts";
import { readFile } from "../tables/read-file.ts";
import type { FromReader, PostedTable, ReadMessage } from "./protocol.ts";

const scope = globalThis as unknown as {
  postMessage(message: FromReader, transfer?: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ReadMessage>) => void): void;
};

scope.addEventListener("message", ({ data }) => void read(data.file));

async function read(file: File): Promise<void> {
  try {
    const table = await readFile(file, (done, rows) => scope.postMessage({ type: "progress", done, rows }));
    scope.postMessage({ type: "table", table }, buffersOf(table));
  } catch (error) {
    scope.postMessage({ type: "problem", problem: error instanceof Error ? error.message : String(error) });
  }
}

function buffersOf(table: PostedTable): Transferable[] {
  return table.columns.flatMap((column) =>
    column.kind === "number"
      ? [column.values.buffer as ArrayBuffer]
      : [column.codes, column.texts.bytes, column.texts.starts].map(({ buffer }) => buffer as ArrayBuffer),
  );
}
