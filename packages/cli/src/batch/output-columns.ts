/** Names of the columns that predictions go to. */
import type { PredictOptions } from "xgboost-infer";
import type { ModelExecutor } from "xgboost-infer/executor";
import { UsageError } from "../errors.ts";

export const OUTPUT_KINDS = ["value", "margin", "leaf", "contribs", "interactions"] as const;

/** What is predicted. */
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** Options of the engine for a kind of output. */
export function predictOptionsOf(
  kind: OutputKind,
  iterationRange: readonly [number, number] | undefined,
): PredictOptions {
  return {
    ...(kind === "margin" ? { outputMargin: true } : {}),
    ...(kind === "leaf" ? { predLeaf: true } : {}),
    ...(kind === "contribs" ? { predContribs: true } : {}),
    ...(kind === "interactions" ? { predInteractions: true } : {}),
    ...(iterationRange === undefined ? {} : { iterationRange }),
  };
}

/** Names in the order of the values of a row; as many as the model gives, which a row of missing values tells. */
export function outputNames(executor: ModelExecutor, kind: OutputKind, options: PredictOptions): string[] {
  const { booster, features } = executor;
  const cols = features.length;
  const row = { data: new Float32Array(cols).fill(Number.NaN), rows: 1, cols };
  const width = booster.predict(row, options).data.length;
  switch (kind) {
    case "value":
    case "margin":
      return width === 1 ? ["score"] : numbered("score", width);
    case "leaf":
      return numbered("leaf", width);
    default: {
      const effects = [...features.slice(0, booster.numFeatures), "bias"];
      const names =
        kind === "contribs" ? effects : effects.flatMap((one) => effects.map((other) => `${one}:${other}`));
      const prefix = kind === "contribs" ? "contrib" : "interaction";
      const groups = width / names.length;
      return groups === 1
        ? names.map((name) => `${prefix}_${name}`)
        : Array.from({ length: groups }, (_, k) => names.map((name) => `${prefix}_${k}_${name}`)).flat();
    }
  }
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, k) => `${name}_${k}`);
}

/** @throws UsageError where two columns of the output would have the same name */
export function checkNames(kept: readonly string[], predicted: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of kept) {
    if (seen.has(name)) {
      throw new UsageError(`--keep: column ${JSON.stringify(name)} is kept twice`);
    }
    seen.add(name);
  }
  const all = new Set(predicted);
  for (const name of kept) {
    if (all.has(name)) {
      throw new UsageError(
        `--keep: column ${JSON.stringify(name)} of the table has the name of a column that predictions go to; ` +
          "leave it out of --keep, or rename it in the table",
      );
    }
  }
  if (all.size < predicted.length) {
    const twice = predicted.find((name, i) => predicted.indexOf(name) !== i);
    throw new UsageError(
      `two columns of predictions would have the name ${JSON.stringify(twice)}: a feature of the model is named like them`,
    );
  }
}
