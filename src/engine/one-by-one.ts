/**
 * The plain walk over the flat tables, one row and one tree at a time: for trees that lockstep cannot express, and what
 * every engine does with a leaf.
 */
import { CategoryRule, type Layout, TreeKind } from "../compile/layout.ts";

const INVALID_CATEGORY = 2 ** 24;

/** Walks trees `begin … end)` for `count` rows from `first` on; `out` has `width` values a row. */
export function walkOneByOne(
  layout: Layout,
  rows: Float32Array,
  first: number,
  count: number,
  begin: number,
  end: number,
  out: Float32Array,
  width: number,
  leaves: boolean,
): void {
  const stride = layout.features;
  for (let row = first; row < first + count; row++) {
    for (let t = begin; t < end; t++) {
      finishLeaf(layout, t, leafOf(layout, t, rows, row * stride), row * width, out, leaves);
    }
  }
}

/** The leaf of tree t for the row that starts at `start` in `rows`. */
export function leafOf(layout: Layout, t: number, rows: Float32Array, start: number): number {
  const { treeOffsets, treeKinds, leftChildren, slots, thresholds, categorySize } = layout;
  const categorical = (treeKinds[t]! & TreeKind.categorical) !== 0;
  let node = treeOffsets[t]!;
  for (;;) {
    const left = leftChildren[node]!;
    if (left === node) {
      return node;
    }
    const slot = slots[node]!;
    const value = rows[start + (slot >> 1)]!;
    if (Number.isNaN(value)) {
      node = left + (slot & 1);
    } else if (categorical && categorySize[node] !== 0) {
      node = left + categoryStep(layout, node, value, slot & 1);
    } else {
      node = value < thresholds[node]! ? left : left + 1;
    }
  }
}

/** 1 where the category is in the node's set and goes right, else 0. */
function categoryStep(layout: Layout, node: number, value: number, missingStep: number): number {
  const { categoryStart, categorySize, categoryBank, categoryRule } = layout;
  const start = categoryStart[node]!;
  const size = categorySize[node]!;
  const words = size > 0 ? size : (categoryBank[start - size - 1]! >> 5) + 1;
  // NaN apart, which was handled before, truncation to an integer is exact below 2^24.
  const negative = categoryRule === CategoryRule["left after truncation"] ? value <= -1 : value < 0;
  const category = negative || value >= INVALID_CATEGORY ? -1 : value | 0;
  if (category < 0 || category >> 5 >= words) {
    return categoryRule === CategoryRule.default ? missingStep : 0;
  }
  if (size > 0) {
    return (categoryBank[start + (category >> 5)]! >>> (category & 31)) & 1;
  }
  let low = start;
  let high = start - size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (categoryBank[middle]! < category) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return categoryBank[low] === category && low < start - size ? 1 : 0;
}

/** Adds a leaf to the margins of the row that starts at `at`, or writes its node id. */
export function finishLeaf(
  layout: Layout,
  t: number,
  node: number,
  at: number,
  out: Float32Array,
  leaves: boolean,
): void {
  const { treeGroups, treeKinds, leafValues, nodeIds, leafStart, leafBank, groups } = layout;
  if (leaves) {
    out[at + t] = nodeIds[node]!;
  } else if ((treeKinds[t]! & TreeKind.vectorLeaf) === 0) {
    // A float32 store rounds the exact double sum once: the float32 sum.
    out[at + treeGroups[t]!]! += leafValues[node]!;
  } else {
    const start = leafStart[node]!;
    for (let j = 0; j < groups; j++) {
      out[at + j]! += leafBank[start + j]!;
    }
  }
}
