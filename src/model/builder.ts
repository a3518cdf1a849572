/**
 * The only way to make a model. Readers hand over what they found; every structural fact is checked here, those of a tree
 * when it is read, so that engines need no checks of their own. Work and memory are linear in the size of what was found.
 */
import { ModelFormatError, UnsupportedModelError } from "../errors.ts";
import type {
  BoosterName,
  CategoryNames,
  LinearModel,
  Model,
  ReadTree,
  Tree,
  TreeList,
  UnreadModel,
  Version,
} from "./model.ts";

/** A categorical split as found: its node and the categories that go right, in any order. */
export interface CategoricalSplit {
  readonly node: number;
  readonly categories: ArrayLike<number>;
}

/** Where something stands in a file, for messages: asked for then only, as putting it together costs more than a small tree. */
export interface Place {
  readonly path: string;
}

/** A tree as a reader found it. */
export interface TreeParts {
  readonly where: Place;
  readonly leftChildren: Int32Array;
  readonly rightChildren: Int32Array;
  readonly splitIndices: Int32Array;
  readonly splitConditions: Float32Array;
  readonly defaultLeft: Uint8Array;
  readonly categoricalSplits?: readonly CategoricalSplit[] | undefined;
  /** Vector leaves: values and, for each node, where its vector starts (entries of inner nodes are not read). */
  readonly leafVectors?: Float32Array | undefined;
  readonly leafVectorStart?: Int32Array | undefined;
  readonly leafSize?: number | undefined;
  readonly nodeIds?: Int32Array | undefined;
  readonly lossChanges?: Float32Array | undefined;
  readonly sumHessian?: Float32Array | undefined;
  readonly baseWeights?: Float32Array | undefined;
}

/** A model as a reader found it. */
export interface ModelParts {
  readonly version: Version | undefined;
  readonly booster: BoosterName;
  readonly objective: string;
  readonly numFeatures: number;
  readonly numFeaturesIsLeast?: boolean;
  readonly numClass: number;
  readonly numTarget: number;
  readonly baseScore: Float32Array;
  readonly baseScoreIsMargin?: boolean;
  readonly boostFromAverage?: boolean;
  readonly trees: TreeList<TreeParts>;
  readonly treeInfo: Int32Array;
  readonly treeWeights?: Float32Array | undefined;
  readonly numParallelTree?: number;
  readonly iterationIndptr?: Int32Array | undefined;
  readonly linear?: LinearModel | undefined;
  readonly featureNames?: readonly string[] | undefined;
  readonly featureTypes?: readonly string[] | undefined;
  readonly categories?: ReadonlyMap<number, CategoryNames>;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly objectiveParameters?: string | undefined;
}

const MAX_INT32 = 2147483647;
/** Category codes are exact in float32 up to here; XGBoost treats values from 2^24 on as invalid. */
const MAX_CATEGORIES = 2 ** 24;
/** A row is staged as one float32 a feature: half a gigabyte here. */
const MAX_FEATURES = 2 ** 27;
/** Output groups that a model may claim without a tree for each. */
const MAX_EMPTY_GROUPS = 2 ** 16;

/** Trees that a reader has all found already. */
export function listTrees(trees: readonly TreeParts[]): TreeList<TreeParts> {
  return {
    length: trees.length,
    numNodes: trees.reduce((sum, tree) => sum + tree.leftChildren.length, 0),
    read: (index) => trees[index]!,
  };
}

export function buildModel(parts: ModelParts): UnreadModel {
  const numOutputGroups = checkCounts(parts);
  if (parts.linear !== undefined) {
    checkLinear(parts.linear, parts.numFeatures, numOutputGroups);
  }
  checkTreeInfo(parts, numOutputGroups);
  const { length, numNodes, source } = parts.trees;
  return {
    version: parts.version,
    booster: parts.booster,
    objective: parts.objective,
    numFeatures: parts.numFeatures,
    numFeaturesIsLeast: parts.numFeaturesIsLeast ?? false,
    numOutputGroups,
    baseScore: parts.baseScore,
    baseScoreIsMargin: parts.baseScoreIsMargin ?? false,
    boostFromAverage: parts.boostFromAverage ?? false,
    trees: { length, numNodes, source, read: (index) => buildTree(parts, index, numOutputGroups) },
    treeInfo: parts.treeInfo,
    treeWeights: parts.treeWeights,
    iterationIndptr: parts.iterationIndptr ?? equalRounds(parts),
    linear: parts.linear,
    featureNames: parts.featureNames,
    featureTypes: parts.featureTypes,
    categories: parts.categories ?? new Map(),
    attributes: parts.attributes ?? Object.create(null),
    objectiveParameters: parts.objectiveParameters,
  };
}

/** The model with all of its trees. */
export function readTrees(model: UnreadModel): Model {
  const trees = Array.from({ length: model.trees.length }, (_, t) => copyOf(model.trees.read(t)));
  return { ...model, trees, hasVectorLeaves: trees.some((tree) => tree.leafVectors !== undefined) };
}

function copyOf(tree: ReadTree): Tree {
  const copies = Object.entries(tree).map(([name, value]) => [
    name,
    ArrayBuffer.isView(value) ? (value as Int32Array).slice() : value,
  ]);
  return Object.fromEntries(copies);
}

function checkCounts(parts: ModelParts): number {
  const { numFeatures, numClass, numTarget, baseScore, featureNames, featureTypes } = parts;
  checkCount("num_feature", numFeatures, 0);
  checkCount("num_class", numClass, 0);
  checkCount("num_target", numTarget, 0);
  if (numClass > 1 && numTarget > 1) {
    throw new UnsupportedModelError(
      "several classes and several targets at once",
      `num_class is ${numClass} and num_target is ${numTarget}; XGBoost allows one of them above 1`,
    );
  }
  if (numFeatures > MAX_FEATURES) {
    throw new UnsupportedModelError(`${numFeatures} features`, `expected at most ${MAX_FEATURES}`);
  }
  const groups = Math.max(1, numClass, numTarget);
  if (groups > Math.max(MAX_EMPTY_GROUPS, parts.trees.length, baseScore.length)) {
    throw new UnsupportedModelError(`${groups} output groups`, `the model has ${parts.trees.length} trees`);
  }
  if (baseScore.length !== 1 && baseScore.length !== groups) {
    throw new ModelFormatError("base_score", `has ${baseScore.length} values, expected 1 or ${groups}`);
  }
  for (const [what, list] of [
    ["feature_names", featureNames],
    ["feature_types", featureTypes],
  ] as const) {
    if (list !== undefined && list.length !== numFeatures) {
      throw new ModelFormatError(what, `has ${list.length} entries, expected num_feature = ${numFeatures}`);
    }
  }
  return groups;
}

function checkCount(what: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least || value > MAX_INT32) {
    throw new ModelFormatError(what, `is ${value}, expected an integer from ${least} to ${MAX_INT32}`);
  }
}

function checkLinear(linear: LinearModel, numFeatures: number, groups: number): void {
  const expected = (numFeatures + 1) * groups;
  // A model of no rounds has no weights.
  if (linear.weights.length !== expected && linear.weights.length > 0) {
    throw new ModelFormatError(
      "gblinear weights",
      `${linear.weights.length} values, expected (num_feature + 1) * groups = ${expected}`,
    );
  }
}

function checkTreeInfo(parts: ModelParts, groups: number): void {
  const { trees, treeInfo, treeWeights, iterationIndptr } = parts;
  if (treeInfo.length !== trees.length) {
    throw new ModelFormatError("tree_info", `has ${treeInfo.length} entries for ${trees.length} trees`);
  }
  for (let t = 0; t < treeInfo.length; t++) {
    const group = treeInfo[t]!;
    if (group < 0 || group >= groups) {
      throw new ModelFormatError(`tree_info[${t}]`, `is ${group}, expected an output group below ${groups}`);
    }
  }
  if (treeWeights !== undefined && treeWeights.length !== trees.length) {
    throw new ModelFormatError("weight_drop", `has ${treeWeights.length} entries for ${trees.length} trees`);
  }
  if (iterationIndptr !== undefined) {
    checkIterationIndptr(iterationIndptr, trees.length);
  }
}

function checkIterationIndptr(indptr: Int32Array, numTrees: number): void {
  let previous = 0;
  for (let r = 0; r < indptr.length; r++) {
    const at = indptr[r]!;
    if (at < previous || (r === 0 && at !== 0)) {
      throw new ModelFormatError(
        `iteration_indptr[${r}]`,
        `is ${at} after ${previous}; it starts at 0 and never falls`,
      );
    }
    previous = at;
  }
  if (indptr.length === 0 || previous !== numTrees) {
    throw new ModelFormatError("iteration_indptr", `ends at ${previous}, expected the ${numTrees} trees`);
  }
}

/** Rounds of equal size, for files from before 2.0: groups × num_parallel_tree trees each. */
function equalRounds(parts: ModelParts): Int32Array {
  const numTrees = parts.trees.length;
  let groups = 1;
  for (let t = 0; t < numTrees; t++) {
    groups = Math.max(groups, parts.treeInfo[t]! + 1);
  }
  const perRound = groups * Math.max(1, parts.numParallelTree ?? 1);
  if (numTrees % perRound !== 0) {
    throw new ModelFormatError(
      "trees",
      `${numTrees} trees are not whole rounds of ${perRound} (output groups × num_parallel_tree)`,
    );
  }
  return Int32Array.from({ length: numTrees / perRound + 1 }, (_, round) => round * perRound);
}

function buildTree(model: ModelParts, index: number, groups: number): ReadTree {
  const parts = model.trees.read(index);
  const numNodes = parts.leftChildren.length;
  checkLengths(parts, numNodes);
  const leafSize = parts.leafSize ?? 1;
  if (parts.leafVectors !== undefined) {
    checkLeafSize(parts.where, leafSize, groups);
    if (model.treeInfo[index] !== 0) {
      throw new ModelFormatError(
        `tree_info[${index}]`,
        `is ${model.treeInfo[index]}, expected 0 for a tree with vector leaves`,
      );
    }
  }
  const sets = buildCategorySets(parts, numNodes);
  return {
    numNodes,
    leftChildren: parts.leftChildren,
    rightChildren: parts.rightChildren,
    splitIndices: parts.splitIndices,
    splitConditions: parts.splitConditions,
    defaultLeft: parts.defaultLeft,
    categoryIndex: sets?.categoryIndex,
    categorySets: sets?.categorySets ?? [],
    leafVectors: parts.leafVectors,
    leafVectorStart: parts.leafVectorStart,
    leafSize,
    nodeIds: parts.nodeIds,
    lossChanges: parts.lossChanges,
    sumHessian: parts.sumHessian,
    baseWeights: parts.baseWeights,
    order: reachableNodes(parts, numNodes, model.numFeatures, leafSize),
  };
}

function checkLeafSize(where: Place, leafSize: number, groups: number): void {
  if (leafSize !== groups) {
    throw new ModelFormatError(
      where.path,
      `size_leaf_vector is ${leafSize}, expected the ${groups} output groups`,
    );
  }
}

function checkLengths(parts: TreeParts, numNodes: number): void {
  if (numNodes === 0) {
    throw new ModelFormatError(parts.where.path, "has no nodes");
  }
  checkLength(parts, "right_children", parts.rightChildren);
  checkLength(parts, "split_indices", parts.splitIndices);
  checkLength(parts, "split_conditions", parts.splitConditions);
  checkLength(parts, "default_left", parts.defaultLeft);
  checkLength(parts, "loss_changes", parts.lossChanges);
  checkLength(parts, "sum_hessian", parts.sumHessian);
}

function checkLength(parts: TreeParts, name: string, list: ArrayLike<number> | undefined): void {
  if (list !== undefined && list.length !== parts.leftChildren.length) {
    throw new ModelFormatError(
      `${parts.where.path}.${name}`,
      `has ${list.length} entries, left_children has ${parts.leftChildren.length}`,
    );
  }
}

/** Walks from the root, breadth first: every child in range, every node met once (no cycles, no sharing), every split usable. */
function reachableNodes(
  parts: TreeParts,
  numNodes: number,
  numFeatures: number,
  leafSize: number,
): Int32Array {
  const { leftChildren, rightChildren, splitIndices, leafVectors, where } = parts;
  const { seen, order } = scratchFor(numNodes);
  let end = 1;
  let vectors = 0;
  seen[0] = 1;
  for (let i = 0; i < end; i++) {
    const node = order[i]!;
    const left = leftChildren[node]!;
    if (left === -1) {
      if (leafVectors !== undefined) {
        vectors++;
        checkLeafVector(parts, node, leafSize, vectors);
      }
      continue;
    }
    const feature = splitIndices[node]!;
    if (feature < 0 || feature >= numFeatures) {
      throw new ModelFormatError(
        `${where.path} node ${node}`,
        `splits on feature ${feature}, expected an index below num_feature = ${numFeatures}`,
      );
    }
    const right = rightChildren[node]!;
    checkChild(left, node, numNodes, seen, where);
    seen[left] = 1;
    checkChild(right, node, numNodes, seen, where);
    seen[right] = 1;
    order[end++] = left;
    order[end++] = right;
  }
  return end === order.length ? order : order.subarray(0, end);
}

function checkLeafVector(
  { leafVectors, leafVectorStart, where }: TreeParts,
  node: number,
  leafSize: number,
  vectors: number,
): void {
  const start = leafVectorStart![node]!;
  const { length } = leafVectors!;
  // Leaves that share their values would be more of them than the file has bytes.
  if (start < 0 || start + leafSize > length || vectors * leafSize > length) {
    throw new ModelFormatError(
      `${where.path} node ${node}`,
      `leaf vector at ${start} does not fit the ${length} leaf values`,
    );
  }
}

function checkChild(child: number, node: number, numNodes: number, seen: Uint8Array, where: Place): void {
  if (child <= 0 || child >= numNodes) {
    throw new ModelFormatError(
      `${where.path} node ${node}`,
      `has child ${child}, expected 1 to ${numNodes - 1}`,
    );
  }
  if (seen[child] === 1) {
    throw new ModelFormatError(
      `${where.path} node ${child}`,
      "has two parents: the nodes do not form a tree",
    );
  }
}

/** What most trees need fits what is there; larger ones do not leave their memory behind. */
const SCRATCH_NODES = 4096;
const scratch = { seen: new Uint8Array(SCRATCH_NODES), order: new Int32Array(SCRATCH_NODES) };

function scratchFor(numNodes: number): { readonly seen: Uint8Array; readonly order: Int32Array } {
  if (numNodes > SCRATCH_NODES) {
    return { seen: new Uint8Array(numNodes), order: new Int32Array(numNodes) };
  }
  scratch.seen.fill(0, 0, numNodes);
  scratch.order[0] = 0;
  return scratch;
}

function buildCategorySets(
  parts: TreeParts,
  numNodes: number,
): { categoryIndex: Int32Array; categorySets: Int32Array[] } | undefined {
  const splits = parts.categoricalSplits ?? [];
  if (splits.length === 0) {
    return undefined;
  }
  const categoryIndex = new Int32Array(numNodes).fill(-1);
  const categorySets: Int32Array[] = [];
  for (const { node, categories } of splits) {
    if (!Number.isInteger(node) || node < 0 || node >= numNodes) {
      throw new ModelFormatError(`${parts.where.path}.categories_nodes`, `has node ${node} of ${numNodes}`);
    }
    if (categoryIndex[node] !== -1) {
      throw new ModelFormatError(`${parts.where.path}.categories_nodes`, `lists node ${node} twice`);
    }
    categoryIndex[node] = categorySets.length;
    categorySets.push(sortedSet(categories, parts.where, node));
  }
  return { categoryIndex, categorySets };
}

function sortedSet(categories: ArrayLike<number>, { path }: Place, node: number): Int32Array {
  if (categories.length === 0) {
    throw new ModelFormatError(`${path} node ${node}`, "is a categorical split without categories");
  }
  for (let i = 0; i < categories.length; i++) {
    const code = categories[i]!;
    if (!Number.isInteger(code) || code < 0 || code >= MAX_CATEGORIES) {
      throw new ModelFormatError(
        `${path} node ${node}`,
        `has category ${code}, expected an integer from 0 to ${MAX_CATEGORIES - 1}`,
      );
    }
  }
  const sorted = Int32Array.from(categories).sort();
  let kept = 1;
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i] !== sorted[kept - 1]) {
      sorted[kept++] = sorted[i]!;
    }
  }
  return sorted.slice(0, kept);
}
