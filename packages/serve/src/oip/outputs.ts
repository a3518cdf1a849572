/** Names of outputs in the Open Inference Protocol. */
import { invalid } from "../failure.ts";
import type { OutputKind, ScoreAnswer, ScoredOutput } from "../scoring/request.ts";
import { probabilities } from "./probabilities.ts";

/** Made of the value, a column a class. */
const PROBABILITIES = "predict_proba";

/** Names that metadata gives, and what other servers and XGBoost call the same. A reply has the name that was asked for. */
const NAMES: Readonly<Record<string, OutputKind>> = {
  predict: "value",
  value: "value",
  [PROBABILITIES]: "value",
  output__0: "value",
  "output-0": "value",
  margin: "margin",
  output_margin: "margin",
  leaf: "leaf",
  pred_leaf: "leaf",
  contribs: "contribs",
  pred_contribs: "contribs",
  interactions: "interactions",
  pred_interactions: "interactions",
};

export const DEFAULT_OUTPUT = "predict";

/** @throws Failure for a name that is none of these */
export function outputKind(name: string): OutputKind {
  const kind = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
  if (kind === undefined) {
    throw invalid(
      `no output ${JSON.stringify(name.slice(0, 100))}, expected ${Object.keys(NAMES).join(", ")}`,
    );
  }
  return kind;
}

/** The output of an answer by the name that was asked for. */
export function outputOf(name: string, { outputs, model }: ScoreAnswer): ScoredOutput {
  const kind = outputKind(name);
  const found = outputs.find((output) => output.kind === kind)!;
  return name === PROBABILITIES ? probabilities(model.executor.booster, found) : found;
}
