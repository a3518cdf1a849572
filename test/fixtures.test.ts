/**
 * Parity with XGBoost: every fixture, in every format, with every engine, by the rules of the release that wrote the file
 * and by the latest ones. Values are compared bit for bit. The manifest makes the tests.
 */
import { describe, expect, it } from "vitest";
import { compile } from "../src/compile/flatten.ts";
import { createRankedEngine } from "../src/engine/ranked.ts";
import { Booster, type EngineOption, InputError, type PredictOptions } from "../src/index.ts";
import { LATEST_RELEASE, rulesOf } from "../src/model/rules.ts";
import { parseModel } from "../src/parse/parse.ts";
import {
  type Expectation,
  type ExpectedRules,
  expectationOf,
  type FixtureCall,
  type FixtureCase,
  type FixtureFile,
  firstDifference,
  manifest,
  readArray,
  readFixture,
  readInput,
  readOptions,
  rulesOption,
} from "./support/fixtures.ts";

/** `wasm` ranks wherever it can, `auto` only where that pays: most fixtures are too small, and run without ranks. */
const ENGINES: readonly EngineOption[] = ["reference", "javascript", "wasm", "auto"];

/**
 * Models that `auto` gives to the JavaScript engine, because no tree of theirs can walk in lockstep: linear ones, those
 * without trees, those whose every tree has a categorical split, and ladders of more than 32 levels.
 */
const NOT_FOR_WASM =
  /^(gblinear|zero-rounds|binary-logistic-clamp$|(aft|expectile|hinge|poisson|softmax|softprob)-hard-margins$|(categorical-(dart|forest|multi-class|one-hot|partition|vector-leaf)|(integer|string)-categories.*)$)/;

/** Models that WebAssembly takes but that cannot be ranked: their leaves are vectors, or their trees have no split at all. */
const NOT_RANKED = /^(vector-leaf.*|root-leaves|binary-logistic-base-(huge|tiny))$/;

const LATEST = rulesOf(LATEST_RELEASE);

/** Facts that old releases cannot be asked for; null in the manifest. */
const FACTS = ["numFeatures", "numOutputGroups", "numBoostedRounds"] as const;

/**
 * What Python refuses and we accept, on purpose. Everything else that Python refuses must be an `InputError`.
 * docs/compatibility.md explains each.
 */
const ACCEPTED: readonly { readonly message: RegExp; readonly id?: RegExp }[] = [
  // inplace_predict takes infinities, DMatrix does not; we score them as inplace_predict does.
  { message: /contains `inf`/ },
  // No in-place path, or no tree limit, for gblinear: limits of an entry point, not of the model.
  { message: /Inplace predict is not supported|ntree_limit == 0U|layer_end == 0/ },
  { message: /nan_missing/ },
  // Data without names is taken by position; named data is matched by name, so its order does not matter.
  {
    message: /did not contain feature names|training data did not have the following fields/,
    id: /^unnamed$/,
  },
  { message: /feature_names mismatch/, id: /^(reordered|narrow|records)/ },
  { message: /Number of columns does not match/, id: /^narrow$/ },
  // Faults of old releases that later ones mended.
  {
    message: /^$|^Invalid shape: \(\d+, \d+\) for base_margin|std::accumulate/,
    id: /^(?!leaf-strict)/,
  },
];

function refusal(call: FixtureCall): string | undefined {
  const errors = Object.values(call.expect).map((byRules) => byRules.latest?.error);
  return errors.find((error) => error !== undefined) ?? (call.id === "wide" ? "too many columns" : undefined);
}

function isAccepted(call: FixtureCall, error: string): boolean {
  return ACCEPTED.some(({ message, id }) => message.test(error) && (id?.test(call.id) ?? true));
}

for (const fixture of manifest.cases) {
  describe(fixture.name, () => {
    const expected = readArray({ path: fixture.expected, dtype: "float32" }) as Float32Array;
    for (const file of fixture.files) {
      if (file.dump === undefined && file.error === undefined) {
        it(`${file.path.split("/").pop()}, engine chosen`, () => {
          const name = fixture.name.slice(fixture.release.length + 1);
          const { engine } = Booster.load(readFixture(file.path), { rules: "latest" });
          expect(engine).toBe(NOT_FOR_WASM.test(name) ? "javascript" : "wasm");
          expect(isRanked(file)).toBe(!NOT_FOR_WASM.test(name) && !NOT_RANKED.test(name));
        });
        it(`${file.path.split("/").pop()}, facts`, () => {
          checkFacts(fixture, file);
        });
      }
      for (const rules of judgedRules(fixture, file)) {
        for (const engine of ENGINES) {
          it(`${file.path.split("/").pop()}, rules ${rules}, ${engine} engine`, () => {
            checkFile(fixture, file, rules, engine, expected);
          });
        }
      }
    }
  });
}

function isRanked(file: FixtureFile): boolean {
  const { layout } = compile(parseModel(readFixture(file.path)), LATEST);
  const never = (): never => expect.fail("ranks need no other engine here");
  return createRankedEngine(layout, true, never) !== undefined;
}

/** The rules for which XGBoost's results are there. A file with results for none is a hole in the fixtures. */
function judgedRules(fixture: FixtureCase, file: FixtureFile): ExpectedRules[] {
  const all: readonly ExpectedRules[] = file.dump === undefined ? ["file", "latest"] : ["latest", "release"];
  return all.filter(
    (rules) =>
      (file.rules?.includes(rules) ?? true) &&
      fixture.calls.some((call) => expectationOf(call, file, rules) !== undefined),
  );
}

/** What the loaded model says of itself, where the release can be asked. */
function checkFacts(fixture: FixtureCase, file: FixtureFile): void {
  const booster = Booster.load(readFixture(file.path));
  const facts = { ...fixture.model, ...file.model };
  if (file.kind.startsWith("binary") || file.kind === "snapshot") {
    // These files have no third number, those from before 1.0 none at all; they keep the old name of an objective.
    expect(booster.version.slice(0, 2)).toEqual(facts.version[0] === 0 ? [0, 0] : facts.version.slice(0, 2));
    const current = (name: string): string => name.replace("reg:linear", "reg:squarederror");
    expect(current(booster.objective)).toBe(current(facts.objective ?? booster.objective));
  } else {
    expect(booster.version).toEqual(facts.version);
    expect(booster.objective).toBe(facts.objective);
  }
  for (const name of FACTS) {
    if (facts[name] !== null) {
      expect({ [name]: booster[name] ?? null }).toEqual({ [name]: facts[name] });
    }
  }
  expect({ ...booster.attributes }).toEqual(facts.attributes);
  for (const name of ["featureNames", "featureTypes", "bestIteration"] as const) {
    expect({ [name]: booster[name] ?? null }).toEqual({ [name]: facts[name] ?? null });
  }
}

function checkFile(
  fixture: FixtureCase,
  file: FixtureFile,
  rules: ExpectedRules,
  engine: EngineOption,
  expected: Float32Array,
): void {
  const groups = fixture.model.numOutputGroups ?? 1;
  const dump =
    file.dump === undefined ? {} : { dump: { ...(groups > 1 ? { numClass: groups } : {}), ...file.dump } };
  const booster = Booster.load(readFixture(file.path), {
    engine,
    rules: rulesOption(fixture, file, rules),
    ...dump,
  });
  let compared = 0;
  for (const call of fixture.calls) {
    const expectation = expectationOf(call, file, rules);
    if (expectation !== undefined) {
      checkCall(booster, fixture, call, expectation, expected, file.exact !== false);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(0);
}

function checkCall(
  booster: Booster,
  fixture: FixtureCase,
  call: FixtureCall,
  expectation: Expectation,
  expected: Float32Array,
  exact: boolean,
): void {
  const input = fixture.inputs[call.input]!;
  // Unchecked names play no part in Python; a dump may give the features other names than the model has.
  const sameNames =
    booster.featureNames?.every((name, i) => name === fixture.model.featureNames?.[i]) === true;
  const byName = sameNames && call.options.validateFeatures !== false;
  const data = readInput(input, byName ? undefined : (fixture.model.featureNames ?? input.names ?? []));
  const options: PredictOptions = { ...readOptions(call.options) };
  const narrow = input.cols !== undefined && input.cols < booster.numFeatures;
  // DMatrix takes fewer columns than the model has; we do when asked.
  const asked = call.via === "dmatrix" && narrow ? { ...options, validateFeatures: false } : options;
  // What the newest release refuses of an input is refused under every rule: checks are not rules.
  const open = fixture.model.featureNames === null && booster.numFeatures < (fixture.model.numFeatures ?? 0);
  const error = refusal(call) ?? expectation.error;
  if (error !== undefined) {
    if (error === "crash") {
      return;
    }
    const wide = open && call.id.startsWith("wide");
    if (wide || isAccepted(call, error) || (!sameNames && error.includes("feature_names mismatch"))) {
      expect(booster.predict(data, asked).data.length, call.id).toBeGreaterThan(0);
    } else {
      expect(() => booster.predict(data, asked), `${call.id}: ${error}`).toThrow(InputError);
    }
    return;
  }
  const [offset, length] = expectation.at!;
  const { data: actual, shape } = booster.predict(data, asked);
  const wanted = expected.subarray(offset, offset + length);
  // Releases before 3 returned other shapes for nothing: of no rows, of no trees.
  if (length > 0 || fixture.release === "3.4.1") {
    expect(shape, call.id).toEqual(expectation.shape);
  }
  if (exact) {
    const at = firstDifference(actual, wanted);
    expect({ call: call.id, at, value: actual[at] }).toEqual({ call: call.id, at: -1, value: undefined });
  } else {
    // gblinear dumps have 6 digits of each weight.
    for (let i = 0; i < length; i++) {
      expect(Number.isNaN(actual[i]), call.id).toBe(Number.isNaN(wanted[i]));
      if (Number.isNaN(actual[i])) {
        continue;
      }
      expect(Math.abs(actual[i]! - wanted[i]!), call.id).toBeLessThan(1e-4 * (1 + Math.abs(wanted[i]!)));
    }
  }
}
