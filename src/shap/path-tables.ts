/** The tables of `assembly/paths.ts` in one buffer: everything that does not depend on the row is worked out here, once. */
import type { Model, Tree } from "../model/model.ts";
import { type CategoricalNode, featuresOf, isCategorical, NodeFlag, preorder } from "./tables.ts";

const { fround } = Math;
export const TREE_BYTES = 16;
const NODE_BYTES = 32;
export const FEATURE_BYTES = 8;
const GROUP_BYTES = 64;

/** Byte addresses in the buffer. */
interface Addresses {
  readonly features: number;
  readonly sums: number;
  readonly decisions: number;
  readonly trees: number;
  readonly featureLists: number;
  readonly nodes: number;
  readonly counts: number;
  readonly stack: number;
  readonly size: number;
}

export class PathTables {
  readonly model: Model;
  /** Features that splits use, in the order of their table. */
  readonly features: readonly number[];
  readonly addresses: Addresses;
  readonly categoricalNodes: readonly CategoricalNode[] = [];
  /** Number of entries in the table of trees before each tree: leaves alone have none. */
  readonly entriesBefore: Int32Array;
  /** Entries that a path can have, and two. */
  readonly levels: number;
  readonly #orders: readonly Int32Array[];
  readonly #position: ReadonlyMap<number, number>;

  constructor(model: Model, maxDepth: number) {
    this.model = model;
    this.levels = maxDepth + 2;
    this.#orders = model.trees.map(preorder);
    const used = model.trees.map((tree, t) => featuresOf(tree, this.#orders[t]!));
    this.features = [...new Set(used.flat())].sort((a, b) => a - b);
    this.#position = new Map(this.features.map((feature, i) => [feature, i]));
    this.entriesBefore = new Int32Array(model.trees.length + 1);
    let nodes = 0;
    let decisions = 0;
    model.trees.forEach((tree, t) => {
      const order = this.#orders[t]!;
      this.entriesBefore[t + 1] = this.entriesBefore[t]! + (order.length > 1 ? 1 : 0);
      nodes += order.length;
      decisions += order.reduce((sum, node) => sum + (isCategorical(tree, node) ? 1 : 0), 0);
    });
    const levelBytes = 4 * (this.levels + 4) + (this.levels + 3) * (GROUP_BYTES / 4);
    const sizes = [
      // No feature's address is 0.
      GROUP_BYTES,
      this.features.length * FEATURE_BYTES,
      this.features.length * model.numOutputGroups * 4,
      decisions * 4,
      this.entriesBefore[model.trees.length]! * TREE_BYTES,
      used.reduce((sum, each) => sum + each.length, 0) * 8,
      nodes * NODE_BYTES,
      this.levels * (this.levels + 1) * 4,
      // A repeated feature takes two levels.
      2 * this.levels * levelBytes,
    ];
    const starts = sizes.map((_, i) =>
      sizes.slice(0, i).reduce((sum, size) => sum + Math.ceil(size / GROUP_BYTES) * GROUP_BYTES, 0),
    );
    this.addresses = {
      features: starts[1]!,
      sums: starts[2]!,
      decisions: starts[3]!,
      trees: starts[4]!,
      featureLists: starts[5]!,
      nodes: starts[6]!,
      counts: starts[7]!,
      stack: starts[8]!,
      size: starts[8]! + sizes[8]!,
    };
  }

  write(words: Uint32Array, floats: Float32Array): void {
    const { addresses, levels, model } = this;
    const counts = addresses.counts / 4;
    for (let i = 0; i < levels; i++) {
      floats[counts + i] = i + 1;
      for (let length = 0; length < levels; length++) {
        floats[counts + (length + 1) * levels + i] = (length - i) / (length + 1);
      }
    }
    let tree = addresses.trees / 4;
    let list = addresses.featureLists / 4;
    let node = addresses.nodes / 4;
    let decision = addresses.decisions;
    model.trees.forEach((each, t) => {
      const order = this.#orders[t]!;
      if (order.length === 1) {
        return;
      }
      words[tree] = 4 * node;
      words[tree + 1] = 4 * list;
      for (const feature of featuresOf(each, order)) {
        const position = this.#position.get(feature)!;
        words[list++] = addresses.features + position * FEATURE_BYTES;
        words[list++] = addresses.sums + (model.treeInfo[t]! * this.features.length + position) * 4;
      }
      words[tree + 2] = 4 * list;
      floats[tree + 3] = model.treeWeights?.[t] ?? 1;
      tree += TREE_BYTES / 4;
      decision = this.#writeNodes(each, order, words, floats, node, decision);
      node += (order.length * NODE_BYTES) / 4;
    });
  }

  /** Returns where the next decision goes. */
  #writeNodes(
    tree: Tree,
    order: Int32Array,
    words: Uint32Array,
    floats: Float32Array,
    start: number,
    firstDecision: number,
  ): number {
    const { leftChildren, rightChildren, splitIndices, sumHessian } = tree;
    const at = new Int32Array(tree.numNodes);
    order.forEach((node, i) => {
      at[node] = start + (i * NODE_BYTES) / 4;
    });
    let decision = firstDecision;
    const path: number[] = [];
    const depths = new Int32Array(tree.numNodes);
    for (const node of order) {
      const to = at[node]!;
      const [left, right] = [leftChildren[node]!, rightChildren[node]!];
      if (left === -1) {
        floats[to + 1] = tree.splitConditions[node]!;
        continue;
      }
      const feature = splitIndices[node]!;
      path.length = depths[node]!;
      words[to] =
        NodeFlag.split |
        (tree.defaultLeft[node] === 1 ? NodeFlag.defaultLeft : 0) |
        (path.includes(feature) ? NodeFlag.repeated : 0) |
        (isCategorical(tree, node) ? NodeFlag.categorical : 0);
      path.push(feature);
      words[to + 1] = 4 * at[right]!;
      words[to + 2] = this.addressOf(feature);
      if (isCategorical(tree, node)) {
        (this.categoricalNodes as CategoricalNode[]).push({ tree, node, address: decision });
        words[to + 3] = decision;
        decision += 4;
      } else {
        floats[to + 3] = tree.splitConditions[node]!;
      }
      floats[to + 4] = fround(sumHessian![left]! / sumHessian![node]!);
      floats[to + 5] = fround(sumHessian![right]! / sumHessian![node]!);
      depths[left] = depths[right] = path.length;
    }
    return decision;
  }

  /** Where a feature is; 0 for one that no split uses. */
  addressOf(feature: number): number {
    const position = this.#position.get(feature);
    return position === undefined ? 0 : this.addresses.features + position * FEATURE_BYTES;
  }
}
