/** Mean value below a node, each leaf weighted by its cover, and the share of a node's cover that goes to a child. */
import type { Model, Tree } from "../model/model.ts";
import type { Rules } from "../model/rules.ts";
import { breadthFirst } from "../model/walk.ts";

const { fround } = Math;
const LEAST_SHARE = fround(1e-12);

/** Values of leaf `node` for output group `group` of the tree's own groups. */
export function leafValue(tree: Tree, node: number, group: number): number {
  return tree.leafVectors === undefined
    ? tree.splitConditions[node]!
    : tree.leafVectors[tree.leafVectorStart![node]! + group]!;
}

/** Means of all nodes in float32: the bias of the path algorithm, and what the approximation walks along. */
export function floatMeans(tree: Tree): Float32Array {
  const { leftChildren, rightChildren, sumHessian } = tree;
  const means = tree.splitConditions.slice();
  const order = breadthFirst(tree);
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!;
    const [left, right] = [leftChildren[node]!, rightChildren[node]!];
    if (left !== -1) {
      const sum = fround(means[left]! * sumHessian![left]!) + fround(means[right]! * sumHessian![right]!);
      means[node] = fround(sum) / sumHessian![node]!;
    }
  }
  return means;
}

/** What the means of trees with scalar leaves sum to in float32, one a group: the bias but for the base margin. */
export function floatBiases(
  model: Model,
  rules: Rules,
  rootMean: (t: number) => number,
  treeEnd: number,
): Float32Array {
  const sums = new Float32Array(model.numOutputGroups);
  const weights = rules.treeContributions === "in one sum" ? undefined : model.treeWeights;
  for (let t = 0; t < treeEnd; t++) {
    sums[model.treeInfo[t]!]! += fround(rootMean(t) * (weights?.[t] ?? 1));
  }
  return sums;
}

/** Mean at the root in double, for each output group of the tree: the bias of the quadrature. */
export function rootMeans(tree: Tree): Float64Array {
  return tree.leafVectors === undefined ? Float64Array.of(scalarRootMean(tree)) : vectorRootMeans(tree);
}

function scalarRootMean(tree: Tree): number {
  const { leftChildren, rightChildren, sumHessian } = tree;
  const means = Float64Array.from(tree.splitConditions);
  const order = breadthFirst(tree);
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!;
    const [left, right] = [leftChildren[node]!, rightChildren[node]!];
    if (left !== -1) {
      const cover = sumHessian![node]!;
      means[node] =
        cover === 0
          ? (means[left]! + means[right]!) / 2
          : (means[left]! * sumHessian![left]! + means[right]! * sumHessian![right]!) / cover;
    }
  }
  return means[0]!;
}

/** From the root down, leaf by leaf, left before right. */
function vectorRootMeans(tree: Tree): Float64Array {
  const { leftChildren, rightChildren, sumHessian, leafSize } = tree;
  const sums = new Float64Array(leafSize);
  const stack: (readonly [node: number, weight: number])[] = [[0, 1]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [node, weight] = top;
    const left = leftChildren[node]!;
    if (left === -1) {
      for (let j = 0; j < leafSize; j++) {
        sums[j]! += weight * leafValue(tree, node, j);
      }
      continue;
    }
    const cover = sumHessian![node]!;
    for (const child of [rightChildren[node]!, left]) {
      stack.push([child, cover === 0 ? weight * 0.5 : (weight * sumHessian![child]!) / cover]);
    }
  }
  return sums;
}

/** Share of a node's cover that goes to a child, as the quadrature takes it. */
export function coverShare(child: number, parent: number): number {
  return parent <= 0 ? 0.5 : Math.max(fround(child / parent), LEAST_SHARE);
}

/** Steps from the root to the deepest leaf. */
export function depthOf(tree: Tree): number {
  const depths = new Int32Array(tree.numNodes);
  let deepest = 0;
  for (const node of breadthFirst(tree)) {
    if (tree.leftChildren[node] !== -1) {
      depths[tree.leftChildren[node]!] = depths[tree.rightChildren[node]!] = depths[node]! + 1;
      deepest = Math.max(deepest, depths[node]! + 1);
    }
  }
  return deepest;
}

/** Depth of the deepest tree. */
export function deepest(model: Model): number {
  return model.trees.reduce((depth, tree) => Math.max(depth, depthOf(tree)), 0);
}
