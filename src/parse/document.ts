/** A parsed JSON or UBJSON model document to the parts of a model, across the schemas of 1.0 to 3.4. */
import { describe, ModelFormatError, UnsupportedModelError } from "../errors.ts";
import { type CategoricalSplit, listTrees, type ModelParts, type TreeParts } from "../model/builder.ts";
import type { CategoryNames, LinearModel, Version } from "../model/model.ts";
import { Field } from "./field.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { Slab } from "./slab.ts";
import { decodeUtf8 } from "./text.ts";
import { COUNTED_LIST, UnreadList } from "./unread-list.ts";

/** A model document, or a serialization snapshot (the payload of a Python pickle), whose `Model` is one. */
export function readDocument(document: JsonValue): ModelParts {
  const root = new Field(document, "");
  const snapshot = root.get("Model");
  return readModel(snapshot.exists ? snapshot : root);
}

/** The trees that `readDocument` reads, where the document is a model of trees at all. */
export function treesOf(document: JsonValue): JsonValue | undefined {
  const learner = member(member(document, "Model") ?? document, "learner");
  const booster = member(learner, "gradient_booster");
  const isDart = member(booster, "name") === "dart";
  const isForest = isDart || member(booster, "name") === "gbtree";
  return isForest
    ? member(member(isDart ? member(booster, "gbtree") : booster, "model"), "trees")
    : undefined;
}

function member(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as JsonObject)[key]
    : undefined;
}

function readModel(root: Field): ModelParts {
  const learner = root.get("learner");
  const param = learner.get("learner_model_param");
  const booster = learner.get("gradient_booster");
  const common = {
    version: readVersion(root.get("version")),
    objective: learner.get("objective").get("name").string(),
    numFeatures: param.get("num_feature").integer(),
    numClass: param.get("num_class").integer(0),
    numTarget: param.get("num_target").integer(1),
    baseScore: param.get("base_score").floatsInText(),
    boostFromAverage: param.get("boost_from_average").integer(1) === 1,
    featureNames: readNames(learner.get("feature_names")),
    featureTypes: readNames(learner.get("feature_types")),
    attributes: readAttributes(learner.get("attributes")),
  };
  const name = booster.get("name").string();
  switch (name) {
    case "gblinear":
      return {
        ...common,
        booster: name,
        trees: listTrees([]),
        treeInfo: new Int32Array(0),
        linear: readLinear(booster.get("model")),
      };
    case "gbtree":
      return { ...common, ...readForest(booster.get("model"), [booster]) };
    case "dart":
      return { ...common, ...readForest(booster.get("gbtree").get("model"), [booster]), booster: name };
    default:
      throw new UnsupportedModelError(`booster ${describe(name)}`, "expected gbtree, dart or gblinear");
  }
}

function readVersion(field: Field): Version {
  const version = field.int32s();
  if (version.length !== 3) {
    field.fail("three integers");
  }
  return [version[0]!, version[1]!, version[2]!];
}

function readNames(field: Field): string[] | undefined {
  return field.exists && field.length > 0 ? field.strings() : undefined;
}

function readAttributes(field: Field): Record<string, string> {
  const attributes: Record<string, string> = Object.create(null);
  if (field.exists) {
    for (const key of Object.keys(field.object())) {
      attributes[key] = field.get(key).string();
    }
  }
  return attributes;
}

function readLinear(model: Field): LinearModel {
  return { weights: model.get("weights").floats(), boostedRounds: model.get("boosted_rounds").integer(0) };
}

type Forest = Pick<
  ModelParts,
  "booster" | "trees" | "treeInfo" | "treeWeights" | "numParallelTree" | "iterationIndptr" | "categories"
>;

/** `weightHolders`: where DART's weights may stand besides `model` itself (3.4), by release: dart ≤ 3.2, gbtree 3.3. */
function readForest(model: Field, weightHolders: readonly Field[]): Forest {
  const param = model.get("gbtree_model_param");
  const trees = model.get("trees");
  const slab = new Slab();
  const numTrees = param.get("num_trees").integer();
  if (numTrees !== trees.length) {
    throw new ModelFormatError(`${model.path}.trees`, `has ${trees.length} trees, num_trees is ${numTrees}`);
  }
  const weights = [model, ...weightHolders]
    .map((holder) => holder.get("weight_drop"))
    .find((field) => field.exists && field.length > 0);
  const indptr = model.get("iteration_indptr");
  const cats = model.get("cats");
  return {
    booster: weights === undefined ? "gbtree" : "dart",
    trees: {
      length: trees.length,
      numNodes: countNodes(trees),
      source: trees.value instanceof UnreadList ? trees.value.source : undefined,
      read: (index) => readTree(trees.item(index), slab),
    },
    treeInfo: model.get("tree_info").int32s(),
    treeWeights: weights?.floats(),
    numParallelTree: param.get("num_parallel_tree").integer(1),
    iterationIndptr: indptr.exists ? indptr.int32s() : undefined,
    categories: cats.exists ? readCategories(cats) : new Map(),
  };
}

function countNodes(trees: Field): number {
  if (trees.value instanceof UnreadList) {
    return trees.value.counted;
  }
  let numNodes = 0;
  for (let t = 0; t < trees.length; t++) {
    numNodes += trees.item(t).get(COUNTED_LIST).length;
  }
  return numNodes;
}

/** @param slab for the tree's numbers, in place of those of the tree before */
function readTree(tree: Field, slab: Slab): TreeParts {
  slab.clear();
  const leftChildren = tree.get(COUNTED_LIST).int32s(slab);
  const rightChildren = tree.get("right_children").int32s(slab);
  const param = tree.get("tree_param");
  const numNodes = param.get("num_nodes").integer(leftChildren.length);
  if (numNodes !== leftChildren.length) {
    throw new ModelFormatError(
      tree.path,
      `num_nodes is ${numNodes}, left_children has ${leftChildren.length}`,
    );
  }
  const leafSize = param.get("size_leaf_vector").integer(0);
  const lossChanges = tree.get("loss_changes");
  const sumHessian = tree.get("sum_hessian");
  return {
    where: tree,
    leftChildren,
    rightChildren,
    splitIndices: tree.get("split_indices").int32s(slab),
    splitConditions: tree.get("split_conditions").floats(slab),
    defaultLeft: tree.get("default_left").flags(),
    categoricalSplits: readCategoricalSplits(tree, leftChildren),
    ...(leafSize > 1 ? readLeafVectors(tree, leafSize, rightChildren) : {}),
    lossChanges: lossChanges.exists ? lossChanges.floats(slab) : undefined,
    sumHessian: sumHessian.exists ? sumHessian.floats(slab) : undefined,
  };
}

/** 3.2 and later: own array, the leaf's slot stands in `right_children`. Before: `base_weights`, by node. */
function readLeafVectors(tree: Field, leafSize: number, rightChildren: Int32Array): Partial<TreeParts> {
  const own = tree.get("leaf_weights");
  const startOf = (slot: number): number => (slot < 0 || slot * leafSize > 0x7fffffff ? -1 : slot * leafSize);
  const leafVectorStart = rightChildren.map((slot, node) => startOf(own.exists ? slot : node));
  const leafVectors = own.exists ? own.floats() : tree.get("base_weights").floats();
  return { leafSize, leafVectors, leafVectorStart };
}

const LISTS_OF_SETS = ["categories", "categories_nodes", "categories_segments", "categories_sizes"];
const NO_NODES = new Int32Array(0);

function readCategoricalSplits(tree: Field, leftChildren: Int32Array): CategoricalSplit[] {
  const nodes = tree.get("categories_nodes");
  if (!nodes.exists) {
    return [];
  }
  if (LISTS_OF_SETS.every((name) => tree.get(name).isEmpty)) {
    checkSplitTypes(tree, NO_NODES, leftChildren);
    return [];
  }
  const segments = tree.get("categories_segments").int32s();
  const sizes = tree.get("categories_sizes").int32s();
  const categories = tree.get("categories").int32s();
  const listed = nodes.int32s();
  if (segments.length !== listed.length || sizes.length !== listed.length) {
    nodes.fail(
      `as many nodes as categories_segments (${segments.length}) and categories_sizes (${sizes.length})`,
    );
  }
  checkSplitTypes(tree, listed, leftChildren);
  let total = 0;
  return Array.from(listed, (node, k) => {
    const start = segments[k]!;
    const size = sizes[k]!;
    // Segments that share categories would be more work than the file has bytes.
    total += size;
    if (start < 0 || size < 0 || start + size > categories.length || total > categories.length) {
      throw new ModelFormatError(
        `${tree.path}.categories_segments[${k}]`,
        `${start} + ${size} does not fit the ${categories.length} categories`,
      );
    }
    return { node, categories: categories.subarray(start, start + size) };
  });
}

/** `split_type` and the list of categorical nodes say the same thing twice: they must agree on every split. */
function checkSplitTypes(tree: Field, listed: Int32Array, leftChildren: Int32Array): void {
  const field = tree.get("split_type");
  if (listed.length === 0 && field.exists && field.length === leftChildren.length && !field.anySet) {
    return;
  }
  const types = field.exists ? field.flags() : new Uint8Array(leftChildren.length);
  if (types.length !== leftChildren.length) {
    throw new ModelFormatError(
      field.path,
      `has ${types.length} entries, left_children has ${leftChildren.length}`,
    );
  }
  const sets = new Set(listed);
  for (let node = 0; node < types.length; node++) {
    if (leftChildren[node] !== -1 && (types[node] === 1) !== sets.has(node)) {
      throw new ModelFormatError(
        `${field.path}[${node}]`,
        `is ${types[node]}, but categories_nodes ${sets.has(node) ? "lists" : "does not list"} the node`,
      );
    }
  }
}

/** The category container of 3.1 and later: names by feature index, in the order of their codes. */
function readCategories(cats: Field): Map<number, CategoryNames> {
  const columns = cats.get("enc").items();
  const categories = new Map<number, CategoryNames>();
  for (const [feature, column] of columns.entries()) {
    const values = column.get("values");
    if (column.get("type").exists) {
      categories.set(feature, { kind: "integer", names: integerNames(values) });
    } else if (column.get("offsets").length > 0) {
      categories.set(feature, { kind: "string", names: stringNames(column.get("offsets"), values) });
    }
  }
  return categories;
}

function integerNames(values: Field): string[] {
  return values.items().map((item) => {
    if (typeof item.value === "number" && Number.isInteger(item.value) && !Number.isSafeInteger(item.value)) {
      throw new UnsupportedModelError("integer categories beyond ±2^53", `${item.path} is ${item.value}`);
    }
    return String(item.integer());
  });
}

function stringNames(offsetsField: Field, valuesField: Field): string[] {
  const offsets = offsetsField.int32s();
  const bytes = Uint8Array.from(valuesField.int32s());
  return Array.from({ length: Math.max(0, offsets.length - 1) }, (_, code) => {
    const [start, end] = [offsets[code]!, offsets[code + 1]!];
    if (start < 0 || end < start || end > bytes.length) {
      throw new ModelFormatError(
        `${offsetsField.path}[${code + 1}]`,
        `${start} to ${end} is not a range of the ${bytes.length} bytes`,
      );
    }
    return decodeUtf8(bytes.subarray(start, end));
  });
}
