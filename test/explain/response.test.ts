/** Response curves and counterfactuals against brute force: every breakpoint, its float32 neighbours, random numbers. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Axis,
  cellOf,
  cellText,
  counterfactuals,
  curveAt,
  gridAt,
  responseCurve,
  responseGrid,
} from "../../src/explain.ts";
import { Booster, InputError, type PredictOptions, UnsupportedModelError } from "../../src/index.ts";
import {
  arbitraryModel,
  FLT_MAX,
  hostileRows,
  hostileValues,
  neighbour,
  RULES,
  randomNumbers,
} from "../support/arbitrary.ts";
import { expectSameBits } from "../support/bits.ts";
import { writeJson } from "../support/document.ts";
import { type ModelSpec, modelDocument, modelOf } from "../support/model.ts";
import { loans } from "../support/pictures.ts";

const arbitraryTrees = fc
  .constantFrom<"gbtree" | "dart">("gbtree", "dart")
  .chain((booster) => arbitraryModel({ booster }));

function load(spec: ModelSpec, rules: (typeof RULES)[number] = "file"): Booster {
  return Booster.load(writeJson(modelDocument(spec)), { rules, engine: "javascript" });
}

function withValue(row: Float32Array, feature: number, value: number): Float32Array {
  const changed = row.slice();
  changed[feature] = value;
  return changed;
}

/** Values to try along an axis: what its cells start and end with, hostile numbers of the model, ordinary ones. */
function probes(axis: Axis, spec: ModelSpec, seed: number): number[] {
  const random = randomNumbers(seed);
  const pool = hostileValues(spec);
  const ordinary = Array.from({ length: 20 }, () => Math.fround((random() - 0.5) * 8));
  if (axis.kind === "numeric") {
    const near = Array.from(axis.breakpoints, (at) => [at, neighbour(at, -1), neighbour(at, 1)]).flat();
    return [...near, ...pool, ...ordinary, Number.NaN];
  }
  // Codes are whole numbers, or fractions that are cut off.
  const codes = Array.from(axis.codes, (code) => [code, code + 1, Math.fround(code + 0.5)]).flat();
  return [
    ...codes,
    ...pool.filter((value) => !(value > -1 && value < 0)),
    ...ordinary.map(Math.abs),
    Number.NaN,
  ];
}

/** By the rules of 1.6, and no others, categories of large codes may be refused. */
function allowing16<T>(booster: Booster, rules: string, call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof UnsupportedModelError && error.feature.startsWith("categories of")) {
      expect(rules === "file" ? booster.version.join(".") : rules).toMatch(/^1\.6/);
      return undefined;
    }
    throw error;
  }
}

const SETTINGS: PredictOptions[] = [{}, { outputMargin: true }];

describe("responseCurve", { timeout: 60_000 }, () => {
  it("gives the bits of predict for every value of the feature", () => {
    let merged = 0;
    fc.assert(
      fc.property(
        arbitraryTrees,
        fc.constantFrom(...RULES),
        fc.nat(1e6),
        fc.constantFrom(...SETTINGS),
        (spec, rules, seed, options) => {
          const booster = load(spec, rules);
          const row = hostileRows(spec, 1, seed);
          const feature = seed % spec.numFeatures;
          const output = options.outputMargin ? "margin" : "value";
          const curve = allowing16(booster, rules, () => responseCurve(booster, row, feature, { output }));
          if (curve === undefined) {
            return;
          }
          merged += curve.axis.size;
          expect(curve.values.length).toBe(curve.axis.size * curve.outputs);
          const values = probes(curve.axis, spec, seed);
          const rows = values.map((value) => withValue(row, feature, value));
          const expected = booster.predict(rows, { ...options, strictShape: true });
          const actual = Float32Array.from(values.flatMap((value) => [...curveAt(curve, value)]));
          expectSameBits(actual, expected.data, `${curve.axis.name} = ${values.slice(0, 100)}`);
        },
      ),
      { numRuns: 200 },
    );
    expect(merged).toBeGreaterThan(1000);
  });

  it("has no cell too many: neighbours differ in their bits", () => {
    fc.assert(
      fc.property(arbitraryTrees, fc.nat(1e6), (spec, seed) => {
        const booster = load(spec);
        const feature = seed % spec.numFeatures;
        const curve = allowing16(booster, "file", () =>
          responseCurve(booster, hostileRows(spec, 1, seed), feature),
        );
        if (curve?.axis.kind === "numeric") {
          expect([...curve.axis.breakpoints]).toEqual(
            [...new Set(curve.axis.breakpoints)].sort((a, b) => a - b),
          );
          const bits = new Int32Array(curve.values.buffer);
          for (let cell = 1; cell < curve.axis.size - 1; cell++) {
            const at = (i: number): number[] => [...bits.slice(i * curve.outputs, (i + 1) * curve.outputs)];
            expect(at(cell)).not.toEqual(at(cell - 1));
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("takes rounds, base margins, another missing value, and rows by name", () => {
    const row = { age: 38, income: 29300, region: 2, home: 1, "loan amount": -1 };
    const options = { iterationRange: [2, 9], baseMargin: [0.25], missing: -1 } as const;
    const curve = responseCurve(loans, row, "debt ratio", options);
    for (const value of [0.1, 0.35, 0.9, Number.NaN]) {
      expect(curveAt(curve, value)).toEqual(loans.predictRow({ ...row, "debt ratio": value }, options));
    }
    expect(curve.current).toBeNaN();
    expect(curve.axis).toMatchObject({ kind: "numeric", name: "debt ratio", feature: 2 });
  });

  it("has a cell for each category that the model knows, one for others, one for missing", () => {
    const { axis, current } = responseCurve(loans, { region: 4 }, "region");
    expect(axis.kind === "categorical" && [...axis.codes]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect([axis.size, current]).toEqual([9, 4]);
    expect([4, 4.5, 7, -1, Number.NaN].map((value) => cellText(axis, cellOf(axis, value)))).toEqual([
      "4",
      "4",
      "unknown",
      "unknown",
      "missing",
    ]);
  });

  it("handles features that are split both by number and by category", () => {
    const spec = modelOf([
      [
        { feature: 0, threshold: 2.5, defaultLeft: true, left: 1, right: 2 },
        { feature: 0, threshold: [1, 3], defaultLeft: false, left: 3, right: 4 },
        { feature: 0, threshold: [3, 40], defaultLeft: true, left: 5, right: 6 },
        ...[1, 2, 3, 4].map((leaf) => ({ leaf })),
      ],
    ]);
    for (const rules of RULES) {
      const booster = load(spec, rules);
      const curve = responseCurve(booster, [0], 0);
      expect(curve.axis.kind).toBe("numeric");
      for (const value of [...probes(curve.axis, spec, 1), -0.5, -0.999, -1.5]) {
        expect(curveAt(curve, value), `${rules}: ${value}`).toEqual(booster.predictRow([value]));
      }
    }
  });

  it("tells small unnamed categories apart by the rules of 1.6, and refuses large ones", () => {
    const split = (codes: number[]) => [
      { feature: 0, threshold: codes, defaultLeft: false, left: 1, right: 2 },
      { leaf: codes[0]! },
      { leaf: 0.5 },
    ];
    const small = load(modelOf([split([1]), split([100])]), "1.6");
    const curve = responseCurve(small, [0], 0);
    for (let code = -2; code < 300; code++) {
      expect(curveAt(curve, code), `${code}`).toEqual(small.predictRow([code]));
    }
    expect(curve.axis.size).toBeGreaterThan(30);
    const large = modelOf([split([1]), split([100_000])]);
    expect(() => responseCurve(load(large, "1.6"), [0], 0)).toThrow(UnsupportedModelError);
    expect(responseCurve(load(large), [0], 0).axis.size).toBe(4);
  });

  it("refuses what it cannot do, by name", () => {
    const linear = load(modelOf([], { booster: "gblinear", linear: Float32Array.of(1, 2) }));
    expect(() => responseCurve(linear, [1], 0)).toThrow(UnsupportedModelError);
    expect(() => responseCurve(loans, {}, "agee")).toThrow(/"agee"/);
    expect(() => responseCurve(loans, {}, 9)).toThrow(InputError);
    expect(() => responseCurve({} as Booster, {}, 0)).toThrow(/expected a Booster/);
    expect(() => responseCurve(loans, {}, 0, { output: "leaf" as "value" })).toThrow(/"leaf"/);
  });
});

describe("responseGrid", { timeout: 60_000 }, () => {
  it("gives the bits of predict for every pair of values", () => {
    fc.assert(
      fc.property(
        arbitraryModel({ booster: "gbtree", maxSplits: 12, maxRounds: 3 }).filter(
          (spec) => spec.numFeatures > 1,
        ),
        fc.constantFrom(...RULES),
        fc.nat(1e6),
        (spec, rules, seed) => {
          const booster = load(spec, rules);
          const row = hostileRows(spec, 1, seed);
          const f = seed % spec.numFeatures;
          const g = (f + 1) % spec.numFeatures;
          const grid = allowing16(booster, rules, () => responseGrid(booster, row, [f, g]));
          if (grid === undefined) {
            return;
          }
          const random = randomNumbers(seed);
          const [xs, ys] = [probes(grid.x, spec, seed), probes(grid.y, spec, seed + 1)];
          for (let i = 0; i < 60; i++) {
            const x = xs[Math.floor(random() * xs.length)]!;
            const y = ys[Math.floor(random() * ys.length)]!;
            const expected = booster.predictRow(withValue(withValue(row, f, x), g, y));
            expect(gridAt(grid, x, y), `${x}, ${y}`).toEqual(expected);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("refuses the same feature twice, and too many cells", () => {
    expect(() => responseGrid(loans, {}, ["age", 0])).toThrow(/twice/);
    expect(() => responseGrid(loans, {}, ["age", "income"], { maxCells: 10 })).toThrow(/maxCells/);
  });
});

describe("counterfactuals", { timeout: 60_000 }, () => {
  it("crosses the limit, and no nearer number does", () => {
    let found = 0;
    fc.assert(
      fc.property(arbitraryTrees, fc.nat(1e6), (spec, seed) => {
        const booster = load(spec);
        const row = hostileRows(spec, 1, seed);
        const random = randomNumbers(seed);
        const score = booster.predictRow(row)[0]!;
        const scores = hostileRows(spec, 8, seed + 1);
        const limit = booster.predict({ data: scores, rows: 8, cols: spec.numFeatures }).data[0]!;
        if (Number.isNaN(score) || Number.isNaN(limit)) {
          return;
        }
        const crosses = (s: number): boolean => (score >= limit ? s < limit : s >= limit);
        const options = { limit, maxResults: 100 };
        for (const each of allowing16(booster, "file", () => counterfactuals(booster, row, options)) ?? []) {
          found++;
          const changed = booster.predictRow(withValue(row, each.feature, each.to));
          expect(each.score).toEqual(changed);
          expect(crosses(changed[0]!)).toBe(true);
          expect(Math.fround(each.to)).toBe(each.to);
          if (each.fromLabel !== undefined || each.toLabel !== undefined || !Number.isFinite(each.from)) {
            continue;
          }
          for (let i = 0; i < 30; i++) {
            const step =
              i === 0
                ? neighbour(each.to, each.to > each.from ? -1 : 1)
                : each.from + (each.to - each.from) * random();
            const nearer = Math.fround(step);
            if (Math.abs(nearer - each.from) < Math.abs(each.to - each.from)) {
              expect(crosses(booster.predictRow(withValue(row, each.feature, nearer))[0]!)).toBe(false);
            }
          }
        }
      }),
      { numRuns: 200 },
    );
    expect(found).toBeGreaterThan(30);
  });

  const spec = modelOf(
    [
      [
        { feature: 0, threshold: 2.5, defaultLeft: true, left: 1, right: 2 },
        { leaf: 0 },
        { feature: 0, threshold: 7.25, defaultLeft: true, left: 3, right: 4 },
        { leaf: 1 },
        { leaf: 0 },
      ],
      [{ feature: 1, threshold: [1, 4], defaultLeft: false, left: 1, right: 2 }, { leaf: 0 }, { leaf: 2 }],
    ],
    { numFeatures: 2, featureNames: ["x", "c"], featureTypes: ["q", "c"], baseScore: [0] },
  );
  const booster = load(spec);
  const only = (
    row: readonly number[],
    options: Omit<Parameters<typeof counterfactuals>[2], "limit">,
  ): number[] => counterfactuals(booster, row, { limit: 1, ...options }).map(({ to }) => to);

  it("takes the value at a threshold from the right and its lower neighbour from the left", () => {
    expect(only([0, 0], { features: ["x"] })).toEqual([2.5]);
    expect(only([9, 0], { features: ["x"] })).toEqual([neighbour(7.25, -1)]);
    expect(only([4, 0], { features: ["x"] })).toEqual([neighbour(2.5, -1)]);
  });

  it("keeps to bounds, whole numbers and directions", () => {
    expect(only([0, 0], { features: { x: { integer: true } } })).toEqual([3]);
    expect(only([9, 0], { features: { x: { integer: true } } })).toEqual([7]);
    // The float32 nearest to 4.3 is above it.
    expect(only([9, 0], { features: { x: { max: 4.3 } } })).toEqual([neighbour(Math.fround(4.3), -1)]);
    expect(only([9, 0], { features: { x: { direction: "up" } } })).toEqual([]);
    expect(only([9, 0], { features: { x: { min: 7.25 } } })).toEqual([]);
    expect(only([5, 0], { features: { x: { direction: "up" } } })).toEqual([7.25]);
    expect(only([Number.NaN, 0], { features: ["x"] })).toEqual([2.5]);
    expect(only([4, 0], { features: ["x"], allowMissing: true })).toEqual([neighbour(2.5, -1)]);
  });

  it("changes categories to those that the model knows, and ranks by distance", () => {
    expect(only([0, 0], { features: ["c"] })).toEqual([1]);
    expect(only([0, 0], { features: { c: { codes: [4] } } })).toEqual([4]);
    const ranked = counterfactuals(booster, [0, 0], { limit: 1 });
    expect(ranked.map(({ name, distance }) => [name, distance])).toEqual([
      ["x", 2.5 / 4.75],
      ["c", 1],
    ]);
    const scaled = counterfactuals(booster, [0, 0], { limit: 1, features: { x: { scale: 0.5 }, c: {} } });
    expect(scaled.map(({ name, distance }) => [name, distance])).toEqual([
      ["c", 1],
      ["x", 5],
    ]);
    expect(ranked[0]).toMatchObject({ from: 0, to: 2.5, score: Float32Array.of(1) });
    expect(ranked[1]).toMatchObject({ fromLabel: undefined, toLabel: "1" });
  });

  it("stays within float32 at its ends", () => {
    const edge = load(
      modelOf([
        [{ feature: 0, threshold: -FLT_MAX, defaultLeft: true, left: 1, right: 2 }, { leaf: 0 }, { leaf: 5 }],
      ]),
    );
    // Below -FLT_MAX there is -Infinity alone, which is never proposed.
    expect(counterfactuals(edge, [0], { limit: 1 })).toEqual([]);
  });

  it("refuses options that do not fit", () => {
    const call = (options: object) => () => counterfactuals(booster, [0, 0], { limit: 1, ...options });
    expect(call({ limit: Number.NaN })).toThrow(/limit is NaN/);
    expect(call({ group: 1 })).toThrow(/group is 1/);
    expect(call({ features: { y: {} } })).toThrow(/"y"/);
    expect(call({ features: { x: { min: 3, max: 2 } } })).toThrow(/min ≤ max/);
    expect(call({ features: { x: { scale: 0 } } })).toThrow(/scale of "x"/);
    expect(call({ features: { x: { direction: "left" } } })).toThrow(/"left"/);
    expect(call({ maxResults: 0 })).toThrow(InputError);
  });
});
