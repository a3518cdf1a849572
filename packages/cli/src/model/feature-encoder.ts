/** How a loaded model reads the values of a table. */
import type { ModelExecutor } from "xgboost-infer/executor";
import type { FeatureEncoder } from "../tables/table.ts";

export function featureEncoder(executor: ModelExecutor): FeatureEncoder {
  return {
    names: executor.features,
    kinds: executor.featureKinds,
    encodeText: (text, column) => executor.encodeText(text, column),
    encodeValue: (value, column) => executor.encodeValue(value, column),
  };
}
