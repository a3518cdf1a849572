/** Reads a table of any format. The format is that of the first bytes; the name decides between kinds of text. */
import type { PostedTable } from "../workers/protocol.ts";

export type Report = (done: number, rows: number) => void;

/** @throws Error in words for what is no table */
export async function readFile(file: File, report: Report): Promise<PostedTable> {
  const lines = (await file.text())
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(","));
  report(file.size, lines.length - 1);
  const [head = [], ...body] = lines;
  return {
    format: "CSV",
    rows: body.length,
    hasNames: true,
    columns: head.map((name, i) => {
      const values = Float32Array.from(body, (row) => Number(row[i] === "" ? "NaN" : row[i]));
      if (!values.some(Number.isNaN)) {
        return { kind: "number", name, values };
      }
      const bytes = new TextEncoder().encode(body.map((row) => row[i]).join(""));
      const starts = new Uint32Array(body.length + 1);
      body.forEach((row, r) => {
        starts[r + 1] = starts[r]! + (row[i] ?? "").length;
      });
      return { kind: "text", name, codes: Int32Array.from(body, (_, r) => r), texts: { bytes, starts } };
    }),
  };
}
