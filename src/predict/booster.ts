/** The façade: a loaded model and its predictions. */
import type { EngineOption } from "../engine/select.ts";
import { describe, InputError, ModelFormatError } from "../errors.ts";
import { type BoosterName, boostedRounds, type Model, type Version } from "../model/model.ts";
import { chooseRules, LATEST_RELEASE, type Rules, type RulesOption } from "../model/rules.ts";
import type { DumpOptions } from "../parse/dump.ts";
import { parseModel } from "../parse/parse.ts";
import { type ImportanceType, importances } from "../shap/importance.ts";
import type { Data } from "./data.ts";
import { FeatureTable } from "./features.ts";
import { type Plan, type PredictOptions, planPrediction } from "./options.ts";
import { fillRow, openRows, type RowOptions } from "./rows.ts";
import { Scorer } from "./scorer.ts";
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

/** Stands for options that were not given, which need no checks. */
const NO_OPTIONS: PredictOptions = {};
const NO_ROW_OPTIONS: RowOptions = { missing: Number.NaN, validateFeatures: true };

/** A loaded model. Immutable; predictions of one model are the same whatever the engine, the batch or the form of the data. */
export class Booster {
  readonly #model: Model;
  readonly #rules: Rules;
  readonly #features: FeatureTable;
  readonly #scorer: Scorer;
  readonly #defaultPlan: Plan;
  /** One staged row, for `predictRow`. */
  #row: Float32Array | undefined;

  private constructor(model: Model, options: LoadOptions) {
    const rules = chooseRules(options.rules ?? "file", model.version);
    this.#model = model;
    this.#rules = rules;
    this.#features = new FeatureTable(model);
    this.#scorer = new Scorer(model, rules, options.engine ?? "auto");
    this.#defaultPlan = planPrediction(NO_OPTIONS, model);
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
    return this.#scorer.engine.name;
  }

  /**
   * Scores rows. Numbers are rounded to float32 before anything else.
   * @throws InputError for data or options that cannot be used
   */
  predict(data: Data, options: PredictOptions = NO_OPTIONS): Prediction {
    const plan = this.#plan(options);
    const source = openRows(data, this.#features, rowOptions(options));
    const width = this.#scorer.width(plan);
    const room = this.#scorer.roomPerRow(plan);
    const shape = shapeOf(plan, source.rows, width, this.#model);
    const out = newValues(source.rows * room);
    this.#scorer.score(source, plan, options.baseMargin, out);
    return { data: width === room ? out : out.slice(0, source.rows * width), shape };
  }

  /**
   * As `predict`, into the caller's array, which must have room for all values.
   * @returns the shape
   */
  predictInto(data: Data, out: Float32Array, options: PredictOptions = NO_OPTIONS): readonly number[] {
    const plan = this.#plan(options);
    const source = openRows(data, this.#features, rowOptions(options));
    const width = this.#scorer.width(plan);
    const room = this.#scorer.roomPerRow(plan);
    const size = source.rows * width;
    if (!(out instanceof Float32Array) || out.length < size) {
      const found = out instanceof Float32Array ? `a Float32Array of ${out.length} values` : describe(out);
      throw new InputError(`out is ${found}, expected a Float32Array with room for ${size} values`);
    }
    const shape = shapeOf(plan, source.rows, width, this.#model);
    if (width === room) {
      this.#scorer.score(source, plan, options.baseMargin, out.length === size ? out : out.subarray(0, size));
    } else {
      const scratch = newValues(source.rows * room);
      this.#scorer.score(source, plan, options.baseMargin, scratch);
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
    const plan = this.#plan(options);
    const values = this.#row ?? new Float32Array(this.#features.count);
    // Taken while in use: reading a named row may run the caller's code, which may score another row.
    this.#row = undefined;
    fillRow(row, 0, this.#features, rowOptions(options), values, 0);
    const out = newValues(this.#scorer.roomPerRow(plan));
    this.#scorer.scoreRow(values, plan, options.baseMargin, out);
    this.#row = values;
    const width = this.#scorer.width(plan);
    return width === out.length ? out : out.slice(0, width);
  }

  /**
   * Importance of each feature that the model uses, by name, as XGBoost's `get_score`: `weight` (default) counts splits, `gain`
   * and `cover` are means over these, `total_gain` and `total_cover` sums. gblinear has `weight` alone, its coefficients:
   * arrays of one number a group where there are several groups, for which the type parameter stands.
   * @throws InputError for another type; UnsupportedModelError where the model lacks the statistic
   */
  getScore<Score extends number | readonly number[] = number>(
    options: { readonly importanceType?: ImportanceType } = {},
  ): Record<string, Score> {
    if (typeof options !== "object" || options === null) {
      throw new InputError(`options is ${describe(options)}, expected an object`);
    }
    const found = importances(this.#model, options.importanceType ?? "weight", this.#rules);
    const scores: Record<string, Score> = Object.create(null);
    for (const [feature, score] of found) {
      scores[this.#features.name(feature)] = score as Score;
    }
    return scores;
  }

  #plan(options: PredictOptions): Plan {
    return options === NO_OPTIONS ? this.#defaultPlan : planPrediction(options, this.#model);
  }
}

/** Interactions of many features are more values than there may be memory for. */
function newValues(count: number): Float32Array {
  try {
    return new Float32Array(count);
  } catch {
    throw new InputError(`the result has ${count} values, which do not fit into memory: ask for fewer rows`);
  }
}

function rowOptions(options: PredictOptions): RowOptions {
  if (options === NO_OPTIONS) {
    return NO_ROW_OPTIONS;
  }
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
