/** How the model's features and categories are called. */

import type { Names } from "../../logic/tree-words.ts";
import type { LoadedModel } from "../../state/model.ts";

export function namesOf({ features }: LoadedModel): Names {
  return {
    features: features.map(({ name }) => name),
    categories: (feature) => features[feature]?.categories,
  };
}
