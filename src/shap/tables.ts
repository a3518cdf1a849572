/**
 * The tables of `assembly/shap.ts` in one buffer, which JavaScript walks too: everything that does not depend on the row is
 * worked out here, once.
 */
import type { Model, Tree } from "../model/model.ts";
import { coverShare, leafValue } from "./means.ts";
import { NODES, POINTS, WEIGHTS } from "./quadrature.ts";

const { fround } = Math;

/** Rows that a pass explains. */
export const LANES = 4;
export const VECTOR_BYTES: number = 4 * LANES;
export const TREE_BYTES = 24;
export const NODE_BYTES = 32;
export const LEVEL_BYTES: number = 2 * POINTS * VECTOR_BYTES;
export const FEATURE_BYTES: number = 3 * VECTOR_BYTES;

export const NodeFlag = { split: 1, defaultLeft: 2, repeated: 4, categorical: 8 } as const;

/** A split whose decisions JavaScript makes, and where they go: all bits set in the lanes that go left. */
export interface CategoricalNode {
  readonly tree: Tree;
  readonly node: number;
  readonly address: number;
}

/** Byte addresses in the buffer. Points and weights come first, a vector each. */
interface Addresses {
  readonly features: number;
  readonly stack: number;
  readonly sums: number;
  readonly decisions: number;
  readonly trees: number;
  readonly featureLists: number;
  readonly scales: number;
  readonly nodes: number;
  readonly path: number;
  /** 0 without pairs. */
  readonly pairs: number;
  readonly size: number;
}

export class ShapTables {
  readonly model: Model;
  /** Features that splits use, in the order of their table. */
  readonly features: readonly number[];
  readonly addresses: Addresses;
  readonly categoricalNodes: readonly CategoricalNode[] = [];
  /** Number of entries in the table of trees before each tree: those of vector leaves have one a group, leaves alone none. */
  readonly entriesBefore: Int32Array;
  readonly #orders: readonly Int32Array[];
  readonly #position: ReadonlyMap<number, number>;

  /** @param withPairs for interactions */
  constructor(model: Model, maxDepth: number, withPairs: boolean) {
    this.model = model;
    this.#orders = model.trees.map(preorder);
    const used = model.trees.map((tree, t) => featuresOf(tree, this.#orders[t]!));
    this.features = [...new Set(used.flat())].sort((a, b) => a - b);
    this.#position = new Map(this.features.map((feature, i) => [feature, i]));
    const { trees } = model;
    this.entriesBefore = new Int32Array(trees.length + 1);
    let lists = 0;
    let scales = 0;
    let nodes = 0;
    let decisions = 0;
    trees.forEach((tree, t) => {
      const order = this.#orders[t]!;
      const entries = order.length > 1 ? tree.leafSize : 0;
      this.entriesBefore[t + 1] = this.entriesBefore[t]! + entries;
      lists += entries * used[t]!.length;
      scales += ((order.length + 1) / 2) * tree.leafSize;
      nodes += order.length;
      decisions += order.reduce((sum, node) => sum + (isCategorical(tree, node) ? 1 : 0), 0);
    });
    const sizes = [
      2 * POINTS * VECTOR_BYTES,
      this.features.length * FEATURE_BYTES,
      (maxDepth + 1) * LEVEL_BYTES,
      this.features.length * model.numOutputGroups * VECTOR_BYTES,
      decisions * VECTOR_BYTES,
      this.entriesBefore[trees.length]! * TREE_BYTES,
      8 * lists,
      4 * scales,
      nodes * NODE_BYTES,
      (4 * maxDepth + VECTOR_BYTES) & -VECTOR_BYTES,
      withPairs ? this.features.length ** 2 * model.numOutputGroups * VECTOR_BYTES : 0,
    ];
    const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
    this.addresses = {
      features: starts[1]!,
      stack: starts[2]!,
      sums: starts[3]!,
      decisions: starts[4]!,
      trees: starts[5]!,
      featureLists: starts[6]!,
      scales: starts[7]!,
      nodes: starts[8]!,
      path: starts[9]!,
      pairs: withPairs ? starts[10]! : 0,
      size: starts[10]! + sizes[10]!,
    };
  }

  write(words: Uint32Array, floats: Float32Array): void {
    for (let i = 0; i < POINTS * LANES; i++) {
      floats[i] = NODES[Math.floor(i / LANES)]!;
      floats[POINTS * LANES + i] = WEIGHTS[Math.floor(i / LANES)]!;
    }
    floats.fill(1, this.addresses.stack / 4, (this.addresses.stack + LEVEL_BYTES / 2) / 4);
    const cursor: Cursor = {
      tree: this.addresses.trees / 4,
      list: this.addresses.featureLists / 4,
      scale: this.addresses.scales / 4,
      node: this.addresses.nodes / 4,
      decision: this.addresses.decisions,
    };
    this.model.trees.forEach((tree, t) => {
      if (this.#orders[t]!.length > 1) {
        this.#writeHeads(t, words, floats, cursor);
        this.#writeNodes(tree, this.#orders[t]!, words, floats, cursor);
      }
    });
  }

  /** One entry an output group of the tree, each with its features: where they are, and where their sums are. */
  #writeHeads(t: number, words: Uint32Array, floats: Float32Array, cursor: Cursor): void {
    const { model, addresses } = this;
    const tree = model.trees[t]!;
    const features = featuresOf(tree, this.#orders[t]!).map((feature) => this.#position.get(feature)!);
    for (let member = 0; member < tree.leafSize; member++) {
      const group = model.treeInfo[t]! + member;
      words[cursor.tree] = 4 * cursor.node;
      words[cursor.tree + 1] = 4 * cursor.list;
      for (const feature of features) {
        words[cursor.list] = feature * FEATURE_BYTES;
        words[cursor.list + 1] = addresses.sums + (group * this.features.length + feature) * VECTOR_BYTES;
        cursor.list += 2;
      }
      words[cursor.tree + 2] = 4 * cursor.list;
      floats[cursor.tree + 3] = model.treeWeights?.[t] ?? 1;
      words[cursor.tree + 4] = 4 * member;
      words[cursor.tree + 5] = group * this.features.length * VECTOR_BYTES;
      cursor.tree += TREE_BYTES / 4;
    }
  }

  #writeNodes(tree: Tree, order: Int32Array, words: Uint32Array, floats: Float32Array, cursor: Cursor): void {
    const { leftChildren, rightChildren, splitIndices, sumHessian } = tree;
    const weights = new Float32Array(tree.numNodes);
    const at = new Int32Array(tree.numNodes);
    order.forEach((node, i) => {
      at[node] = cursor.node + (i * NODE_BYTES) / 4;
    });
    weights[0] = 1;
    const path: number[] = [];
    const depths = new Int32Array(tree.numNodes);
    for (const node of order) {
      const to = at[node]!;
      const [left, right] = [leftChildren[node]!, rightChildren[node]!];
      if (left === -1) {
        words[to + 1] = 4 * cursor.scale;
        for (let j = 0; j < tree.leafSize; j++) {
          floats[cursor.scale++] = weights[node]! * leafValue(tree, node, j);
        }
        continue;
      }
      const feature = splitIndices[node]!;
      path.length = depths[node]!;
      const repeated = path.includes(feature);
      path.push(feature);
      words[to] =
        NodeFlag.split |
        (tree.defaultLeft[node] === 1 ? NodeFlag.defaultLeft : 0) |
        (repeated ? NodeFlag.repeated : 0) |
        (isCategorical(tree, node) ? NodeFlag.categorical : 0);
      words[to + 1] = 4 * at[right]!;
      words[to + 2] = this.#position.get(feature)! * FEATURE_BYTES;
      if (isCategorical(tree, node)) {
        (this.categoricalNodes as CategoricalNode[]).push({ tree, node, address: cursor.decision });
        words[to + 3] = cursor.decision;
        cursor.decision += VECTOR_BYTES;
      } else {
        floats[to + 3] = tree.splitConditions[node]!;
      }
      [left, right].forEach((child, side) => {
        const share = coverShare(sumHessian![child]!, sumHessian![node]!);
        floats[to + 4 + side] = share;
        floats[to + 6 + side] = fround(1 / share);
        weights[child] = weights[node]! * share;
        depths[child] = depths[node]! + 1;
      });
    }
    cursor.node += (order.length * NODE_BYTES) / 4;
  }
}

/** Where the next of each goes: in words, the decisions in bytes. */
interface Cursor {
  tree: number;
  list: number;
  scale: number;
  node: number;
  decision: number;
}

/** Reachable nodes, each left child behind its parent. */
export function preorder(tree: Tree): Int32Array {
  const order = new Int32Array(tree.numNodes);
  const stack = [0];
  let count = 0;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    order[count++] = node;
    if (tree.leftChildren[node] !== -1) {
      stack.push(tree.rightChildren[node]!, tree.leftChildren[node]!);
    }
  }
  return order.slice(0, count);
}

export function featuresOf(tree: Tree, order: Int32Array): number[] {
  const features = new Set<number>();
  for (const node of order) {
    if (tree.leftChildren[node] !== -1) {
      features.add(tree.splitIndices[node]!);
    }
  }
  return [...features];
}

export function isCategorical(tree: Tree, node: number): boolean {
  return tree.leftChildren[node] !== -1 && (tree.categoryIndex?.[node] ?? -1) !== -1;
}
