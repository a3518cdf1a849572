/** Options of a prediction, as in Python, and what they amount to for a model. */
import { describe, InputError } from "../errors.ts";
import type { Model } from "../model/model.ts";
import type { ExplanationKind } from "../shap/explainer.ts";

export interface PredictOptions {
  /** Margins instead of values: before the objective's transform. */
  readonly outputMargin?: boolean;
  /** The node id of the leaf in each tree. */
  readonly predLeaf?: boolean;
  /** SHAP contributions to the margin: one a feature, and last the bias. They sum to the margin. */
  readonly predContribs?: boolean;
  /** With `predContribs` or `predInteractions`: the quick approximation (Saabas). Alone it does nothing, as in Python. */
  readonly approxContribs?: boolean;
  /** SHAP interactions: a matrix of features and bias, symmetric, whose rows sum to the contributions. */
  readonly predInteractions?: boolean;
  /** Boosting rounds `[begin, end)`; end 0 means all. Default: all, also after early stopping, as in Python's Booster. */
  readonly iterationRange?: readonly [number, number];
  /** Replaces the base score: one margin a row and output group. */
  readonly baseMargin?: ArrayLike<number>;
  /** Value that means missing besides NaN. */
  readonly missing?: number;
  /** Never drop dimensions of size 1, as in Python. */
  readonly strictShape?: boolean;
  /** Check width and names of the data. Default: true. */
  readonly validateFeatures?: boolean;
}

export type OutputKind = "value" | "margin" | "leaf" | ExplanationKind;

/** Contributions or interactions, instead of sums or leaves. */
export function isExplanation(kind: OutputKind): kind is ExplanationKind {
  return kind !== "value" && kind !== "margin" && kind !== "leaf";
}

/** What to compute: decided once a call, before any row is looked at. */
export interface Plan {
  readonly kind: OutputKind;
  readonly rounds: number;
  readonly treeBegin: number;
  readonly treeEnd: number;
  readonly strictShape: boolean;
}

export function planPrediction(options: PredictOptions, model: Model): Plan {
  if (typeof options !== "object" || options === null) {
    throw new InputError(`options is ${describe(options)}, expected an object`);
  }
  const kind = outputKind(options, model);
  const [begin, end] = iterationRange(options, model, kind);
  return {
    kind,
    rounds: end - begin,
    treeBegin: model.iterationIndptr[begin] ?? 0,
    treeEnd: model.iterationIndptr[end] ?? 0,
    strictShape: options.strictShape === true,
  };
}

function outputKind(options: PredictOptions, model: Model): OutputKind {
  const asked = (["outputMargin", "predLeaf", "predContribs", "predInteractions"] as const).filter(
    (name) => options[name] === true,
  );
  if (asked.length > 1) {
    throw new InputError(`One type of prediction at a time: found ${asked.join(" and ")}`);
  }
  if (asked[0] === "predContribs") {
    return options.approxContribs === true ? "approxContribs" : "contribs";
  }
  if (asked[0] === "predInteractions") {
    return options.approxContribs === true ? "approxInteractions" : "interactions";
  }
  if (asked[0] === "predLeaf") {
    if (model.booster === "gblinear") {
      throw new InputError("predLeaf: a gblinear model has no trees");
    }
    return "leaf";
  }
  return asked[0] === "outputMargin" ? "margin" : "value";
}

function iterationRange(options: PredictOptions, model: Model, kind: OutputKind): readonly [number, number] {
  const rounds = model.iterationIndptr.length - 1;
  const range: unknown = options.iterationRange ?? [0, 0];
  if (!Array.isArray(range)) {
    throw new InputError(`iterationRange is ${describe(range)}, expected [begin, end]`);
  }
  const [begin, end] = range as [number, number];
  if (!Number.isInteger(begin) || !Number.isInteger(end) || begin < 0 || end < 0) {
    throw new InputError(
      `iterationRange is [${describe(begin)}, ${describe(end)}], expected two whole numbers`,
    );
  }
  const summed = kind === "value" || kind === "margin";
  if (begin !== 0 && (!summed || model.booster === "gblinear")) {
    const what = summed ? "a gblinear model" : kind === "leaf" ? "predLeaf" : "an explanation";
    throw new InputError(`iterationRange starts at ${begin}: ${what} takes ranges that start at 0 only`);
  }
  if (model.booster === "gblinear") {
    return [0, 0];
  }
  const last = end === 0 ? rounds : end;
  if (last > rounds || begin > last) {
    throw new InputError(
      `Out of range for tree layers: iterationRange is [${begin}, ${end}], the model has ${rounds} rounds`,
    );
  }
  return [begin, last];
}
