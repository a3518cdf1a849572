/**
 * gblinear: `bias ⊕ base`, then one product a feature that is present, in float32 and in the order in which the row stores
 * them. Weights are feature-major, biases last.
 */
import type { LinearModel } from "../model/model.ts";

const { fround } = Math;

/** One row of `count` entries from `start` on; `indices` gives their features, or is absent where entry i is feature i. */
export function addLinear(
  linear: LinearModel,
  groups: number,
  values: ArrayLike<number>,
  indices: ArrayLike<number> | undefined,
  start: number,
  count: number,
  margins: Float32Array,
  at: number,
): void {
  const { weights } = linear;
  if (weights.length === 0) {
    return;
  }
  const biases = weights.length - groups;
  for (let g = 0; g < groups; g++) {
    let sum = fround(weights[biases + g]! + margins[at + g]!);
    for (let i = 0; i < count; i++) {
      const value = values[start + i]!;
      if (!Number.isNaN(value)) {
        const feature = indices === undefined ? i : indices[start + i]!;
        sum = fround(sum + fround(value * weights[feature * groups + g]!));
      }
    }
    margins[at + g] = sum;
  }
}
