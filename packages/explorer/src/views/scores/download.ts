/** The rows that are shown, with their scores, as CSV. */

import type { Scores } from "../../state/scores.ts";
import { type Column, cellText, float32Text } from "../../tables/table.ts";

/** Rows between which the page can draw: these take a few milliseconds. */
const ROWS_AT_ONCE = 2000;

export interface Download {
  readonly scores: Scores;
  /** Undefined: all, in the order of the file. */
  readonly order: Uint32Array | undefined;
  /** Columns of the table that go along: those that are no features, or all. */
  readonly columns: readonly Column[];
}

export function fileNameOf({ scores }: Download): string {
  return `${scores.binding.table.name.replace(/(\.[a-z0-9]+)+$/i, "")}-scores.csv`;
}

/** @param report is told of the share that is done */
export async function csvOf(
  { scores, order, columns }: Download,
  report: (share: number) => void,
): Promise<Blob> {
  const rows = order?.length ?? scores.binding.rows;
  const { outputs } = scores.binding.model;
  const head = ["row", ...columns.map(({ name }) => name), ...outputs];
  const parts = [`${head.map(quoted).join(",")}\n`];
  for (let begin = 0; begin < rows; begin += ROWS_AT_ONCE) {
    let part = "";
    for (let i = begin; i < Math.min(begin + ROWS_AT_ONCE, rows); i++) {
      const row = order === undefined ? i : order[i]!;
      part += row;
      for (const column of columns) {
        part += `,${quoted(cellText(column, row))}`;
      }
      for (let output = 0; output < outputs.length; output++) {
        part += `,${float32Text(scores.at(row, output))}`;
      }
      part += "\n";
    }
    parts.push(part);
    report(Math.min(1, (begin + ROWS_AT_ONCE) / rows));
    await pause();
  }
  return new Blob(parts, { type: "text/csv" });
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Lets the page draw, without the milliseconds that a timer waits at least. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has taken the address by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
