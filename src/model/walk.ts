import type { Tree } from "./model.ts";

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
  return order.slice(0, end);
}
