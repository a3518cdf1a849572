/** Values of the rows of a request, for its line of log: only where the setting asks for them. */
import type { Scored } from "../api.ts";
import type { ScoreAnswer } from "../scoring/request.ts";
import { NamedRows } from "../scoring/rows.ts";

/**
 * The first rows: by name where they came so, otherwise lists in the model's order. Numbers that JSON has no words for are text.
 * `undefined` where they are not known, as of a request that failed before they could be read.
 */
export function loggedRows(
  scored: Scored | undefined,
  answer: ScoreAnswer | undefined,
  limit: number,
): unknown[] | undefined {
  if (limit === 0 || scored === undefined) {
    return undefined;
  }
  const { rows } = scored.asked;
  if (rows instanceof NamedRows) {
    return rows.rows.slice(0, limit).map(withTexts);
  }
  if (answer === undefined) {
    return undefined;
  }
  const { executor } = answer.model;
  const cols = executor.features.length;
  const count = Math.min(rows.count, limit);
  const values = new Float32Array(count * cols);
  rows.bind(executor).fill(0, count, values);
  return Array.from({ length: count }, (_, row) =>
    Array.from(values.subarray(row * cols, (row + 1) * cols), textOf),
  );
}

function withTexts(row: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
