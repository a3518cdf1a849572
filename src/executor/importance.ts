/** How much of the importance each feature holds: from a file, or from the model's gains. */
import { describe, InputError, UnsupportedModelError } from "../errors.ts";
import type { Booster } from "../predict/booster.ts";
import { listNames, ModelDirectoryError } from "./errors.ts";
import { linesOf, type ReadFile, readRequired, textOf } from "./files.ts";

/** What each feature holds of the importance. Its share is its weight divided by the total. */
export interface Importance {
  /** By column, 0 or more. */
  readonly weights: Float64Array;
  /** 0 where the model splits on nothing. */
  readonly total: number;
}

/** Weights of a file `name<TAB>weight`, one feature a line; features that it does not name have 0. */
export function readImportance(
  read: ReadFile,
  file: string,
  manifest: string,
  names: readonly string[],
): Importance {
  const columns = new Map(names.map((name, column) => [name, column]));
  const weights = new Float64Array(names.length);
  const seen = new Map<number, number>();
  const lines = linesOf(textOf(file, readRequired(read, file, `importance in ${manifest}`)));
  for (const [i, text] of lines.entries()) {
    const tab = text.lastIndexOf("\t");
    if (tab < 0) {
      throw new ModelDirectoryError(
        file,
        `found ${describe(text)}, expected a name, a tab and a weight`,
        i + 1,
      );
    }
    const name = text.slice(0, tab);
    const column = columns.get(name);
    if (column === undefined) {
      const known = listNames(names);
      throw new ModelDirectoryError(
        file,
        `${describe(name)} is not a feature of the model, expected ${known}`,
        i + 1,
      );
    }
    if (seen.has(column)) {
      throw new ModelDirectoryError(
        file,
        `${describe(name)} stands on line ${seen.get(column)} already`,
        i + 1,
      );
    }
    seen.set(column, i + 1);
    const weight = parseWeight(text.slice(tab + 1));
    if (weight === undefined) {
      const found = describe(text.slice(tab + 1));
      throw new ModelDirectoryError(
        file,
        `the weight of ${describe(name)} is ${found}, expected a number of 0 or more`,
        i + 1,
      );
    }
    weights[column] = weight;
  }
  const total = sum(weights);
  if (total === 0 || !Number.isFinite(total)) {
    throw new ModelDirectoryError(file, `the weights sum to ${total}, expected a number above 0`);
  }
  return { weights, total };
}

function parseWeight(text: string): number | undefined {
  const weight = /^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(weight) ? weight : undefined;
}

/**
 * Total gains of the model, or why it has none. Gains below zero, which pruned and refreshed trees can have, count as none.
 */
export function gainImportance(booster: Booster, count: number): Importance | string {
  let gains: Record<string, number>;
  try {
    gains = booster.getScore({ importanceType: "total_gain" });
  } catch (error) {
    if (error instanceof InputError || error instanceof UnsupportedModelError) {
      return error.message;
    }
    throw error;
  }
  const weights = Float64Array.from({ length: count }, (_, column) => {
    return Math.max(0, gains[booster.featureNames?.[column] ?? `f${column}`] ?? 0);
  });
  const total = sum(weights);
  if (!Number.isFinite(total)) {
    return `the gains in the model sum to ${total}`;
  }
  return { weights, total };
}

/** In the order of columns: the last bit depends on it. */
function sum(weights: Float64Array): number {
  return weights.reduce((total, weight) => total + weight, 0);
}
