/** How much a model uses each feature, as XGBoost's `get_score`. */
import { describe, InputError, UnsupportedModelError } from "../errors.ts";
import type { Model, Tree } from "../model/model.ts";
import type { Rules } from "../model/rules.ts";

const TYPES = ["weight", "gain", "cover", "total_gain", "total_cover"] as const;

/** Splits on a feature; mean gain or cover of these; the sums of gain or cover. */
export type ImportanceType = (typeof TYPES)[number];

/** By feature: a number, or for linear models of several output groups one number a group. Features without a split are absent. */
export function importances(
  model: Model,
  type: ImportanceType,
  rules: Rules,
): readonly (readonly [feature: number, score: number | number[]])[] {
  if (!TYPES.includes(type)) {
    throw new InputError(`importanceType is ${describe(type)}, expected one of ${TYPES.join(", ")}`);
  }
  if (model.linear !== undefined) {
    return coefficients(model, model.linear.weights, type);
  }
  const counts = new Map<number, number>();
  const sums = new Map<number, number>();
  const round = rules.importance === "float32" ? Math.fround : (x: number): number => x;
  model.trees.forEach((tree, t) => {
    const statistic = statisticOf(tree, t, type);
    for (const node of splitsOf(tree, rules)) {
      const feature = tree.splitIndices[node]!;
      counts.set(feature, (counts.get(feature) ?? 0) + 1);
      sums.set(feature, round((sums.get(feature) ?? 0) + term(statistic?.[node] ?? 0, rules)));
    }
  });
  return [...counts.keys()]
    .sort((a, b) => a - b)
    .map((feature) => {
      const [count, sum] = [counts.get(feature)!, sums.get(feature)!];
      return [feature, type === "weight" ? count : type.startsWith("total") ? sum : round(sum / count)];
    });
}

/** Up to 1.4 Python read the nine digits of a text dump, where C rounds ties to even digits and `toPrecision` does not. */
function term(value: number, rules: Rules): number {
  const [digits, exponent] = value.toExponential(9).split("e");
  if (rules.importance === "float32" || Number(`${digits}e${exponent}`) !== value || !digits!.endsWith("5")) {
    return rules.importance === "float32" ? value : Number(value.toPrecision(9));
  }
  const shorter = digits!.slice(0, -1);
  const isEven = "02468".includes(shorter.at(-1)!);
  return isEven ? Number(`${shorter}e${exponent}`) : Number(value.toPrecision(9));
}

function statisticOf(tree: Tree, t: number, type: ImportanceType): Float32Array | undefined {
  if (type === "weight" || tree.leftChildren[0] === -1) {
    return undefined;
  }
  const statistic = type.endsWith("gain") ? tree.lossChanges : tree.sumHessian;
  if (statistic === undefined) {
    throw new UnsupportedModelError(
      `importance ${type}`,
      `trees[${t}] has no ${type.endsWith("gain") ? "gain (loss_changes)" : "cover (sum_hessian)"}: dump the model with ` +
        "with_stats=True, or load a saved model; trees with vector leaves have it since XGBoost 3.2",
    );
  }
  return statistic;
}

/** Splits from the root down, the right subtree first; in a text dump the left one. */
function splitsOf(tree: Tree, rules: Rules): number[] {
  const { leftChildren, rightChildren } = tree;
  const [first, second] =
    rules.importance === "float32" ? [leftChildren, rightChildren] : [rightChildren, leftChildren];
  const found: number[] = [];
  const stack = [0];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (leftChildren[node] !== -1) {
      found.push(node);
      stack.push(first[node]!, second[node]!);
    }
  }
  return found;
}

function coefficients(
  model: Model,
  weights: Float32Array,
  type: ImportanceType,
): readonly (readonly [number, number | number[]])[] {
  const { numFeatures, numOutputGroups: groups } = model;
  if (type !== "weight") {
    throw new InputError(`importanceType is ${describe(type)}: a gblinear model has weight only`);
  }
  if (weights.length === 0) {
    throw new InputError("getScore: this gblinear model has no weights yet");
  }
  return Array.from({ length: numFeatures }, (_, f) => [
    f,
    groups === 1 ? weights[f]! : Array.from(weights.subarray(f * groups, (f + 1) * groups)),
  ]);
}
