/** A tree as plain data, for people and pictures: what `Booster.tree` returns. */
import type { Model, Tree } from "./model.ts";
import type { Rules } from "./rules.ts";
import { breadthFirst } from "./walk.ts";

/** What a split and a leaf have in common. */
interface NodeView {
  /** Node id as `predLeaf` and XGBoost's dumps give it; the root is first in the list. */
  readonly id: number;
  /** Sum of the Hessian of the training rows that reached the node; `undefined` where the file does not say. */
  readonly cover: number | undefined;
}

/** A split: numerical (`threshold`) or categorical (`categories`). */
export interface SplitView extends NodeView {
  readonly kind: "split";
  /** Index of the feature. */
  readonly feature: number;
  /** `x < threshold` goes left, everything else right; `undefined` on categorical splits. */
  readonly threshold: number | undefined;
  /** Codes that go right, ascending; every other code goes left. `undefined` on numerical splits. */
  readonly categories: readonly number[] | undefined;
  /** Ids of the children. */
  readonly left: number;
  readonly right: number;
  /** Where a missing value goes. */
  readonly missing: "left" | "right";
  /** Loss reduction of the split; `undefined` where the file does not say. */
  readonly gain: number | undefined;
}

export interface LeafView extends NodeView {
  readonly kind: "leaf";
  /** As in the file, before DART's weight: one value, or one for each output group on trees with vector leaves. */
  readonly value: readonly number[];
}

export type TreeNodeView = SplitView | LeafView;

/** One tree: its reachable nodes in breadth-first order, root first. */
export interface TreeView {
  readonly index: number;
  /** Boosting round, counted from 0. */
  readonly round: number;
  /** Output group whose margin the tree adds to; 0 for trees with vector leaves, which add to all. */
  readonly group: number;
  /** DART's weight of the tree; 1 elsewhere. */
  readonly weight: number;
  readonly nodes: readonly TreeNodeView[];
}

export function viewTree(model: Model, index: number, rules: Rules): TreeView {
  const tree = model.trees[index]!;
  const obeyed = rules.categoricalSplits === "obeyed";
  return {
    index,
    round: roundOf(model.iterationIndptr, index),
    group: model.treeInfo[index]!,
    weight: model.treeWeights?.[index] ?? 1,
    nodes: Array.from(breadthFirst(tree), (node) => viewNode(tree, node, obeyed)),
  };
}

function viewNode(tree: Tree, node: number, obeyed: boolean): TreeNodeView {
  const id = (at: number): number => tree.nodeIds?.[at] ?? at;
  const cover = tree.sumHessian?.[node];
  const left = tree.leftChildren[node]!;
  if (left === -1) {
    const start = tree.leafVectorStart?.[node] ?? 0;
    const value = tree.leafVectors
      ? Array.from(tree.leafVectors.subarray(start, start + tree.leafSize))
      : [tree.splitConditions[node]!];
    return { kind: "leaf", id: id(node), value, cover };
  }
  const set = obeyed ? (tree.categoryIndex?.[node] ?? -1) : -1;
  return {
    kind: "split",
    id: id(node),
    feature: tree.splitIndices[node]!,
    threshold: set === -1 ? tree.splitConditions[node]! : undefined,
    categories: set === -1 ? undefined : Array.from(tree.categorySets[set]!),
    left: id(left),
    right: id(tree.rightChildren[node]!),
    missing: tree.defaultLeft[node] === 1 ? "left" : "right",
    gain: tree.lossChanges?.[node],
    cover,
  };
}

/** The last round that begins at or before the tree. */
function roundOf(iterationIndptr: Int32Array, tree: number): number {
  let [low, high] = [0, iterationIndptr.length - 1];
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (iterationIndptr[middle]! <= tree) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}
