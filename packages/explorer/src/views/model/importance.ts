/** Importance of features, and why there is none. */
import type { ImportanceType } from "xgboost-infer";
import type { LoadedModel } from "../../state/model.ts";
import { messageOf } from "../../state/problem.ts";

/** What each type means, in the order in which they are offered. */
export const IMPORTANCE_TYPES: Readonly<Record<ImportanceType, string>> = {
  gain: "mean loss reduction of its splits",
  total_gain: "sum of the loss reductions of its splits",
  weight: "number of its splits",
  cover: "mean sum of hessians at its splits: for squared error, rows",
  total_cover: "sum of hessians at its splits",
};

export interface Importance {
  readonly feature: string;
  readonly value: number;
}

/** Largest first; of linear models by size, whatever the sign. Features that are not used are absent. */
export function importancesOf(
  { booster }: LoadedModel,
  importanceType: ImportanceType,
  output: number,
): { readonly found: readonly Importance[] } | { readonly problem: string } {
  try {
    const scores = booster.getScore<number | readonly number[]>({ importanceType });
    const found = Object.entries(scores).map(([feature, value]) => ({
      feature,
      value: typeof value === "number" ? value : (value[output] ?? Number.NaN),
    }));
    return { found: found.sort((a, b) => Math.abs(b.value) - Math.abs(a.value)) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
