/**
 * Parity of contributions, interactions and importances with XGBoost: the fixtures' cases, in every format, by the rules of
 * the release that wrote the file and by the latest ones, bit for bit.
 */
import { describe, expect, it } from "vitest";
import { Booster, type EngineOption, type ImportanceType, InputError } from "../src/index.ts";
import {
  callData,
  callOptions,
  type ExplanationCall,
  type ExplanationCase,
  expectedValues,
  explanations,
  scoreNumbers,
} from "./support/explanations.ts";
import {
  type Expectation,
  type ExpectedRules,
  type FixtureCase,
  type FixtureFile,
  firstDifference,
  manifest,
  readFixture,
} from "./support/fixtures.ts";

const ENGINES: readonly EngineOption[] = ["reference", "javascript", "wasm"];

for (const fixture of manifest.cases) {
  const wanted = explanations.get(fixture.name);
  if (wanted === undefined) {
    continue;
  }
  describe(fixture.name, () => {
    const values = expectedValues(fixture.release);
    for (const file of fixture.files.filter((each) => each.dump === undefined)) {
      for (const rules of (["file", "latest"] as const).filter((each) => file.rules?.includes(each))) {
        for (const engine of ENGINES) {
          it(`${file.path.split("/").pop()}, rules ${rules}, ${engine}`, () => {
            const booster = Booster.load(readFixture(file.path), { engine, rules });
            checkCalls(booster, fixture, wanted, file, rules, values);
          });
        }
        it(`${file.path.split("/").pop()}, rules ${rules}, importances`, () => {
          checkScores(Booster.load(readFixture(file.path), { rules }), wanted, file, rules);
        });
      }
    }
  });
}

function checkCalls(
  booster: Booster,
  fixture: FixtureCase,
  wanted: ExplanationCase,
  file: FixtureFile,
  rules: ExpectedRules,
  values: Float32Array,
): void {
  let checked = 0;
  for (const call of wanted.calls) {
    const expected = (call.expect[file.kind] ?? call.expect["*"])?.[rules];
    if (expected !== undefined) {
      checkCall(booster, fixture, call, expected, values);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(0);
}

function checkCall(
  booster: Booster,
  fixture: FixtureCase,
  call: ExplanationCall,
  expected: Expectation,
  values: Float32Array,
): void {
  const input = fixture.inputs["main"]!;
  const sameNames = booster.featureNames !== undefined;
  const data = callData(
    call,
    input,
    sameNames ? undefined : (fixture.model.featureNames ?? input.names ?? []),
  );
  const options = callOptions(call);
  if (expected.error !== undefined) {
    expect(() => booster.predict(data, options), call.id).toThrow(InputError);
    return;
  }
  const [offset, length] = expected.at!;
  const { data: actual, shape } = booster.predict(data, options);
  expect(shape, call.id).toEqual(expected.shape);
  const at = firstDifference(actual, values.subarray(offset, offset + length));
  expect({ call: call.id, at, value: actual[at] }).toEqual({ call: call.id, at: -1, value: undefined });
}

function checkScores(
  booster: Booster,
  wanted: ExplanationCase,
  file: FixtureFile,
  rules: ExpectedRules,
): void {
  const expected = (wanted.scores[file.kind] ?? wanted.scores["*"])![rules]!;
  for (const [importanceType, scores] of Object.entries(expected)) {
    const actual = { ...booster.getScore({ importanceType: importanceType as ImportanceType }) };
    expect({ [importanceType]: actual }).toEqual({ [importanceType]: scoreNumbers(scores) });
  }
}
