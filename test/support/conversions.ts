/** Conversions of the fixtures: the documents that XGBoost writes, byte for byte, and the predictions of what had no document. */
import { describe, expect, it } from "vitest";
import { float32Text } from "../../src/convert/float-text.ts";
import { convertModel } from "../../src/convert.ts";
import { Booster, type PredictOptions, type TreeView } from "../../src/index.ts";
import {
  type FixtureCase,
  type FixtureFile,
  firstDifference,
  manifest,
  readFixture,
  readInput,
} from "./fixtures.ts";

const DOCUMENTS = new Set(["json", "ubj", "snapshot"]);
const decoder = new TextDecoder();

interface File {
  readonly name: string;
  readonly fixture: FixtureCase;
  readonly file: FixtureFile;
}

const files: readonly File[] = manifest.cases.flatMap((fixture) =>
  fixture.files.map((file) => ({ name: `${fixture.name} ${file.kind} ${file.path}`, fixture, file })),
);

function filesOf(release: string, isDocument: boolean): readonly File[] {
  return files.filter(
    ({ fixture, file }) => fixture.release === release && DOCUMENTS.has(file.kind) === isDocument,
  );
}

function convert({ file }: File, to: "json" | "ubj"): Uint8Array {
  return convertModel(readFixture(file.path), { to, ...(file.dump ? { dump: file.dump } : {}) });
}

function twin({ fixture }: File, kind: string): Uint8Array | undefined {
  const found = fixture.files.find((file) => file.kind === kind);
  return found === undefined ? undefined : readFixture(found.path);
}

/** Whether a JSON file has its numbers and flags as XGBoost 1.2 and later print them: fixtures whose text was edited do not. */
function isCanonical(json: Uint8Array): boolean {
  const text = decoder.decode(json);
  const numbers = text.match(/(?<=[[,:])-?\d+\.?\d*[eE][-+]?\d+(?=[,\]}])/g) ?? [];
  const isPrinted = (number: string): boolean => float32Text(Math.fround(Number(number))) === number;
  return !/\btrue\b|\bfalse\b|", "/.test(text) && numbers.every(isPrinted);
}

/** Tests of all files that releases wrote: documents, byte for byte, and the predictions of what had no document. */
export function describeConversions(releases: readonly string[]): void {
  describe.each(releases)("documents of %s", (release) => {
    const documents = filesOf(release, true);

    it("are there", () => {
      expect(documents.length).toBeGreaterThan(0);
    });

    it("become the UBJSON that XGBoost wrote, byte for byte", () => {
      let compared = 0;
      for (const each of documents) {
        const expected = twin(each, "ubj");
        if (expected !== undefined) {
          expect(Buffer.compare(convert(each, "ubj"), expected), each.name).toBe(0);
          compared++;
        }
      }
      const [major, minor] = release.split(".").map(Number);
      expect(compared > 0).toBe(major! * 1000 + minor! >= 1006);
    });

    it("become the JSON that XGBoost wrote, byte for byte, but for other texts of the same numbers", () => {
      for (const each of documents) {
        const expected = twin(each, "json")!;
        const actual = convert(each, "json");
        if (isCanonical(expected) && each.file.kind !== "snapshot") {
          expect(decoder.decode(actual), each.name).toBe(decoder.decode(expected));
        } else {
          expect(convertModel(actual, { to: "json" }), each.name).toEqual(actual);
        }
      }
    });

    it("predict the same bits in JSON and in UBJSON", () => {
      for (const each of documents) {
        expectSamePredictions(each);
      }
    });
  });

  // Nothing but documents was kept of 3.2 and 3.3.
  const withOthers = releases.filter((release) => filesOf(release, false).length > 0);

  describe.each(withOthers)("other files of %s", (release) => {
    it("predict the same bits in JSON and in UBJSON", () => {
      for (const each of filesOf(release, false)) {
        expectSamePredictions(each);
      }
    });

    it("are the same document in JSON and in UBJSON", () => {
      for (const each of filesOf(release, false)) {
        const json = convert(each, "json");
        const ubj = convert(each, "ubj");
        expect(Buffer.compare(convertModel(ubj, { to: "json" }), json), each.name).toBe(0);
        expect(Buffer.compare(convertModel(json, { to: "ubj" }), ubj), each.name).toBe(0);
      }
    });
  });
}

function refusalOf(load: () => Booster): string | undefined {
  try {
    load();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** By default rules; trees with all that they say, which contributions and importances follow from. */
function expectSamePredictions(each: File): void {
  const { fixture, file } = each;
  const engine = "reference";
  const load = (): Booster =>
    Booster.load(readFixture(file.path), { engine, ...(file.dump ? { dump: file.dump } : {}) });
  const refusal = refusalOf(load);
  if (refusal !== undefined) {
    // JSON of 1.0 has six digits of a base score, which may leave 0.
    expect(refusal, each.name).toMatch(/base_score: is 0, expected a probability/);
    expect(
      refusalOf(() => Booster.load(convert(each, "ubj"), { engine })),
      each.name,
    ).toBe(refusal);
    return;
  }
  const original = load();
  const rows = rowsFor(fixture, original);
  const kinds: PredictOptions[] = [{}, { outputMargin: true }];
  if (original.booster !== "gblinear") {
    kinds.push({ predLeaf: true });
  }
  const expected = kinds.map((options) => attempt(original, rows, options));
  for (const to of ["json", "ubj"] as const) {
    const converted = Booster.load(convert(each, to), { engine });
    expect(factsOf(converted), `${each.name} ${to}`).toEqual(factsOf(original));
    for (let t = 0; t < original.numTrees; t++) {
      const [actual, expected] = [converted.tree(t), original.tree(t)];
      expectSameTree(actual, file.dump ? filled(expected) : expected, `${each.name} ${to} tree ${t}`);
    }
    kinds.forEach((options, k) => {
      const wide = {
        ...rows,
        cols: converted.numFeatures,
        data: rows.data.length === 0 ? new Float32Array(rows.rows) : rows.data,
      };
      const actual = attempt(converted, wide, options);
      const what = `${each.name} ${to} ${JSON.stringify(options)}`;
      if (actual instanceof Float32Array && expected[k] instanceof Float32Array) {
        expect(firstDifference(actual, expected[k]), what).toBe(-1);
      } else {
        expect(actual, what).toBe(expected[k]);
      }
    });
  }
}

function expectSameTree(actual: TreeView, expected: TreeView, what: string): void {
  expect(JSON.stringify(actual), what).toBe(JSON.stringify(expected));
}

/** What a dump does not say is 0 in a document. */
function filled(tree: TreeView): TreeView {
  const nodes = tree.nodes.map((node) =>
    node.kind === "leaf"
      ? { ...node, cover: node.cover ?? 0 }
      : { ...node, gain: node.gain ?? 0, cover: node.cover ?? 0 },
  );
  return { ...tree, nodes };
}

function rowsFor(fixture: FixtureCase, booster: Booster): { data: Float32Array; rows: number; cols: number } {
  const names = booster.featureNames ?? Array.from({ length: booster.numFeatures }, (_, f) => `f${f}`);
  const input = readInput({ ...fixture.inputs["main"]! }, names);
  const { numFeatures } = booster;
  const data = new Float32Array(12 * numFeatures).fill(Number.NaN);
  const [from, width] =
    "data" in input && "cols" in input && "rows" in input ? [input.data, input.cols] : [undefined, 0];
  for (let i = 0; i < data.length; i++) {
    const [row, column] = [Math.floor(i / numFeatures), i % numFeatures];
    if (from !== undefined && column < width) {
      data[i] = from[row * width + column]!;
    } else if (Array.isArray(input)) {
      data[i] = Number((input[row] as ArrayLike<number> | undefined)?.[column] ?? Number.NaN);
    }
  }
  return { data, rows: 12, cols: numFeatures };
}

type Rows = ReturnType<typeof rowsFor>;

function attempt(booster: Booster, data: Rows, options: object): Float32Array | string {
  try {
    return booster.predict(data, { validateFeatures: false, ...options }).data;
  } catch (error) {
    return String(error);
  }
}

function factsOf(booster: Booster): object {
  const {
    objective,
    numFeatures,
    numOutputGroups,
    numBoostedRounds,
    featureNames,
    featureTypes,
    attributes,
  } = booster;
  return {
    ...{
      booster: booster.booster,
      version: booster.version,
      numFeatures: Math.max(1, numFeatures),
      numOutputGroups,
      numBoostedRounds,
    },
    ...{
      featureNames,
      featureTypes,
      attributes: { ...attributes },
      objective: objective.replace(/^gpu:/, ""),
    },
  };
}
