/**
 * A loaded model without a second copy of its trees. The layout says nearly all of them; gain, cover and what it changes of
 * leaves are kept beside it, eight bytes a node. Trees are made from both when something other than scoring asks for them:
 * explanations, importances, `Booster.tree`.
 */
import type { Model, Tree, UnreadModel } from "../model/model.ts";
import { type Details, Statistics } from "./details.ts";
import type { Compiled } from "./flatten.ts";
import { type Layout, TreeKind } from "./layout.ts";

/** The model with its trees made on demand from what `compile` gave for it. */
export function packModel(model: Omit<UnreadModel, "trees">, { layout, details }: Compiled): Model {
  let made: WeakRef<readonly Tree[]> | undefined;
  return {
    ...model,
    // Views of the reader's memory would keep all of it.
    treeInfo: layout.treeGroups,
    treeWeights: model.treeWeights?.slice(),
    iterationIndptr: model.iterationIndptr.slice(),
    baseScore: model.baseScore.slice(),
    hasVectorLeaves: layout.vectorNodes > 0,
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
    fillNodes(layout, details, t, all);
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

function fillNodes(layout: Layout, { gains, statistics }: Details, t: number, all: NodeArrays): void {
  const [begin, end] = [layout.treeOffsets[t]!, layout.treeOffsets[t + 1]!];
  const leaves = statistics[t]! & Statistics.leaves ? gains! : layout.leafValues;
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
