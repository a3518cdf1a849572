/** What a model takes and gives, in terms of the Open Inference Protocol. */
import type { FeatureKind } from "xgboost-infer/executor";
import type { ServedModel } from "../repository/served-model.ts";
import type { Datatype } from "./datatypes.ts";
import { hasProbabilities } from "./probabilities.ts";

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1 for any size. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

export const PLATFORM = "xgboost";

const DATATYPE_OF: Readonly<Record<FeatureKind, Datatype>> = {
  number: "FP32",
  "text category": "BYTES",
  "integer category": "INT64",
};

/** Features are many, and models do not change. */
const known = new WeakMap<ServedModel, Pick<ModelMetadata, "inputs" | "outputs">>();

/** @param versions all that are ready */
export function modelMetadata(model: ServedModel, versions: readonly string[]): ModelMetadata {
  let tensors = known.get(model);
  if (tensors === undefined) {
    tensors = { inputs: inputsOf(model), outputs: outputsOf(model) };
    known.set(model, tensors);
  }
  return { name: model.name, versions, platform: PLATFORM, ...tensors };
}

function inputsOf({ executor }: ServedModel): TensorMetadata[] {
  return executor.features.map((name, column) => ({
    name,
    datatype: DATATYPE_OF[executor.featureKinds[column]!],
    shape: [-1, 1],
  }));
}

function outputsOf({ executor }: ServedModel): TensorMetadata[] {
  const { booster, features } = executor;
  const groups = booster.numOutputGroups;
  const values = booster.predictRow(new Float32Array(features.length)).length;
  const tensor = (name: string, ...rest: number[]): TensorMetadata => ({
    name,
    datatype: "FP32",
    shape: [-1, ...rest],
  });
  return [
    tensor("predict", values),
    ...(hasProbabilities(booster) ? [tensor("predict_proba", Math.max(2, values))] : []),
    tensor("margin", groups),
    ...(booster.booster === "gblinear" ? [] : [tensor("leaf", booster.numTrees)]),
    tensor("contribs", ...(groups === 1 ? [] : [groups]), booster.numFeatures + 1),
  ];
}
