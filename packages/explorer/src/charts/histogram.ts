/** Counts in bins of equal width. */

export interface Histogram {
  readonly low: number;
  readonly high: number;
  readonly counts: Uint32Array;
}

/** @param range where it is known beforehand; else that of the finite values */
export function histogram(
  values: Float32Array,
  rows: Uint32Array | undefined,
  bins: number,
  range?: readonly [number, number],
): Histogram {
  const [low, high] = range ?? rangeOf(values);
  const counts = new Uint32Array(bins);
  const factor = bins / (high - low);
  const count = rows?.length ?? values.length;
  for (let i = 0; i < count; i++) {
    const value = values[rows === undefined ? i : rows[i]!]!;
    if (value >= low && value <= high) {
      const bin = Math.floor((value - low) * factor);
      counts[bin < bins ? bin : bins - 1]!++;
    }
  }
  return { low, high, counts };
}

/** Of the finite values; a little around a single one; 0 to 1 where there is none. */
export function rangeOf(values: Float32Array): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low && value > -Infinity) {
      low = value;
    }
    if (value > high && value < Infinity) {
      high = value;
    }
  }
  if (low > high) {
    return [0, 1];
  }
  const pad = Math.abs(low) * 1e-3 || 0.5;
  return low === high ? [low - pad, high + pad] : [low, high];
}
