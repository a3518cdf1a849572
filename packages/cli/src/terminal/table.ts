/** Tables of text whose columns are aligned, and which fit the terminal. */
import { printable } from "./format.ts";

export interface TableColumn {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly right?: boolean;
}

/** Columns between cells. */
const GAP = 2;
/** What a cell is cut to at most, where there is no room. */
const LEAST = 6;

/** Lines of a table with its titles; where it is wider than `width`, the widest columns are cut. */
export function tableText(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, c) =>
    cells.reduce((most, row) => Math.max(most, lengthOf(row[c] ?? "")), 0),
  );
  shrink(widths, width - GAP * (columns.length - 1));
  return cells
    .map((row) =>
      row
        .map((cell, c) => pad(cut(cell, widths[c]!), widths[c]!, columns[c]!.right === true))
        .join(" ".repeat(GAP))
        .trimEnd(),
    )
    .join("\n");
}

/** `name   value` lines under each other; values that do not fit go on in the next line. */
export function factsText(facts: readonly (readonly [name: string, value: string])[], width: number): string {
  const nameWidth = Math.max(...facts.map(([name]) => name.length));
  const room = Math.max(20, width - nameWidth - GAP);
  return facts
    .map(([name, value]) => {
      const lines = wrap(printable(value), room);
      return lines
        .map((line, i) => `${(i === 0 ? name : "").padEnd(nameWidth + GAP)}${line}`.trimEnd())
        .join("\n");
    })
    .join("\n");
}

function shrink(widths: number[], room: number): void {
  for (let over = widths.reduce((sum, each) => sum + each, 0) - room; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= LEAST) {
      return;
    }
    widths[widest]!--;
  }
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

function cut(text: string, width: number): string {
  const chars = Array.from(text);
  return chars.length <= width ? text : `${chars.slice(0, width - 1).join("")}…`;
}

function pad(text: string, width: number, atStart: boolean): string {
  const spaces = " ".repeat(Math.max(0, width - lengthOf(text)));
  return atStart ? spaces + text : text + spaces;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
