/** Reads a table in a worker of its own, which ends with it. */
import { Table, Texts } from "../tables/table.ts";
import type { FromReader, PostedTable, ReadMessage } from "./protocol.ts";

export interface ReadingTable {
  /** Rejects with an error whose message says what is wrong with the file; never settles once it is cancelled. */
  readonly table: Promise<Table>;
  cancel(): void;
}

/** @param report is told of bytes and rows so far, a few times a second */
export function readTable(file: File, report: (done: number, rows: number) => void): ReadingTable {
  const worker = new Worker(new URL("./table-script.ts", import.meta.url), { type: "module", name: "table" });
  const start = performance.now();
  const table = new Promise<Table>((resolve, reject) => {
    worker.addEventListener("error", (event) => {
      worker.terminate();
      reject(new Error(event.message || "the worker that reads tables could not be started"));
    });
    worker.addEventListener("message", ({ data }: MessageEvent<FromReader>) => {
      if (data.type === "progress") {
        report(data.done, data.rows);
        return;
      }
      worker.terminate();
      if (data.type === "problem") {
        reject(new Error(data.problem));
      } else {
        resolve(open(data.table, file, performance.now() - start));
      }
    });
  });
  worker.postMessage({ type: "read", file } satisfies ReadMessage);
  return { table, cancel: () => worker.terminate() };
}

function open(posted: PostedTable, file: File, readTime: number): Table {
  const columns = posted.columns.map((column) =>
    column.kind === "number" ? column : { ...column, texts: new Texts(column.texts) },
  );
  return new Table({ ...posted, columns, name: file.name, bytes: file.size, readTime });
}
