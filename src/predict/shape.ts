/** Shapes of predictions, as NumPy would report them in Python. */
import { InputError } from "../errors.ts";
import type { Model } from "../model/model.ts";
import { type ExplanationKind, isMatrix } from "../shap/explainer.ts";
import { isExplanation, type Plan } from "./options.ts";

/** `width`: values a row. */
export function shapeOf(plan: Plan, rows: number, width: number, model: Model): readonly number[] {
  if (isExplanation(plan.kind)) {
    return explanationShape(plan.kind, plan.strictShape, rows, model);
  }
  if (rows === 0) {
    // XGBoost's own answer to no rows, whatever is asked.
    return [0, 0];
  }
  if (plan.kind === "leaf" && plan.strictShape) {
    return [rows, ...leafShape(plan, model)];
  }
  return width === 1 && !plan.strictShape ? [rows] : [rows, width];
}

/** Rows × output groups × columns, once or twice; one column a feature, and the bias. */
function explanationShape(
  kind: ExplanationKind,
  strict: boolean,
  rows: number,
  model: Model,
): readonly number[] {
  const columns = model.numFeatures + 1;
  const groups = model.numOutputGroups === 1 && !strict ? [] : [model.numOutputGroups];
  return [rows, ...groups, columns, ...(isMatrix(kind) ? [columns] : [])];
}

/** Rounds × output groups × parallel trees, for forests in which every round has as many trees. */
function leafShape(plan: Plan, model: Model): readonly [number, number, number] {
  const groups = model.numOutputGroups;
  const parallel = plan.treeEnd / Math.max(1, plan.rounds * groups);
  if (model.hasVectorLeaves) {
    throw new InputError(
      "strictShape: leaves of trees with vector leaves have no strict shape, in XGBoost neither",
    );
  }
  const even = model.iterationIndptr
    .slice(0, plan.rounds + 1)
    .every((at, round) => at === round * groups * parallel);
  if (!even || !Number.isInteger(parallel)) {
    throw new InputError("strictShape: the rounds of this model have different numbers of trees");
  }
  return [plan.rounds, groups, parallel];
}
