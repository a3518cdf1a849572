/** The nearest changes of one feature, and of two, that bring a score to the other side of a threshold. */
import type { Booster } from "xgboost-infer";
import {
  type Counterfactual,
  counterfactuals,
  type FeatureChange,
  responseCurve,
} from "xgboost-infer/explain";
import type { Domain } from "./domains.ts";

export interface Change {
  readonly feature: number;
  /** float32 values, codes of categories, NaN for missing. */
  readonly from: number;
  readonly to: number;
}

/** A change of the row that flips the decision. */
export interface Flip {
  readonly changes: readonly Change[];
  /** Sum over the changes of |to - from| ÷ the range of the feature; a change of category, and from or to missing, counts as 1. */
  readonly distance: number;
  /** The output after it, by `predict`. */
  readonly score: number;
}

export interface FlipOptions {
  readonly threshold: number;
  /** Output that is compared. */
  readonly group: number;
  readonly domains: readonly Domain[];
  /** Features that may change. Default: all. */
  readonly features?: readonly number[];
}

/** Features from which the search for pairs starts. */
const STARTS = 8;

/** For each feature the nearest value that flips the decision, nearest first; values stay within the domains. */
export function singleFlips(booster: Booster, row: Float32Array, options: FlipOptions): Flip[] {
  return search(booster, row, options, allowed(options)).map(({ feature, from, to, distance, score }) => ({
    changes: [{ feature, from, to }],
    distance,
    score: score[options.group]!,
  }));
}

/**
 * The nearest change of two features that a greedy search finds, neither of which suffices alone: from each of the
 * features that move the score most towards the threshold, the best second one; then each is brought back as far as the other one allows.
 * The changes flip, exactly; that no pair is nearer is not promised.
 */
export function pairFlip(booster: Booster, row: Float32Array, options: FlipOptions): Flip | undefined {
  const features = allowed(options);
  let best: Flip | undefined;
  for (const { feature, to } of strongestMoves(booster, row, options, features).slice(0, STARTS)) {
    const second = search(
      booster,
      withValue(row, feature, to),
      options,
      features.filter((f) => f !== feature),
    )[0];
    if (second === undefined) {
      continue;
    }
    const pair = settle(booster, row, options, feature, second);
    if (
      pair !== undefined &&
      isMinimal(booster, row, options, pair) &&
      (best === undefined || pair.distance < best.distance)
    ) {
      best = pair;
    }
  }
  return best;
}

function allowed(options: FlipOptions): number[] {
  return [...(options.features ?? options.domains.keys())];
}

/** Brings the first feature back as far as the second allows, then the second as far as the first allows. */
function settle(
  booster: Booster,
  row: Float32Array,
  options: FlipOptions,
  feature: number,
  second: Counterfactual,
): Flip | undefined {
  const first = search(booster, withValue(row, second.feature, second.to), options, [feature])[0];
  if (first === undefined) {
    // The second change suffices alone.
    return undefined;
  }
  const again = search(booster, withValue(row, feature, first.to), options, [second.feature])[0];
  const last = again ?? second;
  return {
    changes: [
      { feature, from: row[feature]!, to: first.to },
      { feature: last.feature, from: row[last.feature]!, to: last.to },
    ],
    distance: first.distance + last.distance,
    score: last.score[options.group]!,
  };
}

/** Whether neither change flips alone. */
function isMinimal(
  booster: Booster,
  row: Float32Array,
  { threshold, group }: FlipOptions,
  { changes }: Flip,
): boolean {
  const side = (values: Float32Array): boolean => booster.predictRow(values)[group]! >= threshold;
  return changes.every(({ feature, to }) => side(withValue(row, feature, to)) === side(row));
}

/** For each feature, the value that brings the score nearest to the threshold, without crossing; best features first. */
function strongestMoves(
  booster: Booster,
  row: Float32Array,
  { threshold, group, domains }: FlipOptions,
  features: readonly number[],
): { readonly feature: number; readonly to: number }[] {
  const score = booster.predictRow(row)[group]!;
  const above = score >= threshold;
  // Values that flip alone are no start for a pair.
  const gain = (s: number): number => (s >= threshold === above ? (above ? score - s : s - score) : 0);
  const moves = features.flatMap((feature) => {
    const { axis, values, outputs } = responseCurve(booster, row, feature);
    let best: { feature: number; to: number; gain: number } | undefined;
    // The last cell is a missing value, which nobody can choose to have.
    for (let cell = 0; cell < axis.size - 1; cell++) {
      const to = valueIn(axis, cell, domains[feature]!, row[feature]!);
      const moved = gain(values[cell * outputs + group]!);
      if (to !== undefined && moved > (best?.gain ?? 0)) {
        best = { feature, to, gain: moved };
      }
    }
    return best === undefined ? [] : [best];
  });
  return moves.sort((a, b) => b.gain - a.gain || a.feature - b.feature);
}

/** The value of a cell that is nearest to the row's own and inside the domain. */
function valueIn(
  axis: ReturnType<typeof responseCurve>["axis"],
  cell: number,
  domain: Domain,
  current: number,
): number | undefined {
  if (axis.kind === "categorical") {
    return axis.codes[cell];
  }
  if (domain.kind === "categorical") {
    return undefined;
  }
  const from = Math.max(domain.least, axis.breakpoints[cell - 1] ?? Number.NEGATIVE_INFINITY);
  const to = Math.min(domain.greatest, below(axis.breakpoints[cell] ?? Number.POSITIVE_INFINITY));
  const wanted = Number.isNaN(current) ? from : Math.max(from, Math.min(to, current));
  const value = domain.whole
    ? wanted <= current
      ? Math.floor(wanted)
      : Math.ceil(wanted)
    : Math.fround(wanted);
  return value >= from && value <= to ? value : undefined;
}

const word = new DataView(new ArrayBuffer(4));

/** The next smaller float32. */
function below(value: number): number {
  if (!Number.isFinite(value)) {
    return value;
  }
  word.setFloat32(0, value);
  const bits = word.getInt32(0);
  word.setInt32(0, value > 0 ? bits - 1 : value < 0 ? bits + 1 : -2147483647);
  return word.getFloat32(0);
}

function search(
  booster: Booster,
  row: Float32Array,
  { threshold, group, domains }: FlipOptions,
  features: readonly number[],
): Counterfactual[] {
  const names = booster.featureNames;
  const changes = features.map((feature): [string, FeatureChange] => [
    names?.[feature] ?? `f${feature}`,
    changeOf(domains[feature]!),
  ]);
  return changes.length === 0
    ? []
    : counterfactuals(booster, row, {
        limit: threshold,
        group,
        features: Object.fromEntries(changes),
        maxResults: changes.length,
      });
}

function changeOf(domain: Domain): FeatureChange {
  return domain.kind === "categorical"
    ? { codes: domain.codes }
    : {
        min: domain.least,
        max: domain.greatest,
        scale: domain.greatest - domain.least,
        integer: domain.whole,
      };
}

function withValue(row: Float32Array, feature: number, value: number): Float32Array {
  const changed = row.slice();
  changed[feature] = value;
  return changed;
}
