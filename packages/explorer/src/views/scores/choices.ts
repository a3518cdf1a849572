/** What of this view stands in the address: output, threshold, label, column of Python's predictions, sorting, filters. */
import { computed, type ReadonlySignal } from "@preact/signals";
import { rangeOf } from "../../charts/histogram.ts";
import { binding } from "../../state/binding.ts";
import { parameter, setParameters } from "../../state/route.ts";
import { scores } from "../../state/scores.ts";
import type { Comparison } from "../../tables/order.ts";
import type { Column } from "../../tables/table.ts";

/** Which of the values that a row has; the first one unless another is chosen. */
export const output: ReadonlySignal<number> = computed(() => {
  const names = binding.value?.model.outputs ?? [];
  const wanted = Number(parameter("output").value ?? 0);
  return Number.isInteger(wanted) && wanted >= 0 && wanted < names.length ? wanted : 0;
});

/** Scores of the chosen output. */
export const values: ReadonlySignal<Float32Array | undefined> = computed(() =>
  scores.value?.column(output.value),
);

/** Of the scores: where the threshold can lie. */
export const scoreRange: ReadonlySignal<readonly [number, number]> = computed(() =>
  binding.value?.model.isProbability || values.value === undefined ? [0, 1] : rangeOf(values.value),
);

export const threshold: ReadonlySignal<number> = computed(() => {
  const text = parameter("threshold").value;
  const [low, high] = scoreRange.value;
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : (low + high) / 2;
});

export function setThreshold(value: number): void {
  setParameters({ threshold: String(Number(value.toPrecision(6))) });
}

function chosenColumn(name: string, likely: RegExp): ReadonlySignal<Column | undefined> {
  return computed(() => {
    const others = binding.value?.others ?? [];
    const wanted = parameter(name).value;
    return wanted === undefined
      ? others.find((column) => likely.test(column.name))
      : others.find((column) => column.name === wanted);
  });
}

/** The truth, where a column has it. */
export const labelColumn = chosenColumn("label", /^(label|target|truth|outcome|y|class)$/i);

/** What Python said. */
export const pythonColumn = chosenColumn(
  "python",
  /^(python|xgboost|prediction|predictions|predicted|expected)$/i,
);

/** Chosen columns stay what they are, also when it is none. */
export function chooseColumn(name: "label" | "python", column: string): void {
  setParameters({ [name]: column, ...(name === "label" ? { positive: undefined } : {}) });
}

export interface Sort {
  /** A column's name; `SCORE` for the score, undefined for the file's order. */
  readonly by: string;
  readonly descending: boolean;
}

/** No column of a table has this name: names are trimmed. */
export const SCORE = " score";

export const sort: ReadonlySignal<Sort | undefined> = computed(() => {
  const text = parameter("sort").value;
  return text === undefined || text === ""
    ? undefined
    : { by: text.slice(1) === "" ? SCORE : text.slice(1), descending: text.startsWith("-") };
});

/** Descending, ascending, the file's order. */
export function cycleSort(by: string): void {
  const now = sort.peek();
  const name = by === SCORE ? "" : by;
  const next = now?.by !== by ? `-${name}` : now.descending ? `+${name}` : undefined;
  setParameters({ sort: next });
}

export interface Filter {
  readonly by: string;
  readonly comparison: Comparison;
  readonly value: string;
}

export const COMPARISONS: Readonly<Record<Comparison, string>> = {
  ">=": "at least",
  "<=": "at most",
  "=": "equals",
  contains: "contains",
  missing: "is missing",
  present: "is there",
};

/** As JSON in the address; what cannot be read is left out. */
export const filters: ReadonlySignal<readonly Filter[]> = computed(() => {
  try {
    const found = JSON.parse(parameter("filter").value ?? "[]") as unknown[];
    return found.flatMap((each) => {
      const [by, comparison, value] = each as unknown[];
      return typeof by === "string" && Object.hasOwn(COMPARISONS, String(comparison))
        ? [{ by, comparison: comparison as Comparison, value: String(value ?? "") }]
        : [];
    });
  } catch {
    return [];
  }
});

export function setFilters(next: readonly Filter[]): void {
  setParameters({
    filter:
      next.length === 0
        ? undefined
        : JSON.stringify(next.map(({ by, comparison, value }) => [by, comparison, value])),
  });
}
