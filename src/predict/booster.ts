/** The façade: a loaded model and its predictions. */
import type { Details } from "../compile/details.ts";
import { type Compiled, compile } from "../compile/flatten.ts";
import type { Layout } from "../compile/layout.ts";
import { packModel } from "../compile/packed-trees.ts";
import { treeKernel } from "../compile/tree-kernel.ts";
import type { Engine } from "../engine/engine.ts";
import type { EngineOption } from "../engine/select.ts";
import { describe, InputError, ModelFormatError } from "../errors.ts";
import { readTrees } from "../model/builder.ts";
import { type BoosterName, boostedRounds, type Model, type Version } from "../model/model.ts";
import { chooseRules, LATEST_RELEASE, type Rules, type RulesOption } from "../model/rules.ts";
import { type TreeView, viewTree } from "../model/tree-view.ts";
import type { DumpOptions } from "../parse/dump.ts";
import { parseModel } from "../parse/parse.ts";
import { type ImportanceType, importances } from "../shap/importance.ts";
import type { Data, DenseData, RowSource } from "./data.ts";
import { FeatureTable } from "./features.ts";
import { type Plan, type PredictOptions, planPrediction } from "./options.ts";
import { directRows, fillRow, openRows, type RowOptions } from "./rows.ts";
import { type QuickRow, Scorer } from "./scorer.ts";
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

/** All that is settled of a prediction before the first row is scored. */
export interface PreparedPrediction {
  readonly plan: Plan;
  readonly source: RowSource;
  /** Values a row of the result. */
  readonly width: number;
  /** Values a row while computing; see `Scorer.roomPerRow`. */
  readonly room: number;
  readonly shape: readonly number[];
}

/** What scoring elsewhere, as in a worker, must know of a booster. */
export interface BoosterParts {
  readonly model: Model;
  readonly rules: Rules;
  readonly engine: EngineOption;
  readonly layout: Layout | undefined;
  /** Of the compiled trees, what scoring does not need. */
  readonly details: Details | undefined;
  /** The engine in use, chosen now if it was not before. */
  readonly chosen: Engine;
  prepare(data: Data, options: PredictOptions): PreparedPrediction;
  /** Throws for explanations that there are none of. */
  check(plan: Plan): void;
  /** Scores at once, in this thread. */
  score(prepared: PreparedPrediction, options: PredictOptions): Prediction;
}

/** The parts of a loaded booster: for this package, not for its users. */
export let partsOf: (booster: Booster) => BoosterParts;

/** A booster of parts that another one had. */
export let boosterOf: (
  model: Model,
  rules: Rules,
  engine: EngineOption,
  compiled: Compiled | undefined,
  made: Engine | undefined,
) => Booster;

/** Stands for options that were not given, which need no checks. */
const NO_OPTIONS: PredictOptions = {};
const NO_ROW_OPTIONS: RowOptions = { missing: Number.NaN, validateFeatures: true };

/** A loaded model. Immutable; predictions of one model are the same whatever the engine, the batch or the form of the data. */
export class Booster {
  readonly #model: Model;
  readonly #rules: Rules;
  readonly #engineOption: EngineOption;
  /** The compiled trees; none for the reference engine. */
  readonly #compiled: Compiled | undefined;
  readonly #features: FeatureTable;
  readonly #scorer: Scorer;
  readonly #defaultPlan: Plan;
  /** One staged row, for `predictRow`. */
  #row: Float32Array | undefined;
  #quick: QuickRow | undefined;
  /** The last shape that `predictInto` returned, and for which plan. */
  #shape: readonly number[] = [];
  #shapePlan: Plan | undefined;

  private constructor(
    model: Model,
    rules: Rules,
    engine: EngineOption,
    compiled: Compiled | undefined,
    made?: Engine,
  ) {
    this.#model = model;
    this.#rules = rules;
    this.#engineOption = engine;
    this.#compiled = compiled;
    this.#features = new FeatureTable(model);
    this.#scorer = new Scorer(model, rules, engine, compiled?.layout, made);
    this.#defaultPlan = planPrediction(NO_OPTIONS, model);
  }

  static {
    partsOf = (booster) => ({
      model: booster.#model,
      rules: booster.#rules,
      engine: booster.#engineOption,
      layout: booster.#compiled?.layout,
      details: booster.#compiled?.details,
      get chosen() {
        return booster.#scorer.engine;
      },
      prepare: (data, options) => booster.#prepare(data, options),
      check: (plan) => booster.#scorer.check(plan),
      score: (prepared, options) => booster.#score(prepared, options),
    });
    boosterOf = (...parts) => new Booster(...parts);
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
    const engine = options.engine ?? "auto";
    const kernel = engine === "auto" || engine === "wasm" ? treeKernel() : undefined;
    try {
      const loaded = parseModel(source, options.dump, kernel);
      const rules = chooseRules(options.rules ?? "file", loaded.version);
      const compiled = engine === "reference" ? undefined : compile(loaded, rules, kernel);
      const model = compiled === undefined ? readTrees(loaded) : packModel(loaded, compiled);
      return new Booster(model, rules, engine, compiled);
    } finally {
      kernel?.release();
    }
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

  /**
   * Base score as the file has it, one value or one an output group: in prediction space; a margin in binary files from before 1.0.
   */
  get baseScore(): readonly number[] {
    return Array.from(this.#model.baseScore);
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
    return this.#score(this.#prepare(data, options), options);
  }

  /**
   * As `predict`, into the caller's array, which must have room for all values. Nothing is allocated for a matrix of float32 as
   * wide as the model and an array of just the right size.
   * @returns the shape
   */
  predictInto(data: Data, out: Float32Array, options: PredictOptions = NO_OPTIONS): readonly number[] {
    const plan = this.#plan(options);
    const width = this.#scorer.width(plan);
    const direct = directRows(data, this.#features, rowOptions(options));
    if (direct !== undefined && width === this.#scorer.roomPerRow(plan) && out instanceof Float32Array) {
      const { rows } = data as DenseData;
      if (out.length === rows * width) {
        this.#scorer.scoreRows(direct, rows, plan, options.baseMargin, out);
        return this.#shapeOf(plan, rows, width);
      }
    }
    return this.#convertInto(data, out, options);
  }

  /** For data that engines do not take as it is, results that leave room in `out`, and whatever is wrong. */
  #convertInto(data: Data, out: Float32Array, options: PredictOptions): readonly number[] {
    const { plan, source, width, room, shape } = this.#prepare(data, options);
    const size = source.rows * width;
    if (!(out instanceof Float32Array) || out.length < size) {
      const found = out instanceof Float32Array ? `a Float32Array of ${out.length} values` : describe(out);
      throw new InputError(`out is ${found}, expected a Float32Array with room for ${size} values`);
    }
    if (width === room) {
      this.#scorer.score(source, plan, options.baseMargin, out.length === size ? out : out.subarray(0, size));
    } else {
      const scratch = newValues(source.rows * room);
      this.#scorer.score(source, plan, options.baseMargin, scratch);
      out.set(scratch.subarray(0, size));
    }
    return shape;
  }

  /** The shape, the very array of the call before where that had as many rows. */
  #shapeOf(plan: Plan, rows: number, width: number): readonly number[] {
    if (plan !== this.#shapePlan || rows !== this.#shape[0]) {
      this.#shape = Object.freeze(shapeOf(plan, rows, width, this.#model));
      this.#shapePlan = plan;
    }
    return this.#shape;
  }

  /**
   * Scores one row with the least overhead.
   * @returns the values of that row, as many as `predict` gives a row
   */
  predictRow(
    row: ArrayLike<number> | Record<string, unknown>,
    options: PredictOptions = NO_OPTIONS,
  ): Float32Array {
    if (options === NO_OPTIONS && row instanceof Float32Array) {
      this.#quick ??= this.#scorer.quickRow(this.#defaultPlan);
      const { input, score } = this.#quick;
      if (row.length === input?.length) {
        input.set(row);
        return score();
      }
    }
    const plan = this.#plan(options);
    const values = this.#row ?? new Float32Array(this.#features.count);
    // Taken while in use: reading a row may run code of the caller's, which might score another one meanwhile.
    this.#row = undefined;
    fillRow(row, 0, this.#features, rowOptions(options), values, 0);
    const out = newValues(this.#scorer.roomPerRow(plan));
    this.#scorer.scoreRows(values, 1, plan, options.baseMargin, out);
    this.#row = values;
    const width = this.#scorer.width(plan);
    return width === out.length ? out : out.slice(0, width);
  }

  #prepare(data: Data, options: PredictOptions): PreparedPrediction {
    const plan = this.#plan(options);
    const source = openRows(data, this.#features, rowOptions(options));
    const width = this.#scorer.width(plan);
    const room = this.#scorer.roomPerRow(plan);
    return { plan, source, width, room, shape: shapeOf(plan, source.rows, width, this.#model) };
  }

  #score({ plan, source, width, room, shape }: PreparedPrediction, options: PredictOptions): Prediction {
    const out = newValues(source.rows * room);
    this.#scorer.score(source, plan, options.baseMargin, out);
    return { data: width === room ? out : out.slice(0, source.rows * width), shape };
  }

  get numTrees(): number {
    return this.#model.treeInfo.length;
  }

  /**
   * A tree as plain data: a copy, made anew by every call. Splits are those that predictions obey: releases 1.3 and 1.4,
   * where `rules` says so, take categorical splits for numerical ones.
   * @param index from 0 to `numTrees` - 1, in the order of the file
   * @throws InputError for any other index
   */
  tree(index: number): TreeView {
    if (!Number.isInteger(index) || index < 0 || index >= this.numTrees) {
      throw new InputError(
        `tree ${describe(index)} was asked for, ${this.numTrees === 0 ? "the model has none" : `expected 0 to ${this.numTrees - 1}`}`,
      );
    }
    return viewTree(this.#model, index, this.#rules);
  }

  /** Category names of a feature in the order of their codes, where the file holds them (XGBoost 3.1 and later). */
  categoryNames(feature: number): readonly string[] | undefined {
    return this.#model.categories.get(feature)?.names;
  }

  /**
   * A row as the model sees it: float32, one value a feature, codes for categories, NaN for what is missing.
   * @throws InputError as `predictRow` does
   */
  encodeRow(
    row: ArrayLike<number> | Record<string, unknown>,
    options: PredictOptions = NO_OPTIONS,
  ): Float32Array {
    const values = new Float32Array(this.#features.count);
    fillRow(row, 0, this.#features, rowOptions(options), values, 0);
    return values;
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
