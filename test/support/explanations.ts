/** Reads `fixtures/explain/manifest.json`: contributions, interactions and importances of the fixtures' cases. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Data, PredictOptions } from "../../src/index.ts";
import {
  type Expectation,
  type ExpectedRules,
  type FixtureInput,
  readArray,
  readFixture,
} from "./fixtures.ts";

const ROOT = fileURLToPath(new URL("../../fixtures/", import.meta.url));

type ByKind<T> = Readonly<Record<string, Partial<Record<ExpectedRules, T>>>>;

export interface ExplanationCall {
  readonly id: string;
  /** Rows of the case's main input. */
  readonly rows: readonly number[];
  /** The first columns only. */
  readonly columns?: number;
  /** What differs from the options that all calls of this name have. */
  readonly options?: Omit<PredictOptions, "baseMargin"> & {
    readonly baseMargin?: { readonly values: readonly number[] };
  };
  readonly expect: ByKind<Expectation>;
}

/** JSON has no infinities and no NaN: they stand as text. */
type Scores = Readonly<Record<string, number | string | readonly (number | string)[]>>;

export interface ExplanationCase {
  readonly name: string;
  readonly calls: readonly ExplanationCall[];
  readonly scores: ByKind<Readonly<Record<string, Scores>>>;
}

interface Manifest {
  readonly options: Readonly<Record<string, PredictOptions>>;
  readonly cases: readonly ExplanationCase[];
}

const manifest: Manifest = JSON.parse(readFileSync(`${ROOT}explain/manifest.json`, "utf8"));

export const explanations: ReadonlyMap<string, ExplanationCase> = new Map(
  manifest.cases.map((each) => [each.name, each]),
);

export function expectedValues(release: string): Float32Array {
  return readArray({ path: `explain/${release}.f32`, dtype: "float32" }) as Float32Array;
}

export function callOptions(call: ExplanationCall): PredictOptions {
  const { baseMargin, ...own } = call.options ?? {};
  return {
    ...manifest.options[call.id],
    ...own,
    ...(baseMargin === undefined ? {} : { baseMargin: baseMargin.values }),
  };
}

/** The chosen rows, by position or, for records, by name unless `names` gives their order. */
export function callData(call: ExplanationCall, input: FixtureInput, names?: readonly string[]): Data {
  if (input.kind === "records") {
    const records: Record<string, number | null>[] = JSON.parse(
      new TextDecoder().decode(readFixture(input.path!)),
    );
    const chosen = call.rows.map((row) => records[row]!);
    return names === undefined ? chosen : chosen.map((row) => names.map((name) => row[name] ?? Number.NaN));
  }
  const all = readArray({ path: input.path!, dtype: input.dtype! });
  const cols = call.columns ?? input.cols!;
  const data = new Float32Array(call.rows.length * cols);
  call.rows.forEach((row, i) => {
    data.set(all.subarray(row * input.cols!, row * input.cols! + cols), i * cols);
  });
  return { data, rows: call.rows.length, cols };
}

export function scoreNumbers(scores: Scores): Record<string, number | number[]> {
  return Object.fromEntries(
    Object.entries(scores).map(([name, score]) => {
      return [name, Array.isArray(score) ? score.map(Number) : Number(score)];
    }),
  );
}
