/**
 * A model of trees as an ONNX file, for the race against ONNX Runtime: operator TreeEnsembleRegressor of `ai.onnx.ml` 3 and the
 * objective's transform. Written by hand, since Python's converters do not run in a page; fields are those of onnx.proto.
 */
import type { Booster, TreeNodeView } from "xgboost-infer";
import { bytesField, floatField, intField, ProtoWriter } from "./protobuf.ts";

/** The operator behind the sum of the leaves. */
const TRANSFORMS: Readonly<Record<string, "none" | "Sigmoid" | "Softmax" | "Exp">> = {
  "binary:logistic": "Sigmoid",
  "reg:logistic": "Sigmoid",
  "binary:logitraw": "none",
  "multi:softprob": "Softmax",
  "reg:squarederror": "none",
  "reg:linear": "none",
  "reg:absoluteerror": "none",
  "reg:pseudohubererror": "none",
  "reg:quantileerror": "none",
  "rank:ndcg": "none",
  "rank:map": "none",
  "rank:pairwise": "none",
  "count:poisson": "Exp",
  "reg:gamma": "Exp",
  "reg:tweedie": "Exp",
};

/** Why a model cannot be written as ONNX here; nothing where it can. */
export function onnxObstacle(booster: Booster): string | undefined {
  if (booster.booster === "gblinear") {
    return "a linear model has no trees";
  }
  if (!Object.hasOwn(TRANSFORMS, booster.objective)) {
    return `the objective ${booster.objective} has no operator in ONNX`;
  }
  for (let t = 0; t < booster.numTrees; t++) {
    if (booster.tree(t).nodes.some((node) => node.kind === "split" && node.categories !== undefined)) {
      return "its categorical splits are not written as ONNX here";
    }
  }
  return undefined;
}

interface TreeColumns {
  readonly treeIds: number[];
  readonly nodeIds: number[];
  readonly features: number[];
  readonly values: number[];
  readonly modes: string[];
  readonly trueIds: number[];
  readonly falseIds: number[];
  readonly missingTrue: number[];
  readonly targetTrees: number[];
  readonly targetNodes: number[];
  readonly targets: number[];
  readonly weights: number[];
}

/** @throws Error that says why, for models that `onnxObstacle` names an obstacle for */
export function onnxModel(booster: Booster): Uint8Array {
  const obstacle = onnxObstacle(booster);
  if (obstacle !== undefined) {
    throw new Error(obstacle);
  }
  const transform = TRANSFORMS[booster.objective]!;
  const outputs = booster.numOutputGroups;
  const last = transform === "none" ? "output" : "margin";
  const nodes = [treeNode(booster, last)];
  if (transform !== "none") {
    nodes.push(
      node(transform, "", ["margin"], ["output"], transform === "Softmax" ? [intAttribute("axis", 1)] : []),
    );
  }
  const graph = new ProtoWriter();
  for (const each of nodes) {
    graph.bytes(1, each);
  }
  graph.text(2, "xgboost");
  graph.bytes(11, tensorInfo("input", booster.numFeatures));
  graph.bytes(12, tensorInfo("output", outputs));
  const model = new ProtoWriter();
  model.int(1, 8);
  model.text(2, "xgboost-infer");
  model.bytes(7, graph.finish());
  model.bytes(8, opset("", 17));
  model.bytes(8, opset("ai.onnx.ml", 3));
  return model.finish();
}

/** The base score before the objective's transform. */
function baseMargins(booster: Booster): number[] {
  const transform = TRANSFORMS[booster.objective]!;
  // Binary files from before 1.0 hold a margin.
  const isMargin = booster.version[0] === 0;
  const toMargin = (score: number): number =>
    isMargin
      ? score
      : transform === "Sigmoid"
        ? Math.log(score / (1 - score))
        : transform === "Exp"
          ? Math.log(score)
          : score;
  const scores = booster.baseScore;
  return Array.from({ length: booster.numOutputGroups }, (_, i) => toMargin(scores[i] ?? scores[0] ?? 0));
}

function treeNode(booster: Booster, output: string): Uint8Array {
  const columns: TreeColumns = {
    treeIds: [],
    nodeIds: [],
    features: [],
    values: [],
    modes: [],
    trueIds: [],
    falseIds: [],
    missingTrue: [],
    targetTrees: [],
    targetNodes: [],
    targets: [],
    weights: [],
  };
  for (let t = 0; t < booster.numTrees; t++) {
    const { nodes, group, weight } = booster.tree(t);
    const places = new Map(nodes.map(({ id }, place) => [id, place]));
    nodes.forEach((each, place) => void addNode(columns, t, place, each, places, group, weight));
  }
  return node(
    "TreeEnsembleRegressor",
    "ai.onnx.ml",
    ["input"],
    [output],
    [
      intAttribute("n_targets", booster.numOutputGroups),
      textAttribute("aggregate_function", "SUM"),
      textAttribute("post_transform", "NONE"),
      floatsAttribute("base_values", baseMargins(booster)),
      intsAttribute("nodes_treeids", columns.treeIds),
      intsAttribute("nodes_nodeids", columns.nodeIds),
      intsAttribute("nodes_featureids", columns.features),
      floatsAttribute("nodes_values", columns.values),
      textsAttribute("nodes_modes", columns.modes),
      intsAttribute("nodes_truenodeids", columns.trueIds),
      intsAttribute("nodes_falsenodeids", columns.falseIds),
      intsAttribute("nodes_missing_value_tracks_true", columns.missingTrue),
      intsAttribute("target_treeids", columns.targetTrees),
      intsAttribute("target_nodeids", columns.targetNodes),
      intsAttribute("target_ids", columns.targets),
      floatsAttribute("target_weights", columns.weights),
    ],
  );
}

function addNode(
  columns: TreeColumns,
  tree: number,
  place: number,
  node: TreeNodeView,
  places: ReadonlyMap<number, number>,
  group: number,
  weight: number,
): void {
  const isSplit = node.kind === "split";
  columns.treeIds.push(tree);
  columns.nodeIds.push(place);
  columns.features.push(isSplit ? node.feature : 0);
  columns.values.push(isSplit ? node.threshold! : 0);
  columns.modes.push(isSplit ? "BRANCH_LT" : "LEAF");
  columns.trueIds.push(isSplit ? places.get(node.left)! : 0);
  columns.falseIds.push(isSplit ? places.get(node.right)! : 0);
  columns.missingTrue.push(isSplit && node.missing === "left" ? 1 : 0);
  if (node.kind === "leaf") {
    node.value.forEach((value, i) => {
      columns.targetTrees.push(tree);
      columns.targetNodes.push(place);
      columns.targets.push(node.value.length === 1 ? group : i);
      columns.weights.push(Math.fround(value * weight));
    });
  }
}

function node(
  operator: string,
  domain: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Uint8Array[],
): Uint8Array {
  const writer = new ProtoWriter();
  inputs.forEach((name) => void writer.text(1, name));
  outputs.forEach((name) => void writer.text(2, name));
  writer.text(3, operator);
  writer.text(4, operator);
  attributes.forEach((attribute) => void writer.bytes(5, attribute));
  writer.text(7, domain);
  return writer.finish();
}

/** AttributeProto.AttributeType. */
const FLOATS = 6;
const INT = 2;
const TEXT = 3;
const INTS = 7;
const TEXTS = 8;

function attribute(name: string, type: number, fill: (writer: ProtoWriter) => void): Uint8Array {
  const writer = new ProtoWriter();
  writer.text(1, name);
  fill(writer);
  writer.int(20, type);
  return writer.finish();
}

const intAttribute = (name: string, value: number): Uint8Array =>
  attribute(name, INT, (writer) => writer.int(3, value));
const textAttribute = (name: string, value: string): Uint8Array =>
  attribute(name, TEXT, (writer) => writer.text(4, value));
const floatsAttribute = (name: string, values: readonly number[]): Uint8Array =>
  attribute(name, FLOATS, (writer) => writer.bytes(7, floatField(values)));
const intsAttribute = (name: string, values: readonly number[]): Uint8Array =>
  attribute(name, INTS, (writer) => writer.bytes(8, intField(values)));
const textsAttribute = (name: string, values: readonly string[]): Uint8Array =>
  attribute(name, TEXTS, (writer) => values.forEach((value) => void writer.bytes(9, bytesField(value))));

/** A matrix of float32: any number of rows. */
function tensorInfo(name: string, cols: number): Uint8Array {
  const rows = new ProtoWriter();
  rows.text(2, "rows");
  const width = new ProtoWriter();
  width.int(1, cols);
  const shape = new ProtoWriter();
  shape.bytes(1, rows.finish());
  shape.bytes(1, width.finish());
  const tensor = new ProtoWriter();
  tensor.int(1, 1);
  tensor.bytes(2, shape.finish());
  const type = new ProtoWriter();
  type.bytes(1, tensor.finish());
  const info = new ProtoWriter();
  info.text(1, name);
  info.bytes(2, type.finish());
  return info.finish();
}

function opset(domain: string, version: number): Uint8Array {
  const writer = new ProtoWriter();
  writer.text(1, domain);
  writer.int(2, version);
  return writer.finish();
}
