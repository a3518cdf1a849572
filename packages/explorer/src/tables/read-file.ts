/** Reads a table of any format. */
import type { PostedTable } from "../workers/protocol.ts";
import { CsvReader, TextColumnFound } from "./csv.ts";
import { NdjsonReader, readJsonArray } from "./ndjson.ts";
import { HEAD_BYTES, sniff } from "./sniff.ts";

/** Bytes of the file and rows so far. */
export type Report = (done: number, rows: number) => void;

/** Between reports, in milliseconds: what a reader of a progress bar can follow. */
const REPORT_EVERY = 100;

/** @throws Error in words for what is no table */
export async function readFile(file: File, report: Report): Promise<PostedTable> {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const kind = sniff(file.name, head);
  const told = seldom(report);
  if (kind.is === "other") {
    throw new Error(kind.problem);
  }
  if (kind.is !== "table") {
    throw new Error(`the file is ${kind.is === "model" ? "a model" : "a certificate"}, and no table`);
  }
  switch (kind.format) {
    case "csv":
      return readCsv(file, isGzip(head), told);
    case "ndjson":
      return readNdjson(file, isGzip(head), told);
    case "json array":
      return readJsonArray(await file.text());
    case "parquet":
      return (await import("./parquet.ts")).readParquet(file, told);
    case "arrow":
      return (await import("./arrow.ts")).readArrow(file, told);
  }
}

/** Starts anew where a column of numbers turns out to be text. */
async function readCsv(file: File, gzip: boolean, report: Report): Promise<PostedTable> {
  const textColumns = new Set<number>();
  for (;;) {
    const reader = new CsvReader(textColumns);
    try {
      let isFirst = true;
      await stream(file, gzip, (bytes, done) => {
        const hasMark = isFirst && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
        reader.write(hasMark ? bytes.subarray(3) : bytes);
        isFirst = false;
        report(done, reader.rows);
      });
      return reader.end();
    } catch (error) {
      if (!(error instanceof TextColumnFound) || textColumns.has(error.column)) {
        throw error;
      }
      textColumns.add(error.column);
    }
  }
}

async function readNdjson(file: File, gzip: boolean, report: Report): Promise<PostedTable> {
  const reader = new NdjsonReader();
  const utf8 = new TextDecoder("utf-8");
  await stream(file, gzip, (bytes, done) => {
    reader.write(utf8.decode(bytes, { stream: true }));
    report(done, reader.rows);
  });
  return reader.end();
}

/** Hands on a file's bytes, unpacked where they are packed. */
async function stream(
  file: File,
  gzip: boolean,
  take: (bytes: Uint8Array, done: number) => void,
): Promise<void> {
  let done = 0;
  const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(bytes, controller): void {
      done += bytes.length;
      controller.enqueue(bytes);
    },
  });
  const raw = file.stream().pipeThrough(count);
  const reader = (gzip ? raw.pipeThrough(new DecompressionStream("gzip")) : raw).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      take(next.value, done);
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw error;
  }
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

function seldom(report: Report): Report {
  let last = 0;
  return (done, rows) => {
    const now = performance.now();
    if (now - last >= REPORT_EVERY) {
      last = now;
      report(done, rows);
    }
  };
}
