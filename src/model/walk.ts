import type { Tree } from "./model.ts";
import type { Rules } from "./rules.ts";

const INVALID_CATEGORY = 2 ** 24;

/** Reachable nodes in breadth-first order: children of a node stand next to each other, left first. */
export function breadthFirst(tree: Tree): Int32Array {
  const { leftChildren, rightChildren } = tree;
  const order = new Int32Array(tree.numNodes);
  let end = 1;
  for (let i = 0; i < end; i++) {
    const node = order[i]!;
    if (leftChildren[node] !== -1) {
      order[end++] = leftChildren[node]!;
      order[end++] = rightChildren[node]!;
    }
  }
  return end === order.length ? order : order.slice(0, end);
}

/** Where a value goes at a split; NaN is missing. */
export function goesLeft(
  tree: Tree,
  node: number,
  value: number,
  outOfRange: Rules["outOfRangeCategory"],
): boolean {
  const defaultLeft = tree.defaultLeft[node] === 1;
  if (Number.isNaN(value)) {
    return defaultLeft;
  }
  const set = tree.categoryIndex?.[node] ?? -1;
  if (set === -1) {
    return value < tree.splitConditions[node]!;
  }
  const categories = tree.categorySets[set]!;
  const capacity = 32 * Math.ceil((categories[categories.length - 1]! + 1) / 32);
  const negative = outOfRange === "left after truncation" ? value <= -1 : value < 0;
  if (negative || value >= INVALID_CATEGORY || Math.trunc(value) >= capacity) {
    return outOfRange !== "default" || defaultLeft;
  }
  return !categories.includes(Math.trunc(value));
}
