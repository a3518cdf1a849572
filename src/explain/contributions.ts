/** Contributions of features as pictures take them, and which of them are shown. */
import { describe, InputError } from "../errors.ts";
import { formatValue } from "./numbers.ts";

/** Why one row has its score: `base` plus the sum of `values` is the model's output. */
export interface RowContributions {
  /** One contribution a feature, as `predContribs` gives them without the last column. */
  readonly values: ArrayLike<number>;
  /** Expected output, E[f(x)]: the last column of `predContribs`. */
  readonly base: number;
  /** The row itself: numbers, category names; NaN, `null` and `undefined` are shown as "missing". */
  readonly features?: ArrayLike<unknown>;
  /** Default: f0, f1, … as in XGBoost. */
  readonly names?: readonly string[] | undefined;
  /** What the numbers are, for the axis: "log-odds of default". Default: "model output". */
  readonly output?: string;
}

/** Contributions of many rows. */
export interface Contributions {
  /** Row-major: `rows` × `cols` contributions, without the column of the base value. */
  readonly values: Matrix;
  /** Feature values of the same rows, for colours: codes for categories, NaN for missing. */
  readonly features?: Matrix;
  /** Default: f0, f1, … as in XGBoost. */
  readonly names?: readonly string[] | undefined;
  /** XGBoost's types, as `booster.featureTypes`: values of categorical features ("c") have no order and no colour scale. */
  readonly featureTypes?: readonly string[] | undefined;
  /** What the numbers are, for the axis. Default: "contribution to the model output". */
  readonly output?: string;
}

/** A dense matrix, row-major. */
export interface Matrix {
  readonly data: ArrayLike<number>;
  readonly rows: number;
  readonly cols: number;
}

/** One line of a picture: a feature, or all those that have no line of their own. */
export interface Item {
  readonly name: string;
  /** Value of the row, where it is known. */
  readonly value: string | undefined;
  readonly amount: number;
  /** Index of the feature; -1 for the sum of others. */
  readonly feature: number;
}

export const DEFAULT_OUTPUT = "model output";

/** Its own name; XGBoost's f0, f1, … where it has none or an empty one. */
export function featureName(names: readonly string[] | undefined, feature: number): string {
  const name: unknown = names?.[feature];
  return name === undefined || String(name).trim() === "" ? `f${feature}` : String(name);
}

export function checkRow(row: RowContributions): void {
  if (typeof row !== "object" || row === null || !isList(row.values)) {
    throw new InputError(
      `contributions are ${describe(row?.values ?? row)}, expected { values, base } with a list of numbers`,
    );
  }
  if (typeof row.base !== "number") {
    throw new InputError(`base is ${describe(row.base)}, expected a number`);
  }
  checkLength("features", row.features, row.values.length);
  checkLength("names", row.names, row.values.length);
  checkNumbers("values", row.values);
}

export function checkMatrix(what: string, matrix: Matrix): void {
  const { data, rows, cols } = (matrix ?? {}) as Partial<Matrix>;
  if (!isList(data) || !isCount(rows) || !isCount(cols) || data.length !== rows * cols) {
    const found = isList(data) ? `${data.length} numbers for ${rows} × ${cols}` : describe(matrix);
    throw new InputError(`${what} is ${found}, expected { data, rows, cols } with rows × cols numbers`);
  }
}

export function checkContributions({ values, features, names, featureTypes }: Contributions): void {
  checkMatrix("values", values);
  if (features !== undefined) {
    checkMatrix("features", features);
    if (features.rows !== values.rows || features.cols !== values.cols) {
      throw new InputError(
        `features is ${features.rows} × ${features.cols}, expected ${values.rows} × ${values.cols} as values`,
      );
    }
  }
  checkLength("names", names, values.cols);
  checkLength("featureTypes", featureTypes, values.cols);
}

function isList(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function checkLength(what: string, list: ArrayLike<unknown> | undefined, expected: number): void {
  if (list !== undefined && list.length !== expected) {
    throw new InputError(`${what} has ${list.length} entries for ${expected} contributions`);
  }
}

function checkNumbers(what: string, values: ArrayLike<unknown>): void {
  for (let i = 0; i < values.length; i++) {
    if (typeof values[i] !== "number") {
      throw new InputError(`${what}[${i}] is ${describe(values[i])}, expected a number`);
    }
  }
}

export function checkMaxDisplay(maxDisplay: number): void {
  if (!(Number.isInteger(maxDisplay) && maxDisplay >= 1 && maxDisplay <= 1000)) {
    throw new InputError(`maxDisplay is ${describe(maxDisplay)}, expected a whole number from 1 to 1000`);
  }
}

/** Features by falling size; those without a number last, equal ones in their own order. */
export function rankBySize(sizes: ArrayLike<number>): number[] {
  const size = (i: number): number => (Number.isNaN(sizes[i]!) ? -1 : Math.abs(sizes[i]!));
  return Array.from({ length: sizes.length }, (_, i) => i).sort((a, b) => size(b) - size(a) || a - b);
}

/** The largest contributions, largest first; where they are more than `maxDisplay`, the last item is the sum of all others. */
export function largestItems(row: RowContributions, maxDisplay: number): Item[] {
  checkMaxDisplay(maxDisplay);
  const { values, features, names } = row;
  const order = rankBySize(values);
  const shown = order.length > maxDisplay ? order.slice(0, maxDisplay - 1) : order;
  const items = shown.map((feature): Item => {
    return {
      name: featureName(names, feature),
      value: features === undefined ? undefined : formatValue(features[feature]),
      amount: values[feature]!,
      feature,
    };
  });
  const others = order.slice(shown.length);
  if (others.length > 0) {
    const amount = others.reduce((sum, feature) => sum + values[feature]!, 0);
    items.push({ name: othersName(others.length), value: undefined, amount, feature: -1 });
  }
  return items;
}

export function othersName(count: number): string {
  return `sum of ${count} other features`;
}

export function total(row: RowContributions): number {
  let sum = row.base;
  for (let i = 0; i < row.values.length; i++) {
    sum += row.values[i]!;
  }
  return sum;
}

/** What `predict` gave with `predContribs`: rows × [groups ×] (features + 1). */
interface ContributionsPrediction {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

function dimensions(prediction: ContributionsPrediction, group: number): readonly [number, number, number] {
  const { data, shape } = prediction;
  const [rows, groups, width] =
    shape.length === 2 ? [shape[0]!, 1, shape[1]!] : (shape as [number, number, number]);
  if ((shape.length !== 2 && shape.length !== 3) || data.length !== rows * groups * width || width < 1) {
    throw new InputError(
      `contributions have the shape [${shape.join(", ")}], expected [rows, features + 1] or [rows, groups, features + 1]`,
    );
  }
  if (!(Number.isInteger(group) && group >= 0 && group < groups)) {
    throw new InputError(`group is ${describe(group)}, expected 0 to ${groups - 1}`);
  }
  return [rows, groups, width];
}

/**
 * One row of what `predict(data, { predContribs: true })` gave, for `waterfall` and `force`.
 * @throws InputError for other shapes, rows and groups
 */
export function rowContributions(
  prediction: ContributionsPrediction,
  row = 0,
  group = 0,
): { readonly values: Float64Array; readonly base: number } {
  const [rows, groups, width] = dimensions(prediction, group);
  if (!(Number.isInteger(row) && row >= 0 && row < rows)) {
    throw new InputError(`row is ${describe(row)}, expected 0 to ${rows - 1}`);
  }
  const at = (row * groups + group) * width;
  const values = Float64Array.from({ length: width - 1 }, (_, i) => prediction.data[at + i]!);
  return { values, base: prediction.data[at + width - 1]! };
}

/**
 * All rows of what `predict(data, { predContribs: true })` gave, without the base values, for `beeswarm` and its like.
 * @throws InputError for other shapes and groups
 */
export function contributionMatrix(prediction: ContributionsPrediction, group = 0): Matrix {
  const [rows, groups, width] = dimensions(prediction, group);
  const cols = width - 1;
  const data = new Float64Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    const at = (row * groups + group) * width;
    for (let i = 0; i < cols; i++) {
      data[row * cols + i] = prediction.data[at + i]!;
    }
  }
  return { data, rows, cols };
}
