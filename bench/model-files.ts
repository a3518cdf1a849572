/** Model files of the workloads, as XGBoost would save them: JSON, and UBJSON with its typed arrays. */
import { type Document, writeUbjson } from "../test/support/document.ts";
import { modelText, type Workload } from "./workloads.ts";

export const FILE_FORMATS = ["json", "ubjson"] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** Element types of the lists that are not of 32-bit integers. */
const FLOATS = new Set(["base_weights", "loss_changes", "split_conditions", "sum_hessian"]);
const BYTES = new Set(["default_left", "split_type"]);
const LONGS = new Set(["categories_segments", "categories_sizes"]);

export function modelFile(workload: Workload, format: FileFormat): Uint8Array {
  const text = modelText(workload);
  if (format === "json") {
    return new TextEncoder().encode(text);
  }
  return writeUbjson(JSON.parse(text, (key, value) => (isNumbers(key, value) ? typed(key, value) : value)));
}

/** Lists of numbers each of which has its type. */
const UNTYPED = new Set(["version", "tree_info", "iteration_indptr"]);
/** Lists of a tree may be empty; others that are hold no numbers. */
function isNumbers(key: string, value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    !UNTYPED.has(key) &&
    (value.length > 0 ? typeof value[0] === "number" : key.startsWith("categories"))
  );
}

function typed(key: string, values: readonly number[]): Document {
  if (FLOATS.has(key)) {
    return Float32Array.from(values);
  }
  if (BYTES.has(key)) {
    return Uint8Array.from(values);
  }
  return LONGS.has(key) ? BigInt64Array.from(values, BigInt) : Int32Array.from(values);
}
