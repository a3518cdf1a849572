/** The façade: a loaded model and its predictions. */
import type { Engine } from "../engine/engine.ts";
import { addLinear } from "../engine/linear.ts";
import { type EngineOption, selectEngine } from "../engine/select.ts";
import { describe, InputError, ModelFormatError } from "../errors.ts";
import type { BoosterName, Model, Version } from "../model/model.ts";
import { chooseRules, LATEST_RELEASE, type Rules, type RulesOption } from "../model/rules.ts";
import {
  baseMargins,
  findObjective,
  type Objective,
  outputsPerRow,
  transformMargins,
} from "../objective/objective.ts";
import type { DumpOptions } from "../parse/dump.ts";
import { parseModel } from "../parse/parse.ts";
import type { Data, RowSource } from "./data.ts";
import { FeatureTable } from "./features.ts";
import { type Plan, type PredictOptions, planPrediction } from "./options.ts";
import { fillRow, openRows, type RowOptions } from "./rows.ts";
import { shapeOf } from "./shape.ts";

export interface LoadOptions {
  readonly engine?: EngineOption;
  /** What a dump leaves out. Required for dumps only. */
  readonly dump?: DumpOptions;
  /**
   * Whose rules: XGBoost changed some between releases. `"file"` (default): the release that wrote the file, so that the
   * numbers are those Python gave when the model was saved; `"latest"`: 3.4; or a release such as `"1.7"`. Dumps: latest.
   */
  readonly rules?: RulesOption;
  /** Refuse larger model files: bytes, or characters of a text. */
  readonly maxBytes?: number;
}

/** Predictions, row-major, with the shape that NumPy gives in Python. */
export interface Prediction {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Rows that are converted at a time where the caller's data is not what engines take. */
const BLOCK_ROWS = 256;
const MAX_BLOCK_VALUES = 1 << 20;
const NO_OPTIONS: PredictOptions = {};

/** A loaded model. Immutable; predictions of one model are the same whatever the engine, the batch or the form of the data. */
export class Booster {
  readonly #model: Model;
  readonly #rules: Rules;
  readonly #objective: Objective;
  readonly #engine: Engine;
  readonly #features: FeatureTable;
  /** Base margin of each output group. */
  readonly #base: Float32Array;
  /** One staged row, for `predictRow`. */
  #row: Float32Array | undefined;

  private constructor(model: Model, options: LoadOptions) {
    this.#model = model;
    this.#rules = chooseRules(options.rules ?? "file", model.version);
    this.#objective = findObjective(model.objective);
    this.#base = groupBaseMargins(model, this.#objective, this.#rules);
    this.#engine = selectEngine(options.engine ?? "auto", model, this.#rules);
    this.#features = new FeatureTable(model);
  }

  /**
   * Loads a model: bytes or text of a file (the format is detected), or an already parsed JSON document.
   * @throws ModelFormatError, UnsupportedModelError, or InputError for options that do not fit
   */
  static load(source: Uint8Array | ArrayBuffer | string | object, options: LoadOptions = {}): Booster {
    if (typeof options !== "object" || options === null) {
      throw new InputError(`options is ${describe(options)}, expected an object`);
    }
    checkSize(source, options.maxBytes);
    return new Booster(parseModel(source, options.dump), options);
  }

  get numFeatures(): number {
    return this.#model.numFeatures;
  }

  /** Margins a row: classes, targets, quantiles; else 1. */
  get numOutputGroups(): number {
    return this.#model.numOutputGroups;
  }

  get numBoostedRounds(): number {
    return boostedRounds(this.#model);
  }

  /** Objective's name as in the file. */
  get objective(): string {
    return this.#model.objective;
  }

  get booster(): BoosterName {
    return this.#model.booster;
  }

  get featureNames(): readonly string[] | undefined {
    return this.#model.featureNames;
  }

  /** XGBoost's types: q, float, int, i (indicator), c (categorical). */
  get featureTypes(): readonly string[] | undefined {
    return this.#model.featureTypes;
  }

  get attributes(): Readonly<Record<string, string>> {
    return this.#model.attributes;
  }

  /** The best round of early stopping, counted from 0, where the file says it. */
  get bestIteration(): number | undefined {
    const text = Object.hasOwn(this.#model.attributes, "best_iteration")
      ? this.#model.attributes["best_iteration"]
      : undefined;
    return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
  }

  /** Version of XGBoost that wrote the file; [0, 0, 0] for binary files from before 1.0, the latest for dumps. */
  get version(): readonly [number, number, number] {
    return this.#model.version ?? (LATEST_RELEASE satisfies Version);
  }

  /** Name of the engine in use. */
  get engine(): string {
    return this.#engine.name;
  }

  /**
   * Scores rows. Numbers are rounded to float32 before anything else.
   * @throws InputError for data or options that cannot be used
   */
  predict(data: Data, options: PredictOptions = NO_OPTIONS): Prediction {
    const plan = planPrediction(options, this.#model);
    const source = openRows(data, this.#features, rowOptions(options));
    const width = this.#width(plan);
    const shape = shapeOf(plan, source.rows, width, this.#model);
    const scratch = new Float32Array(source.rows * this.#scratchWidth(plan));
    this.#compute(source, plan, options, scratch);
    return {
      data: width === this.#scratchWidth(plan) ? scratch : scratch.slice(0, source.rows * width),
      shape,
    };
  }

  /**
   * As `predict`, into the caller's array, which must have room for all values.
   * @returns the shape
   */
  predictInto(data: Data, out: Float32Array, options: PredictOptions = NO_OPTIONS): readonly number[] {
    const plan = planPrediction(options, this.#model);
    const source = openRows(data, this.#features, rowOptions(options));
    const width = this.#width(plan);
    const size = source.rows * width;
    if (!(out instanceof Float32Array) || out.length < size) {
      const found = out instanceof Float32Array ? `a Float32Array of ${out.length} values` : describe(out);
      throw new InputError(`out is ${found}, expected a Float32Array with room for ${size} values`);
    }
    const shape = shapeOf(plan, source.rows, width, this.#model);
    if (width === this.#scratchWidth(plan)) {
      this.#compute(source, plan, options, out.length === size ? out : out.subarray(0, size));
    } else {
      const scratch = new Float32Array(source.rows * this.#scratchWidth(plan));
      this.#compute(source, plan, options, scratch);
      out.set(scratch.subarray(0, size));
    }
    return shape;
  }

  /**
   * Scores one row with the least overhead.
   * @returns the values of that row, as many as `predict` gives a row
   */
  predictRow(
    row: ArrayLike<number> | Record<string, unknown>,
    options: PredictOptions = NO_OPTIONS,
  ): Float32Array {
    const plan = planPrediction(options, this.#model);
    const values = this.#row ?? new Float32Array(this.#features.count);
    // Taken while in use: reading a named row may run the caller's code, which may score another row.
    this.#row = undefined;
    fillRow(row, 0, this.#features, rowOptions(options), values, 0);
    const source: RowSource = { rows: 1, direct: values, sparse: undefined, fill: noFill };
    const scratch = new Float32Array(this.#scratchWidth(plan));
    this.#compute(source, plan, options, scratch);
    this.#row = values;
    const width = this.#width(plan);
    return width === scratch.length ? scratch : scratch.slice(0, width);
  }

  /** Values a row of the result. */
  #width(plan: Plan): number {
    return plan.kind === "value"
      ? outputsPerRow(this.#objective.transform, this.#model.numOutputGroups)
      : this.#scratchWidth(plan);
  }

  /** Values a row while computing: leaves, or margins, of which the transform may leave fewer. */
  #scratchWidth(plan: Plan): number {
    return plan.kind === "leaf" ? plan.treeEnd : this.#model.numOutputGroups;
  }

  #compute(source: RowSource, plan: Plan, options: PredictOptions, out: Float32Array): void {
    if (plan.kind === "leaf") {
      this.#eachBlock(source, plan.treeEnd, out, (rows, count, leaves) => {
        this.#engine.writeLeaves(rows, count, leaves, plan.treeEnd);
      });
      return;
    }
    this.#computeMargins(source, plan, options, out);
    if (plan.kind === "value") {
      transformMargins(out, this.#model.numOutputGroups, this.#objective.transform, this.#rules);
    }
  }

  #computeMargins(source: RowSource, plan: Plan, options: PredictOptions, out: Float32Array): void {
    const groups = this.#model.numOutputGroups;
    const base =
      options.baseMargin === undefined
        ? this.#base
        : checkBaseMargin(options.baseMargin, out.length, source, groups);
    const enters = this.#rules.baseScoreEnters;
    const baseLast =
      this.#model.linear === undefined &&
      (enters === "last" || (enters === "last in dart" && this.#model.booster === "dart"));
    if (baseLast) {
      out.fill(0);
    } else {
      copyBase(base, out);
    }
    if (this.#model.linear !== undefined) {
      this.#computeLinear(source, out);
    } else {
      this.#eachBlock(source, groups, out, (rows, count, margins) => {
        this.#engine.addTrees(rows, count, margins, plan.treeBegin, plan.treeEnd);
      });
    }
    if (baseLast) {
      addBase(base, out);
    }
  }

  #computeLinear(source: RowSource, out: Float32Array): void {
    const linear = this.#model.linear!;
    const groups = this.#model.numOutputGroups;
    if (source.sparse !== undefined && this.#rules.sparseLinear === "as stored") {
      const { indptr, indices, data } = source.sparse;
      for (let row = 0; row < source.rows; row++) {
        const start = indptr[row]!;
        addLinear(linear, groups, data, indices, start, indptr[row + 1]! - start, out, row * groups);
      }
      return;
    }
    const width = this.#features.count;
    this.#eachBlock(source, groups, out, (rows, count, margins) => {
      for (let row = 0; row < count; row++) {
        addLinear(linear, groups, rows, undefined, row * width, width, margins, row * groups);
      }
    });
  }

  /** Calls `score` with the rows of each block and the part of `out` that belongs to them. */
  #eachBlock(
    source: RowSource,
    width: number,
    out: Float32Array,
    score: (rows: Float32Array, count: number, out: Float32Array) => void,
  ): void {
    if (source.direct !== undefined) {
      score(source.direct, source.rows, out);
      return;
    }
    const features = this.#features.count;
    const blockRows = Math.max(
      1,
      Math.min(BLOCK_ROWS, source.rows, Math.floor(MAX_BLOCK_VALUES / Math.max(1, features))),
    );
    const rows = new Float32Array(blockRows * features);
    for (let begin = 0; begin < source.rows; begin += blockRows) {
      const end = Math.min(begin + blockRows, source.rows);
      source.fill(begin, end, rows);
      score(rows, end - begin, out.subarray(begin * width, end * width));
    }
  }
}

/** Linear models from before 1.5 do not say and have 0, for XGBoost too. */
function boostedRounds(model: Model): number {
  return model.linear?.boostedRounds ?? model.iterationIndptr.length - 1;
}

function noFill(): void {
  throw new Error("rows that are used directly are not converted");
}

function rowOptions(options: PredictOptions): RowOptions {
  const missing = options.missing ?? Number.NaN;
  if (typeof missing !== "number") {
    throw new InputError(`missing is ${describe(missing)}, expected a number`);
  }
  return { missing: Math.fround(missing), validateFeatures: options.validateFeatures ?? true };
}

function checkSize(source: unknown, maxBytes: number | undefined): void {
  if (maxBytes !== undefined && typeof maxBytes !== "number") {
    throw new InputError(`maxBytes is ${describe(maxBytes)}, expected a number`);
  }
  const size =
    typeof source === "string"
      ? source.length
      : ((source as { byteLength?: unknown } | null | undefined)?.byteLength ?? 0);
  if (maxBytes !== undefined && typeof size === "number" && size > maxBytes) {
    throw new ModelFormatError("model file", `has ${size} bytes, maxBytes allows ${maxBytes}`);
  }
}

/** The base margin of every output group. A linear model uses the first base score for all, as XGBoost does. */
function groupBaseMargins(model: Model, objective: Objective, rules: Rules): Float32Array {
  const groups = model.numOutputGroups;
  const expanded = Float32Array.from({ length: groups }, (_, g) => {
    return model.baseScore.length === 1 || model.linear !== undefined
      ? model.baseScore[0]!
      : model.baseScore[g]!;
  });
  const unlinked =
    model.baseScoreIsMargin ||
    (rules.emptyModelBaseScore === "as stored" && model.boostFromAverage && boostedRounds(model) === 0);
  return unlinked ? expanded : baseMargins(expanded, objective, rules);
}

function checkBaseMargin(
  baseMargin: ArrayLike<number>,
  expected: number,
  source: RowSource,
  groups: number,
): Float32Array {
  if (baseMargin?.length !== expected) {
    throw new InputError(
      `baseMargin has ${baseMargin?.length} values, expected rows × output groups = ${source.rows} × ${groups}`,
    );
  }
  return baseMargin instanceof Float32Array
    ? baseMargin
    : Float32Array.from(baseMargin, (value: unknown, i) => {
        if (typeof value !== "number") {
          throw new InputError(`baseMargin[${i}] is ${describe(value)}, expected a number`);
        }
        return value;
      });
}

/** `base` has one value a group, or one a row and group. */
function copyBase(base: Float32Array, out: Float32Array): void {
  if (base.length === 1) {
    out.fill(base[0]!);
    return;
  }
  for (let at = 0; at < out.length; at += base.length) {
    out.set(base, at);
  }
}

function addBase(base: Float32Array, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) {
    out[i]! += base[i % base.length]!;
  }
}
