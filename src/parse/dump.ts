/**
 * What `dump_model` and `get_dump` write: trees without the rest of the model, as JSON or as text. The caller supplies
 * what a dump leaves out. Thresholds, leaves and statistics of a dump are exact; gblinear's weights have 6 digits.
 */
import { describe, InputError, ModelFormatError, UnsupportedModelError } from "../errors.ts";
import { type CategoricalSplit, listTrees, type ModelParts, type TreeParts } from "../model/builder.ts";
import { Field } from "./field.ts";
import type { JsonValue } from "./json.ts";

/** What a dump leaves out: `LoadOptions.dump`. */
export interface DumpOptions {
  /** Objective's name, such as `binary:logistic`. */
  readonly objective?: string;
  /** As in `save_model` files: in prediction space; one number or one for each output group. */
  readonly baseScore?: number | readonly number[];
  /** Output groups: classes of a multi-class model, targets of a multi-target one. Tree i belongs to group i mod numClass. */
  readonly numClass?: number;
  /** Needed where the dump names its features otherwise than f0, f1, …; their order is that of the columns. */
  readonly featureNames?: readonly string[];
  readonly featureTypes?: readonly string[];
}

/** A node of a dump, in either syntax. */
export interface DumpNode {
  readonly id: number;
  /** Absent on leaves. */
  readonly split?: {
    readonly feature: string;
    /** Threshold, or the categories that go right. */
    readonly condition: number | Int32Array;
    readonly left: number;
    readonly right: number;
    readonly missing: number;
  };
  /** Leaf value, or several for a vector leaf. */
  readonly leaf?: Float32Array;
  readonly gain: number | undefined;
  readonly cover: number | undefined;
}

export interface DumpTree {
  readonly where: string;
  readonly nodes: readonly DumpNode[];
}

export interface LinearDump {
  readonly bias: Float32Array;
  readonly weight: Float32Array;
}

export function isJsonDump(document: JsonValue): boolean {
  const first = Array.isArray(document) ? document[0] : document;
  return (
    typeof first === "object" &&
    first !== null &&
    ["nodeid", "leaf", "bias"].some((key) => Object.hasOwn(first, key))
  );
}

/** A JSON dump: one tree object, or a list of them. */
export function readJsonDump(document: JsonValue, options: DumpOptions | undefined): ModelParts {
  const trees = new Field(Array.isArray(document) ? document : [document], "").items();
  const first = trees[0];
  if (first?.get("bias").exists) {
    const linear = { bias: first.get("bias").floats(), weight: first.get("weight").floats() };
    return linearParts(linear, options);
  }
  return dumpParts(trees.map(readJsonTree), options);
}

function readJsonTree(root: Field): DumpTree {
  const nodes: DumpNode[] = [];
  const ids = new Set<number>();
  const stack = [root];
  for (let field = stack.pop(); field !== undefined; field = stack.pop()) {
    const node = readJsonNode(field, stack, root.path);
    if (ids.has(node.id)) {
      throw new ModelFormatError(root.path, `has two nodes with nodeid ${node.id}`);
    }
    ids.add(node.id);
    nodes.push(node);
  }
  return { where: root.path, nodes };
}

/** Reads one node and puts its children on the stack. Their paths would grow with depth, so they name the tree only. */
function readJsonNode(field: Field, stack: Field[], tree: string): DumpNode {
  const id = field.get("nodeid").integer();
  const gain = optionalFloat(field.get("gain"));
  const cover = optionalFloat(field.get("cover"));
  const leaf = field.get("leaf");
  if (leaf.exists) {
    return {
      id,
      leaf: typeof leaf.value === "number" ? Float32Array.of(leaf.float()) : leaf.floats(),
      gain,
      cover,
    };
  }
  const where = `${tree} node ${id}`;
  const children = field.get("children").items();
  const [left, right] = children;
  if (left === undefined || right === undefined || children.length > 2) {
    throw new ModelFormatError(where, `has ${children.length} children, expected 2`);
  }
  stack.push(new Field(right.value, where), new Field(left.value, where));
  const condition = field.get("split_condition");
  const missing = field.get("missing");
  if (!condition.exists || !missing.exists) {
    throw indicatorError(where);
  }
  return {
    id,
    split: {
      feature: featureName(field.get("split")),
      condition: typeof condition.value === "number" ? condition.float() : condition.int32s(),
      left: left.get("nodeid").integer(),
      right: right.get("nodeid").integer(),
      missing: missing.integer(),
    },
    gain,
    cover,
  };
}

/** 0.90 writes the index of a feature without a name. */
function featureName(split: Field): string {
  return typeof split.value === "number" ? `f${split.integer()}` : split.string();
}

function optionalFloat(field: Field): number | undefined {
  return field.exists ? field.float() : undefined;
}

export function indicatorError(where: string): UnsupportedModelError {
  return new UnsupportedModelError(
    "indicator features in a dump",
    `${where}: the dump of a feature of type i leaves its threshold out; dump with type q instead`,
  );
}

export function dumpParts(dump: readonly DumpTree[], options: DumpOptions | undefined): ModelParts {
  const given = requireDumpOptions(options);
  const features = new FeatureIndex(dump, given.featureNames);
  const trees = dump.map((tree) => treeParts(tree, features));
  const leafSize = trees.reduce((largest, tree) => Math.max(largest, tree.leafSize ?? 1), 1);
  const groups = Math.max(given.numClass ?? 1, leafSize, given.baseScore.length);
  return {
    ...commonParts(given, groups, features.count),
    booster: "gbtree",
    trees: listTrees(trees),
    treeInfo: Int32Array.from(trees, (tree, t) => ((tree.leafSize ?? 1) > 1 ? 0 : t % groups)),
    // Rounds are not in a dump either: one tree for each group, or one vector-leaf tree, is what most models have.
    iterationIndptr: roundsOf(trees.length, leafSize > 1 ? 1 : groups),
  };
}

export function linearParts(dump: LinearDump, options: DumpOptions | undefined): ModelParts {
  const given = requireDumpOptions(options);
  const groups = dump.bias.length;
  const weights = new Float32Array(dump.weight.length + groups);
  weights.set(dump.weight);
  weights.set(dump.bias, dump.weight.length);
  return {
    ...commonParts(
      given,
      groups,
      given.featureNames?.length ?? Math.floor(dump.weight.length / Math.max(1, groups)),
    ),
    booster: "gblinear",
    trees: listTrees([]),
    treeInfo: new Int32Array(0),
    linear: { weights, boostedRounds: 0 },
  };
}

type GivenOptions = Omit<DumpOptions, "objective" | "baseScore"> & {
  objective: string;
  baseScore: Float32Array;
};

function requireDumpOptions(options: DumpOptions | undefined): GivenOptions {
  const { objective, baseScore, numClass } = options ?? {};
  if (typeof objective !== "string" || baseScore === undefined) {
    const absent = typeof objective !== "string" ? "objective" : "baseScore";
    throw new InputError(
      `dump.${absent} is needed: this is a dump of trees, which holds neither the objective nor the base score; ` +
        `give both, as in load(source, { dump: { objective: "reg:squarederror", baseScore: 0.5 } })`,
    );
  }
  const values = typeof baseScore === "number" ? [baseScore] : Array.from(baseScore ?? []);
  if (values.length === 0 || !values.every((value) => typeof value === "number" && Number.isFinite(value))) {
    throw new InputError(`dump.baseScore is ${describe(baseScore)}, expected a number or a list of numbers`);
  }
  if (numClass !== undefined && !(Number.isInteger(numClass) && numClass >= 0)) {
    throw new InputError(`dump.numClass is ${describe(numClass)}, expected a whole number`);
  }
  for (const name of ["featureNames", "featureTypes"] as const) {
    const list: unknown = options?.[name];
    if (list !== undefined && !(Array.isArray(list) && list.every((item) => typeof item === "string"))) {
      throw new InputError(`dump.${name} is ${describe(list)}, expected an array of strings`);
    }
  }
  return { ...options, objective, baseScore: Float32Array.from(values) };
}

function commonParts(
  given: GivenOptions,
  groups: number,
  numFeatures: number,
): Omit<ModelParts, "booster" | "trees" | "treeInfo"> {
  return {
    version: undefined,
    objective: given.objective,
    numFeatures,
    numClass: groups > 1 ? groups : 0,
    numTarget: 1,
    baseScore: given.baseScore,
    numFeaturesIsLeast: given.featureNames === undefined,
    featureNames: given.featureNames,
    featureTypes: given.featureTypes,
  };
}

function roundsOf(numTrees: number, perRound: number): Int32Array {
  if (numTrees % perRound !== 0) {
    throw new InputError(
      `dump.numClass is ${perRound}, but the dump's ${numTrees} trees are not a multiple of it`,
    );
  }
  return Int32Array.from({ length: numTrees / perRound + 1 }, (_, round) => round * perRound);
}

/** Feature name of a dump → column. Without given names only f0, f1, … can be told. */
class FeatureIndex {
  readonly #byName = new Map<string, number>();
  readonly count: number;

  constructor(dump: readonly DumpTree[], names: readonly string[] | undefined) {
    names?.forEach((name, index) => {
      this.#byName.set(name, index);
    });
    let highest = -1;
    for (const { nodes, where } of dump) {
      for (const { id, split } of nodes) {
        if (split !== undefined) {
          highest = Math.max(highest, this.index(split.feature, `${where} node ${id}`));
        }
      }
    }
    this.count = names?.length ?? highest + 1;
  }

  index(name: string, where: string): number {
    const known = this.#byName.get(name) ?? this.#byName.get(unescapeName(name));
    if (known !== undefined) {
      return known;
    }
    const digits = /^f(\d{1,10})$/.exec(name)?.[1];
    if (digits === undefined) {
      throw new InputError(
        `${where} splits on feature ${describe(name)}; give dump.featureNames, the names in the order of the columns`,
        { feature: name },
      );
    }
    return Number(digits);
  }
}

/** From 2.x on, text dumps escape names as JSON does. */
function unescapeName(name: string): string {
  if (!name.includes("\\")) {
    return name;
  }
  try {
    return String(JSON.parse(`"${name}"`));
  } catch {
    return name;
  }
}

function treeParts(tree: DumpTree, features: FeatureIndex): TreeParts {
  const { nodes, where } = tree;
  const numNodes = nodes.length;
  const position = new Map(nodes.map((node, i) => [node.id, i]));
  const leafSize = nodes.reduce((size, node) => Math.max(size, node.leaf?.length ?? 0), 1);
  const leaves = checkLeafSizes(nodes, leafSize, where);
  const parts = {
    where: { path: where },
    leftChildren: new Int32Array(numNodes).fill(-1),
    rightChildren: new Int32Array(numNodes).fill(-1),
    splitIndices: new Int32Array(numNodes),
    splitConditions: new Float32Array(numNodes),
    defaultLeft: new Uint8Array(numNodes),
    categoricalSplits: [] as CategoricalSplit[],
    nodeIds: Int32Array.from(nodes, (node) => node.id),
    lossChanges: statistics(nodes, (node) => (node.split === undefined ? 0 : node.gain)),
    sumHessian: statistics(nodes, (node) => node.cover),
    leafSize,
    leafVectors: leafSize > 1 ? new Float32Array(leaves * leafSize) : undefined,
    leafVectorStart: leafSize > 1 ? new Int32Array(numNodes) : undefined,
  };
  let values = 0;
  nodes.forEach((node, i) => {
    if (node.id < 0 || node.id > 0x7fffffff) {
      throw new ModelFormatError(where, `has nodeid ${node.id}`);
    }
    if (node.leaf !== undefined) {
      parts.splitConditions[i] = node.leaf[0]!;
      if (parts.leafVectors !== undefined) {
        parts.leafVectors.set(node.leaf, values);
        parts.leafVectorStart![i] = values;
        values += leafSize;
      }
    } else if (node.split !== undefined) {
      const { left, right, missing, condition, feature } = node.split;
      if (missing !== left && missing !== right) {
        throw new ModelFormatError(
          `${where} node ${node.id}`,
          `sends missing values to ${missing}, not a child`,
        );
      }
      parts.leftChildren[i] = childPosition(position, left, where);
      parts.rightChildren[i] = childPosition(position, right, where);
      parts.splitIndices[i] = features.index(feature, `${where} node ${node.id}`);
      parts.defaultLeft[i] = missing === left ? 1 : 0;
      if (typeof condition === "number") {
        parts.splitConditions[i] = condition;
      } else {
        parts.categoricalSplits.push({ node: i, categories: condition });
      }
    }
  });
  return parts;
}

/** All leaves hold as many values. Returns the number of leaves. */
function checkLeafSizes(nodes: readonly DumpNode[], leafSize: number, where: string): number {
  let leaves = 0;
  for (const { id, leaf } of nodes) {
    if (leaf !== undefined && leaf.length !== leafSize) {
      throw new ModelFormatError(`${where} node ${id}`, `has ${leaf.length} leaf values, others ${leafSize}`);
    }
    leaves += leaf === undefined ? 0 : 1;
  }
  return leaves;
}

function childPosition(position: ReadonlyMap<number, number>, id: number, where: string): number {
  const at = position.get(id);
  if (at === undefined) {
    throw new ModelFormatError(where, `has no node ${id}, which another node names as its child`);
  }
  return at;
}

/** A statistic of all nodes, or `undefined` where the dump does not have it. */
function statistics(
  nodes: readonly DumpNode[],
  of: (node: DumpNode) => number | undefined,
): Float32Array | undefined {
  const values = nodes.map(of);
  return nodes.some((node) => node.cover === undefined) || values.includes(undefined)
    ? undefined
    : Float32Array.from(values as number[]);
}
