/** The output `predict_proba`: a column a class, as `XGBClassifier.predict_proba` in Python gives it. */
import type { Booster } from "xgboost-infer";
import { Failure } from "../failure.ts";
import type { ScoredOutput } from "../scoring/request.ts";

/** Objectives whose predictions are probabilities of classes. That of `multi:softmax` is the class itself. */
const OBJECTIVES: readonly string[] = ["binary:logistic", "multi:softprob"];

export function hasProbabilities({ objective }: Pick<Booster, "objective">): boolean {
  return OBJECTIVES.includes(objective);
}

/**
 * Two columns for two classes, of which the first is 1 - p in float32, as NumPy computes it; what has a column a class, or a label,
 * stays as it is.
 * @param value of `predict`, [rows, columns]
 * @throws Failure for models that give no probabilities
 */
export function probabilities(
  booster: Pick<Booster, "objective">,
  { kind, data, shape }: ScoredOutput,
): ScoredOutput {
  if (!hasProbabilities(booster)) {
    throw new Failure(
      "unsupported",
      `predict_proba is for models of ${OBJECTIVES.join(" and ")}, the objective of this one is ${booster.objective}`,
    );
  }
  if (shape[1] !== 1) {
    return { kind, data, shape };
  }
  const both = new Float32Array(2 * data.length);
  for (let row = 0; row < data.length; row++) {
    both[2 * row] = 1 - data[row]!;
    both[2 * row + 1] = data[row]!;
  }
  return { kind, data: both, shape: [data.length, 2] };
}
