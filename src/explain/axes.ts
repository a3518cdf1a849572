/** Where a model's output can change along one feature: the cells in which it is constant, from the model's own splits. */
import { describe, InputError, UnsupportedModelError } from "../errors.ts";
import type { Booster } from "../predict/booster.ts";
import { featureName } from "./contributions.ts";
import { formatNumber } from "./numbers.ts";

/**
 * Cells of a numerical feature: cell 0 is `x < breakpoints[0]`, cell i is `breakpoints[i - 1] ≤ x < breakpoints[i]`, the
 * last but one is `x ≥` the last breakpoint, and the last cell is a missing value.
 */
export interface NumericAxis {
  readonly kind: "numeric";
  readonly feature: number;
  readonly name: string;
  /** Ascending float32 numbers at which the output changes. The value at a breakpoint belongs to the cell on its right. */
  readonly breakpoints: Float32Array;
  /** Number of cells: breakpoints + 1, and 1 for missing. */
  readonly size: number;
}

/** Cells of a categorical feature: one a code of `codes`, then one for every other code, then one for a missing value. */
export interface CategoricalAxis {
  readonly kind: "categorical";
  readonly feature: number;
  readonly name: string;
  /** Codes, ascending: those with names, and those that a split of the model names. */
  readonly codes: Int32Array;
  /** Names of the codes, where the model file holds them; else the codes as text. */
  readonly labels: readonly string[];
  readonly size: number;
}

export type Axis = NumericAxis | CategoricalAxis;

/** Categories are whole numbers below this; XGBoost treats others as unknown. */
const INVALID_CATEGORY = 2 ** 24;
/** Bits of one word of a category set: some releases tell codes by whether the set of a node has a word for them. */
const WORD = 32;
/** Up to this code, all codes are tried. */
const MAX_TRIED = 256;

/** What the trees of a model ask about one feature. */
interface Questions {
  readonly thresholds: Set<number>;
  readonly codes: Set<number>;
  /** Ends of the category sets of the nodes, in whole words. */
  readonly ends: Set<number>;
  /** Every threshold of every split, for the spread of a feature. */
  readonly all: number[];
}

const asked = new WeakMap<Booster, Map<number, Questions>>();

/** All splits of a model by feature: read once, kept as long as the model. */
function questionsOf(booster: Booster): Map<number, Questions> {
  let byFeature = asked.get(booster);
  if (byFeature === undefined) {
    byFeature = new Map();
    for (let t = 0; t < booster.numTrees; t++) {
      for (const node of booster.tree(t).nodes) {
        if (node.kind === "leaf") {
          continue;
        }
        let questions = byFeature.get(node.feature);
        if (questions === undefined) {
          questions = { thresholds: new Set(), codes: new Set(), ends: new Set(), all: [] };
          byFeature.set(node.feature, questions);
        }
        if (node.categories === undefined) {
          questions.thresholds.add(node.threshold!);
          questions.all.push(node.threshold!);
        } else {
          node.categories.forEach((code) => void questions.codes.add(code));
          questions.ends.add(WORD * Math.ceil((node.categories.at(-1)! + 1) / WORD));
        }
      }
    }
    asked.set(booster, byFeature);
  }
  return byFeature;
}

/** Thresholds of a feature, each as often as the model splits there. */
export function thresholdsOf(booster: Booster, feature: number): readonly number[] {
  return questionsOf(booster).get(feature)?.all ?? [];
}

export function checkTrees(booster: Booster): void {
  if (typeof booster?.encodeRow !== "function") {
    throw new InputError(`booster is ${describe(booster)}, expected a Booster`);
  }
  if (booster.booster === "gblinear") {
    throw new UnsupportedModelError("gblinear", "a linear model is no step function: its weights say it all");
  }
}

/** Index of a feature by its name or index. */
export function featureIndex(booster: Booster, feature: string | number): number {
  const index =
    typeof feature === "number"
      ? feature
      : booster.featureNames === undefined
        ? Number(/^f(0|[1-9]\d{0,9})$/.exec(feature)?.[1] ?? -1)
        : booster.featureNames.indexOf(feature);
  if (!(Number.isInteger(index) && index >= 0 && index < booster.numFeatures)) {
    throw new InputError(
      `feature is ${describe(feature)}, expected a feature name of the model or an index from 0 to ${booster.numFeatures - 1}`,
      { feature: String(feature) },
    );
  }
  return index;
}

/** The cells of a feature before equal neighbours are merged, with a value of each to score. */
export interface Cells {
  readonly axis: Axis;
  /** A float32 value of each cell, NaN for the last one. */
  readonly values: Float32Array;
}

export function cellsOf(booster: Booster, feature: number): Cells {
  const questions = questionsOf(booster).get(feature);
  const name = featureName(booster.featureNames, feature);
  const names = booster.categoryNames(feature);
  const categorical =
    booster.featureTypes?.[feature] === "c" || names !== undefined || (questions?.codes.size ?? 0) > 0;
  if (categorical && (questions?.thresholds.size ?? 0) === 0) {
    return categoricalCells(feature, name, names, questions);
  }
  const points = [...(questions?.thresholds ?? []), ...categoryPoints(questions)];
  // A comparison with NaN or -Infinity is the same for all numbers.
  const breakpoints = Float32Array.from(
    new Set(points.filter((point) => point > -Infinity).map((point) => point + 0)),
  ).sort();
  const axis: NumericAxis = { kind: "numeric", feature, name, breakpoints, size: breakpoints.length + 2 };
  return { axis, values: Float32Array.of(-Infinity, ...breakpoints, Number.NaN) };
}

/** Where the answers of categorical splits change on the line of numbers, for features that are split both ways. */
function categoryPoints(questions: Questions | undefined): number[] {
  if (questions === undefined || questions.codes.size === 0) {
    return [];
  }
  const points = [ABOVE_MINUS_ONE, 0, INVALID_CATEGORY, ...questions.ends];
  for (const code of questions.codes) {
    points.push(code, code + 1);
  }
  return points;
}

/** Releases before 1.6 cut off the fraction before they look at the sign: above -1 is category 0. */
const ABOVE_MINUS_ONE = -1 + 2 ** -24;

function categoricalCells(
  feature: number,
  name: string,
  names: readonly string[] | undefined,
  questions: Questions | undefined,
): Cells {
  const ends = [...(questions?.ends ?? [])].sort((x, y) => x - y);
  const tried = new Set([...(questions?.codes ?? []), ...Array.from(names ?? [], (_, code) => code)]);
  // Codes that no split names differ by rules of old releases only, by the words of the sets that they fall in: all small
  // ones are tried, and of larger ones the last of each word.
  for (let code = 0; code < Math.min(ends.at(-1) ?? 0, MAX_TRIED); code++) {
    tried.add(code);
  }
  ends.forEach((end, i) => {
    for (let code = end - 1; end > MAX_TRIED && code >= (ends[i - 1] ?? 0); code--) {
      if (!tried.has(code)) {
        tried.add(code);
        break;
      }
    }
  });
  const codes = Int32Array.from([...tried].filter((code) => code < INVALID_CATEGORY)).sort();
  const labels = Array.from(codes, (code) => names?.[code] ?? String(code));
  const axis: CategoricalAxis = { kind: "categorical", feature, name, codes, labels, size: codes.length + 2 };
  return { axis, values: Float32Array.of(...codes, INVALID_CATEGORY, Number.NaN) };
}

/**
 * Codes that stay cells of their own even where they are worth as much as an unknown one; and a check of the others, which
 * keep a cell where they are worth something else: by the rules of 1.6, and there for small codes only.
 */
export function isNamed(
  booster: Booster,
  feature: number,
): (code: number, isLikeUnknown: boolean) => boolean {
  const codes = questionsOf(booster).get(feature)?.codes;
  const known = booster.categoryNames(feature)?.length ?? 0;
  return (code, isLikeUnknown) => {
    const named = code < known || codes?.has(code) === true;
    if (!named && !isLikeUnknown && code >= MAX_TRIED) {
      throw new UnsupportedModelError(
        `categories of feature ${describe(featureName(booster.featureNames, feature))}`,
        `by the rules of XGBoost 1.6, codes from ${MAX_TRIED} on that no split names have several values`,
      );
    }
    return named;
  };
}

/**
 * The cell that a value lies in.
 * @param value a number, rounded to float32 as XGBoost does; a category's code; NaN for missing
 */
export function cellOf(axis: Axis, value: number): number {
  if (Number.isNaN(value)) {
    return axis.size - 1;
  }
  const x = Math.fround(value);
  if (axis.kind === "numeric") {
    return countUpTo(axis.breakpoints, x);
  }
  const code = x < 0 ? -1 : Math.trunc(x);
  const at = countUpTo(axis.codes, code) - 1;
  return axis.codes[at] === code ? at : axis.size - 2;
}

/** How many of the ascending numbers are at most `x`. */
function countUpTo(sorted: Float32Array | Int32Array, x: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= x) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** A cell in words: "< 3.5", "3.5 to 4", "red", "unknown", "missing". */
export function cellText(axis: Axis, cell: number): string {
  if (cell === axis.size - 1) {
    return "missing";
  }
  if (axis.kind === "categorical") {
    return axis.labels[cell] ?? "unknown";
  }
  const { breakpoints } = axis;
  const text = (i: number): string => formatNumber(breakpoints[i]!, 6);
  if (breakpoints.length === 0) {
    return "any number";
  }
  return cell === 0
    ? `< ${text(0)}`
    : cell === breakpoints.length
      ? `≥ ${text(cell - 1)}`
      : `${text(cell - 1)} to ${text(cell)}`;
}
