/** Which rows of a long table are looked at. */

/** At most `limit` row numbers of `rows`, ascending and evenly spread, the first and the last among them. */
export function spreadRows(rows: number, limit: number): Int32Array {
  const take = Math.min(rows, limit);
  if (take === rows) {
    return Int32Array.from({ length: rows }, (_, i) => i);
  }
  return Int32Array.from({ length: take }, (_, i) => Math.round((i * (rows - 1)) / Math.max(1, take - 1)));
}

/** A value at a share of sorted numbers, in between by linear interpolation. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const [a, b] = [sorted[low] ?? Number.NaN, sorted[Math.min(low + 1, sorted.length - 1)] ?? Number.NaN];
  return a === b ? a : a + (b - a) * (at - low);
}

/** From low to high as 0 to 1 between the 5th and the 95th percentile, so that outliers do not take all colours; NaN for missing. */
export function colourShares(values: ArrayLike<number>): Float32Array {
  const finite = Float64Array.from(values).filter(Number.isFinite).sort();
  const [low, high] = spread(finite);
  return Float32Array.from(values, (value) =>
    Number.isNaN(value)
      ? Number.NaN
      : high > low
        ? Math.max(0, Math.min(1, (value - low) / (high - low)))
        : 0.5,
  );
}

/** The range that colours run over. */
export function spread(sorted: Float64Array): readonly [number, number] {
  for (const [a, b] of [
    [0.05, 0.95],
    [0.01, 0.99],
    [0, 1],
  ] as const) {
    const [low, high] = [quantile(sorted, a), quantile(sorted, b)];
    if (low < high) {
      return [low, high];
    }
  }
  return [sorted[0] ?? 0, sorted[0] ?? 0];
}
