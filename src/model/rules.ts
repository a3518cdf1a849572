/**
 * What XGBoost changed between releases and a prediction depends on, as one table. A file does not say by whose rules it
 * wants to be read (XGBoost always applies those of the loading release), so the caller chooses; see `LoadOptions.rules`.
 *
 * Each rule lists its values with the release that introduced them, oldest first.
 */
import { describe, InputError } from "../errors.ts";
import type { Model, Tree, UnreadModel, Version } from "./model.ts";

/** A release as one comparable number: major × 1000 + minor. */
type Release = number;

/** The rules in force for one prediction. */
export interface Rules {
  /** Where the base score enters the float32 sum of leaves. */
  readonly baseScoreEnters: "first" | "last" | "last in dart";
  /** Base margin of binary:logitraw: logit of the base score, or the base score as it is. */
  readonly logitrawLink: "logit" | "identity";
  /** A logistic base score of 0 or 1 and beyond: refused, or moved to 1e-6 and 1 - 1e-6. */
  readonly logisticBaseScore: "refused outside (0, 1)" | "clamped";
  /** Base margin of a model without trees whose boost_from_average is set: link of the base score, or as stored. */
  readonly emptyModelBaseScore: "linked" | "as stored";
  /** Whether the sigmoid's argument is cut off at -88.7, so that it never reaches 0. */
  readonly sigmoid: "unbounded" | "clamped";
  /** Whether categorical splits are obeyed, or taken for numerical ones (1.3 and 1.4 on the CPU). */
  readonly categoricalSplits: "taken for numerical" | "obeyed";
  /**
   * Where a category goes that is negative, too large, or beyond the bit set of the node. "left after truncation": values
   * between -1 and 0 are category 0; otherwise they are negative.
   */
  readonly outOfRangeCategory: "left after truncation" | "default" | "left";
  /** Order in which gblinear adds the entries of a sparse row. */
  readonly sparseLinear: "as stored" | "by column";
  /** Whether a leaf of -0 in a DART tree counts as 0, or as it is. */
  readonly dartZeroLeaf: "0" | "as stored";
  /** Order of the values of reg:quantileerror in a row. */
  readonly quantiles: "as trained" | "ascending";
  /** survival:aft: glibc's float32 exponential, or its double one rounded to float32 (CPU-only packages). */
  readonly aftExponential: "float32" | "double";
  /** How SHAP values come about: TreeSHAP's path algorithm, or Gauss-Legendre quadrature. */
  readonly shap: "paths" | "quadrature";
  /** Contributions of trees: added one by one without DART's weights, or summed for each tree, weighted and then added. */
  readonly treeContributions: "in one sum" | "tree by tree";
  /** How importances are summed: in double by Python, from a text dump, or in float32. */
  readonly importance: "double" | "float32";
}

type Changes = { readonly [Name in keyof Rules]: readonly (readonly [since: Release, value: Rules[Name]])[] };

const CHANGES: Changes = {
  baseScoreEnters: [
    [0, "last"],
    [1003, "last in dart"],
    [1004, "first"],
  ],
  logitrawLink: [
    [0, "logit"],
    [1003, "identity"],
  ],
  logisticBaseScore: [
    [0, "refused outside (0, 1)"],
    [3002, "clamped"],
  ],
  emptyModelBaseScore: [
    [0, "linked"],
    [3001, "as stored"],
  ],
  sigmoid: [
    [0, "unbounded"],
    [1006, "clamped"],
  ],
  categoricalSplits: [
    [0, "taken for numerical"],
    [1005, "obeyed"],
  ],
  outOfRangeCategory: [
    [0, "left after truncation"],
    [1006, "default"],
    [1007, "left"],
  ],
  sparseLinear: [
    [0, "as stored"],
    [1006, "by column"],
  ],
  dartZeroLeaf: [
    [0, "0"],
    [2000, "as stored"],
  ],
  quantiles: [
    [0, "as trained"],
    [3004, "ascending"],
  ],
  aftExponential: [
    [0, "float32"],
    [2001, "double"],
  ],
  shap: [
    [0, "paths"],
    [3003, "quadrature"],
  ],
  treeContributions: [
    [0, "in one sum"],
    [1000, "tree by tree"],
  ],
  importance: [
    [0, "double"],
    [1005, "float32"],
  ],
};

export const LATEST_RELEASE: Version = [3, 4, 1];

/** `"file"`: the release that wrote the file; `"latest"`; or a release such as `"1.7"`. */
export type RulesOption = "file" | "latest" | `${number}.${number}`;

/** The rules in force. `version` is the file's; files and dumps that do not say it follow the latest rules. */
export function chooseRules(option: RulesOption, version: Version | undefined): Rules {
  if (option === "file") {
    return rulesOf(version ?? LATEST_RELEASE);
  }
  if (option === "latest") {
    return rulesOf(LATEST_RELEASE);
  }
  const release = typeof option === "string" ? /^(\d{1,3})\.(\d{1,3})(?:\.\d{1,3})?$/.exec(option) : null;
  if (release === null) {
    throw new InputError(
      `rules is ${describe(option)}, expected "file", "latest" or a release such as "1.7"`,
    );
  }
  return rulesOf([Number(release[1]), Number(release[2]), 0]);
}

/** Rules of a release; those of the newest known one for releases after it. */
export function rulesOf(version: Version): Rules {
  const release: Release = version[0] * 1000 + version[1];
  const chosen = Object.entries(CHANGES).map(([name, changes]: [string, Changes[keyof Rules]]) => [
    name,
    changes.reduce((value, change) => (change[0] <= release ? change[1] : value), changes[0]![1]),
  ]);
  return Object.fromEntries(chosen);
}

/** What is added to every leaf before its weight: 0 turns -0 into 0, -0 changes nothing. */
export function zeroOf(model: Model | UnreadModel, rules: Rules): number {
  return model.booster === "dart" && rules.dartZeroLeaf === "0" ? 0 : -0;
}

/** The tree as a release without categorical splits takes it, where that is the rule: every split is numerical. */
export function obeyedTree<Each extends Tree>(tree: Each, rules: Rules): Each {
  return rules.categoricalSplits === "obeyed"
    ? tree
    : { ...tree, categoryIndex: undefined, categorySets: [] };
}

/** The model with its trees as `obeyedTree` has them. */
export function withObeyedSplits(model: Model, rules: Rules): Model {
  return { ...model, trees: model.trees.map((tree) => obeyedTree(tree, rules)) };
}
