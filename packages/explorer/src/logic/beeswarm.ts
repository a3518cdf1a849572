/** Dots of many rows' contributions, one line a feature, beside each other where they would lie on top of each other. */
import { bySize } from "./waterfall.ts";

/** Contributions or features of some rows: row-major. */
export interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly cols: number;
}

/** Mean |contribution| of every feature, over the rows in which it is finite. */
export function meanSizes({ data, rows, cols }: Matrix): Float64Array {
  const sums = new Float64Array(cols);
  const counts = new Float64Array(cols);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++, i++) {
      const size = Math.abs(data[i]!);
      if (size < Number.POSITIVE_INFINITY) {
        sums[col]! += size;
        counts[col]!++;
      }
    }
  }
  return sums.map((sum, i) => sum / Math.max(1, counts[i]!));
}

/** The features with the largest mean |contribution|, largest first. */
export function topFeatures(matrix: Matrix, limit: number): number[] {
  return bySize(meanSizes(matrix)).slice(0, limit);
}

export function columnOf({ data, rows, cols }: Matrix, col: number): Float32Array {
  const column = new Float32Array(rows);
  for (let row = 0, at = col; row < rows; row++, at += cols) {
    column[row] = data[at]!;
  }
  return column;
}

/** Least and greatest finite number; nothing where there is none. */
export function extentOf(values: ArrayLike<number>): readonly [number, number] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) {
      low = value < low ? value : low;
      high = value > high ? value : high;
    }
  }
  return low <= high ? [low, high] : undefined;
}

/**
 * Offsets from the middle of a line, in pixels: 0, 1, -1, 2, … steps within a column of a dot's width, closer where the
 * fullest column would leave the line.
 * @param xs pixels; NaN for what is not drawn, which gets NaN
 */
export function stack(xs: ArrayLike<number>, dot: number, room: number): Float32Array {
  const columnWidth = dot * 0.6;
  const counts = new Map<number, number>();
  let most = 1;
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isNaN(xs[i]!)) {
      const column = Math.round(xs[i]! / columnWidth);
      const filled = (counts.get(column) ?? 0) + 1;
      counts.set(column, filled);
      most = Math.max(most, filled);
    }
  }
  const step = Math.min(dot * 0.75, (room - dot) / most);
  const seen = new Map<number, number>();
  return Float32Array.from(xs, (x) => {
    if (Number.isNaN(x)) {
      return Number.NaN;
    }
    const column = Math.round(x / columnWidth);
    const place = seen.get(column) ?? 0;
    seen.set(column, place + 1);
    return (place % 2 === 1 ? (place + 1) / 2 : -place / 2) * step;
  });
}

/** The index of the dot nearest to a point, within `reach` pixels; -1 where there is none. */
export function nearestDot(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  x: number,
  y: number,
  reach: number,
): number {
  let [best, least] = [-1, reach * reach];
  for (let i = 0; i < xs.length; i++) {
    const [dx, dy] = [xs[i]! - x, ys[i]! - y];
    const distance = dx * dx + dy * dy;
    if (distance <= least) {
      [best, least] = [i, distance];
    }
  }
  return best;
}
