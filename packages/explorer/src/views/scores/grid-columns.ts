/** The columns of the grid, and where they lie. */
import { computed, type ReadonlySignal } from "@preact/signals";
import { binding } from "../../state/binding.ts";
import { scores } from "../../state/scores.ts";
import { type Column, cellText, float32Text } from "../../tables/table.ts";
import { labelColumn, output, pythonColumn, SCORE } from "./choices.ts";

export interface GridColumn {
  /** For sorting: a column's name, or `SCORE`. */
  readonly by: string;
  /** Among the columns of the grid. */
  readonly index: number;
  readonly name: string;
  readonly isNumber: boolean;
  readonly left: number;
  readonly width: number;
  cell(row: number): string;
}

export const ROW_NUMBER_WIDTH = 84;
const TEXT_WIDTH = 130;
const SCORE_WIDTH = 146;
/** Of columns of numbers, which are as wide as their names within limits. */
const [LEAST_WIDTH, MOST_WIDTH, LETTER_WIDTH, MARGIN] = [112, 190, 8, 34];

/** Score first, then what is no feature, then features. */
export const gridColumns: ReadonlySignal<readonly GridColumn[]> = computed(() => {
  const from = binding.value;
  if (from === undefined) {
    return [];
  }
  const known = scores.value?.binding === from ? scores.value : undefined;
  const at = output.value;
  const name = from.model.outputs[at]!;
  const score = {
    by: SCORE,
    name,
    isNumber: true,
    width: SCORE_WIDTH,
    cell: (row: number) =>
      known === undefined ? "…" : from.refused.has(row) ? "refused" : float32Text(known.at(row, at)),
  };
  const first = [labelColumn.value, pythonColumn.value].filter((each) => each !== undefined);
  const others = from.others.filter((column) => !first.includes(column));
  const features = from.columns.filter((column) => column !== undefined);
  let left = ROW_NUMBER_WIDTH;
  return [score, ...[...others, ...first, ...features].map(columnOf)].map((column, index) => {
    const placed = { ...column, index, left };
    left += column.width;
    return placed;
  });
});

function columnOf(column: Column): Omit<GridColumn, "left" | "index"> {
  const isNumber = column.kind === "number";
  return {
    by: column.name,
    name: column.name,
    isNumber,
    width: column === pythonColumn.value ? SCORE_WIDTH - 6 : isNumber ? widthOfName(column.name) : TEXT_WIDTH,
    cell: (row) => cellText(column, row),
  };
}

function widthOfName(name: string): number {
  return Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, name.length * LETTER_WIDTH + MARGIN));
}

export function widthOf(columns: readonly GridColumn[]): number {
  const last = columns.at(-1);
  return last === undefined ? ROW_NUMBER_WIDTH : last.left + last.width;
}
