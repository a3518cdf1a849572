/**
 * A loaded model without a second copy of its trees. The layout says nearly all of them; gain, cover and what it changes of
 * leaves are kept beside it, eight bytes a node. Trees are made from both when something other than scoring asks for them:
 * explanations, importances, `Booster.tree`.
 */
import type { Model, Tree } from "../model/model.ts";
import { breadthFirst } from "../model/walk.ts";
import { type Layout, TreeKind } from "./layout.ts";

/** What the layout of a model leaves out, for each of its nodes. */
interface Details {
  /** Bits of `Statistics` for each tree. */
  readonly statistics: Uint8Array;
  /** Gain of a split; a leaf's value before DART's weight. */
  readonly gains: Float32Array | undefined;
  readonly covers: Float32Array | undefined;
  /** `leafBank` before DART's weights. */
  readonly leafVectors: Float32Array | undefined;
}

const Statistics = { gain: 1, cover: 2 } as const;

/** The model with its trees made on demand from its own layout, which `flatten` gave, and from what that leaves out. */
export function packModel(model: Model, layout: Layout): Model {
  const details = detailsOf(model, layout);
  let made: WeakRef<readonly Tree[]> | undefined;
  return {
    ...model,
    // Views of the reader's memory would keep all of it.
    treeInfo: layout.treeGroups,
    treeWeights: model.treeWeights?.slice(),
    iterationIndptr: model.iterationIndptr.slice(),
    baseScore: model.baseScore.slice(),
    get trees(): readonly Tree[] {
      let trees = made?.deref();
      if (trees === undefined) {
        trees = makeTrees(layout, details);
        made = new WeakRef(trees);
      }
      return trees;
    },
  };
}

function detailsOf(model: Model, layout: Layout): Details {
  const { trees } = model;
  const weighted = model.booster === "dart" || model.treeWeights !== undefined;
  const hasGains = weighted || trees.some((tree) => tree.lossChanges !== undefined);
  const hasCovers = trees.some((tree) => tree.sumHessian !== undefined);
  const gains = hasGains ? new Float32Array(layout.nodes) : undefined;
  const covers = hasCovers ? new Float32Array(layout.nodes) : undefined;
  const leafVectors = weighted && layout.leafBank.length > 0 ? layout.leafBank.slice() : undefined;
  const statistics = Uint8Array.from(
    trees,
    ({ lossChanges, sumHessian }) =>
      (lossChanges ? Statistics.gain : 0) | (sumHessian ? Statistics.cover : 0),
  );
  trees.forEach((tree, t) => {
    const first = layout.treeOffsets[t]!;
    const order =
      tree.nodeIds === undefined
        ? layout.nodeIds.subarray(first, layout.treeOffsets[t + 1])
        : breadthFirst(tree);
    if (covers !== undefined && tree.sumHessian !== undefined) {
      keepCovers(tree.sumHessian, order, first, covers);
    }
    if (gains !== undefined) {
      keepGains(tree, order, first, gains);
    }
    if (leafVectors !== undefined && tree.leafVectors !== undefined) {
      keepLeafVectors(tree, order, first, layout, leafVectors);
    }
  });
  return { statistics, gains, covers, leafVectors };
}

function keepCovers(from: Float32Array, order: Int32Array, first: number, covers: Float32Array): void {
  for (let i = 0; i < order.length; i++) {
    covers[first + i] = from[order[i]!]!;
  }
}

function keepGains(tree: Tree, order: Int32Array, first: number, gains: Float32Array): void {
  const { leftChildren, splitConditions, lossChanges } = tree;
  for (let i = 0; i < order.length; i++) {
    const node = order[i]!;
    gains[first + i] = leftChildren[node] === -1 ? splitConditions[node]! : (lossChanges?.[node] ?? 0);
  }
}

function keepLeafVectors(
  { leftChildren, leafVectors, leafVectorStart, leafSize }: Tree,
  order: Int32Array,
  first: number,
  layout: Layout,
  out: Float32Array,
): void {
  for (let i = 0; i < order.length; i++) {
    if (leftChildren[order[i]!] === -1) {
      const start = leafVectorStart![order[i]!]!;
      out.set(leafVectors!.subarray(start, start + leafSize), layout.leafStart[first + i]!);
    }
  }
}

/** Nodes of a tree are numbered breadth first, whatever their numbers in the file were: `nodeIds` has those. */
function makeTrees(layout: Layout, details: Details): readonly Tree[] {
  const { nodes, treeOffsets } = layout;
  const all = {
    leftChildren: new Int32Array(nodes),
    rightChildren: new Int32Array(nodes),
    splitIndices: new Int32Array(nodes),
    splitConditions: new Float32Array(nodes),
    defaultLeft: new Uint8Array(nodes),
  };
  for (let t = 0; t < layout.trees; t++) {
    fillNodes(layout, details, treeOffsets[t]!, treeOffsets[t + 1]!, all);
  }
  return Array.from({ length: layout.trees }, (_, t): Tree => {
    const [begin, end] = [treeOffsets[t]!, treeOffsets[t + 1]!];
    const statistics = details.statistics[t]!;
    return {
      numNodes: end - begin,
      leftChildren: all.leftChildren.subarray(begin, end),
      rightChildren: all.rightChildren.subarray(begin, end),
      splitIndices: all.splitIndices.subarray(begin, end),
      splitConditions: all.splitConditions.subarray(begin, end),
      defaultLeft: all.defaultLeft.subarray(begin, end),
      ...categoriesOf(layout, t),
      ...leafVectorsOf(layout, details, t),
      nodeIds: layout.nodeIds.subarray(begin, end),
      lossChanges: statistics & Statistics.gain ? details.gains?.subarray(begin, end) : undefined,
      sumHessian: statistics & Statistics.cover ? details.covers?.subarray(begin, end) : undefined,
      baseWeights: undefined,
    };
  });
}

type NodeArrays = Pick<
  Tree,
  "leftChildren" | "rightChildren" | "splitIndices" | "splitConditions" | "defaultLeft"
>;

function fillNodes(layout: Layout, { gains }: Details, begin: number, end: number, all: NodeArrays): void {
  const leaves = gains ?? layout.leafValues;
  for (let node = begin; node < end; node++) {
    const left = layout.leftChildren[node]!;
    if (left === node) {
      all.leftChildren[node] = all.rightChildren[node] = -1;
      all.splitConditions[node] = leaves[node]!;
    } else {
      const slot = layout.slots[node]!;
      all.leftChildren[node] = left - begin;
      all.rightChildren[node] = left + 1 - begin;
      all.splitIndices[node] = slot >> 1;
      all.splitConditions[node] = layout.thresholds[node]!;
      all.defaultLeft[node] = 1 - (slot & 1);
    }
  }
}

function categoriesOf(layout: Layout, t: number): Pick<Tree, "categoryIndex" | "categorySets"> {
  if ((layout.treeKinds[t]! & TreeKind.categorical) === 0) {
    return { categoryIndex: undefined, categorySets: [] };
  }
  const begin = layout.treeOffsets[t]!;
  const categoryIndex = new Int32Array(layout.treeOffsets[t + 1]! - begin).fill(-1);
  const categorySets: Int32Array[] = [];
  for (let i = 0; i < categoryIndex.length; i++) {
    const size = layout.categorySize[begin + i]!;
    if (size !== 0) {
      const start = layout.categoryStart[begin + i]!;
      const words = layout.categoryBank.subarray(start, start + Math.abs(size));
      categoryIndex[i] = categorySets.push(size > 0 ? membersOf(words) : words) - 1;
    }
  }
  return { categoryIndex, categorySets };
}

/** Members of a bit set, ascending. */
function membersOf(words: Int32Array): Int32Array {
  const members: number[] = [];
  words.forEach((word, at) => {
    for (let bit = 0; bit < 32; bit++) {
      if ((word >>> bit) & 1) {
        members.push(32 * at + bit);
      }
    }
  });
  return Int32Array.from(members);
}

function leafVectorsOf(
  layout: Layout,
  details: Details,
  t: number,
): Pick<Tree, "leafVectors" | "leafVectorStart" | "leafSize"> {
  if ((layout.treeKinds[t]! & TreeKind.vectorLeaf) === 0) {
    return { leafVectors: undefined, leafVectorStart: undefined, leafSize: 1 };
  }
  const starts = layout.leafStart.subarray(layout.treeOffsets[t]!, layout.treeOffsets[t + 1]!);
  // Leaves of a tree stand in the bank in the order of its nodes.
  const first = starts.find((start) => start !== -1)!;
  const last = starts.reduce((furthest, start) => Math.max(furthest, start), first);
  return {
    leafVectors: (details.leafVectors ?? layout.leafBank).subarray(first, last + layout.groups),
    leafVectorStart: starts.map((start) => (start === -1 ? -1 : start - first)),
    leafSize: layout.groups,
  };
}
