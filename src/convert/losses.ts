/** What a document made of a model says less, or otherwise, than the training run did. */
import type { Model, Version } from "../model/model.ts";
import { orderNodes } from "./node-order.ts";
import { knownParameters, objectiveName } from "./objective-parameters.ts";

/** One line each, for people. Empty where nothing is lost. */
export function lossesOf(model: Model): string[] {
  const isDump = model.version === undefined;
  const lacks = (statistic: "lossChanges" | "sumHessian"): boolean =>
    model.trees.some((tree) => tree[statistic] === undefined);
  const losses: readonly (readonly [boolean, string])[] = [
    [isDump, "version: a dump does not say it; written as the newest known release, whose rules apply"],
    [
      model.numFeaturesIsLeast,
      `num_feature: written as ${model.numFeatures}, the features that trees use; give dump.featureNames for all of them`,
    ],
    [
      lacks("lossChanges"),
      "loss_changes: the dump has no gain; written as 0, so that importances by gain mean nothing",
    ],
    [
      lacks("sumHessian"),
      "sum_hessian: the dump has no cover; written as 0, so that importances by cover and contributions mean nothing",
    ],
    [
      isDump && model.trees.length > 0,
      "base_weights: a dump does not have them; nothing that predicts reads them",
    ],
    [isDump && model.linear !== undefined, "weights: a dump of a linear model has six digits of each"],
    [
      knownParameters(model) === undefined,
      "objective: its training parameters are not known; written as XGBoost's defaults",
    ],
    [
      objectiveName(model) !== model.objective,
      `objective: ${model.objective} is written as ${objectiveName(model)}, which differs in training only`,
    ],
    [
      objectiveName(model) === "binary:logitraw" && isBefore(model.version, 1003),
      "base_score: XGBoost before 1.3 took the logit of it, as this package does by the rules of the file; later ones take it as it is",
    ],
    [
      model.trees.some((tree) => !orderNodes(tree).keepsIds),
      "node ids: children do not stand side by side, as XGBoost needs it; leaves get other ids",
    ],
  ];
  return losses.filter(([isLost]) => isLost).map(([, text]) => text);
}

function isBefore(version: Version | undefined, release: number): boolean {
  return version !== undefined && version[0] * 1000 + version[1] < release;
}
