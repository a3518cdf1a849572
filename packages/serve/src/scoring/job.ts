/** A request being scored, a block of rows at a time. */
import type { Booster } from "xgboost-infer";
import { Failure, invalid } from "../failure.ts";
import type { ServedModel } from "../repository/served-model.ts";
import {
  type OutputKind,
  predictOptions,
  type ScoreAnswer,
  type ScoredOutput,
  type ScoreOptions,
  type ScoreRequest,
} from "./request.ts";
import type { BoundRows, Unknown } from "./rows.ts";

/** Rows of the first block. Later ones are as long as their time allows, by how long those before took. */
const FIRST_BLOCK = 32;
const MAX_BLOCK = 4096;
/** A block grows by so much at a time. */
const GROWTH = 4;
/** Values that a block may have: 4 MiB. */
const MAX_BLOCK_VALUES = 1 << 20;
/** Time that a block is meant to take, so that small requests wait no longer for it. */
const BLOCK_MILLISECONDS = 2;
const MAX_UNKNOWN = 100;

const NO_OPTIONS: ScoreOptions = {};

export class ScoringJob {
  readonly request: ScoreRequest;
  readonly #model: ServedModel;
  readonly #rows: BoundRows;
  readonly #outputs: OutputWriter[];
  readonly #options: ScoreOptions;
  readonly #mayRefuseUnknown: boolean;
  readonly #checks: boolean;
  readonly #unknown = new Set<string>();
  #values: Float32Array | undefined;
  #missingValues = 0;
  #done = 0;
  #scoringTime = 0;
  #block: number;

  /** @throws Failure or InputError for a request that the model cannot answer */
  constructor(model: ServedModel, request: ScoreRequest, maxValues: number) {
    this.request = request;
    this.#model = model;
    this.#options = request.options ?? NO_OPTIONS;
    const { executor } = model;
    const { mode, unknownFeatures } = executor.manifest.check;
    this.#mayRefuseUnknown = unknownFeatures === "refuse";
    this.#checks = mode !== "off" || this.#mayRefuseUnknown;
    this.#rows = request.rows.bind(executor);
    checkBaseMargin(this.#options.baseMargin, request.rows.count, executor.booster);
    checkSize(request, executor.booster, maxValues);
    this.#outputs = request.outputs.map(
      (kind) => new OutputWriter(kind, executor.booster, request.rows.count, this.#options),
    );
    this.#block = Math.min(FIRST_BLOCK, this.#longest());
  }

  /**
   * Scores the next rows.
   * @returns whether all are scored
   * @throws Failure at the deadline, and for rows that cannot be scored
   */
  step(): boolean {
    const { rows, deadline } = this.request;
    const begin = performance.now();
    if (begin > deadline) {
      throw new Failure("deadline", "not done by the deadline");
    }
    if (this.request.isCancelled?.() === true) {
      throw new Failure("cancelled", "the client has gone");
    }
    const end = Math.min(this.#done + this.#block, rows.count);
    if (end > this.#done) {
      this.#score(this.#done, end);
      this.#done = end;
    }
    const time = performance.now() - begin;
    this.#scoringTime += time;
    this.#adapt(time);
    return this.#done === rows.count;
  }

  answer(): ScoreAnswer {
    return {
      model: this.#model,
      rows: this.request.rows.count,
      outputs: this.#outputs.map((output) => output.done()),
      missingValues: this.#missingValues,
      unknown: [...this.#unknown],
      scoringTime: this.#scoringTime,
    };
  }

  #score(begin: number, end: number): void {
    const { executor } = this.#model;
    const cols = executor.features.length;
    const count = end - begin;
    if (this.#values === undefined || this.#values.length < count * cols) {
      this.#values = new Float32Array(count * cols);
    }
    const values = this.#values.subarray(0, count * cols);
    const unknown = this.#rows.fill(begin, end, values);
    this.#note(unknown);
    this.#missingValues += countMissing(values);
    if (this.#checks) {
      const refused = executor
        .refusals(values, count, this.#mayRefuseUnknown ? unknown : undefined, begin)
        .find((each) => each !== undefined);
      if (refused !== undefined) {
        throw refused;
      }
    }
    for (const output of this.#outputs) {
      output.write(values, begin, count, cols);
    }
  }

  #note(unknown: readonly Unknown[] | undefined): void {
    for (const names of unknown ?? []) {
      for (const name of names ?? []) {
        if (this.#unknown.size >= MAX_UNKNOWN) {
          return;
        }
        this.#unknown.add(name);
      }
    }
  }

  #adapt(milliseconds: number): void {
    const fits = Math.floor((this.#block * BLOCK_MILLISECONDS) / Math.max(milliseconds, 1e-3));
    this.#block = Math.max(1, Math.min(fits, this.#block * GROWTH, this.#longest()));
  }

  #longest(): number {
    const cols = Math.max(1, this.#model.executor.features.length);
    return Math.max(1, Math.min(MAX_BLOCK, Math.floor(MAX_BLOCK_VALUES / cols)));
  }
}

/** One output of a request, filled block by block. */
class OutputWriter {
  readonly #kind: OutputKind;
  readonly #booster: Booster;
  readonly #rows: number;
  readonly #options: ScoreOptions;
  #data: Float32Array | undefined;
  #shape: readonly number[] = [];

  constructor(kind: OutputKind, booster: Booster, rows: number, options: ScoreOptions) {
    this.#kind = kind;
    this.#booster = booster;
    this.#rows = rows;
    this.#options = options;
  }

  write(values: Float32Array, begin: number, rows: number, cols: number): void {
    const { data, shape } = this.#predict(values, begin, rows, cols);
    if (rows === this.#rows) {
      this.#data = data;
      this.#shape = shape;
      return;
    }
    const width = data.length / rows;
    if (this.#data === undefined) {
      this.#data = new Float32Array(this.#rows * width);
      this.#shape = shape;
    }
    this.#data.set(data, begin * width);
  }

  done(): ScoredOutput {
    if (this.#data === undefined) {
      // No rows at all.
      this.write(new Float32Array(0), 0, 0, this.#booster.numFeatures);
    }
    const [, ...rest] = this.#shape;
    return { kind: this.#kind, data: this.#data!, shape: [this.#rows, ...(rest.length === 0 ? [1] : rest)] };
  }

  #predict(
    values: Float32Array,
    begin: number,
    rows: number,
    cols: number,
  ): { data: Float32Array; shape: readonly number[] } {
    const { baseMargin } = this.#options;
    const options = predictOptions(this.#kind, this.#options);
    const groups = this.#booster.numOutputGroups;
    return this.#booster.predict(
      { data: values, rows, cols },
      baseMargin === undefined
        ? options
        : { ...options, baseMargin: baseMargin.subarray(begin * groups, (begin + rows) * groups) },
    );
  }
}

/** Before anything is computed: interactions of a wide model are millions of values a row. */
function checkSize({ rows, outputs }: ScoreRequest, booster: Booster, maxValues: number): void {
  let width = 0;
  for (const kind of outputs) {
    width += mostValues(kind, booster);
  }
  if (rows.count * width > maxValues) {
    throw new Failure(
      "tooLarge",
      `the reply would have up to ${rows.count * width} values (${rows.count} rows of ${width}), at most ${maxValues} are allowed: ask for fewer rows`,
    );
  }
}

/** The most values that a row of an output has. */
function mostValues(kind: OutputKind, { numFeatures, numOutputGroups, numTrees }: Booster): number {
  switch (kind) {
    case "leaf":
      return numTrees;
    case "contribs":
      return numOutputGroups * (numFeatures + 1);
    case "interactions":
      return numOutputGroups * (numFeatures + 1) ** 2;
    default:
      return numOutputGroups;
  }
}

function checkBaseMargin(baseMargin: Float32Array | undefined, rows: number, booster: Booster): void {
  const expected = rows * booster.numOutputGroups;
  if (baseMargin !== undefined && baseMargin.length !== expected) {
    throw invalid(`base_margin has ${baseMargin.length} values, expected ${expected}`);
  }
}

function countMissing(values: Float32Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    // biome-ignore lint/suspicious/noSelfCompare: NaN alone differs from itself, and this is quicker than a call
    count += values[i] !== values[i] ? 1 : 0;
  }
  return count;
}
