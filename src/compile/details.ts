/** What the layout of a model leaves out and is not needed for scoring: gain, cover, and leaves before DART's weights. */
import type { ReadTree, UnreadModel } from "../model/model.ts";
import type { Layout } from "./layout.ts";
import type { ReadTrees } from "./tree-kernel.ts";

export interface Details {
  /** Bits of `Statistics` for each tree. */
  readonly statistics: Uint8Array;
  /** For each node of the layout, the gain of a split; a leaf's value before DART's weight. */
  readonly gains: Float32Array | undefined;
  readonly covers: Float32Array | undefined;
  /** `leafBank` before DART's weights. */
  readonly leafVectors: Float32Array | undefined;
}

/** What a file says of a tree; `leaves`: `gains` holds the tree's leaves, which may differ from those of the layout. */
export const Statistics = { gain: 1, cover: 2, leaves: 4 } as const;

/** Gathers the details of trees while they are read. */
export class DetailsCollector {
  /** Whether the layout's leaves may have weights, which those of the details have not. */
  readonly weighted: boolean;
  readonly #statistics: Uint8Array;
  readonly #numNodes: number;
  #gains: Float32Array | undefined;
  #covers: Float32Array | undefined;
  readonly #leafVectors: Float32Array[] = [];

  constructor(model: UnreadModel) {
    this.weighted = model.booster === "dart" || model.treeWeights !== undefined;
    this.#statistics = new Uint8Array(model.trees.length);
    this.#numNodes = model.trees.numNodes;
  }

  /** @param first the node of the layout that is the tree's root */
  add(tree: ReadTree, index: number, first: number): void {
    const { order, lossChanges, sumHessian } = tree;
    if (sumHessian !== undefined) {
      this.#statistics[index]! |= Statistics.cover;
      this.#covers ??= new Float32Array(this.#numNodes);
      gather(sumHessian, order, this.#covers, first);
    }
    if (lossChanges !== undefined || this.weighted) {
      this.#statistics[index]! |= Statistics.leaves | (lossChanges === undefined ? 0 : Statistics.gain);
      this.#gains ??= new Float32Array(this.#numNodes);
      gatherGains(tree, this.#gains, first);
    }
    if (this.weighted && tree.leafVectors !== undefined) {
      this.#leafVectors.push(leafVectorsOf(tree));
    }
  }

  /** Trees that stand one behind the other. */
  addAll(read: ReadTrees, index: number, first: number): void {
    this.#statistics.set(read.treeStatistics, index);
    if ((read.statistics & Statistics.cover) !== 0) {
      this.#covers ??= new Float32Array(this.#numNodes);
      this.#covers.set(read.covers, first);
    }
    if ((read.statistics & Statistics.leaves) !== 0) {
      this.#gains ??= new Float32Array(this.#numNodes);
      this.#gains.set(read.gains, first);
    }
  }

  finish(layout: Layout): Details {
    const cut = (list: Float32Array | undefined): Float32Array | undefined =>
      list?.length === layout.nodes ? list : list?.slice(0, layout.nodes);
    return {
      statistics: this.#statistics,
      gains: cut(this.#gains),
      covers: cut(this.#covers),
      leafVectors: this.#leafVectors.length > 0 ? joined(this.#leafVectors) : undefined,
    };
  }
}

function gather(from: Float32Array, order: Int32Array, out: Float32Array, first: number): void {
  for (let i = 0; i < order.length; i++) {
    out[first + i] = from[order[i]!]!;
  }
}

function gatherGains(tree: ReadTree, out: Float32Array, first: number): void {
  const { order, leftChildren, splitConditions, lossChanges } = tree;
  for (let i = 0; i < order.length; i++) {
    const node = order[i]!;
    out[first + i] = leftChildren[node] === -1 ? splitConditions[node]! : (lossChanges?.[node] ?? 0);
  }
}

/** In the order of the leaves. */
function leafVectorsOf({
  order,
  leftChildren,
  leafVectors,
  leafVectorStart,
  leafSize,
}: ReadTree): Float32Array {
  const leaves = order.filter((node) => leftChildren[node] === -1);
  const out = new Float32Array(leaves.length * leafSize);
  leaves.forEach((node, i) => {
    const start = leafVectorStart![node]!;
    out.set(leafVectors!.subarray(start, start + leafSize), i * leafSize);
  });
  return out;
}

function joined(lists: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    out.set(list, at);
    at += list.length;
  }
  return out;
}
