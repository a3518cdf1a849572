/** Tensors of a request to rows: one matrix, or one tensor a feature. */
import type { ModelExecutor } from "xgboost-infer/executor";
import { invalid } from "../failure.ts";
import { type BoundRows, ColumnRows, MatrixRows, type Rows } from "../scoring/rows.ts";
import type { Datatype, TensorValues } from "./datatypes.ts";

export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly values: TensorValues;
}

/** An input of this name is no feature, unless the model has one that is called so. */
export const BASE_MARGIN = "base_margin";

/** Names of features that are listed in an error. */
const MAX_LISTED = 10;

/** A shape's sizes beyond these cannot be those of data that has arrived. */
const MAX_RANK = 8;

/** @throws Failure for anything but a list of whole numbers of 0 or more */
export function checkShape(shape: unknown, name: string): readonly number[] {
  if (!Array.isArray(shape) || shape.length === 0 || shape.length > MAX_RANK) {
    throw invalid(`input ${name}: shape is no list of 1 to ${MAX_RANK} sizes`);
  }
  let count = 1;
  for (const size of shape as unknown[]) {
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
      throw invalid(`input ${name}: shape has ${JSON.stringify(size)}, expected whole numbers of 0 or more`);
    }
    count *= size;
  }
  if (!Number.isSafeInteger(count)) {
    throw invalid(`input ${name}: shape [${shape.join(", ")}] is too large`);
  }
  return shape as number[];
}

/** Rows as tensors. Whether these are features or a matrix, the names of the model decide. */
export class TensorRows implements Rows {
  readonly count: number;
  readonly #tensors: readonly Tensor[];

  /** @throws Failure for tensors that cannot be rows of any model */
  constructor(tensors: readonly Tensor[]) {
    const [first] = tensors;
    if (first === undefined) {
      throw invalid("inputs is empty, expected one matrix, or one tensor a feature");
    }
    const names = new Set<string>();
    for (const { name, shape } of tensors) {
      if (names.has(name)) {
        throw invalid(`input ${JSON.stringify(name)} stands twice`);
      }
      names.add(name);
      if (shape[0] !== first.shape[0]) {
        throw invalid(`input ${name} has ${shape[0]} rows, input ${first.name} has ${first.shape[0]}`);
      }
      if (shape.length > 2 || (tensors.length > 1 && (shape[1] ?? 1) !== 1)) {
        throw invalid(
          `input ${name} has the shape [${shape.join(", ")}], expected one input of [rows, features], or one of [rows] or [rows, 1] for each feature`,
        );
      }
    }
    this.count = first.shape[0]!;
    this.#tensors = tensors;
  }

  bind(executor: ModelExecutor): BoundRows {
    const { features } = executor;
    const [first] = this.#tensors as [Tensor];
    const [, width = 1] = first.shape;
    const isFeature = width === 1 && features.includes(first.name);
    if (this.#tensors.length === 1 && first.shape.length === 2 && !isFeature) {
      return new MatrixRows(first.values, this.count, width).bind(executor);
    }
    const known = new Set(features);
    if (!this.#tensors.some(({ name }) => known.has(name))) {
      const listed = features
        .slice(0, MAX_LISTED)
        .map((name) => JSON.stringify(name))
        .join(", ");
      const more = features.length > MAX_LISTED ? `, … (${features.length} features)` : "";
      throw invalid(
        `no input is a feature of the model: expected one input of [rows, ${features.length}], or inputs named ${listed}${more}`,
      );
    }
    return new ColumnRows(this.#tensors, this.count).bind(executor);
  }
}
