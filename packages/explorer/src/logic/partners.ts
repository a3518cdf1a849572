/** Which feature a contribution varies with besides its own: what a dependence plot is coloured by. */

import { columnOf, type Matrix } from "./beeswarm.ts";

/** Rows of a group with nearly the same value of the feature. */
const GROUPS = 10;

/**
 * Features by how much they go along with the contribution of `feature` among rows whose value of it is nearly the same: the
 * mean of |correlation| over groups of neighbours by rank, weighted by the spread of the contribution in the group. The
 * feature itself and those without variation come last.
 */
export function rankPartners(features: Matrix, contributions: Matrix, feature: number): number[] {
  const x = columnOf(features, feature);
  const y = columnOf(contributions, feature);
  const order = Array.from(x.keys())
    .filter((row) => Number.isFinite(x[row]!) && Number.isFinite(y[row]!))
    .sort((a, b) => x[a]! - x[b]!);
  const size = Math.max(2, Math.ceil(order.length / GROUPS));
  const strength = new Float64Array(features.cols);
  for (let begin = 0; begin < order.length; begin += size) {
    const rows = order.slice(begin, begin + size);
    for (let other = 0; other < features.cols; other++) {
      if (other !== feature) {
        strength[other]! += covariation(rows, (row) => features.data[row * features.cols + other]!, y);
      }
    }
  }
  strength[feature] = -1;
  return Array.from(strength.keys()).sort((a, b) => strength[b]! - strength[a]! || a - b);
}

/** |covariance| ÷ spread of the other feature; a missing value counts as the mean of the others. */
function covariation(rows: readonly number[], other: (row: number) => number, y: Float32Array): number {
  let [sum, known, mean] = [0, 0, 0];
  for (const row of rows) {
    const value = other(row);
    mean += y[row]! / rows.length;
    if (Number.isFinite(value)) {
      sum += value;
      known++;
    }
  }
  const centre = known === 0 ? 0 : sum / known;
  let [square, product] = [0, 0];
  for (const row of rows) {
    const value = other(row);
    const away = Number.isFinite(value) ? value - centre : 0;
    square += away * away;
    product += away * (y[row]! - mean);
  }
  return square > 0 ? Math.abs(product) / Math.sqrt(square) : 0;
}
