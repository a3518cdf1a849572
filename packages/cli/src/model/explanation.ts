/** Contributions of rows, with names and values as people know them. */
import { InputError } from "xgboost-infer";
import type { ModelExecutor } from "xgboost-infer/executor";
import { type RowContributions, rowContributions } from "xgboost-infer/explain";
import { UsageError } from "../errors.ts";
import type { ModelRow } from "./rows.ts";

export interface Explanation extends ModelRow {
  /** Output group: class, target, quantile. */
  readonly group: number;
  /** What the model predicts: one value, or several. */
  readonly prediction: readonly number[];
  readonly contributions: RowContributions;
}

/** One explanation a row and output group. @throws UsageError for a group that there is none of */
export function explainRows(
  executor: ModelExecutor,
  rows: readonly ModelRow[],
  groups: readonly number[],
): Explanation[] {
  const { booster } = executor;
  const wrong = groups.find((group) => group >= booster.numOutputGroups);
  if (wrong !== undefined) {
    throw new UsageError(
      `--group ${wrong}: the model has ${booster.numOutputGroups} output groups, counted from 0`,
    );
  }
  return rows.flatMap(({ row, values }) => {
    const prediction = Array.from(booster.predictRow(values));
    const all = contributionsOf(executor, values);
    return groups.map((group) => ({
      ...{ row, values, group, prediction },
      contributions: {
        ...rowContributions(all, 0, group),
        features: shownValues(executor, values),
        names: executor.features,
        output: booster.numOutputGroups > 1 ? `margin of output ${group}` : "margin",
      },
    }));
  });
}

function contributionsOf(
  executor: ModelExecutor,
  values: Float32Array,
): ReturnType<ModelExecutor["booster"]["predict"]> {
  const data = { data: values, rows: 1, cols: values.length };
  try {
    return executor.booster.predict(data, { predContribs: true, strictShape: true });
  } catch (error) {
    throw error instanceof InputError ? new UsageError(error.message) : error;
  }
}

/** Values of a row as people know them: names of categories, no float32 noise. */
export function shownValues({ booster }: ModelExecutor, values: Float32Array): (number | string)[] {
  return Array.from(values, (value, feature) => booster.categoryNames(feature)?.[value] ?? shortFloat(value));
}

function shortFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) {
      return shorter;
    }
  }
  return value;
}
