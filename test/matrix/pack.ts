/**
 * What the runtime matrix checks, as one JSON text that any runtime can read: models of the fixtures with their rows, and XGBoost's own
 * values for them. Of all fixtures, as many cases as it takes for every release, booster, objective, kind and format to be there.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Booster, type Data, type PredictOptions } from "../../src/index.ts";
import { callData, callOptions, expectedValues, explanations } from "../support/explanations.ts";
import {
  type Expectation,
  expectationOf,
  type FixtureCase,
  type FixtureFile,
  manifest,
  readArray,
  readFixture,
  readInput,
  readOptions,
  rulesOption,
} from "../support/fixtures.ts";

/** Indices are into the lists of the pack; `single`: each row is scored alone, too. */
interface PackedCall {
  readonly data: number;
  readonly options: PredictOptions;
  readonly expected: number;
  readonly single: boolean;
}

interface PackedCheck {
  readonly name: string;
  readonly model: number;
  readonly load: object;
  readonly calls: readonly PackedCall[];
}

/** The model and rows that are scored as one large batch, repeated; and by workers. */
const BATCH = "3.4.1/breast-cancer";

const TUMOUR = fileURLToPath(new URL("../../examples/tumour/", import.meta.url));

/** Values, each once. */
class List<T> {
  readonly items: string[] = [];
  readonly #places = new Map<string, number>();

  add(value: T): number {
    const text = JSON.stringify(encode(value));
    const place = this.#places.get(text) ?? this.items.push(text) - 1;
    this.#places.set(text, place);
    return place;
  }
}

export function makePack(): string {
  const models = new List<Uint8Array>();
  const data = new List<Data>();
  const expected = new List<Float32Array>();
  const checks = chosenCases().flatMap((fixture) =>
    fixture.files
      .filter(({ exact, error }) => exact !== false && error === undefined)
      .map((file): PackedCheck => {
        const groups = fixture.model.numOutputGroups ?? 1;
        const dump = file.dump && { dump: { ...(groups > 1 ? { numClass: groups } : {}), ...file.dump } };
        const load = { rules: rulesOption(fixture, file, rulesOf(file)), ...dump };
        const { featureNames } = Booster.load(readFixture(file.path), load);
        const named = featureNames?.every((name, i) => name === fixture.model.featureNames?.[i]) === true;
        const calls = [...predictions(fixture, file, named), ...contributions(fixture, file)];
        return {
          name: file.path,
          model: models.add(readFixture(file.path)),
          load,
          calls: calls.map(({ values, ...call }) => ({
            options: encode(call.options) as PredictOptions,
            single: isSingle(call.data, call.options, fixture),
            data: data.add(call.data),
            expected: expected.add(values),
          })),
        };
      }),
  );
  const batch = packBatch(models, data, expected);
  const tumour = Object.fromEntries(
    ["model.yaml", "model.ubj", "feature_list", "feature_importance", "certificate.json"].map((name) => [
      name,
      encode(new Uint8Array(readFileSync(TUMOUR + name))),
    ]),
  );
  const parts = {
    checks: JSON.stringify(checks.filter(({ calls }) => calls.length > 0)),
    batch: JSON.stringify(batch),
    models: `[${models.items.join()}]`,
    data: `[${data.items.join()}]`,
    expected: `[${expected.items.join()}]`,
    tumour: JSON.stringify(tumour),
  };
  return `{${Object.entries(parts).map(([name, text]) => `"${name}":${text}`)}}`;
}

function packBatch(models: List<Uint8Array>, data: List<Data>, expected: List<Float32Array>): object {
  const fixture = manifest.cases.find(({ name }) => name === BATCH)!;
  const [file, call] = [fixture.files.find(({ kind }) => kind === "ubj")!, fixture.calls[0]!];
  const { names: _, ...rows } = fixture.inputs[call.input]!;
  const all = readArray({ path: fixture.expected, dtype: "float32" }) as Float32Array;
  return {
    model: models.add(readFixture(file.path)),
    data: data.add(readInput(rows)),
    expected: expected.add(part(all, expectationOf(call, file, "file")!.at!)),
  };
}

/** Again and again the case that adds most of what is not there yet; of equals, that of the newest release. */
function chosenCases(): FixtureCase[] {
  const cases = [...manifest.cases].reverse();
  const chosen = cases.filter(({ name }) => name === BATCH);
  const seen = new Set(chosen.flatMap(marksOf));
  const gain = (each: FixtureCase): number => marksOf(each).filter((mark) => !seen.has(mark)).length;
  for (;;) {
    const best = cases.reduce((a, b) => (gain(b) > gain(a) ? b : a));
    if (gain(best) === 0) {
      return chosen;
    }
    chosen.push(best);
    for (const mark of marksOf(best)) {
      seen.add(mark);
    }
  }
}

function marksOf({ release, booster, objective, tags, files }: FixtureCase): string[] {
  return [
    release,
    `${booster} ${objective}`,
    ...tags.map((tag) => `tag ${tag}`),
    ...files.map(({ kind }) => `${booster} ${kind}`),
    ...files.map(({ kind }) => `${release} ${kind}`),
  ];
}

/** By the rules of the release that wrote the file; a dump does not say its release. */
function rulesOf(file: FixtureFile): "file" | "release" {
  return file.dump === undefined ? "file" : "release";
}

interface Call {
  readonly data: Data;
  readonly options: PredictOptions;
  readonly values: Float32Array;
}

/**
 * Calls that XGBoost answers, and that give as many columns as the model has: what is refused is tested elsewhere.
 * @param named whether the file has the features' names: not all formats keep them
 */
function predictions(fixture: FixtureCase, file: FixtureFile, named: boolean): Call[] {
  const all = readArray({ path: fixture.expected, dtype: "float32" }) as Float32Array;
  const names = fixture.model.featureNames;
  return fixture.calls.flatMap((call): Call[] => {
    const input = fixture.inputs[call.input]!;
    const found = expectationOf(call, file, rulesOf(file));
    const refused = Object.values(call.expect).some((byRules) => byRules.latest?.error !== undefined);
    const width = input.cols ?? fixture.model.numFeatures;
    if (found?.at === undefined || refused || width !== fixture.model.numFeatures) {
      return [];
    }
    const byName = named && call.options.validateFeatures !== false;
    const dataOf = readInput(input, byName ? undefined : (names ?? input.names ?? []));
    return [{ data: dataOf, options: readOptions(call.options), values: part(all, found.at) }];
  });
}

function contributions(fixture: FixtureCase, file: FixtureFile): Call[] {
  const wanted = explanations.get(fixture.name)?.calls ?? [];
  const all = wanted.length > 0 ? expectedValues(fixture.release) : new Float32Array();
  return wanted
    .filter(({ id }) => file.dump === undefined && /^(contribs|approx|interactions)$/.test(id))
    .flatMap((call): Call[] => {
      const found: Expectation | undefined =
        call.expect[file.kind]?.[rulesOf(file)] ?? call.expect["*"]?.[rulesOf(file)];
      const dataOf = callData(call, fixture.inputs["main"]!);
      return found?.at === undefined || fixture.tags.includes("vector-leaf")
        ? []
        : [{ data: dataOf, options: callOptions(call), values: part(all, found.at) }];
    });
}

function part(values: Float32Array, [offset, length]: readonly [number, number]): Float32Array {
  return values.slice(offset, offset + length);
}

function isSingle(data: Data, options: PredictOptions, { model }: FixtureCase): boolean {
  const { cols, rows } = data as { readonly cols?: number; readonly rows?: number };
  return rows !== undefined && cols === model.numFeatures && options.baseMargin === undefined;
}

/** JSON has neither typed arrays nor NaN and infinities: they stand as objects with the one key `$`. */
function encode(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return {
      $: value.constructor.name,
      base64: Buffer.from(buffer, byteOffset, byteLength).toString("base64"),
    };
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    return { $: String(value) };
  }
  if (Array.isArray(value)) {
    return value.map(encode);
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, encode(each)]))
    : value;
}
