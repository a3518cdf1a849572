/** What is known of rows beside their scores: labels, and Python's predictions. */
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { ulpsBetween } from "xgboost-infer/certificate";
import { type Binding, binding } from "../../state/binding.ts";
import { messageOf } from "../../state/problem.ts";
import { parameter } from "../../state/route.ts";
import { scores } from "../../state/scores.ts";
import type { Evaluation } from "../../tables/evaluate.ts";
import { type Column, cellText } from "../../tables/table.ts";
import { analyse } from "../../workers/analysis.ts";
import { labelColumn, output, pythonColumn, values } from "./choices.ts";

export interface Labels {
  readonly column: Column;
  /** What labels there are, as they are shown: two, or a class each. */
  readonly names: readonly string[];
  /** The one that counts as positive. */
  readonly positive: string;
  /** By row: 1 positive, 0 not, 255 missing. */
  readonly codes: Uint8Array;
}

type Outcome<Of> = { readonly found: Of } | { readonly problem: string } | undefined;

const MOST_CLASSES = 50;

/** Labels that are classes; for numbers of a regression, see `errors`. */
export const labels: ReadonlySignal<Outcome<Labels>> = computed(() => {
  const column = labelColumn.value;
  const from = binding.value;
  if (column === undefined || from === undefined || !isClassification(from)) {
    return undefined;
  }
  const distinct = distinctOf(column, from.rows);
  if (distinct === undefined || distinct.size < 2) {
    return {
      problem: `Column “${column.name}” has ${distinct === undefined ? `more than ${MOST_CLASSES}` : "fewer than two"} distinct values: a label has two, or one for each class.`,
    };
  }
  const names = [...distinct.values()].map((row) => cellText(column, row)).sort(compareText);
  if (!from.model.isMultiClass && names.length > 2) {
    return {
      problem: `Column “${column.name}” has ${names.length} distinct values; the label of a binary model has two.`,
    };
  }
  const wanted = parameter("positive").value;
  const usual = from.model.isMultiClass ? (names[output.value] ?? names[0]!) : names.at(-1)!;
  const positive = wanted !== undefined && names.includes(wanted) ? wanted : usual;
  return { found: { column, names, positive, codes: codesOf(column, from.rows, positive) } };
});

export function isClassification({ model }: Binding): boolean {
  return /^(binary|multi|reg:logistic)/.test(model.booster.objective);
}

function compareText(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** Of each distinct value, a row that has it; undefined where they are too many. */
function distinctOf(column: Column, rows: number): Map<number, number> | undefined {
  const found = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    const value = column.kind === "text" ? column.codes[row]! : column.values[row]!;
    if (!(column.kind === "text" ? value < 0 : Number.isNaN(value)) && !found.has(value)) {
      found.set(value, row);
      if (found.size > MOST_CLASSES) {
        return undefined;
      }
    }
  }
  return found;
}

function codesOf(column: Column, rows: number, positive: string): Uint8Array {
  const known = new Map<number, number>();
  const codes = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const value = column.kind === "text" ? column.codes[row]! : column.values[row]!;
    let code = known.get(value);
    if (code === undefined) {
      const text = cellText(column, row);
      code = text === "" ? 255 : text === positive ? 1 : 0;
      known.set(value, code);
    }
    codes[row] = code;
  }
  return codes;
}

const evaluated = signal<Outcome<Evaluation>>(undefined);
/** ROC and the like, computed in a worker; undefined without labels, and until it is there. */
export const evaluation: ReadonlySignal<Outcome<Evaluation>> = evaluated;

let latest = 0;

effect(() => {
  const id = ++latest;
  const [known, from, found] = [labels.value, binding.value, values.value];
  evaluated.value = undefined;
  if (known === undefined || !("found" in known) || from === undefined || found === undefined) {
    return;
  }
  const { isProbability } = from.model;
  analyse("evaluate", { scores: found, labels: known.found.codes, isProbability }).then(
    (result) => {
      if (id === latest) {
        evaluated.value = { found: result };
      }
    },
    (error: unknown) => {
      evaluated.value = { problem: messageOf(error) };
    },
  );
});

export interface RegressionErrors {
  readonly rows: number;
  readonly rmse: number;
  readonly mae: number;
  /** Coefficient of determination. */
  readonly r2: number;
}

/** Of models that predict numbers. */
export const errors: ReadonlySignal<RegressionErrors | undefined> = computed(() => {
  const [column, from, found] = [labelColumn.value, binding.value, values.value];
  if (column?.kind !== "number" || from === undefined || found === undefined || isClassification(from)) {
    return undefined;
  }
  let [rows, squares, absolutes, sum, sumOfSquares] = [0, 0, 0, 0, 0];
  column.values.forEach((truth, row) => {
    const error = found[row]! - truth;
    if (!Number.isNaN(error)) {
      rows++;
      squares += error * error;
      absolutes += Math.abs(error);
      sum += truth;
      sumOfSquares += truth * truth;
    }
  });
  const spread = sumOfSquares - (sum * sum) / rows;
  return rows === 0
    ? undefined
    : { rows, rmse: Math.sqrt(squares / rows), mae: absolutes / rows, r2: 1 - squares / spread };
});

export interface Comparison {
  readonly column: string;
  /** Rows that have a score and a prediction of Python's. */
  readonly rows: number;
  readonly equal: number;
  readonly maxUlps: number;
  /** The first rows that differ. */
  readonly differences: readonly { readonly row: number; readonly here: number; readonly python: number }[];
  /** Rows without a score. */
  readonly unscored: number;
}

const SHOWN_DIFFERENCES = 5;

/** Bits beside Python's bits. */
export const comparison: ReadonlySignal<Outcome<Comparison>> = computed(() => {
  const [column, found, all] = [pythonColumn.value, values.value, scores.value];
  if (column === undefined || found === undefined || all === undefined) {
    return undefined;
  }
  if (column.kind === "text") {
    return { problem: `Column “${column.name}” is text: “${cellText(column, 0)}” is no prediction.` };
  }
  const python = column.values instanceof Float32Array ? column.values : Float32Array.from(column.values);
  const differences: { row: number; here: number; python: number }[] = [];
  const { refused } = all.binding;
  const anyRefused = refused.size > 0;
  let [rows, equal, maxUlps, unscored] = [0, 0, 0, 0];
  for (let row = 0; row < found.length; row++) {
    const [here, there] = [found[row]!, python[row]!];
    if (anyRefused && refused.has(row)) {
      unscored++;
    } else if (!Number.isNaN(there) || Number.isNaN(here)) {
      rows++;
      // Zeros of both signs are told apart.
      if (here === there ? here !== 0 || Object.is(here, there) : Number.isNaN(here) && Number.isNaN(there)) {
        equal++;
      } else {
        maxUlps = Math.max(maxUlps, ulpsBetween(here, there));
        if (differences.length < SHOWN_DIFFERENCES) {
          differences.push({ row, here, python: there });
        }
      }
    }
  }
  return { found: { column: column.name, rows, equal, maxUlps, differences, unscored } };
});
