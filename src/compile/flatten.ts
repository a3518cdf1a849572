/** Model → Layout: reachable nodes only, breadth first, so that the two children of a node are neighbours. */
import type { Model, Tree } from "../model/model.ts";
import { type Rules, zeroOf } from "../model/rules.ts";
import { breadthFirst } from "../model/walk.ts";
import { type Allocate, CategoryRule, createLayout, type Layout, TreeKind } from "./layout.ts";

/** Where the next tree goes: a position in each of the tables that trees share. */
interface Cursor {
  node: number;
  categoryWord: number;
  leafValue: number;
}

/** What a leaf value becomes: (value + zero) × weight, where zero is -0, which changes nothing, or 0, which turns -0 into 0. */
interface LeafScale {
  readonly zero: number;
  readonly weight: number;
}

export function flatten(
  model: Model,
  rules: Rules,
  allocate: Allocate = (bytes) => new ArrayBuffer(bytes),
): Layout {
  const { trees } = model;
  const orders = trees.map(breadthFirst);
  const nodes = orders.reduce((sum, order) => sum + order.length, 0);
  const sets = trees.flatMap((tree, t) => (tree.categoryIndex ? reachableSets(tree, orders[t]!) : []));
  const hasVectors = trees.some((tree) => tree.leafVectors !== undefined);
  const layout = createLayout(
    {
      trees: trees.length,
      nodes,
      features: model.numFeatures,
      groups: model.numOutputGroups,
      categoricalNodes: sets.length > 0 ? nodes : 0,
      categoryWords: sets.reduce((sum, set) => sum + Math.abs(encodedSize(set)), 0),
      vectorNodes: hasVectors ? nodes : 0,
      leafBankValues: trees.reduce((sum, tree, t) => sum + vectorLeaves(tree, orders[t]!) * tree.leafSize, 0),
      categoryRule: CategoryRule[rules.outOfRangeCategory],
    },
    allocate,
  );
  layout.categoryStart.fill(-1);
  layout.leafStart.fill(-1);
  const cursor: Cursor = { node: 0, categoryWord: 0, leafValue: 0 };
  const zero = zeroOf(model, rules);
  trees.forEach((tree, t) => {
    layout.treeGroups[t] = model.treeInfo[t]!;
    layout.treeOffsets[t] = cursor.node;
    flattenTree(tree, t, orders[t]!, { zero, weight: model.treeWeights?.[t] ?? 1 }, layout, cursor);
  });
  layout.treeOffsets[trees.length] = cursor.node;
  return layout;
}

function reachableSets(tree: Tree, order: Int32Array): Int32Array[] {
  const { categoryIndex, categorySets, leftChildren } = tree;
  if (categoryIndex === undefined) {
    return [];
  }
  const sets: Int32Array[] = [];
  for (const node of order) {
    if (leftChildren[node] !== -1 && categoryIndex[node] !== -1) {
      sets.push(categorySets[categoryIndex[node]!]!);
    }
  }
  return sets;
}

function vectorLeaves(tree: Tree, order: Int32Array): number {
  return tree.leafVectors === undefined
    ? 0
    : order.reduce((sum, node) => sum + +(tree.leftChildren[node] === -1), 0);
}

/** Bit set where that takes no more than four words a category; else a list, so that one huge code costs nothing. */
function encodedSize(set: Int32Array): number {
  const words = (set[set.length - 1]! >> 5) + 1;
  return words <= 4 * set.length + 4 ? words : -set.length;
}

function flattenTree(
  tree: Tree,
  index: number,
  order: Int32Array,
  scale: LeafScale,
  layout: Layout,
  cursor: Cursor,
): void {
  const first = cursor.node;
  const { nodeIds, leftChildren, slots } = layout;
  const depths = depthsFor(order.length);
  let kind = tree.leafVectors === undefined ? 0 : TreeKind.vectorLeaf;
  let nextChild = 1;
  for (let i = 0; i < order.length; i++) {
    const node = order[i]!;
    const at = first + i;
    nodeIds[at] = tree.nodeIds === undefined ? node : tree.nodeIds[node]!;
    if (tree.leftChildren[node] === -1) {
      leftChildren[at] = at;
      layout.thresholds[at] = Number.NaN;
      flattenLeaf(tree, node, at, scale, layout, cursor);
    } else {
      leftChildren[at] = first + nextChild;
      slots[at] = 2 * tree.splitIndices[node]! + (tree.defaultLeft[node] === 1 ? 0 : 1);
      kind |= flattenSplit(tree, node, at, layout, cursor);
      depths[nextChild] = depths[nextChild + 1] = depths[i]! + 1;
      nextChild += 2;
    }
  }
  // The last node is one of the deepest.
  layout.treeDepths[index] = depths[order.length - 1]!;
  layout.treeKinds[index] = kind;
  cursor.node = first + order.length;
}

const SCRATCH_NODES = 4096;
const scratchDepths = new Int32Array(SCRATCH_NODES);

/** Room for the depth of each node, the root's being 0. */
function depthsFor(nodes: number): Int32Array {
  return nodes > SCRATCH_NODES ? new Int32Array(nodes) : scratchDepths;
}

function flattenLeaf(
  tree: Tree,
  node: number,
  at: number,
  scale: LeafScale,
  layout: Layout,
  cursor: Cursor,
): void {
  if (tree.leafVectors === undefined) {
    // XGBoost multiplies leaf and weight in float32 before it adds; the product can be stored.
    layout.leafValues[at] = (tree.splitConditions[node]! + scale.zero) * scale.weight;
    return;
  }
  const start = tree.leafVectorStart![node]!;
  layout.leafStart[at] = cursor.leafValue;
  for (let j = 0; j < tree.leafSize; j++) {
    layout.leafBank[cursor.leafValue++] = (tree.leafVectors[start + j]! + scale.zero) * scale.weight;
  }
}

/** Writes a split's test and returns the bits of `TreeKind` that it calls for. */
function flattenSplit(tree: Tree, node: number, at: number, layout: Layout, cursor: Cursor): number {
  const set = tree.categoryIndex === undefined ? -1 : tree.categoryIndex[node]!;
  if (set === -1) {
    const threshold = tree.splitConditions[node]!;
    layout.thresholds[at] = threshold;
    return Number.isNaN(threshold) || threshold === -Infinity ? TreeKind.oddThreshold : 0;
  }
  const categories = tree.categorySets[set]!;
  const size = encodedSize(categories);
  layout.thresholds[at] = Number.NaN;
  layout.categoryStart[at] = cursor.categoryWord;
  layout.categorySize[at] = size;
  if (size > 0) {
    for (const category of categories) {
      layout.categoryBank[cursor.categoryWord + (category >> 5)]! |= 1 << (category & 31);
    }
  } else {
    layout.categoryBank.set(categories, cursor.categoryWord);
  }
  cursor.categoryWord += Math.abs(size);
  return TreeKind.categorical;
}
