/** Rows in JSON as KServe v1, MLflow and TensorFlow Serving write them, and predictions as they expect them. */
import { invalid } from "../failure.ts";
import type { ScoredOutput } from "../scoring/request.ts";
import { ListRows, NamedRows, type Rows } from "../scoring/rows.ts";
import { isObject, type JsonObject, nameOf } from "./json.ts";

/**
 * A list of rows: all of them lists in the model's order, or all of them objects by feature name.
 * @throws Failure for anything else
 */
export function rowsOf(value: unknown, what: string): Rows {
  if (!Array.isArray(value)) {
    throw invalid(`${what} is ${nameOf(value)}, expected a list of rows`);
  }
  const isRow = Array.isArray(value[0]) ? Array.isArray : isObject;
  const wrong = value.findIndex((row) => !isRow(row));
  if (wrong >= 0) {
    const expected = wrong === 0 ? "a list or an object" : Array.isArray(value[0]) ? "a list" : "an object";
    throw invalid(`${what}[${wrong}] is ${nameOf(value[wrong])}, expected ${expected}`);
  }
  return isRow === isObject
    ? new NamedRows(value as JsonObject[])
    : new ListRows(value as (readonly unknown[])[]);
}

/** A number a row, or nested lists where a row has several. What is not finite becomes `null` in JSON. */
export function predictionsOf({ data, shape }: ScoredOutput): unknown[] {
  const [rows = 0, ...rest] = shape;
  if (rest.length === 1 && rest[0] === 1) {
    return Array.from(data);
  }
  const width = rows === 0 ? 0 : data.length / rows;
  return Array.from({ length: rows }, (_, row) => nest(data, row * width, rest));
}

function nest(data: Float32Array, at: number, shape: readonly number[]): unknown[] {
  const [size = 0, ...rest] = shape;
  if (rest.length === 0) {
    return Array.from(data.subarray(at, at + size));
  }
  const width = rest.reduce((product, each) => product * each, 1);
  return Array.from({ length: size }, (_, i) => nest(data, at + i * width, rest));
}
