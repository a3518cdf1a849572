/** The file of refused rows, as CSV or NDJSON. */
import type { Refusal } from "./statistics.ts";

/** Turns refused rows into bytes. Pure: who calls it writes the bytes. */
export interface RejectsEncoder {
  begin(): Uint8Array;
  rows(refusals: readonly Refusal[]): Uint8Array;
}

export function createRejectsEncoder(path: string): RejectsEncoder {
  const text = new TextEncoder();
  const isJson = /\.(ndjson|jsonl)$/i.test(path);
  return {
    begin: () => text.encode(isJson ? "" : "row,line,column,reason\n"),
    rows: (refusals) => text.encode(refusals.map(isJson ? jsonLine : csvLine).join("")),
  };
}

function jsonLine({ row, line, column, reason }: Refusal): string {
  return `${JSON.stringify({ row, line: line ?? null, column: column ?? null, reason })}\n`;
}

function csvLine({ row, line, column, reason }: Refusal): string {
  return `${row},${line ?? ""},${csvField(column ?? "")},${csvField(reason)}\n`;
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
