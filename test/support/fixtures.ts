/** Reads `fixtures/manifest.json` and the arrays it names. `fixtures/README.md` describes the format. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Data, DumpOptions, PredictOptions, RulesOption } from "../../src/index.ts";

const ROOT = fileURLToPath(new URL("../../fixtures/", import.meta.url));

interface ArrayFile {
  readonly path: string;
  readonly dtype: "float32" | "float64" | "int32";
}

export interface FixtureInput extends Partial<ArrayFile> {
  readonly kind?: "csr" | "records";
  readonly rows: number;
  readonly cols?: number;
  readonly names?: readonly string[];
  readonly indptr?: ArrayFile;
  readonly indices?: ArrayFile;
  readonly data?: ArrayFile;
}

/** Either an array of the case's expected file, or the first line of Python's error. */
export interface Expectation {
  readonly at?: readonly [offset: number, length: number];
  readonly shape?: readonly number[];
  readonly error?: string;
}

export type ExpectedRules = "file" | "latest" | "release";

export interface FixtureCall {
  readonly id: string;
  readonly input: string;
  readonly via: "dmatrix" | "inplace";
  readonly options: Omit<PredictOptions, "baseMargin" | "missing"> & {
    readonly baseMargin?: ArrayFile;
    readonly missing?: number | string;
  };
  readonly expect: Readonly<Record<string, Partial<Record<ExpectedRules, Expectation>>>>;
}

export interface ModelFacts {
  readonly objective: string | null;
  readonly numFeatures: number | null;
  readonly numOutputGroups: number | null;
  readonly numBoostedRounds: number | null;
  readonly featureNames: readonly string[] | null;
  readonly featureTypes: readonly string[] | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly bestIteration: number | null;
  readonly version: readonly [number, number, number];
}

export interface FixtureFile {
  readonly kind: string;
  readonly path: string;
  readonly rules?: readonly ExpectedRules[];
  readonly dump?: DumpOptions;
  readonly exact?: boolean;
  readonly latestError?: string;
  readonly error?: string;
  readonly model?: Partial<ModelFacts>;
}

export interface FixtureCase {
  readonly name: string;
  readonly release: string;
  readonly booster: string;
  readonly objective: string;
  readonly tags: readonly string[];
  readonly model: ModelFacts;
  readonly modelLatest?: Partial<ModelFacts>;
  readonly files: readonly FixtureFile[];
  readonly inputs: Readonly<Record<string, FixtureInput>>;
  readonly calls: readonly FixtureCall[];
  readonly expected: string;
}

interface Manifest {
  readonly releases: Readonly<Record<string, unknown>>;
  readonly cases: readonly FixtureCase[];
}

export const manifest: Manifest = JSON.parse(readFileSync(`${ROOT}manifest.json`, "utf8"));

/** Files are read once: each is used by every engine and rule. */
const files = new Map<string, Uint8Array>();

export function readFixture(path: string): Uint8Array {
  let bytes = files.get(path);
  if (bytes === undefined) {
    bytes = new Uint8Array(readFileSync(ROOT + path));
    files.set(path, bytes);
  }
  return bytes;
}

const decoder = new TextDecoder();
const VIEWS = { float32: Float32Array, float64: Float64Array, int32: Int32Array };

export function readArray(file: ArrayFile): Float32Array | Float64Array | Int32Array {
  return new VIEWS[file.dtype](readFixture(file.path).buffer as ArrayBuffer);
}

/**
 * The data of an input in the form that Python was given it; or by position, for models that do not know the names:
 * `names` then gives the order of named rows.
 */
export function readInput(input: FixtureInput, names?: readonly string[]): Data {
  if (input.kind === "records") {
    const records: Record<string, number | null>[] = JSON.parse(decoder.decode(readFixture(input.path!)));
    return names === undefined ? records : records.map((row) => names.map((name) => row[name] ?? Number.NaN));
  }
  if (input.kind === "csr") {
    return {
      indptr: readArray(input.indptr!),
      indices: readArray(input.indices!),
      data: readArray(input.data!),
      cols: input.cols!,
    };
  }
  const data = readArray(input as ArrayFile);
  const [rows, cols] = [input.rows, input.cols!];
  if (input.names !== undefined && names === undefined) {
    const column = (c: number): number[] => Array.from({ length: rows }, (_, r) => data[r * cols + c]!);
    return { columns: Object.fromEntries(input.names.map((name, c) => [name, column(c)])) };
  }
  return { data, rows, cols };
}

export function readOptions(options: FixtureCall["options"]): PredictOptions {
  const { baseMargin, missing, ...rest } = options;
  return {
    ...rest,
    // JSON has no infinity: it stands there as text.
    ...(missing === undefined ? {} : { missing: Number(missing) }),
    ...(baseMargin === undefined ? {} : { baseMargin: readArray(baseMargin) }),
  };
}

/** What a file is expected to give for a call: of its own kind where kinds differ, else of all kinds. */
export function expectationOf(
  call: FixtureCall,
  file: FixtureFile,
  rules: ExpectedRules,
): Expectation | undefined {
  return call.expect[file.kind]?.[rules] ?? call.expect["*"]?.[rules];
}

/** The `rules` option under which a file must give what was expected. */
export function rulesOption(fixture: FixtureCase, file: FixtureFile, rules: ExpectedRules): RulesOption {
  const [major, minor] = fixture.release.split(".");
  // A dump does not say its release, so the release's own results need the release's name.
  return rules === "release" || (rules === "file" && file.dump !== undefined)
    ? `${Number(major)}.${Number(minor)}`
    : rules;
}

/** Index of the first value whose bits differ, any NaN being equal to any other; -1 where there is none. */
export function firstDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) {
    return Math.min(actual.length, expected.length);
  }
  for (let i = 0; i < actual.length; i++) {
    if (!Object.is(actual[i], expected[i])) {
      return i;
    }
  }
  return -1;
}
