/** Conversions: the documents that XGBoost writes, byte for byte, and the predictions of what had no document. */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";

import { float32Text } from "../src/convert/float-text.ts";
import { convertModel } from "../src/convert.ts";
import {
  Booster,
  InputError,
  ModelFormatError,
  type PredictOptions,
  type TreeView,
  UnsupportedModelError,
} from "../src/index.ts";
import { parseJson } from "../src/parse/json.ts";
import {
  type FixtureCase,
  type FixtureFile,
  firstDifference,
  manifest,
  readFixture,
  readInput,
} from "./support/fixtures.ts";

/** All files of a release are one test. */
vi.setConfig({ testTimeout: 60_000 });

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

const releases = Object.keys(manifest.releases);

describe.each(releases)("documents of %s", (release) => {
  const documents = filesOf(release, true);
  it.runIf(documents.length > 0)("become the UBJSON that XGBoost wrote, byte for byte", () => {
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

  it.runIf(documents.length > 0)(
    "become the JSON that XGBoost wrote, byte for byte, but for other texts of the same numbers",
    () => {
      for (const each of documents) {
        const expected = twin(each, "json")!;
        const actual = convert(each, "json");
        if (isCanonical(expected) && each.file.kind !== "snapshot") {
          expect(decoder.decode(actual), each.name).toBe(decoder.decode(expected));
        } else {
          expect(convertModel(actual, { to: "json" }), each.name).toEqual(actual);
        }
      }
    },
  );

  it.runIf(documents.length > 0)("predict the same bits in JSON and in UBJSON", () => {
    for (const each of documents) {
      expectSamePredictions(each);
    }
  });
});

/** Nothing but documents was kept of 3.2 and 3.3. */
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

const fixture341 = (name: string, kind: string): Uint8Array =>
  readFixture(
    manifest.cases.find((each) => each.name === `3.4.1/${name}`)!.files.find((file) => file.kind === kind)!
      .path,
  );

describe("fields that nobody knows", () => {
  const text = decoder.decode(fixture341("one-tree", "json"));
  const withFields = (fields: string): string => text.replace(/\}$/, `,${fields}}`);

  it.each([
    '"x":1',
    '"x":1E0',
    '"x":[1,2.5E0,"a",null,true,false,[],{}]',
    '"x":[[[1]],{"y":[0E0,-0E0]}]',
    '"x":9007199254740993',
    '"x":-9223372036854775808',
    '"x":1E-1',
    '"x":1.23456789012345E-1',
    '"x":[NaN,Infinity,-Infinity]',
    '"x":"\\"\\\\\\n\\r\\t\\u0001 é 𝒳"',
    '"x":127',
    '"x":[-128,128,32767,2147483647]',
    '"é\\"":{}',
    '"__proto__":{"a":1}',
  ])("pass through UBJSON: %s", (fields) => {
    const json = withFields(fields);
    const there = convertModel(json, { to: "ubj" });
    expect(decoder.decode(convertModel(there, { to: "json" }))).toBe(json);
    expect(decoder.decode(convertModel(json, { to: "json" }))).toBe(json);
    expect(convertModel(there, { to: "ubj" })).toEqual(there);
  });

  it("keep bytes that are not UTF-8", () => {
    const json = new TextEncoder().encode(withFields('"x":"?!"'));
    json[json.lastIndexOf(63)] = 0xff;
    expect(convertModel(convertModel(json, { to: "ubj" }), { to: "json" })).toEqual(json);
  });

  it("may be white space and numbers of other programs: floats become floats again", () => {
    const pretty = JSON.stringify(JSON.parse(text.replace(/NaN/g, "0E0")), undefined, 2);
    expect(pretty).not.toContain("E0");
    expect(decoder.decode(convertModel(pretty, { to: "json" }))).toBe(text);
    expect(decoder.decode(convertModel(new TextEncoder().encode(`\ufeff${pretty}`), { to: "json" }))).toBe(
      text,
    );
  });

  it.each([
    ["parents", '["a"]'],
    ["parents", "[[1]]"],
    ["parents", "[1.5E0]"],
    ["base_weights", "[{}]"],
    ["base_weights", "[true]"],
  ])("are refused where a list has another type: %s %s", (key, list) => {
    const spoilt = text.replace(new RegExp(`"${key}":\\[[^\\]]*\\]`), `"${key}":${list}`);
    expect(() => convertModel(spoilt, { to: "ubj" })).toThrow(ModelFormatError);
  });
});

describe("convertModel", () => {
  it("refuses options and sources that it cannot use", () => {
    const model = fixture341("one-tree", "json");
    expect(() => convertModel(model, { to: "xml" as "json" })).toThrow(InputError);
    expect(() => convertModel(model, undefined as never)).toThrow(InputError);
    expect(() => convertModel({} as never, { to: "json" })).toThrow(/bytes or text, found an object/);
    expect(() => convertModel(model, { to: "json", maxBytes: 10 })).toThrow(ModelFormatError);
    expect(() => convertModel("no model", { to: "json" })).toThrow(ModelFormatError);
    expect(() => convertModel("0:leaf=1\n", { to: "json" })).toThrow(/dump.objective is needed/);
  });

  it("says what a dump lacks, and nothing of a document", () => {
    const losses = (source: Uint8Array | string, dump?: object): string[] => {
      const found: string[] = [];
      convertModel(source, {
        to: "json",
        ...(dump ? { dump } : {}),
        onLoss: (loss) => found.push(loss.split(":")[0]!),
      });
      return found;
    };
    expect(losses(fixture341("one-tree", "json"))).toEqual([]);
    const dump = { objective: "reg:squarederror", baseScore: 0.5 };
    expect(losses("0:[f0<1] yes=1,no=2,missing=1\n\t1:leaf=1\n\t2:leaf=2\n", dump)).toEqual([
      "version",
      "num_feature",
      "loss_changes",
      "sum_hessian",
      "base_weights",
      "objective",
    ]);
    expect(losses("0:[f0<1] yes=1,no=3,missing=1\n\t1:leaf=1\n\t3:leaf=2\n", dump)).toContain("node ids");
  });

  it("puts children side by side, as XGBoost walks to left + 1, and does not grow with ids", () => {
    const tree = "0:[f0<1] yes=1,no=2000000000,missing=1\n\t1:leaf=1\n\t2000000000:leaf=2\n";
    const dump = { objective: "reg:squarederror", baseScore: 0 };
    const json = convertModel(tree, { to: "json", dump });
    expect(json.length).toBeLessThan(2000);
    expect(Array.from(Booster.load(json).predict([[0], [1]]).data)).toEqual([1, 2]);
    expect(decoder.decode(json)).toContain('"left_children":[1,-1,-1]');
  });

  it("finds a base score for margins of before 1.0, and refuses where there is none", () => {
    const spoilt = readFixture("0.90/binary-logistic/model.bin").slice();
    new DataView(spoilt.buffer).setFloat32(0, 1e-12, true);
    expect(() => convertModel(spoilt, { to: "json" })).toThrow(UnsupportedModelError);
  });

  it("has no limit of depth", () => {
    const model = decoder.decode(fixture341("one-tree", "json"));
    const deep = model.replace(/\}$/, `,"x":${"[".repeat(50_000)}${"]".repeat(50_000)}}`);
    expect(decoder.decode(convertModel(convertModel(deep, { to: "ubj" }), { to: "json" }))).toBe(deep);
  });
});

describe("texts of float32", () => {
  it.each([
    [0, "0E0"],
    [-0, "-0E0"],
    [1, "1E0"],
    [-0.5, "-5E-1"],
    [16777216, "1.6777216E7"],
    [2 ** -149, "1E-45"],
    [Math.fround(3.4028235e38), "3.4028235E38"],
    [Number.NaN, "NaN"],
    [-Infinity, "-Infinity"],
    // Half-way between two decimals of eight digits: the even one.
    [1905.15625, "1.9051562E3"],
    [41374.8125, "4.1374812E4"],
    // A power of two, where the nearest decimal of seven digits is another float and the one above is not.
    [2 ** 90, "1.2379401E27"],
    [2 ** -44, "5.684342E-14"],
  ])("%d is %s", (value, text) => {
    expect(float32Text(value)).toBe(text);
  });

  it("of all powers of two read back to the same float", () => {
    for (let exponent = -149; exponent < 128; exponent++) {
      expect(Math.fround(Number(float32Text(2 ** exponent))), `2 ** ${exponent}`).toBe(2 ** exponent);
    }
  });

  it("read back to the same float, and no shorter text does", () => {
    const bits = new Int32Array(1);
    const floats = new Float32Array(bits.buffer);
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (pattern) => {
        bits[0] = pattern;
        const value = floats[0]!;
        const text = float32Text(value);
        const document = parseJson(new TextEncoder().encode(`{"x":${text}}`)) as Readonly<
          Record<string, number>
        >;
        expect(Object.is(Math.fround(document["x"]!), value)).toBe(true);
        const digits = text.replace(/^-|E.*|\./g, "").length;
        if (Number.isFinite(value) && digits > 1) {
          expect(Math.fround(Number(value.toPrecision(digits - 1)))).not.toBe(value);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
