/** A model against a table with a column of Python's predictions. */
import type { PredictOptions } from "xgboost-infer";
import type { ModelExecutor } from "xgboost-infer/executor";
import { UsageError } from "../errors.ts";
import { featureEncoder } from "../model/feature-encoder.ts";
import { createDecoder, openTable } from "../tables/open.ts";
import { planColumns } from "../tables/plan.ts";
import type { DecodedBlock, TableFormat, TableOptions, TableSource } from "../tables/table.ts";
import { compare, type Expected, expectedOf } from "./expected.ts";
import { type CheckReport, type Difference, grouped, type OutputReport } from "./report.ts";

const OUTPUTS = {
  value: {},
  margin: { outputMargin: true },
  leaf: { predLeaf: true },
} as const satisfies Record<string, PredictOptions>;

export const CHECKED_OUTPUTS = Object.keys(OUTPUTS) as (keyof typeof OUTPUTS)[];

export interface DataCheck {
  readonly executor: ModelExecutor;
  readonly model: string;
  readonly rules: string;
  /** Path of the table. */
  readonly data: string;
  readonly format: TableFormat;
  readonly table: TableOptions;
  /** Columns with what is expected, one a value of a row. */
  readonly expected: readonly string[];
  readonly output: keyof typeof OUTPUTS;
  /** To how many decimals the expected values were rounded when they were written. */
  readonly decimals: number | undefined;
  readonly maxDifferences: number;
}

/** @throws UsageError where table, columns and model do not fit; TableError for a table that cannot be read */
export async function checkWithData(options: DataCheck): Promise<CheckReport> {
  const { executor } = options;
  const source = await openTable(options.data, options.format, options.table, executor.features);
  try {
    const comparison = new Comparison(options);
    await compareBlocks(source, options, comparison);
    return report(options, comparison);
  } finally {
    await source.close();
  }
}

async function compareBlocks(source: TableSource, options: DataCheck, comparison: Comparison): Promise<void> {
  const { executor, expected, data } = options;
  const encoder = featureEncoder(executor);
  const { plan, missing } = planColumns(source.columns, encoder, expected);
  if (missing.length > 0) {
    throw new UsageError(`${data} has no column ${missing.map((name) => JSON.stringify(name)).join(", ")}`);
  }
  const decoder = createDecoder(source.decoder, plan, encoder);
  for await (const { payload } of source.blocks()) {
    comparison.add(await decoder.decode(payload));
  }
}

function report(options: DataCheck, comparison: Comparison): CheckReport {
  const { executor, data, expected } = options;
  const { rows, refused, firstRefusal, output } = comparison;
  const notes = rows === 0 ? [`Note: ${data} has no rows.`] : [];
  if (refused > 0) {
    notes.push(`Note: ${grouped(refused)} rows cannot be scored; the first: ${firstRefusal}.`);
  }
  if (comparison.short > 0 && options.decimals === undefined) {
    notes.push(
      `Note: ${grouped(comparison.short)} of the expected values that differ have fewer than nine digits. Were they rounded? See --decimals.`,
    );
  }
  return {
    model: options.model,
    engine: executor.booster.engine,
    rules: options.rules,
    source: `${data}: ${grouped(rows)} rows, expected in ${expected.join(", ")}`,
    outputs: [output],
    notes,
    equal: rows > 0 && refused === 0 && output.equal + output.equalRounded === output.total,
  };
}

/** Counts, block by block. */
class Comparison {
  rows = 0;
  refused = 0;
  firstRefusal = "";
  /** Differences from values with few digits. */
  short = 0;
  readonly #options: DataCheck;
  readonly #counts = { total: 0, equal: 0, equalRounded: 0, maxUlps: 0 };
  readonly #differences: Difference[] = [];

  constructor(options: DataCheck) {
    this.#options = options;
  }

  get output(): OutputReport {
    return { output: this.#options.output, ...this.#counts, differences: this.#differences };
  }

  add(block: DecodedBlock): void {
    const { executor, output, expected } = this.#options;
    const { rows, features, kept, refused } = block;
    const cols = executor.features.length;
    const { data } = executor.booster.predict({ data: features, rows, cols }, OUTPUTS[output]);
    const width = data.length / rows;
    if (rows > 0 && width !== expected.length) {
      throw new UsageError(
        `--expected names ${expected.length} columns, the model gives ${width} values a row (${output})`,
      );
    }
    const isRefused = new Set(refused.map(({ row }) => row));
    for (let row = 0; row < rows; row++) {
      if (isRefused.has(row)) {
        continue;
      }
      const values = features.subarray(row * cols, (row + 1) * cols);
      for (let i = 0; i < width; i++) {
        this.#compare(row, i, expectedOf(kept[i]!.values[row]), data[row * width + i]!, values);
      }
    }
    if (this.refused === 0 && refused.length > 0) {
      this.firstRefusal = `row ${this.rows + refused[0]!.row + 1}, ${refused[0]!.reason}`;
    }
    this.refused += refused.length;
    this.rows += rows;
  }

  #compare(row: number, index: number, expected: Expected, found: number, values: Float32Array): void {
    const { verdict, ulps } = compare(expected, found, this.#options.decimals);
    const counts = this.#counts;
    counts.total++;
    if (verdict === "equal") {
      counts.equal++;
      return;
    }
    if (verdict === "equal when rounded") {
      counts.equalRounded++;
      return;
    }
    this.short += expected.isShort ? 1 : 0;
    counts.maxUlps = Math.max(counts.maxUlps, ulps);
    const { executor, maxDifferences, expected: names } = this.#options;
    if (this.#differences.length < maxDifferences) {
      this.#differences.push({
        row: this.rows + row + 1,
        name: names[index]!,
        expected: expected.value,
        ...(expected.text === undefined ? {} : { text: expected.text }),
        found,
        ulps,
        features: executor.features.map((name, column) => [name, values[column]!]),
      });
    }
  }
}
