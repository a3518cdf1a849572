/**
 * The binary format of XGBoost 0.x to 3.0, removed in 3.1: packed little-endian records, with or without `binf` before
 * them. It knows no categorical splits, no vector leaves and no feature names.
 */
import { describe, UnsupportedModelError } from "../errors.ts";
import { listTrees, type ModelParts, type TreeParts } from "../model/builder.ts";
import type { LinearModel } from "../model/model.ts";
import type { ByteReader } from "./byte-reader.ts";

/** A node's 20 bytes and its statistics' 16. */
const NODE_BYTES = 36;
const TREE_HEADER_BYTES = 148;

interface LearnerParam {
  readonly baseScore: number;
  readonly numFeatures: number;
  readonly numClass: number;
  readonly hasAttributes: boolean;
  readonly hasMetrics: boolean;
  readonly version: readonly [number, number, number];
  readonly numTarget: number;
  readonly boostFromAverage: boolean;
}

/** `reader` is little-endian and stands on the learner's parameters, behind any magic. */
export function readLegacyBinary(reader: ByteReader): ModelParts {
  const param = readLearnerParam(reader);
  const objective = readString(reader, "objective");
  const name = readString(reader, "booster");
  const booster = readBooster(reader, name, param.version[0]);
  return {
    ...booster,
    version: param.version,
    objective,
    numFeatures: param.numFeatures,
    numClass: param.numClass,
    numTarget: param.numTarget,
    baseScore: Float32Array.of(param.baseScore),
    // Before 1.0 there was no version in the file and base_score was stored as a margin.
    baseScoreIsMargin: param.version[0] === 0,
    boostFromAverage: param.boostFromAverage,
    ...readTail(reader, param, objective),
  };
}

function readLearnerParam(reader: ByteReader): LearnerParam {
  const start = reader.take(136, "learner parameters");
  reader.offset = start;
  const param: LearnerParam = {
    baseScore: reader.float32("base_score"),
    numFeatures: reader.uint32("num_feature"),
    numClass: reader.int32("num_class"),
    hasAttributes: reader.int32("contain_extra_attrs") !== 0,
    hasMetrics: reader.int32("contain_eval_metrics") !== 0,
    version: [reader.uint32("major version"), reader.uint32("minor version"), 0],
    numTarget: Math.max(1, reader.uint32("num_target")),
    boostFromAverage: reader.int32("boost_from_average") === 1,
  };
  reader.offset = start + 136;
  return param;
}

type BoosterParts = Pick<ModelParts, "booster" | "trees" | "treeInfo"> &
  Partial<Pick<ModelParts, "treeWeights" | "numParallelTree" | "linear">>;

function readBooster(reader: ByteReader, name: string, major: number): BoosterParts {
  switch (name) {
    case "gblinear":
      return { booster: name, trees: listTrees([]), treeInfo: new Int32Array(0), linear: readLinear(reader) };
    case "gbtree":
      return { booster: name, ...readForest(reader, major) };
    case "dart": {
      const forest = readForest(reader, major);
      const treeWeights = reader.float32Array(reader.length(4, "weight_drop"), "weight_drop");
      return { booster: name, ...forest, treeWeights };
    }
    default:
      throw new UnsupportedModelError(`booster ${describe(name)}`, "expected gbtree, dart or gblinear");
  }
}

function readForest(
  reader: ByteReader,
  major: number,
): Pick<ModelParts, "trees" | "treeInfo"> & { numParallelTree: number } {
  const start = reader.take(160, "gbtree parameters");
  reader.offset = start;
  const numTrees = reader.int32("num_trees");
  const numParallelTree = reader.int32("num_parallel_tree");
  reader.offset = start + 160;
  if (numTrees < 0 || numTrees * (TREE_HEADER_BYTES + NODE_BYTES) > reader.remaining) {
    reader.fail(`num_trees is ${numTrees}, ${reader.remaining} bytes are left`);
  }
  const trees = Array.from({ length: numTrees }, (_, t) => readTree(reader, t, major));
  return { trees: listTrees(trees), treeInfo: reader.int32Array(numTrees, "tree_info"), numParallelTree };
}

function readTree(reader: ByteReader, index: number, major: number): TreeParts {
  const start = reader.take(TREE_HEADER_BYTES, "tree parameters");
  reader.offset = start + 4;
  const numNodes = reader.int32("num_nodes");
  reader.offset = start + 20;
  const sizeLeafVector = reader.int32("size_leaf_vector");
  reader.offset = start + TREE_HEADER_BYTES;
  if (numNodes < 1 || numNodes * NODE_BYTES > reader.remaining) {
    reader.fail(`num_nodes is ${numNodes}, ${reader.remaining} bytes are left`);
  }
  const tree = readNodes(reader, numNodes, `trees[${index}]`);
  // Before 1.0 a vector of leaf values followed where its size was not 0; 2.0 and later write the size 1 and no vector.
  if (sizeLeafVector > (major === 0 ? 0 : 1)) {
    throw new UnsupportedModelError("vector leaves in the old binary format", `trees[${index}]`);
  }
  return tree;
}

function readNodes(reader: ByteReader, numNodes: number, where: string): TreeParts {
  const nodes = reader.int32Array(5 * numNodes, "nodes");
  const conditions = new Float32Array(nodes.buffer, nodes.byteOffset, nodes.length);
  const stats = reader.float32Array(4 * numNodes, "node statistics");
  const column = (offset: number): Int32Array =>
    Int32Array.from({ length: numNodes }, (_, i) => nodes[5 * i + offset]!);
  const floats = (from: Float32Array, stride: number, offset: number): Float32Array =>
    Float32Array.from({ length: numNodes }, (_, i) => from[stride * i + offset]!);
  const indices = column(3);
  return {
    where: { path: where },
    leftChildren: column(1),
    rightChildren: column(2),
    splitIndices: indices.map((index) => index & 0x7fffffff),
    splitConditions: floats(conditions, 5, 4),
    defaultLeft: Uint8Array.from(indices, (index) => index >>> 31),
    lossChanges: floats(stats, 4, 0),
    sumHessian: floats(stats, 4, 1),
    baseWeights: floats(stats, 4, 2),
  };
}

function readLinear(reader: ByteReader): LinearModel {
  reader.take(136, "gblinear parameters");
  return { weights: reader.float32Array(reader.length(4, "weights"), "weights"), boostedRounds: 0 };
}

/** Attributes, then what releases before 1.0 wrote behind them. The file must end here. */
function readTail(
  reader: ByteReader,
  param: LearnerParam,
  objective: string,
): Pick<ModelParts, "attributes" | "objectiveParameters"> {
  const attributes: Record<string, string> = Object.create(null);
  if (param.hasAttributes) {
    const count = reader.length(16, "attributes");
    for (let i = 0; i < count; i++) {
      attributes[readString(reader, "attribute name")] = readString(reader, "attribute");
    }
  }
  // From 1.0 on the objective's own parameters travel as an attribute, which is not one of the user's.
  const objectiveParameters = attributes["objective"];
  delete attributes["objective"];
  if (param.version[0] === 0 && objective === "count:poisson") {
    readString(reader, "max_delta_step");
  }
  if (param.hasMetrics) {
    const count = reader.length(8, "evaluation metrics");
    for (let i = 0; i < count; i++) {
      readString(reader, "evaluation metric");
    }
  }
  if (reader.remaining > 0) {
    reader.fail(`${reader.remaining} bytes follow the end of the model`);
  }
  return { attributes, objectiveParameters };
}

function readString(reader: ByteReader, what: string): string {
  return reader.text(reader.length(1, what), what);
}
