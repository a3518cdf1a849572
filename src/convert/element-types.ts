/** Which arrays of a model document are typed in UBJSON, and as what. JSON does not say; XGBoost's reader insists. */
import type { ElementType } from "./document-writer.ts";

/** By key, wherever it stands: verified on the files of 1.6 to 3.4. */
const TYPES: Readonly<Record<string, ElementType>> = {
  base_weights: "d",
  categories: "l",
  categories_nodes: "l",
  categories_segments: "L",
  categories_sizes: "L",
  default_left: "U",
  feature_segments: "l",
  leaf_weights: "d",
  left_children: "l",
  loss_changes: "d",
  offsets: "l",
  parents: "l",
  right_children: "l",
  sorted_idx: "l",
  split_conditions: "d",
  split_indices: "l",
  split_type: "U",
  sum_hessian: "d",
  weights: "d",
};

/** Names of a feature's categories: the bytes of texts, or integers of the width that the number beside them stands for. */
const CATEGORY_TYPES: Readonly<Record<number, ElementType>> = {
  9: "i",
  10: "i",
  11: "I",
  12: "I",
  13: "l",
  14: "l",
  15: "L",
  16: "L",
};

/** Lists of float32 that are not typed arrays: each number has its mark. */
export const FLOAT_LISTS: ReadonlySet<string> = new Set(["weight_drop"]);

/**
 * The type of the array under a key; `undefined` where it has none.
 * @param sibling the integer under `type` in the same object, where there is one
 */
export function elementType(key: string, sibling: number | undefined): ElementType | undefined {
  if (key === "values") {
    return sibling === undefined ? "i" : CATEGORY_TYPES[sibling];
  }
  return Object.hasOwn(TYPES, key) ? TYPES[key] : undefined;
}
