/** Base scores of files from before 1.0, which store margins: documents hold what the objective's link makes margins of. */
import { UnsupportedModelError } from "../errors.ts";
import type { Model } from "../model/model.ts";
import { rulesOf } from "../model/rules.ts";
import { baseMargins, findObjective, type Objective } from "../objective/objective.ts";

/** Floats on each side of the first guess that are tried. */
const REACH = 64;

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/** The model with its base score in prediction space, of the same margin to the bit. */
export function inPredictionSpace(model: Model): Model {
  if (!model.baseScoreIsMargin) {
    return model;
  }
  const rules = rulesOf(model.version ?? [0, 0, 0]);
  const objective = findObjective(model.objective);
  const linkOf = (score: number): number => baseMargins(Float32Array.of(score), objective, rules)[0]!;
  const baseScore = model.baseScore.map((margin) => scoreOf(margin, objective, linkOf));
  return { ...model, baseScore, baseScoreIsMargin: false };
}

function scoreOf(margin: number, objective: Objective, linkOf: (score: number) => number): number {
  const guess = guessScore(margin, objective);
  for (let step = 0; step <= REACH; step++) {
    for (const candidate of [neighbour(guess, step), neighbour(guess, -step)]) {
      // -0 and 0 are one margin: added to a leaf, both leave it as it is.
      if (isScore(candidate, objective) && linkOf(candidate) === margin) {
        return candidate;
      }
    }
  }
  throw new UnsupportedModelError(
    `base score with the margin ${margin}`,
    `no base score of ${objective.name} gives it exactly, and a model document holds no margins`,
  );
}

function isScore(score: number, { link }: Objective): boolean {
  return link === "logit" || link === "logitraw" ? score > 0 && score < 1 : link !== "log" || score > 0;
}

function guessScore(margin: number, { link }: Objective): number {
  switch (link) {
    case "logit":
    case "logitraw":
      return Math.fround(1 / (1 + Math.exp(-margin)));
    case "log":
      return Math.fround(Math.exp(margin));
    default:
      return margin;
  }
}

/** The float `steps` after a positive one; 0 has none that matter. */
function neighbour(value: number, steps: number): number {
  if (steps === 0 || value === 0) {
    return value;
  }
  floats[0] = value;
  bits[0]! += steps;
  return floats[0]!;
}
