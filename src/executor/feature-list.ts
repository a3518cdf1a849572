/** Names of a model's features by column: its own, or those of the feature list. */
import { describe, UnsupportedModelError } from "../errors.ts";
import type { Model } from "../model/model.ts";
import { listNames, ModelDirectoryError } from "./errors.ts";
import { linesOf, type ReadFile, readRequired, textOf } from "./files.ts";

/** Feature names in the order of the model's columns. */
export function readFeatureNames(
  read: ReadFile,
  list: string | undefined,
  manifest: string,
  model: Model,
): string[] {
  const own = model.featureNames;
  if (own !== undefined) {
    checkOwnNames(own);
  }
  if (list === undefined) {
    return own?.slice() ?? Array.from({ length: model.numFeatures }, (_, i) => `f${i}`);
  }
  const names = linesOf(textOf(list, readRequired(read, list, `features in ${manifest}`)));
  checkNames(list, names);
  if (own === undefined) {
    checkPositions(list, names, model);
    return names;
  }
  checkSameNames(list, names, own);
  return own.slice();
}

/** XGBoost refuses such names when it trains; only a file that something else wrote can hold them. */
function checkOwnNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new UnsupportedModelError("feature names", `the model has two features named ${describe(name)}`);
    }
    seen.add(name);
  }
}

function checkNames(list: string, names: readonly string[]): void {
  const lines = new Map<string, number>();
  names.forEach((name, i) => {
    if (name === "") {
      throw new ModelDirectoryError(list, "the line is empty, expected a feature name", i + 1);
    }
    const first = lines.get(name);
    if (first !== undefined) {
      throw new ModelDirectoryError(list, `${describe(name)} stands on line ${first} already`, i + 1);
    }
    lines.set(name, i + 1);
  });
}

/** A model without names takes the lines for its columns in order. */
function checkPositions(list: string, names: readonly string[], model: Model): void {
  const { numFeatures, numFeaturesIsLeast: open } = model;
  if (open ? names.length < numFeatures : names.length !== numFeatures) {
    throw new ModelDirectoryError(
      list,
      `has ${names.length} names, expected ${open ? "at least " : ""}${numFeatures}: the model has no names of its own, ` +
        "so that each line stands for a column",
    );
  }
  names.forEach((name, i) => {
    const column = /^f(0|[1-9]\d{0,9})$/.exec(name)?.[1];
    if (column !== undefined && Number(column) !== i && Number(column) < numFeatures) {
      throw new ModelDirectoryError(
        list,
        `${describe(name)} is XGBoost's name for column ${column}, but stands for column ${i} here`,
        i + 1,
      );
    }
  });
}

/** A model with names has its own order; the list must have the same names. */
function checkSameNames(list: string, names: readonly string[], own: readonly string[]): void {
  const known = new Set(own);
  names.forEach((name, i) => {
    if (!known.has(name)) {
      throw new ModelDirectoryError(
        list,
        `${describe(name)} is not a feature of the model, expected ${listNames(own)}`,
        i + 1,
      );
    }
  });
  const listed = new Set(names);
  const absent = own.filter((name) => !listed.has(name));
  if (absent.length > 0) {
    throw new ModelDirectoryError(list, `lacks features of the model: ${listNames(absent)}`);
  }
}
