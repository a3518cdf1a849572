/** `xgboost-infer/executor`: model directories, the check of a row, and the bits of the booster. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  ModelExecutor as CoreExecutor,
  FeatureCheckError,
  type FileContent,
  ModelDirectoryError,
  type ScoredRow,
} from "../src/executor.ts";
import { Booster, InputError, ModelFormatError } from "../src/index.ts";
import { ModelExecutor } from "../src/node/executor.ts";
import { openModelDirectory } from "../src/node/model-directory.ts";
import { writeJson } from "./support/document.ts";
import { firstDifference, manifest as fixtures, readFixture, readInput } from "./support/fixtures.ts";
import { type ModelSpec, modelDocument, modelOf, type TreeSpec } from "./support/model.ts";

// Properties and hostile texts: on a busy machine each takes its time.
vi.setConfig({ testTimeout: 60_000 });

const EXAMPLE = fileURLToPath(new URL("../examples/tumour", import.meta.url));

/** x[feature] < 0 gives -1, else 1; missing goes left. */
function stump(feature: number, size = 1): TreeSpec {
  return [{ feature, threshold: 0, defaultLeft: true, left: 1, right: 2 }, { leaf: -size }, { leaf: size }];
}

const NAMES = ["a", "b", "c", "d"];

/** A tree a feature, of growing leaves, so that each feature shows in the score. */
function abcd(rest: Partial<ModelSpec> = {}): string {
  const trees = NAMES.map((_, feature) => stump(feature, 2 ** feature));
  return writeJson(modelDocument(modelOf(trees, { numFeatures: 4, featureNames: NAMES, ...rest })));
}

const IMPORTANCE = "a\t1\nb\t2\nc\t3\nd\t4\n";

type Files = Record<string, FileContent>;

/** Files of a directory around `abcd`, with keys of the manifest and whole files changed. */
function directory(
  changes: Record<string, unknown> = {},
  files: Record<string, FileContent | undefined> = {},
): Files {
  const manifest = { name: "abcd", version: "1", model: "abcd.json", importance: "weights", ...changes };
  const all = {
    "model.json": JSON.stringify(manifest),
    "abcd.json": abcd(),
    weights: IMPORTANCE,
    ...files,
  };
  return Object.fromEntries(Object.entries(all).filter(([, content]) => content !== undefined)) as Files;
}

function load(
  changes?: Record<string, unknown>,
  files?: Record<string, FileContent | undefined>,
): CoreExecutor {
  return CoreExecutor.load(directory(changes, files));
}

/** The error that a call throws. */
function caught(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

function refusal(executor: CoreExecutor, row: Record<string, unknown>): FeatureCheckError {
  const error = caught(() => executor.execute(row));
  expect(error).toBeInstanceOf(FeatureCheckError);
  return error as FeatureCheckError;
}

const FULL = { a: 1, b: 1, c: 1, d: 1 };

describe("the example directory", () => {
  it("loads by path, by function and by files, with the same answer", () => {
    const files = Object.fromEntries(
      readdirSync(EXAMPLE).map((name) => [name, new Uint8Array(readFileSync(join(EXAMPLE, name)))]),
    );
    const executors = [
      ModelExecutor.load(EXAMPLE),
      ModelExecutor.load(openModelDirectory(EXAMPLE)),
      ModelExecutor.load(files),
      CoreExecutor.load(files),
    ];
    const row = Object.fromEntries(executors[0]!.features.map((name, i) => [name, i]));
    const answers = executors.map((executor) => executor.execute(row));
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(answers[0]!.score).toBe(executors[0]!.booster.predictRow(row)[0]);
    expect(executors.slice(0, 3).every((executor) => executor instanceof ModelExecutor)).toBe(true);
    expect(executors[0]).toMatchObject({ name: "tumour", version: "2026-11" });
    expect(executors[0]!.manifest).toEqual({
      name: "tumour",
      version: "2026-11",
      model: "model.ubj",
      features: "feature_list",
      importance: "feature_importance",
      textNumbers: false,
      check: {
        mode: "weight",
        weightLimit: 0.2,
        allowMissing: ["worst symmetry", "worst texture"],
        unknownFeatures: "report",
      },
      manager: "manager@example.com",
      developer: "developer@example.com",
      correlation: "negative",
    });
  });

  it("holds the model of the fixture, its names and its total gains", () => {
    const bytes = readFileSync(join(EXAMPLE, "model.ubj"));
    expect(bytes.equals(readFixture("3.4.1/breast-cancer/model.ubj"))).toBe(true);
    const { booster, importance, features } = ModelExecutor.load(EXAMPLE);
    expect(readFileSync(join(EXAMPLE, "feature_list"), "utf8").trimEnd().split("\n")).toEqual(features);
    const gains = booster.getScore({ importanceType: "total_gain" });
    const total = Object.values(gains).reduce((sum, gain) => sum + gain, 0);
    for (const [name, share] of Object.entries(importance!)) {
      expect(share).toBeCloseTo((gains[name] ?? 0) / total, 12);
    }
  });
});

describe("the manifest", () => {
  const yaml = (text: string): CoreExecutor => load({}, { "model.json": undefined, "model.yaml": text });
  const base = "name: x\nmodel: abcd.json\n";

  it.each([
    [
      "an unknown key",
      `${base}chek: {}\n`,
      'model.yaml:3: unknown key "chek", expected name, version, model',
    ],
    [
      "an unknown key within",
      `${base}check:\n  mode: off\n  limit: 1\n`,
      'model.yaml:5: unknown key "check.limit", expected mode, weightLimit',
    ],
    [
      "a number for text",
      `${base}version: 3\n`,
      "model.yaml:3: version is 3, expected text: numbers need quotes",
    ],
    ["an empty value", `${base}manager:\n`, "model.yaml:3: manager is null, expected text"],
    ["empty text", `${base}manager: ""\n`, 'model.yaml:3: manager is "", expected some text'],
    ["a list for text", `${base}manager: [x]\n`, "model.yaml:3: manager is an array of 1, expected text"],
    [
      "an unknown mode",
      `${base}check:\n  mode: wieght\n`,
      'model.yaml:4: check.mode is "wieght", expected weight or allowlist or off',
    ],
    [
      "a limit above 1",
      `${base}check:\n  mode: weight\n  weightLimit: 1.5\n`,
      "model.yaml:5: check.weightLimit is 1.5, expected a number from 0 to 1",
    ],
    [
      "a limit below 0",
      `${base}check: {mode: weight, weightLimit: -0.1}`,
      "model.yaml:3: check.weightLimit is -0.1, expected",
    ],
    [
      "a limit of no number",
      `${base}check: {mode: weight, weightLimit: .nan}`,
      "check.weightLimit is NaN, expected",
    ],
    [
      "a limit as text",
      `${base}check: {mode: off, weightLimit: "0.2"}`,
      'check.weightLimit is "0.2", expected',
    ],
    ["no limit", `${base}check:\n  mode: weight\n`, "check.weightLimit is not there"],
    ["no mode", `${base}check:\n  weightLimit: 0.2\n`, "check.mode is not there"],
    [
      "a check that is text",
      `${base}check: off\n`,
      'model.yaml:3: check is "off", expected a mapping with mode',
    ],
    ["no name", "model: abcd.json\n", "model.yaml:1: name is not there"],
    ["no model", "name: x\n", "model.yaml:1: model is not there"],
    [
      "another correlation",
      `${base}correlation: none\n`,
      'model.yaml:3: correlation is "none", expected positive or negative',
    ],
    [
      "a flag that is text",
      `${base}textNumbers: yes\n`,
      'model.yaml:3: textNumbers is "yes", expected true or false',
    ],
    [
      "a list that is text",
      `${base}check: {mode: off, allowMissing: a}\n`,
      'check.allowMissing is "a", expected a list of feature names',
    ],
    [
      "an unknown feature",
      `${base}check:\n  mode: off\n  allowMissing:\n    - a\n    - e\n`,
      'model.yaml:7: check.allowMissing[1]: "e" is not a feature of the model, expected "a", "b", "c", "d"',
    ],
    [
      "a doubled feature",
      `${base}check: {mode: off, allowMissing: [a, b, a]}\n`,
      'check.allowMissing[2]: "a" stands in the list already',
    ],
    ["a doubled key", `${base}name: y\n`, "model.yaml:3: name stands here again"],
    ["a key that is no text", `${base}1: y\n`, "model.yaml:3: a key is not text"],
    [
      "an alias",
      `name: &n x\nmodel: abcd.json\nmanager: *n\n`,
      "model.yaml:3: manager is an alias, expected the value itself",
    ],
    ["a tag", `${base}manager: !!js/function x\n`, "model.yaml:3: Unresolved tag"],
    ["two documents", `${base}---\nname: y\n`, "model.yaml:3: Source contains multiple documents"],
    ["no mapping", "- name\n", "model.yaml:1: the manifest is an array of 1, expected a mapping with name"],
    ["nothing", "", "model.yaml:1: the manifest is null, expected a mapping"],
    ["bad indentation", "name: x\n model: y\n", "model.yaml:1"],
    ["a tab", "name: x\ncheck:\n\tmode: off\n", "model.yaml:3: Tabs are not allowed as indentation"],
    [
      "a file outside",
      "name: x\nmodel: ../abcd.json\n",
      'model.yaml:2: model is "../abcd.json", expected the name of a file in the model directory',
    ],
    [
      "an absolute path",
      "name: x\nmodel: /abcd.json\n",
      'model is "/abcd.json", expected the name of a file',
    ],
    ["a file of Windows", `name: x\nmodel: 'C:\\abcd'\n`, "expected the name of a file"],
    [
      "a file that is absent",
      "name: x\nmodel: other.json\n",
      "other.json: is not there, but model in model.yaml names it",
    ],
    [
      "a long text",
      `${base}# ${"x".repeat(300_000)}`,
      "model.yaml: has 300027 characters, a manifest has at most 262144; is it the model itself?",
    ],
  ])("refuses %s", (_, text, message) => {
    const error = caught(() => yaml(text));
    expect(error).toBeInstanceOf(ModelDirectoryError);
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ code: "ERR_MODEL_DIRECTORY", name: "ModelDirectoryError" });
    expect((error as ModelDirectoryError).line).toBe(
      /^model\.yaml:(\d+)/.exec(error.message)?.[1] && Number(/:(\d+)/.exec(error.message)![1]),
    );
  });

  it.each([
    ["text that is no JSON", "{", "model.json: is not JSON: "],
    ["YAML in JSON", "{name: x}", "model.json: is not JSON: "],
    ["a doubled key", '{"name": "x",\n"name": "y"}', "model.json:2: name stands here again"],
    ["a bad type", '{"name": "x",\n"model": 3}', "model.json:2: model is 3, expected text"],
    ["bytes that are no text", new Uint8Array([0xff, 0x41]), "model.json: is not UTF-8 text"],
    ["the model itself", abcd(), "model.json: is an XGBoost model, expected the manifest that names it"],
  ])("as JSON refuses %s", (_, content, message) => {
    const error = caught(() => load({}, { "model.json": content }));
    expect(error).toBeInstanceOf(ModelDirectoryError);
    expect(error.message).toContain(message);
  });

  it.each([
    "[".repeat(20_000),
    "a:\n ".repeat(5000),
    "? ".repeat(20_000),
    "&a ".repeat(20_000),
    `a: &a\n${"- *a\n".repeat(10_000)}`,
  ])("refuses hostile text in time %#", (text) => {
    const start = performance.now();
    expect(caught(() => yaml(text))).toBeInstanceOf(ModelDirectoryError);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it("means the same in YAML and JSON", () => {
    const text = fc.string({ minLength: 1, unit: "binary" }).filter((each) => !/\p{Surrogate}/u.test(each));
    const manifests = fc.record(
      {
        name: text,
        version: text,
        model: fc.constant("abcd.json"),
        textNumbers: fc.boolean(),
        manager: text,
        check: fc.record({
          mode: fc.constantFrom("weight", "allowlist", "off"),
          weightLimit: fc.double({ min: 0, max: 1, noNaN: true }),
          allowMissing: fc.subarray(NAMES),
        }),
      },
      { requiredKeys: ["name", "model"] },
    );
    fc.assert(
      fc.property(manifests, fc.constantFrom(undefined, 1, "\t"), (wanted, space) => {
        const found = load({}, { "model.json": JSON.stringify(wanted, null, space) }).manifest;
        // JSON has one zero.
        expect(JSON.parse(JSON.stringify(found))).toEqual({
          textNumbers: false,
          ...wanted,
          check: {
            ...(wanted.check ?? { mode: "off", allowMissing: [] }),
            ...(wanted.check && { weightLimit: wanted.check.weightLimit + 0 }),
            unknownFeatures: "report",
          },
        });
      }),
      { numRuns: 200 },
    );
  });

  it("is model.yaml where model.json is the model, and needs one of them", () => {
    const files = { "model.yaml": "name: x\nmodel: model.json\n", "model.json": abcd() };
    expect(CoreExecutor.load(files).execute(FULL)).toEqual({ score: 15.5, missing: [], missingWeight: 0 });
    const error = caught(() => CoreExecutor.load({ "model.yml": "name: x" }));
    expect(error.message).toBe("model.yaml: is not there, nor is model.json: one of them is the manifest");
  });

  it("skips a byte order mark", () => {
    expect(yaml(`\uFEFF${base}`).name).toBe("x");
    expect(
      load({}, { "model.json": new TextEncoder().encode(`\uFEFF{"name":"x","model":"abcd.json"}`) }).name,
    ).toBe("x");
  });
});

describe("the feature list", () => {
  const withList = (text: string, model = abcd()): CoreExecutor =>
    load({ features: "list", importance: undefined }, { list: text, "abcd.json": model });
  const unnamed = abcd({ featureNames: undefined as never });

  it("may be in any order where the model has names", () => {
    const executor = withList("d\nb\nc\na\n");
    expect(executor.features).toEqual(NAMES);
    expect(executor.execute({ ...FULL, a: -1 }).score).toBe(13.5);
  });

  it("names the columns of a model without names", () => {
    const executor = withList("w\r\nx\r\ny\r\nz\r\n\r\n", unnamed);
    expect(executor.features).toEqual(["w", "x", "y", "z"]);
    expect(executor.execute({ z: -1, y: 1, x: 1, w: 1 })).toEqual({
      score: -0.5,
      missing: [],
      missingWeight: 0,
    });
    expect(() => executor.execute({ z: "q" })).toThrow('feature 3 ("z"): found "q", expected a number');
    expect(load({ importance: undefined }, { "abcd.json": unnamed }).features).toEqual([
      "f0",
      "f1",
      "f2",
      "f3",
    ]);
  });

  it("goes by column where the model is a dump, which may know more features than it uses", () => {
    const dump = "booster[0]:\n0:[f1<0] yes=1,no=2,missing=1\n\t1:leaf=1\n\t2:leaf=2\n";
    const files = directory(
      { importance: undefined, features: "list" },
      { list: "a\nb\nc\n", "abcd.json": dump },
    );
    const options = { dump: { objective: "reg:squarederror", baseScore: 0 } };
    const executor = CoreExecutor.load(files, options);
    expect(executor.execute({ b: 1, c: 5 })).toMatchObject({ score: 2, missing: ["a"] });
    expect(executor.executeMany([{ b: 1 }, { c: 5 }])).toMatchObject([{ score: 2 }, { score: 1 }]);
    expect(() => CoreExecutor.load({ ...files, list: "a\n" }, options)).toThrow(
      "list: has 1 names, expected at least 2",
    );
  });

  it.each([
    [
      "an unknown name",
      "a\nb\nx\nd\n",
      abcd(),
      'list:3: "x" is not a feature of the model, expected "a", "b", "c", "d"',
    ],
    ["a doubled name", "a\nb\nc\na\n", abcd(), 'list:4: "a" stands on line 1 already'],
    ["an empty line", "a\n\nc\nd\n", abcd(), "list:2: the line is empty, expected a feature name"],
    ["too few names", "a\nc\n", abcd(), 'list: lacks features of the model: "b", "d"'],
    ["a space too many", "a\nb\nc \nd", abcd(), 'list:3: "c " is not a feature'],
    ["too few columns", "a\nb\n", unnamed, "list: has 2 names, expected 4"],
    ["too many columns", "a\nb\nc\nd\ne\n", unnamed, "list: has 5 names, expected 4"],
    [
      "XGBoost's names in another order",
      "f0\nf2\nf1\nf3\n",
      unnamed,
      `list:2: "f2" is XGBoost's name for column 2, but stands for column 1 here`,
    ],
  ])("refuses %s", (_, list, model, message) => {
    const error = caught(() => withList(list, model));
    expect(error).toBeInstanceOf(ModelDirectoryError);
    expect(error.message).toContain(message);
  });

  it("must be there and UTF-8", () => {
    expect(caught(() => load({ features: "list" })).message).toBe(
      "list: is not there, but features in model.json names it",
    );
    expect(() => load({ features: "list" }, { list: new Uint8Array([0xc0]) })).toThrow(
      "list: is not UTF-8 text",
    );
  });
});

describe("the importance", () => {
  it("is that of the file, as shares", () => {
    expect({ ...load().importance }).toEqual({ a: 0.1, b: 0.2, c: 0.3, d: 0.4 });
    expect({ ...load({}, { weights: "c\t.5e1\na\t+15.\r\n" }).importance }).toEqual({
      a: 0.75,
      b: 0,
      c: 0.25,
      d: 0,
    });
  });

  it.each([
    ["an unknown name", "a\t1\nx\t1\n", 'weights:2: "x" is not a feature of the model'],
    ["a doubled name", "a\t1\na\t2\n", 'weights:2: "a" stands on line 1 already'],
    [
      "a negative weight",
      "a\t1\nb\t-2\n",
      'weights:2: the weight of "b" is "-2", expected a number of 0 or more',
    ],
    ["NaN", "a\tNaN\n", 'weights:1: the weight of "a" is "NaN", expected'],
    ["an infinite weight", "a\t1e999\n", 'weights:1: the weight of "a" is "1e999", expected'],
    ["no weight", "a\t\n", 'the weight of "a" is "", expected'],
    ["hexadecimal", "a\t0x10\n", 'the weight of "a" is "0x10"'],
    ["no tab", "a 1\n", 'weights:1: found "a 1", expected a name, a tab and a weight'],
    ["an empty line", "a\t1\n\nb\t1\n", 'weights:2: found "", expected a name, a tab and a weight'],
    ["zeros", "a\t0\nb\t0\n", "weights: the weights sum to 0, expected a number above 0"],
    ["nothing", "", "weights: the weights sum to 0"],
    ["an infinite sum", "a\t1e308\nb\t1e308\n", "weights: the weights sum to Infinity"],
  ])("refuses %s", (_, weights, message) => {
    const error = caught(() => load({}, { weights }));
    expect(error).toBeInstanceOf(ModelDirectoryError);
    expect(error.message).toContain(message);
  });

  it("is the total gain of the model where there is no file, and needs one in mode weight where there is no gain", () => {
    const bytes = readFixture("3.4.1/breast-cancer/model.ubj");
    const executor = load({ importance: undefined }, { "abcd.json": bytes });
    const gains = executor.booster.getScore({ importanceType: "total_gain" });
    const total = Object.values(gains).reduce((sum, gain) => sum + gain, 0);
    expect(executor.importance!["worst perimeter"]).toBeCloseTo(gains["worst perimeter"]! / total, 12);

    const linear = { "abcd.json": readFixture("3.4.1/gblinear/model.ubj") };
    const weighted = { importance: undefined, check: { mode: "weight", weightLimit: 0.5 } };
    expect(() => load(weighted, linear)).toThrow(
      "model.json: check.mode is weight, but there is no importance to go by: importanceType is",
    );
    const free = load({ importance: undefined }, linear);
    expect(free.importance).toBeUndefined();
    expect(free.execute({}).missingWeight).toBeNaN();
    expect(free.execute(Object.fromEntries(free.features.map((name) => [name, 1]))).missingWeight).toBe(0);
  });

  it("is none of any feature where the model splits on nothing", () => {
    const empty = writeJson(modelDocument(modelOf([[{ leaf: 1 }]], { numFeatures: 4, featureNames: NAMES })));
    const check = { mode: "weight", weightLimit: 0 };
    const executor = load({ importance: undefined, check }, { "abcd.json": empty });
    expect(executor.execute({})).toEqual({ score: 1.5, missing: NAMES, missingWeight: 0 });
  });
});

describe("the check", () => {
  it("by weight refuses rows whose absent features hold more than the limit", () => {
    const executor = load({ check: { mode: "weight", weightLimit: 0.3, allowMissing: ["d"] } });
    expect(executor.execute({ c: 1 })).toEqual({
      score: 0.5 - 1 - 2 + 4 - 8,
      missing: ["a", "b", "d"],
      missingWeight: 0.3,
    });
    const error = refusal(executor, { b: 1, a: null });
    expect(error).toMatchObject({
      code: "ERR_FEATURE_CHECK",
      name: "FeatureCheckError",
      features: ["c", "a"],
      missing: ["a", "c", "d"],
      missingWeight: 0.4,
      weightLimit: 0.3,
      unknown: [],
      row: undefined,
    });
    expect(error.message).toBe(
      'the row is refused: absent features hold 0.4 of the importance, weightLimit is 0.3: "c" (30 %), "a" (10 %)',
    );
  });

  it("does not mind that decimal weights are inexact", () => {
    const executor = load(
      { check: { mode: "weight", weightLimit: 0.3 } },
      { weights: "a\t0.1\nb\t0.2\nc\t0.3\nd\t0.4\n" },
    );
    expect(executor.execute({ c: 1, d: 1 }).missingWeight).toBeCloseTo(0.3, 15);
    expect(refusal(executor, { a: 1, b: 1, c: 1 }).features).toEqual(["d"]);
  });

  it("at limit 0 lets features without weight be absent, at limit 1 all", () => {
    const strict = load({ check: { mode: "weight", weightLimit: 0 } }, { weights: "a\t1\nb\t2\n" });
    expect(strict.execute({ a: 1, b: 1 }).missing).toEqual(["c", "d"]);
    expect(refusal(strict, { b: 1 }).features).toEqual(["a"]);
    const loose = load({ check: { mode: "weight", weightLimit: 1 } });
    expect(loose.execute({})).toMatchObject({ missing: NAMES, missingWeight: 1 });
  });

  it("by allowlist refuses any absent feature that is not allowed to be", () => {
    const executor = load({ check: { mode: "allowlist", allowMissing: ["b"] } });
    expect(executor.execute({ a: 1, c: 1, d: 1 })).toMatchObject({ missing: ["b"], missingWeight: 0 });
    const error = refusal(executor, { c: 1 });
    expect(error).toMatchObject({
      features: ["d", "a"],
      missing: ["a", "b", "d"],
      missingWeight: 0.5,
      weightLimit: undefined,
    });
    expect(error.message).toBe('the row is refused: absent features: "d", "a"; allowMissing allows only "b"');
    expect(refusal(load({ check: { mode: "allowlist" } }), {}).message).toContain(
      "allowMissing allows nothing",
    );
  });

  it("is off by default, and says what is absent all the same", () => {
    const score = 0.5 - 15;
    expect(load().execute({})).toEqual({ score, missing: NAMES, missingWeight: 1 });
    const off = load({ check: { mode: "off", weightLimit: 0.1, allowMissing: ["d"] } });
    expect(off.execute({})).toEqual({ score, missing: NAMES, missingWeight: 0.6 });
  });

  it.each([[undefined], [null], [""], [Number.NaN]])("takes %s for absent", (nothing) => {
    expect(load().execute({ ...FULL, b: nothing })).toMatchObject({ missing: ["b"], missingWeight: 0.2 });
  });

  it("reports names that the model does not know, or refuses them", () => {
    expect(load().execute({ x: 1, ...FULL, y: 2 })).toEqual({
      score: 15.5,
      missing: [],
      missingWeight: 0,
      unknown: ["x", "y"],
    });
    const strict = load({ check: { mode: "allowlist", unknownFeatures: "refuse" } });
    const error = refusal(strict, { x: 1, ...FULL });
    expect(error).toMatchObject({ features: ["x"], unknown: ["x"], missing: [] });
    expect(error.message).toBe('the row is refused: not features of the model: "x"');
    expect(refusal(strict, { x: 1, a: 1, b: 1, c: 1 }).features).toEqual(["d", "x"]);
    expect(strict.execute(FULL).score).toBe(15.5);
  });

  it("names each feature in its message, up to a hundred", () => {
    const names = Array.from({ length: 150 }, (_, i) => `n${i}`);
    const model = writeJson(modelDocument(modelOf([stump(0)], { numFeatures: 150, featureNames: names })));
    const error = refusal(
      load({ importance: undefined, check: { mode: "allowlist" } }, { "abcd.json": model }),
      {},
    );
    expect(error.features.length).toBe(150);
    expect(error.message).toContain('"n99", … (150 in all)');
  });
});

describe("values", () => {
  it("are numbers, booleans and big integers; text is an error that names the feature", () => {
    expect(load().execute({ a: true, b: 3n, c: -1, d: -0.5 }).score).toBe(0.5 + 1 + 2 - 4 - 8);
    for (const wrong of ["1", " ", "abc", {}, [], () => 1, Symbol("x")]) {
      const error = caught(() => load().execute({ ...FULL, c: wrong }));
      expect(error).toBeInstanceOf(InputError);
      expect(error).toMatchObject({ feature: "c", row: 0 });
    }
    expect(caught(() => load().execute({ a: "1" })).message).toBe(
      'row 0, feature 0 ("a"): found "1", expected a number; textNumbers: true in the manifest allows numbers as text',
    );
  });

  it("are numbers as text where the manifest allows it, in decimal only", () => {
    const executor = load({ textNumbers: true });
    const encode = (a: unknown): number => executor.encode({ a })[0]!;
    for (const text of ["1", "-1.5", "+2.", ".25", "1e3", "-1E-3", " 7 ", "0.1", "16777217", "1e39", "-0"]) {
      expect(Object.is(encode(text), Math.fround(Number(text))), text).toBe(true);
    }
    expect([encode("inf"), encode("-Infinity")]).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
    for (const nothing of ["", "  ", "NaN", "nan", "NA", "null"]) {
      expect(encode(nothing), nothing).toBeNaN();
    }
    for (const wrong of ["0x10", "1,5", "1_000", "1e", "e1", ".", "-", "true", "1 2", "12abc", "None", "١"]) {
      expect(() => encode(wrong), wrong).toThrow(InputError);
    }
  });

  it.each([[1], ["a"], [null], [undefined], [[1, 2]], [new Float32Array(4)], [new Map([["a", 1]])], [true]])(
    "of a row that is %s are refused",
    (row) => {
      expect(() => load().execute(row as never)).toThrow(InputError);
      expect(load().executeMany([row as never, FULL])).toMatchObject([
        { code: "ERR_INPUT", row: 0 },
        { score: 15.5 },
      ]);
    },
  );

  it("come from own properties alone", () => {
    const inherited = Object.create({ a: 1, x: 2 });
    expect(load().execute(Object.assign(inherited, { b: 1 }))).toMatchObject({ missing: ["a", "c", "d"] });
    const names = ["__proto__", "constructor", "toString", "d"];
    const hostile = load({ importance: undefined }, { "abcd.json": abcd({ featureNames: names }) });
    expect(hostile.execute({}).missing).toEqual(names);
    const row = JSON.parse('{"__proto__": 1, "constructor": 1, "toString": 1, "d": 1}');
    expect(hostile.execute(row)).toMatchObject({ score: 15.5, missing: [] });
    expect(hostile.execute(Object.assign(Object.create(null), { constructor: 1 })).missing).toEqual([
      "__proto__",
      "toString",
      "d",
    ]);
    expect(Object.keys(hostile.importance!)).toEqual(names);
  });

  it("may run code that scores another row", () => {
    const executor = load();
    const row = {
      ...FULL,
      get b(): number {
        return executor.execute({ a: -1, b: -1, c: -1, d: -1 }).score === 0.5 - 15 ? -1 : Number.NaN;
      },
    };
    expect(executor.execute(row)).toEqual({ score: 15.5 - 4, missing: [], missingWeight: 0 });
    const shrinking = {
      get a(): number {
        delete (this as Record<string, unknown>)["b"];
        return 1;
      },
      b: 1,
      c: -1,
      d: 1,
    };
    expect(executor.execute(shrinking)).toMatchObject({ score: 0.5 + 1 - 2 - 4 + 8, missing: ["b"] });
  });
});

describe("categories", () => {
  const file = "3.4.1/string-categories/model.ubj";
  const executor = load(
    { importance: undefined, check: { mode: "off" } },
    { "abcd.json": readFixture(file) },
  );

  it("come by name, and empty text is a category only where one is named so", () => {
    const column = executor.features.indexOf("colour");
    const [name] = executor.booster.categoryNames(column)!;
    expect(executor.encode({ colour: name })[column]).toBe(0);
    expect(executor.encode({ colour: "" })[column]).toBeNaN();
    expect(() => executor.execute({ colour: "no such" })).toThrow('found "no such", expected a category');
    const error = caught(() => executor.execute({ colour: "no such" }));
    expect(error).toMatchObject({ code: "ERR_INPUT", feature: "colour" });
  });
});

describe("values by column, as tables have them", () => {
  it("are what a row by name has", () => {
    const executor = load(
      { importance: undefined },
      { "abcd.json": readFixture("3.4.1/string-categories/model.ubj") },
    );
    const column = executor.features.indexOf("colour");
    expect(executor.featureKinds[column]).toBe("text category");
    const names = executor.booster.categoryNames(column)!;
    names.forEach((name, code) => {
      expect(executor.encodeText(name, column)).toBe(code);
      expect(executor.encodeValue(name, column)).toBe(code);
    });
    expect(() => executor.encodeText("no such", column, 7)).toThrow(
      /^row 7, feature \d+ \("colour"\): found "no such", expected a category/,
    );
  });

  it("are numbers as text where the table is text, whatever the manifest says", () => {
    const executor = load();
    expect(executor.featureKinds).toEqual(Array(4).fill("number"));
    expect(["1.5", "-2e3", "inf", " 7 "].map((text) => executor.encodeText(text, 0))).toEqual([
      1.5,
      -2000,
      Number.POSITIVE_INFINITY,
      7,
    ]);
    for (const text of ["", "NaN", "NA", "null"]) {
      expect(executor.encodeText(text, 1), text).toBeNaN();
    }
    expect(() => executor.encodeText("wide", 2)).toThrow(
      'row 0, feature 2 ("c"): found "wide", expected a number',
    );
    expect(() => executor.encodeValue("1.5", 2)).toThrow("textNumbers: true");
    expect(executor.encodeValue(null, 2)).toBeNaN();
  });

  it("are integers where categories are, in any way of writing", () => {
    const executor = load(
      { importance: undefined },
      { "abcd.json": readFixture("3.4.1/integer-categories/model.ubj") },
    );
    const column = executor.featureKinds.indexOf("integer category");
    const names = executor.booster.categoryNames(column)!;
    names.forEach((name, code) => {
      expect(executor.encodeText(name, column)).toBe(code);
      expect(executor.encodeText(`${name}.0`, column)).toBe(code);
      expect(executor.encodeValue(Number(name), column)).toBe(code);
    });
    expect(executor.encodeText("NA", column)).toBeNaN();
    expect(() => executor.encodeText("99999", column)).toThrow("expected a category");
  });

  it("in whole rows are refused as execute refuses them", () => {
    const executor = load({ check: { mode: "weight", weightLimit: 0.25 } });
    const rows = [
      { a: 1, b: 1, c: 1, d: 1 },
      { a: 1, b: 1, c: 1 },
      { b: 1, c: 1, d: 1 },
    ];
    const values = Float32Array.from(rows.flatMap((row) => [...executor.encode(row)]));
    const refusals = executor.refusals(values, 3);
    expect(refusals.map((each) => each?.message)).toEqual(
      executor.executeMany(rows).map((each) => (each instanceof Error ? each.message : undefined)),
    );
    expect(refusals.map((each) => each?.row)).toEqual([undefined, 1, undefined]);
    expect(() => executor.refusals(values, 4)).toThrow(
      "values has 12 numbers, expected 4 rows of 4 features",
    );
  });

  it("in whole rows come into the caller's array, with names that are unknown", () => {
    const executor = load({ check: { mode: "off", unknownFeatures: "refuse" } });
    const rows = [
      { a: 1, b: 2, c: 3, d: 4 },
      { d: 4, other: 1 },
    ];
    const values = new Float32Array(9);
    const unknown = rows.map((row, i) => executor.encodeInto(row, values, 1 + 4 * i, i));
    expect(Array.from(values)).toEqual([0, 1, 2, 3, 4, Number.NaN, Number.NaN, Number.NaN, 4]);
    expect(unknown).toEqual([undefined, ["other"]]);
    const refusals = executor.refusals(values.subarray(1), 2, unknown, 10);
    expect(refusals.map((each) => each?.unknown)).toEqual([undefined, ["other"]]);
    expect(refusals[1]!.row).toBe(11);
    for (const at of [6, -1, Number.NaN]) {
      expect(() => executor.encodeInto(rows[0]!, values, at)).toThrow(
        `out has 9 values, expected room for 4 features at ${at}`,
      );
    }
    expect(() => executor.encodeInto({ a: "x" }, values, 0, 5)).toThrow("row 5");
  });
});

/** Every fixture of the newest release that takes rows by name, and some that do not. */
const CASES = fixtures.cases.filter(
  (each) =>
    each.release === "3.4.1" &&
    (each.model.featureNames !== null ||
      /\/(multi-soft|dart$|gblinear$|vector-leaf$|reg-quantile)/.test(each.name)) &&
    each.files.some((file) => file.kind === "ubj"),
);

interface Loaded {
  readonly name: string;
  readonly executor: CoreExecutor;
  readonly booster: Booster;
  readonly rows: readonly Record<string, unknown>[];
}

/** The rows of a fixture by name. */
function loadCase(fixture: (typeof CASES)[number]): Loaded {
  const file = fixture.files.find((each) => each.kind === "ubj")!;
  const booster = Booster.load(readFixture(file.path));
  const executor = load({ importance: undefined }, { "abcd.json": readFixture(file.path) });
  const input = readInput(fixture.inputs["main"]!);
  const names = executor.features;
  let rows: Record<string, unknown>[];
  if (Array.isArray(input)) {
    rows = input as Record<string, unknown>[];
  } else if ("columns" in input) {
    const columns = Object.entries(input.columns);
    const count = columns[0]![1].length;
    rows = Array.from({ length: count }, (_, r) =>
      Object.fromEntries(columns.map(([name, column]) => [name, column[r]])),
    );
  } else {
    const { data, rows: count, cols } = input as { data: Float32Array; rows: number; cols: number };
    rows = Array.from({ length: count }, (_, r) =>
      Object.fromEntries(names.map((name, c) => [name, data[r * cols + c]])),
    );
  }
  return { name: fixture.name, executor, booster, rows: rows.slice(0, 300) };
}

function scoresOf(answers: readonly (ScoredRow | Error)[]): Float32Array {
  return Float32Array.from(
    answers.flatMap((each) => {
      if (each instanceof Error) {
        throw each;
      }
      return each.score;
    }),
  );
}

describe("scores", () => {
  it("cover what there is", () => {
    expect(CASES.map((each) => each.name)).toEqual(
      expect.arrayContaining([
        "3.4.1/breast-cancer",
        "3.4.1/string-categories",
        "3.4.1/integer-categories",
        "3.4.1/multi-softprob",
        "3.4.1/vector-leaf",
      ]),
    );
  });

  it.each(CASES.map((each) => [each.name, each] as const))(
    "of %s have the bits of the booster",
    (_, fixture) => {
      const { executor, booster, rows } = loadCase(fixture);
      const wanted = booster.predict(rows).data;
      const single = rows.map((row) => executor.execute(row));
      expect(firstDifference(scoresOf(single), wanted)).toBe(-1);
      expect(executor.executeMany(rows)).toEqual(single);
      expect(Array.isArray(single[0]!.score)).toBe(wanted.length > rows.length);
    },
  );

  it("do not depend on the order of keys, unknown names, or how rows are split into batches", () => {
    const loaded = CASES.filter((each) =>
      ["3.4.1/breast-cancer", "3.4.1/string-categories", "3.4.1/multi-softprob"].includes(each.name),
    ).map(loadCase);
    const shuffles = fc.record({
      which: fc.constantFrom(...loaded),
      begin: fc.nat(200),
      cuts: fc.array(fc.nat(60), { maxLength: 5 }),
      extra: fc.uniqueArray(fc.string({ minLength: 30 }), { maxLength: 3 }),
      keep: fc.double({ min: 0.3, max: 1, noNaN: true }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(shuffles, ({ which: { executor, booster, rows }, begin, cuts, extra, keep, seed }) => {
        const random = lcg(seed);
        const known = rows
          .slice(begin % rows.length, (begin % rows.length) + 60)
          .map((row) => shuffled(Object.entries(row), random).filter(() => random() < keep));
        const wanted = booster.predict(known.map((entries) => Object.fromEntries(entries))).data;
        const strange = known.map((entries) =>
          Object.fromEntries(shuffled([...entries, ...extra.map((name) => [name, {}] as const)], random)),
        );
        const bounds = [0, ...cuts.sort((a, b) => a - b), strange.length];
        const answers = bounds.flatMap((end, i) =>
          i === 0 ? [] : executor.executeMany(strange.slice(bounds[i - 1], end)),
        );
        expect(firstDifference(scoresOf(answers), wanted)).toBe(-1);
        const single = strange.map((row) => executor.execute(row));
        expect(firstDifference(scoresOf(single), wanted)).toBe(-1);
        expect(single).toEqual(answers);
        expect(single.every((each) => (each.unknown?.length ?? 0) === extra.length)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("come beside refusals, row by row, across blocks", () => {
    const executor = load({ check: { mode: "weight", weightLimit: 0.3 } });
    const rows = Array.from({ length: 1000 }, (_, i) =>
      i % 7 === 3 ? { a: 1 } : i % 11 === 5 ? { ...FULL, b: "x" } : { ...FULL, a: i % 2 === 0 ? 1 : -1 },
    );
    const answers = executor.executeMany(rows);
    expect(answers.length).toBe(1000);
    answers.forEach((each, i) => {
      if (i % 7 === 3) {
        expect(each).toMatchObject({ code: "ERR_FEATURE_CHECK", row: i, features: ["d", "c", "b"] });
        expect((each as Error).message).toMatch(`row ${i} is refused: `);
      } else if (i % 11 === 5) {
        expect(each).toMatchObject({ code: "ERR_INPUT", row: i, feature: "b" });
      } else {
        expect(each).toEqual({ score: i % 2 === 0 ? 15.5 : 13.5, missing: [], missingWeight: 0 });
      }
    });
    expect(executor.executeMany([])).toEqual([]);
    expect(() => executor.executeMany({} as never)).toThrow(InputError);
  });

  it("let errors of the caller's own code through", () => {
    const row = {
      get a(): number {
        throw new RangeError("mine");
      },
    };
    expect(() => load().executeMany([FULL, row])).toThrow(RangeError);
    expect(load().execute(FULL).score).toBe(15.5);
  });
});

describe("on disk", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "xgboost-infer-executor-"));
    cpSync(EXAMPLE, folder, { recursive: true });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("names the file of an error by its path", () => {
    writeFileSync(join(folder, "feature_list"), "mean radius\nmean radius\n");
    const error = caught(() => ModelExecutor.load(`${folder}/`));
    expect(error).toBeInstanceOf(ModelDirectoryError);
    expect(error.message).toBe(`${folder}/feature_list:2: "mean radius" stands on line 1 already`);
    writeFileSync(join(folder, "model.ubj"), "junk");
    const damaged = caught(() => ModelExecutor.load(folder));
    expect(damaged).toBeInstanceOf(ModelFormatError);
    expect(damaged.message.startsWith(`${folder}/model.ubj: `)).toBe(true);
  });

  it("needs a directory", () => {
    expect(() => ModelExecutor.load(join(folder, "model.yaml"))).toThrow("is a file, expected the directory");
    expect(() => ModelExecutor.load(join(folder, "none"))).toThrow("ENOENT");
    expect(() => openModelDirectory(3 as never)).toThrow(InputError);
    expect(() => CoreExecutor.load(folder)).toThrow("directories are read in Node only");
  });

  it.each([[undefined], [null], [3], [[]], [new Uint8Array(3)], [{ "model.yaml": 3 }], [() => 3]])(
    "%s is no source",
    (source) => {
      expect(caught(() => ModelExecutor.load(source as never))).toBeInstanceOf(InputError);
    },
  );
});

function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => [random(), item] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, item]) => item);
}
