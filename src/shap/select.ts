/** Which explainer answers, and what XGBoost cannot explain. */
import type { EngineOption } from "../engine/select.ts";
import { InputError, UnsupportedModelError } from "../errors.ts";
import type { Model } from "../model/model.ts";
import { type Rules, withObeyedSplits } from "../model/rules.ts";
import { WithApproximation } from "./approximate.ts";
import { type Explainer, type ExplanationKind, isMatrix } from "./explainer.ts";
import { createFastExplainer } from "./fast.ts";
import { createPathExplainer } from "./fast-paths.ts";
import { LinearExplainer } from "./linear.ts";
import { deepest, depthOf } from "./means.ts";
import { ReferenceExplainer } from "./reference.ts";

/** Explainers go down by recursion, as XGBoost does, and the stack of a page or worker is small. */
const MAX_DEPTH = 512;

/** What explains a model that `checkTrees` lets through. */
export function selectExplainer(engine: EngineOption, loaded: Model, rules: Rules): Explainer {
  if (loaded.linear !== undefined) {
    return new LinearExplainer(loaded.linear, loaded.numFeatures, loaded.numOutputGroups);
  }
  const model = withObeyedSplits(loaded, rules);
  // What a weight that is no number does to features without a split, fast explainers pass over.
  if (engine === "reference" || model.treeWeights?.some((weight) => !Number.isFinite(weight))) {
    return new ReferenceExplainer(model, rules);
  }
  return new WithApproximation(model, rules, selectExact(model, rules, engine !== "javascript"));
}

function selectExact(model: Model, rules: Rules, wasm: boolean): Explainer {
  if (rules.shap === "quadrature") {
    return createFastExplainer(model, rules, deepest(model), wasm);
  }
  const fast = wasm ? createPathExplainer(model, rules, deepest(model)) : undefined;
  return fast ?? new ReferenceExplainer(model, rules);
}

/** Throws for what XGBoost refuses to explain. */
export function checkExplanation(kind: ExplanationKind, model: Model, rules: Rules): void {
  if (model.linear !== undefined && isMatrix(kind)) {
    throw new InputError("predInteractions: the features of a gblinear model do not interact");
  }
  if (!model.hasVectorLeaves) {
    return;
  }
  if (kind === "approxContribs" || kind === "approxInteractions") {
    throw new InputError("approxContribs: XGBoost has no approximation for trees with vector leaves");
  }
  if (rules.shap === "paths") {
    throw new InputError(
      'contributions of trees with vector leaves came with XGBoost 3.3; load the model with rules: "latest" for them',
    );
  }
}

/** @throws UnsupportedModelError where the model lacks what explanations need */
export function checkTrees(model: Model, rules: Rules): void {
  model.trees.forEach((tree, t) => {
    const covers = tree.sumHessian;
    if (covers === undefined && tree.leftChildren[0] !== -1) {
      throw new UnsupportedModelError(
        "contributions without cover",
        `trees[${t}] has no cover (sum_hessian): dump the model with with_stats=True, or load a saved model; trees with ` +
          "vector leaves have it since XGBoost 3.2",
      );
    }
    if (rules.shap === "quadrature" && covers?.some((cover) => cover < 0)) {
      throw new UnsupportedModelError(
        "negative cover",
        `trees[${t}] has it: XGBoost does not explain such trees`,
      );
    }
    if (depthOf(tree) > MAX_DEPTH) {
      throw new UnsupportedModelError(
        "contributions of deep trees",
        `trees[${t}] is ${depthOf(tree)} levels deep, expected at most ${MAX_DEPTH}`,
      );
    }
  });
}
