/**
 * Model → Layout: reachable nodes only, breadth first, so that the two children of a node are neighbours. Each tree is read
 * once and forgotten.
 */
import type { ReadTree, UnreadModel } from "../model/model.ts";
import { obeyedTree, type Rules, zeroOf } from "../model/rules.ts";
import { type Details, DetailsCollector } from "./details.ts";
import { CategoryRule, copyTables, createLayout, type Layout, TreeKind } from "./layout.ts";
import type { ReadTrees, TreeKernel } from "./tree-kernel.ts";

/** A layout in the making. What it has room for is a bound; the tables of categories and leaf vectors grow when there are any. */
type Tables = { -readonly [Name in keyof Layout]: Layout[Name] };

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

export interface Compiled {
  readonly layout: Layout;
  readonly details: Details;
}

/** So many more trees that the kernel cannot read than that it can are enough not to try it any more. */
const ENOUGH_ODD = 8;

/** @param kernel where there is one: it reads trees as they usually are */
export function compile(model: UnreadModel, rules: Rules, kernel?: TreeKernel): Compiled {
  const { trees, treeInfo, treeWeights, numFeatures } = model;
  const tables: Tables = createLayout({
    trees: trees.length,
    nodes: trees.numNodes,
    features: numFeatures,
    groups: model.numOutputGroups,
    categoricalNodes: 0,
    categoryWords: 0,
    vectorNodes: 0,
    leafBankValues: 0,
    categoryRule: CategoryRule[rules.outOfRangeCategory],
  });
  const details = new DetailsCollector(model);
  const cursor: Cursor = { node: 0, categoryWord: 0, leafValue: 0 };
  const zero = zeroOf(model, rules);
  const treeRules = { numFeatures, zero, treeWeights, keepsLeaves: details.weighted };
  const takeTree = (t: number): void => {
    const tree = obeyedTree(trees.read(t), rules);
    details.add(tree, t, cursor.node);
    tables.treeOffsets[t] = cursor.node;
    flattenTree(tree, t, { zero, weight: treeWeights?.[t] ?? 1 }, tables, cursor);
  };
  let odd = 0;
  let t = 0;
  while (t < trees.length) {
    if (kernel === undefined || trees.source === undefined || odd === ENOUGH_ODD) {
      takeTree(t++);
      continue;
    }
    const read = kernel.read(trees.source, t, cursor.node, treeRules);
    copyTrees(read, t, tables, cursor.node);
    details.addAll(read, t, cursor.node);
    cursor.node += read.nodes;
    t += read.trees;
    odd -= read.trees;
    if (read.isStopped) {
      takeTree(t++);
      odd++;
    }
  }
  tables.treeGroups.set(treeInfo);
  tables.treeOffsets[trees.length] = cursor.node;
  const layout = fitted(tables, cursor);
  return { layout, details: details.finish(layout) };
}

/** Nodes of a layout in tables that have nothing but nodes, and what each tree has. */
function copyTrees(read: ReadTrees, index: number, tables: Tables, first: number): void {
  tables.treeOffsets.set(read.treeOffsets, index);
  tables.treeDepths.set(read.treeDepths, index);
  tables.treeKinds.set(read.treeKinds, index);
  tables.nodeIds.set(read.nodeIds, first);
  tables.leftChildren.set(read.leftChildren, first);
  tables.slots.set(read.slots, first);
  tables.thresholds.set(read.thresholds, first);
  tables.leafValues.set(read.leafValues, first);
}

/** The layout with just the room that the trees took, in one buffer. */
function fitted(tables: Tables, { node: nodes, categoryWord, leafValue }: Cursor): Layout {
  const hasSets = tables.categoryStart.length > 0;
  const hasVectors = tables.leafStart.length > 0;
  if (nodes === tables.nodes && !hasSets && !hasVectors) {
    return tables;
  }
  const layout = createLayout({
    ...tables,
    nodes,
    categoricalNodes: hasSets ? nodes : 0,
    categoryWords: categoryWord,
    vectorNodes: hasVectors ? nodes : 0,
    leafBankValues: leafValue,
  });
  copyTables(tables, layout);
  return layout;
}

function flattenTree(tree: ReadTree, index: number, scale: LeafScale, tables: Tables, cursor: Cursor): void {
  const { order, leftChildren: left, splitIndices, splitConditions, defaultLeft } = tree;
  const { nodeIds, leftChildren, slots, thresholds, leafValues } = tables;
  const scalar = tree.leafVectors === undefined;
  const numerical = tree.categoryIndex === undefined;
  const first = cursor.node;
  let kind = scalar ? 0 : TreeKind.vectorLeaf;
  let nextChild = first + 1;
  for (let i = 0; i < order.length; i++) {
    const node = order[i]!;
    const at = first + i;
    nodeIds[at] = node;
    const condition = splitConditions[node]!;
    if (left[node] === -1) {
      leftChildren[at] = at;
      thresholds[at] = Number.NaN;
      if (scalar) {
        // XGBoost multiplies leaf and weight in float32 before it adds; the product can be stored.
        leafValues[at] = (condition + scale.zero) * scale.weight;
      } else {
        flattenLeafVector(tree, node, at, scale, tables, cursor);
      }
    } else {
      leftChildren[at] = nextChild;
      nextChild += 2;
      slots[at] = 2 * splitIndices[node]! + (defaultLeft[node] === 1 ? 0 : 1);
      if (numerical || tree.categoryIndex[node] === -1) {
        thresholds[at] = condition;
        kind |= condition > -Infinity ? 0 : TreeKind.oddThreshold;
      } else {
        kind |= TreeKind.categorical;
        flattenCategories(tree.categorySets[tree.categoryIndex[node]!]!, at, tables, cursor);
      }
    }
  }
  if (tree.nodeIds !== undefined) {
    for (let i = 0; i < order.length; i++) {
      nodeIds[first + i] = tree.nodeIds[order[i]!]!;
    }
  }
  cursor.node = first + order.length;
  tables.treeDepths[index] = depthOf(leftChildren, first, cursor.node);
  tables.treeKinds[index] = kind;
}

/** Steps to the deepest leaf: each level's nodes stand behind those of the level before, whose last split has their last. */
function depthOf(leftChildren: Int32Array, first: number, end: number): number {
  let depth = 0;
  for (let next = first + 1; next < end; depth++) {
    let last = next - 1;
    while (leftChildren[last] === last) {
      last--;
    }
    next = leftChildren[last]! + 2;
  }
  return depth;
}

function flattenLeafVector(
  tree: ReadTree,
  node: number,
  at: number,
  scale: LeafScale,
  tables: Tables,
  cursor: Cursor,
): void {
  const start = tree.leafVectorStart![node]!;
  const end = cursor.leafValue + tree.leafSize;
  tables.leafStart = atLeast(tables.leafStart, tables.nodes, -1);
  tables.leafBank = atLeast(tables.leafBank, end);
  tables.leafStart[at] = cursor.leafValue;
  for (let j = 0; j < tree.leafSize; j++) {
    tables.leafBank[cursor.leafValue + j] = (tree.leafVectors![start + j]! + scale.zero) * scale.weight;
  }
  cursor.leafValue = end;
}

function flattenCategories(categories: Int32Array, at: number, tables: Tables, cursor: Cursor): void {
  const size = encodedSize(categories);
  const end = cursor.categoryWord + Math.abs(size);
  tables.categoryStart = atLeast(tables.categoryStart, tables.nodes, -1);
  tables.categorySize = atLeast(tables.categorySize, tables.nodes);
  tables.categoryBank = atLeast(tables.categoryBank, end);
  tables.thresholds[at] = Number.NaN;
  tables.categoryStart[at] = cursor.categoryWord;
  tables.categorySize[at] = size;
  if (size > 0) {
    for (const category of categories) {
      tables.categoryBank[cursor.categoryWord + (category >> 5)]! |= 1 << (category & 31);
    }
  } else {
    tables.categoryBank.set(categories, cursor.categoryWord);
  }
  cursor.categoryWord = end;
}

/** Bit set where that takes no more than four words a category; else a list, so that one huge code costs nothing. */
function encodedSize(set: Int32Array): number {
  const words = (set[set.length - 1]! >> 5) + 1;
  return words <= 4 * set.length + 4 ? words : -set.length;
}

/** The table, or a larger one with the same start. */
function atLeast<Table extends Int32Array | Float32Array>(table: Table, length: number, rest = 0): Table {
  if (length <= table.length) {
    return table;
  }
  const View = table.constructor as new (length: number) => Table;
  const larger = new View(Math.max(length, 2 * table.length)).fill(rest) as Table;
  larger.set(table);
  return larger;
}
