/** The façade: a loaded model directory. */
import { describe, InputError, ModelFormatError, UnsupportedModelError } from "../errors.ts";
import { Booster, type LoadOptions, partsOf } from "../predict/booster.ts";
import { FeatureCheck } from "./check.ts";
import { type FeatureKind, RowEncoder } from "./encoder.ts";
import { FeatureCheckError, listNames, ModelDirectoryError } from "./errors.ts";
import { readFeatureNames } from "./feature-list.ts";
import { type ModelFiles, openFiles, type ReadFile, readRequired } from "./files.ts";
import { gainImportance, type Importance, readImportance } from "./importance.ts";
import { type Manifest, type ManifestFile, readManifest } from "./manifest.ts";

/** The answer to an accepted row. */
export interface ScoredRow {
  /** What `Booster.predict` gives: a number, or an array of one number a class, target or quantile. */
  score: number | number[];
  /** Features that are absent, in the model's order. */
  missing: string[];
  /**
   * Share of importance, 0 to 1, that absent features hold, those in `allowMissing` left out. NaN where there is no
   * importance to go by.
   */
  missingWeight: number;
  /** Names in the row that are not features of the model; only there if there are any. */
  unknown?: string[];
}

/** Rows that are scored at a time. */
const BLOCK_ROWS = 256;

/** What a model directory holds besides the model: plain data, which can be posted to another thread. */
export interface ExecutorParts {
  readonly manifest: Manifest;
  readonly features: readonly string[];
  /** @internal */
  readonly importance: Importance | undefined;
}

interface Parts extends ExecutorParts {
  readonly booster: Booster;
}

/**
 * A model with what is needed to use it the same way everywhere: names, a check of what is absent, and who answers for it.
 * Immutable.
 */
export class ModelExecutor {
  readonly manifest: Manifest;
  readonly booster: Booster;
  /** Feature names in the order of the model's columns. */
  readonly features: readonly string[];
  /** Share of importance, 0 to 1, of each feature by name; `undefined` where there is no importance to go by. */
  readonly importance: Readonly<Record<string, number>> | undefined;
  readonly #importance: Importance | undefined;
  readonly #encoder: RowEncoder;
  readonly #check: FeatureCheck;
  /** One staged row, for `execute`. */
  #row: Float32Array | undefined;

  protected constructor(parts: Parts) {
    this.manifest = parts.manifest;
    this.booster = parts.booster;
    this.features = Object.freeze(parts.features.slice());
    this.importance = sharesByName(parts);
    this.#importance = parts.importance;
    this.#encoder = new RowEncoder(partsOf(parts.booster).model, parts.features, parts.manifest.textNumbers);
    this.#check = new FeatureCheck(parts.manifest.check, parts.features, parts.importance);
  }

  /**
   * Loads a model directory: its files by name, a function that reads a file by name, or, in Node, a path.
   * @param options as for `Booster.load`
   * @throws ModelDirectoryError for manifest, feature list or importance; ModelFormatError or UnsupportedModelError, with the
   * file's name in front, for the model; InputError for a source or options that cannot be used
   */
  static load(source: string | ModelFiles, options: LoadOptions = {}): ModelExecutor {
    // Node's class extends this one, and makes its own.
    return new this(readParts(openFiles(source), options));
  }

  /**
   * An executor of the parts that another one had, which are not checked again.
   * @param booster that of the other one, or the same model from elsewhere (`xgboost-infer/transfer`)
   */
  static of(booster: Booster, parts: ExecutorParts): ModelExecutor {
    return new this({ ...parts, booster });
  }

  /** All but the booster, for `of`. */
  get parts(): ExecutorParts {
    const { manifest, features } = this;
    return { manifest, features, importance: this.#importance };
  }

  /** The model's name. */
  get name(): string {
    return this.manifest.name;
  }

  get version(): string | undefined {
    return this.manifest.version;
  }

  /** What a value of each feature may be, in the model's order. */
  get featureKinds(): readonly FeatureKind[] {
    return this.#encoder.kinds;
  }

  /**
   * Scores a row by feature name, in any order. Absent are features without a key, and `null`, `undefined`, empty text and NaN.
   * @throws FeatureCheckError where the check refuses the row; InputError for a value that cannot be used
   */
  execute(features: Record<string, unknown>): ScoredRow {
    // Taken while in use: reading the row may run code of the caller's, which may score another.
    const values = this.#row ?? new Float32Array(this.features.length);
    this.#row = undefined;
    const unknown = this.#encoder.encode(features, 0, values, 0);
    const { missing, missingWeight } = this.#accept(values, 0, unknown, undefined);
    const outputs = this.booster.predictRow(values);
    this.#row = values;
    return answer(outputs.length === 1 ? outputs[0]! : Array.from(outputs), missing, missingWeight, unknown);
  }

  /**
   * Scores rows. Each gets the answer that `execute` gives, to the bit; a row that `execute` would throw for has the error
   * in its place, with its number in `row`.
   */
  executeMany(rows: readonly Record<string, unknown>[]): (ScoredRow | FeatureCheckError | InputError)[] {
    if (!Array.isArray(rows)) {
      throw new InputError(`rows is ${describe(rows)}, expected an array of objects by feature name`);
    }
    const answers: (ScoredRow | FeatureCheckError | InputError)[] = [];
    const values = new Float32Array(Math.min(BLOCK_ROWS, rows.length) * this.features.length);
    for (let begin = 0; begin < rows.length; begin += BLOCK_ROWS) {
      this.#executeBlock(rows, begin, Math.min(begin + BLOCK_ROWS, rows.length), values, answers);
    }
    return answers;
  }

  /**
   * A row as the model sees it, for `booster`: float32, one value a feature, codes for categories, NaN for what is absent. Not
   * checked.
   * @throws InputError for a value that cannot be used
   */
  encode(features: Record<string, unknown>): Float32Array {
    const values = new Float32Array(this.features.length);
    this.#encoder.encode(features, 0, values, 0);
    return values;
  }

  /**
   * As `encode`, into the caller's array: `out[at …]`, as many values as there are features.
   * @param row its number, for errors
   * @returns names that are not features of the model; `undefined` where there are none
   * @throws InputError for a value that cannot be used, or where there is no room
   */
  encodeInto(
    features: Record<string, unknown>,
    out: Float32Array,
    at = 0,
    row = 0,
  ): readonly string[] | undefined {
    if (!(at >= 0 && at + this.features.length <= out.length)) {
      throw new InputError(
        `out has ${out.length} values, expected room for ${this.features.length} features at ${describe(at)}`,
      );
    }
    return this.#encoder.encode(features, row, out, at);
  }

  /**
   * One value as the model sees it, before it is rounded to float32; NaN for what is absent. `encode` does this by name.
   * @param column the feature's place in `features`
   * @param row its number, for errors
   * @throws InputError for a value that cannot be used
   */
  encodeValue(value: unknown, column: number, row = 0): number {
    return this.#encoder.value(value, column, row);
  }

  /**
   * As `encodeValue`, for a field of a table of text: numbers are text whatever the manifest says, and empty text, `NaN`, `NA` and
   * `null` are absent unless a category has that name.
   * @throws InputError for text that is neither a number nor the name of a category
   */
  encodeText(text: string, column: number, row = 0): number {
    return this.#encoder.text(text, column, row);
  }

  /**
   * Checks rows as `encode` gives them, one after the other in `values`.
   * @param unknown by row, names that are not features of the model
   * @param firstRow number of the first row, for errors
   * @returns for each row the error that it is refused with, if it is
   */
  refusals(
    values: Float32Array,
    rows: number,
    unknown: readonly (readonly string[] | undefined)[] = [],
    firstRow = 0,
  ): (FeatureCheckError | undefined)[] {
    const cols = this.features.length;
    if (values.length < rows * cols) {
      throw new InputError(`values has ${values.length} numbers, expected ${rows} rows of ${cols} features`);
    }
    return Array.from({ length: rows }, (_, row) =>
      this.#check.refusal(this.#check.absent(values, row * cols), unknown[row], firstRow + row),
    );
  }

  #executeBlock(
    rows: readonly Record<string, unknown>[],
    begin: number,
    end: number,
    values: Float32Array,
    answers: (ScoredRow | FeatureCheckError | InputError)[],
  ): void {
    const cols = this.features.length;
    const accepted: ScoredRow[] = [];
    for (let row = begin; row < end; row++) {
      try {
        const at = accepted.length * cols;
        const unknown = this.#encoder.encode(rows[row]!, row, values, at);
        const { missing, missingWeight } = this.#accept(values, at, unknown, row);
        const scored = answer(0, missing, missingWeight, unknown);
        accepted.push(scored);
        answers.push(scored);
      } catch (error) {
        if (!(error instanceof FeatureCheckError || error instanceof InputError)) {
          throw error;
        }
        answers.push(error);
      }
    }
    const count = accepted.length;
    if (count === 0) {
      return;
    }
    const { data } = this.booster.predict({ data: values.subarray(0, count * cols), rows: count, cols });
    const width = data.length / count;
    accepted.forEach((scored, i) => {
      scored.score = width === 1 ? data[i]! : Array.from(data.subarray(i * width, (i + 1) * width));
    });
  }

  #accept(
    values: Float32Array,
    at: number,
    unknown: string[] | undefined,
    row: number | undefined,
  ): { missing: string[]; missingWeight: number } {
    const absent = this.#check.absent(values, at);
    const refusal = this.#check.refusal(absent, unknown, row);
    if (refusal !== undefined) {
      throw refusal;
    }
    return absent;
  }
}

function answer(
  score: number | number[],
  missing: string[],
  missingWeight: number,
  unknown: string[] | undefined,
): ScoredRow {
  return unknown === undefined
    ? { score, missing, missingWeight }
    : { score, missing, missingWeight, unknown };
}

function readParts(read: ReadFile, options: LoadOptions): Parts {
  const found = readManifest(read);
  const { manifest, file } = found;
  const booster = loadModel(read, manifest.model, file, options);
  const features = readFeatureNames(read, manifest.features, file, partsOf(booster).model);
  checkAllowMissing(found, features);
  const importance = importanceOf(read, found, booster, features);
  return { manifest, booster, features, importance };
}

function loadModel(read: ReadFile, name: string, manifest: string, options: LoadOptions): Booster {
  const content = readRequired(read, name, `model in ${manifest}`);
  try {
    return Booster.load(content, options);
  } catch (error) {
    if (error instanceof ModelFormatError || error instanceof UnsupportedModelError) {
      error.message = `${name}: ${error.message}`;
    }
    throw error;
  }
}

function checkAllowMissing({ allowMissing }: ManifestFile, features: readonly string[]): void {
  const known = new Set(features);
  const seen = new Set<unknown>();
  for (const { file, path, line, value } of allowMissing) {
    if (!known.has(value as string)) {
      throw new ModelDirectoryError(
        file,
        `${path}: ${describe(value)} is not a feature of the model, expected ${listNames(features)}`,
        line,
      );
    }
    if (seen.has(value)) {
      throw new ModelDirectoryError(file, `${path}: ${describe(value)} stands in the list already`, line);
    }
    seen.add(value);
  }
}

function importanceOf(
  read: ReadFile,
  { manifest, file }: ManifestFile,
  booster: Booster,
  features: readonly string[],
): Importance | undefined {
  if (manifest.importance !== undefined) {
    return readImportance(read, manifest.importance, file, features);
  }
  const gains = gainImportance(booster, features.length);
  if (typeof gains !== "string") {
    return gains;
  }
  if (manifest.check.mode === "weight") {
    throw new ModelDirectoryError(
      file,
      `check.mode is weight, but there is no importance to go by: ${gains}; name a file with importance`,
    );
  }
  return undefined;
}

function sharesByName({ features, importance }: Parts): Readonly<Record<string, number>> | undefined {
  if (importance === undefined) {
    return undefined;
  }
  const { weights, total } = importance;
  const shares: Record<string, number> = Object.create(null);
  features.forEach((name, column) => {
    shares[name] = total === 0 ? 0 : weights[column]! / total;
  });
  return Object.freeze(shares);
}
