/** A tree as the arrays of a model document. */
import type { Model, Tree } from "../model/model.ts";
import type { Value } from "./model-writer.ts";
import { type NodeOrder, orderNodes } from "./node-order.ts";

/** What marks a deleted node, and the parent of the root of a tree with scalar leaves. */
const NONE = 0x7fffffff;

/** Arrays of a tree, by place in the file. */
class TreeArrays {
  readonly leftChildren: Int32Array;
  readonly rightChildren: Int32Array;
  readonly parents: Int32Array;
  readonly splitIndices: Int32Array;
  readonly splitConditions: Float32Array;
  readonly defaultLeft: Uint8Array;
  readonly splitType: Uint8Array;
  readonly baseWeights: Float32Array;
  readonly lossChanges: Float32Array;
  readonly sumHessian: Float32Array;
  readonly categorical: { readonly place: number; readonly categories: Int32Array }[] = [];
  readonly leafWeights: number[] = [];
  deleted = 0;

  constructor(size: number) {
    this.leftChildren = new Int32Array(size).fill(-1);
    this.rightChildren = new Int32Array(size).fill(-1);
    this.parents = new Int32Array(size).fill(NONE);
    this.splitIndices = new Int32Array(size);
    this.splitConditions = new Float32Array(size);
    this.defaultLeft = new Uint8Array(size);
    this.splitType = new Uint8Array(size);
    this.baseWeights = new Float32Array(size);
    this.lossChanges = new Float32Array(size);
    this.sumHessian = new Float32Array(size);
  }
}

export function fieldsOfTree(tree: Tree, index: number, model: Model): Record<string, Value> {
  const arrays = arraysOfTree(tree, orderNodes(tree));
  const { categorical, leafWeights } = arrays;
  const isVector = tree.leafVectors !== undefined;
  let total = 0;
  const segments = categorical.map(({ categories }) => {
    total += categories.length;
    return BigInt(total - categories.length);
  });
  return {
    base_weights: { typed: "d", values: arrays.baseWeights },
    categories: {
      typed: "l",
      values: Int32Array.from(categorical.flatMap(({ categories }) => Array.from(categories))),
    },
    categories_nodes: { typed: "l", values: Int32Array.from(categorical, ({ place }) => place) },
    categories_segments: { typed: "L", values: BigInt64Array.from(segments) },
    categories_sizes: {
      typed: "L",
      values: BigInt64Array.from(categorical, ({ categories }) => BigInt(categories.length)),
    },
    default_left: { typed: "U", values: arrays.defaultLeft },
    id: { integer: index },
    ...(isVector ? { leaf_weights: { typed: "d", values: Float32Array.from(leafWeights) } } : {}),
    left_children: { typed: "l", values: arrays.leftChildren },
    loss_changes: { typed: "d", values: arrays.lossChanges },
    parents: { typed: "l", values: arrays.parents },
    right_children: { typed: "l", values: arrays.rightChildren },
    split_conditions: { typed: "d", values: arrays.splitConditions },
    split_indices: { typed: "l", values: arrays.splitIndices },
    split_type: { typed: "U", values: arrays.splitType },
    sum_hessian: { typed: "d", values: arrays.sumHessian },
    tree_param: {
      fields: {
        num_deleted: String(arrays.deleted),
        num_feature: String(model.numFeatures),
        num_nodes: String(arrays.leftChildren.length),
        size_leaf_vector: String(isVector ? tree.leafSize : 1),
      },
    },
  };
}

function arraysOfTree(tree: Tree, { nodes, places }: NodeOrder): TreeArrays {
  const arrays = new TreeArrays(nodes.length);
  nodes.forEach((node, place) => {
    const isDeleted =
      node === -1 || (place > 0 && tree.splitIndices[node] === NONE && tree.leftChildren[node] === -1);
    if (isDeleted) {
      arrays.splitIndices[place] = NONE;
      arrays.defaultLeft[place] = 1;
      // XGBoost looks at the parent's children: without one, it dies.
      arrays.parents[place] = 0;
      arrays.deleted++;
    }
    if (node !== -1) {
      fillStatistics(arrays, tree, node, place);
      arrays.splitIndices[place] = tree.splitIndices[node]!;
      arrays.defaultLeft[place] = tree.defaultLeft[node]!;
      if (tree.leftChildren[node] === -1) {
        fillLeaf(arrays, tree, node, place, isDeleted);
      } else {
        fillSplit(arrays, tree, node, place, places);
      }
    }
  });
  if (tree.leafVectors !== undefined) {
    arrays.parents[0] = -1;
  }
  return arrays;
}

function fillStatistics(arrays: TreeArrays, tree: Tree, node: number, place: number): void {
  arrays.lossChanges[place] = tree.lossChanges?.[node] ?? 0;
  arrays.sumHessian[place] = tree.sumHessian?.[node] ?? 0;
  // Nothing that predicts reads the weight of a node; of a leaf, it is the value before or after the learning rate.
  arrays.baseWeights[place] =
    tree.baseWeights?.[node] ?? (tree.leftChildren[node] === -1 ? tree.splitConditions[node]! : 0);
}

function fillLeaf(arrays: TreeArrays, tree: Tree, node: number, place: number, isDeleted: boolean): void {
  if (tree.leafVectors === undefined) {
    arrays.splitConditions[place] = tree.splitConditions[node]!;
  } else if (!isDeleted) {
    const start = tree.leafVectorStart![node]!;
    arrays.rightChildren[place] = arrays.leafWeights.length / tree.leafSize;
    arrays.leafWeights.push(...tree.leafVectors.subarray(start, start + tree.leafSize));
  }
}

function fillSplit(arrays: TreeArrays, tree: Tree, node: number, place: number, places: Int32Array): void {
  const [left, right] = [places[tree.leftChildren[node]!]!, places[tree.rightChildren[node]!]!];
  arrays.leftChildren[place] = left;
  arrays.rightChildren[place] = right;
  arrays.parents[left] = place;
  arrays.parents[right] = place;
  arrays.splitConditions[place] = tree.splitConditions[node]!;
  const set = tree.categoryIndex?.[node] ?? -1;
  if (set !== -1) {
    arrays.splitType[place] = 1;
    arrays.categorical.push({ place, categories: tree.categorySets[set]! });
  }
}
