/** Which points of many a picture draws, and in which colour step. */
import { quantileSorted } from "d3-array";
import { drawable } from "./axis.ts";
import { STEPS } from "./theme.ts";

const BINS = 4096;

/**
 * Indices of at most `limit` numbers, in rising order, evenly spread over their ranks, the smallest and the largest always
 * among them: the sample has the quantiles of the whole. Numbers that are not finite are left out. Linear in their count:
 * they are ordered by 4096 bins, which are finer than pixels.
 */
export function evenSample(values: ArrayLike<number>, limit: number): Int32Array {
  let [low, high, lowAt, highAt, count] = [Infinity, -Infinity, -1, -1, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      continue;
    }
    count++;
    if (value < low) {
      [low, lowAt] = [value, i];
    }
    if (value > high) {
      [high, highAt] = [value, i];
    }
  }
  const order = binnedOrder(values, count, low, high);
  if (count <= limit) {
    return order;
  }
  const last = Math.max(1, limit - 1);
  const sample = Int32Array.from({ length: limit }, (_, i) => order[Math.round((i * (count - 1)) / last)]!);
  sample[0] = lowAt;
  sample[limit - 1] = highAt;
  return sample;
}

/** Counting sort by bin; equal bins stay in the order of the rows. */
function binnedOrder(values: ArrayLike<number>, count: number, low: number, high: number): Int32Array {
  const span = high / 2 - low / 2;
  const bin = (value: number): number =>
    span > 0 ? Math.floor(((value / 2 - low / 2) / span) * (BINS - 1)) : 0;
  const starts = new Int32Array(BINS + 1);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]!)) {
      starts[bin(values[i]!) + 1]!++;
    }
  }
  for (let b = 0; b < BINS; b++) {
    starts[b + 1]! += starts[b]!;
  }
  const order = new Int32Array(count);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]!)) {
      const at = bin(values[i]!);
      order[starts[at]!++] = i;
    }
  }
  return order;
}

export interface ColourScale {
  readonly low: number;
  readonly high: number;
  readonly hasMissing: boolean;
  /** Class of a value: r0 (low) to r8 (high), or `none` for missing ones. */
  readonly classOf: (value: number) => string;
}

/** Colours from the 5th to the 95th percentile, as in Python's `shap`, so that outliers do not take all of them. */
export function colourScale(values: ArrayLike<number>): ColourScale {
  const numbers = Float64Array.from(values as ArrayLike<number>).filter((value) => !Number.isNaN(value));
  numbers.sort();
  const [low, high] = range(numbers).map(drawable) as [number, number];
  const span = high - low;
  return {
    low,
    high,
    hasMissing: numbers.length < values.length,
    classOf: (value) => {
      if (Number.isNaN(value)) {
        return "none";
      }
      const share = span > 0 ? (value - low) / span : 0.5;
      return `r${Math.max(0, Math.min(STEPS - 1, Math.floor(share * STEPS)))}`;
    },
  };
}

function range(sorted: Float64Array): readonly [number, number] {
  const finite = Array.from(sorted.filter(Number.isFinite));
  for (const [a, b] of [
    [0.05, 0.95],
    [0.01, 0.99],
    [0, 1],
  ] as const) {
    const [low, high] = [quantileSorted(finite, a), quantileSorted(finite, b)];
    if (low !== undefined && high !== undefined && low < high) {
      return [low, high];
    }
  }
  return [finite[0] ?? 0, finite[0] ?? 0];
}

/** Points by class, so that each class is one path. */
export function groupByClass<Point>(
  points: readonly Point[],
  classOf: (point: Point) => string,
): Map<string, Point[]> {
  const groups = new Map<string, Point[]>();
  // Missing ones first, so that they lie beneath.
  for (const name of ["none", ...Array.from({ length: STEPS }, (_, i) => `r${i}`)]) {
    groups.set(name, []);
  }
  for (const point of points) {
    groups.get(classOf(point))!.push(point);
  }
  return groups;
}
