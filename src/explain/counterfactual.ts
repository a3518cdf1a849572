/** The smallest change of one feature that brings the score across a limit, read off the exact response curves. */
import { describe, InputError } from "../errors.ts";
import type { Booster } from "../predict/booster.ts";
import { type CategoricalAxis, featureIndex, type NumericAxis, thresholdsOf } from "./axes.ts";
import { below } from "./float32.ts";
import { curveOf, type ResponseCurve, type ResponseOptions, RowScorer } from "./response.ts";

/** What may change about one feature. */
export interface FeatureChange {
  /** Least and greatest value, both allowed. Default: any finite number. */
  readonly min?: number;
  readonly max?: number;
  /** Whole numbers only. Default: true where the model's feature type is "int" or "i". */
  readonly integer?: boolean;
  /** Only upwards or only downwards. Default: both. */
  readonly direction?: "up" | "down";
  /** Units of the distance: a change by this much counts as 1. Default: see `Counterfactual.distance`. */
  readonly scale?: number;
  /** Codes that may be taken. Default: every code with a name or in a split of the model. */
  readonly codes?: readonly number[];
}

export interface CounterfactualOptions extends ResponseOptions {
  /** A score at or above it is above, everything else is below: the search is for the other side. */
  readonly limit: number;
  /** Output that is compared: class, target. Default: 0. */
  readonly group?: number;
  /** Features that may change, and how. Default: all, freely. */
  readonly features?: Readonly<Record<string, FeatureChange>> | readonly (string | number)[];
  /** Whether a value may become missing. Default: false. */
  readonly allowMissing?: boolean;
  /** Results at most, one a feature. Default: 10. */
  readonly maxResults?: number;
}

export interface Counterfactual {
  readonly feature: number;
  readonly name: string;
  /** The row's value and the new one: float32, codes of categories, NaN for missing. */
  readonly from: number;
  readonly to: number;
  /** The same of a categorical feature, by name. */
  readonly fromLabel: string | undefined;
  readonly toLabel: string | undefined;
  /**
   * |to - from| ÷ scale. The scale is that of the options, else the interquartile range of the feature's thresholds in the
   * model, each as often as it occurs, or their whole range, or 1, whichever first is above 0. A change of category, and one from or to
   * missing, counts as 1.
   */
  readonly distance: number;
  /** Outputs of the changed row, by `predict`. */
  readonly score: Float32Array;
}

/**
 * For each feature the nearest value that brings the score to the other side of the limit, by rising distance. Values are
 * exact: `to` crosses, and nothing nearer does. Each result was scored again with `predict`.
 * @throws InputError for options that do not fit, and where the score is NaN; UnsupportedModelError for gblinear
 */
export function counterfactuals(
  booster: Booster,
  row: ArrayLike<number> | Record<string, unknown>,
  options: CounterfactualOptions,
): Counterfactual[] {
  const { limit, group = 0, maxResults = 10 } = checkOptions(options);
  const scorer = new RowScorer(booster, row, options);
  if (!(Number.isInteger(group) && group >= 0 && group < scorer.outputs)) {
    throw new InputError(`group is ${describe(group)}, expected 0 to ${scorer.outputs - 1}`);
  }
  const score = scorer.score([scorer.row])[group]!;
  if (Number.isNaN(score)) {
    throw new InputError("the row's score is NaN, which is on neither side of a limit");
  }
  // NaN is on neither side.
  const crosses = score >= limit ? (s: number): boolean => s < limit : (s: number): boolean => s >= limit;
  const found: Found[] = [];
  for (const [feature, change] of allowedChanges(booster, options.features)) {
    const curve = curveOf(booster, scorer, feature);
    const best = nearest(booster, curve, change, options.allowMissing ?? false, (cell) =>
      crosses(curve.values[cell * curve.outputs + group]!),
    );
    if (best !== undefined) {
      found.push({ curve, ...best });
    }
  }
  found.sort((a, b) => a.distance - b.distance || a.curve.axis.feature - b.curve.axis.feature);
  return found.slice(0, maxResults).map((each) => verified(each, scorer, (s) => crosses(s[group]!)));
}

function checkOptions(options: CounterfactualOptions): CounterfactualOptions {
  if (
    typeof options !== "object" ||
    options === null ||
    typeof options.limit !== "number" ||
    Number.isNaN(options.limit)
  ) {
    throw new InputError(`limit is ${describe(options?.limit)}, expected a number`);
  }
  const { maxResults = 10 } = options;
  if (!(Number.isInteger(maxResults) && maxResults >= 1)) {
    throw new InputError(`maxResults is ${describe(maxResults)}, expected a whole number from 1`);
  }
  return options;
}

function allowedChanges(
  booster: Booster,
  features: CounterfactualOptions["features"],
): readonly (readonly [number, FeatureChange])[] {
  if (features === undefined) {
    return Array.from({ length: booster.numFeatures }, (_, feature) => [feature, {}] as const);
  }
  if (typeof features !== "object" || features === null) {
    throw new InputError(`features is ${describe(features)}, expected a list or an object by feature name`);
  }
  if (Array.isArray(features)) {
    return [...new Set(features.map((feature) => featureIndex(booster, feature)))].map(
      (feature) => [feature, {}] as const,
    );
  }
  return Object.entries(features as Readonly<Record<string, FeatureChange>>).map(([name, change]) => {
    checkChange(name, change);
    return [featureIndex(booster, name), change] as const;
  });
}

function checkChange(name: string, change: FeatureChange): void {
  const { min = -Infinity, max = Infinity, direction, scale = 1 } = change ?? {};
  if (typeof min !== "number" || typeof max !== "number" || !(min <= max)) {
    throw new InputError(
      `bounds of ${describe(name)} are ${describe(min)} to ${describe(max)}, expected min ≤ max`,
      {
        feature: name,
      },
    );
  }
  if (direction !== undefined && direction !== "up" && direction !== "down") {
    throw new InputError(
      `direction of ${describe(name)} is ${describe(direction)}, expected "up" or "down"`,
      {
        feature: name,
      },
    );
  }
  if (!(typeof scale === "number" && scale > 0 && scale < Infinity)) {
    throw new InputError(`scale of ${describe(name)} is ${describe(scale)}, expected a number above 0`, {
      feature: name,
    });
  }
}

interface Best {
  readonly to: number;
  readonly distance: number;
}

interface Found extends Best {
  readonly curve: ResponseCurve;
}

function nearest(
  booster: Booster,
  curve: ResponseCurve,
  change: FeatureChange,
  allowMissing: boolean,
  crosses: (cell: number) => boolean,
): Best | undefined {
  const { axis, current } = curve;
  const missing =
    allowMissing && !Number.isNaN(current) && crosses(axis.size - 1)
      ? { to: Number.NaN, distance: 1 }
      : undefined;
  const known =
    axis.kind === "numeric"
      ? nearestNumber(booster, axis, current, change, crosses)
      : nearestCategory(axis, current, change, crosses);
  return known !== undefined && missing !== undefined && missing.distance < known.distance
    ? missing
    : (known ?? missing);
}

const FLT_MAX = (2 - 2 ** -23) * 2 ** 127;

function nearestNumber(
  booster: Booster,
  axis: NumericAxis,
  current: number,
  change: FeatureChange,
  crosses: (cell: number) => boolean,
): Best | undefined {
  const integer = change.integer ?? ["int", "i"].includes(booster.featureTypes?.[axis.feature] ?? "");
  const isMissing = Number.isNaN(current);
  const scale = change.scale ?? spread(thresholdsOf(booster, axis.feature));
  const low = Math.max(
    change.min ?? -FLT_MAX,
    -FLT_MAX,
    change.direction === "up" && !isMissing ? current : -FLT_MAX,
  );
  const high = Math.min(
    change.max ?? FLT_MAX,
    FLT_MAX,
    change.direction === "down" && !isMissing ? current : FLT_MAX,
  );
  let best: Best | undefined;
  for (let cell = 0; cell < axis.size - 1; cell++) {
    if (!crosses(cell)) {
      continue;
    }
    const from = cell === 0 ? -FLT_MAX : axis.breakpoints[cell - 1]!;
    const to = cell === axis.breakpoints.length ? FLT_MAX : below(axis.breakpoints[cell]!);
    const value = closest(isMissing ? 0 : current, Math.max(low, from), Math.min(high, to), integer);
    if (value !== undefined) {
      const distance = isMissing ? 1 : Math.abs(value - current) / scale;
      if (best === undefined || distance < best.distance) {
        best = { to: value, distance };
      }
    }
  }
  return best;
}

/** The float32 (and whole) number of `[low, high]` that is nearest to `to`. */
function closest(to: number, low: number, high: number, integer: boolean): number | undefined {
  let [from, end] = [Math.fround(low), Math.fround(high)];
  // Bounds need not be float32 numbers: the nearest ones inside.
  from = from < low ? -below(-from) : from;
  end = end > high ? below(end) : end;
  if (integer) {
    // From 2^24 on every float32 number is whole, so that rounding stays inside float32.
    [from, end] = [Math.ceil(from), Math.floor(end)];
  }
  if (!(from <= end)) {
    return undefined;
  }
  const value = Math.max(from, Math.min(end, to));
  if (!integer || Number.isInteger(value)) {
    return value;
  }
  // A row may hold a fraction where only whole numbers may come.
  const [down, up] = [Math.floor(value), Math.ceil(value)];
  return up > end || (down >= from && to - down <= up - to) ? down : up;
}

function nearestCategory(
  axis: CategoricalAxis,
  current: number,
  { codes }: FeatureChange,
  crosses: (cell: number) => boolean,
): Best | undefined {
  for (let cell = 0; cell < axis.codes.length; cell++) {
    const code = axis.codes[cell]!;
    if (code !== current && crosses(cell) && (codes?.includes(code) ?? true)) {
      return { to: code, distance: 1 };
    }
  }
  return undefined;
}

/** Interquartile range, else the whole range, else 1. */
function spread(thresholds: readonly number[]): number {
  const sorted = thresholds.filter(Number.isFinite).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return at(0.75) - at(0.25) || at(1) - at(0) || 1;
}

function verified(
  { curve, to, distance }: Found,
  scorer: RowScorer,
  crosses: (score: Float32Array) => boolean,
): Counterfactual {
  const { axis, current } = curve;
  const changed = scorer.row.slice();
  changed[axis.feature] = to;
  const score = scorer.score([changed]);
  if (!crosses(score)) {
    throw new Error(`internal error: ${axis.name} = ${to} does not cross the limit`);
  }
  const labelOf = (code: number): string | undefined =>
    axis.kind === "categorical" ? axis.labels[axis.codes.indexOf(code)] : undefined;
  return {
    feature: axis.feature,
    name: axis.name,
    from: current,
    to,
    fromLabel: labelOf(current),
    toLabel: labelOf(to),
    distance,
    score,
  };
}
