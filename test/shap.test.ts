/**
 * Contributions and interactions on arbitrary models: they sum to what they should, features without a split get nothing, and
 * every engine gives the same bits.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Booster,
  InputError,
  type PredictOptions,
  type RulesOption,
  UnsupportedModelError,
} from "../src/index.ts";
import { arbitraryModel, hostileRows, type ModelOptions, RULES, randomNumbers } from "./support/arbitrary.ts";
import { expectSameBits } from "./support/bits.ts";
import { type Document, writeJson } from "./support/document.ts";
import { leafSize, type ModelSpec, modelDocument, modelOf, type TreeSpec } from "./support/model.ts";

type CoverOf = (node: number, children: number, random: () => number) => number;

/** Covers as training leaves them: those of children add up. */
const TRAINED: CoverOf = (_node, children, random) =>
  children > 0 ? children : 1 + Math.floor(random() * 50);
/** Covers that no training leaves: of nothing, of less than the children, very unequal. */
const HOSTILE: CoverOf = (_node, children, random) => {
  const values = [0, 1, 1, 1e-30, 1e30, 2 ** -149, children, children, 3 * random()];
  return values[Math.floor(random() * values.length)]!;
};
/** Paths take covers that the quadrature refuses. */
const ABSURD: CoverOf = (node, children, random) =>
  random() < 0.3
    ? [-1, -3e38, -(2 ** -149), Infinity, Number.NaN][Math.floor(random() * 5)]!
    : HOSTILE(node, children, random);

/** The model's document with covers, children before parents. */
function withCovers(spec: ModelSpec, coverOf: CoverOf, seed: number): string {
  const random = randomNumbers(seed);
  const document = modelDocument(spec) as unknown as {
    learner: { gradient_booster: { model: { trees: { sum_hessian: Float32Array }[] } } };
  };
  spec.trees.forEach((tree, t) => {
    const covers = document.learner.gradient_booster.model.trees[t]!.sum_hessian;
    const fill = (at: number): number => {
      const node = tree[at]!;
      const children = "leaf" in node ? 0 : fill(node.left) + fill(node.right);
      covers[at] = coverOf(at, children, random);
      return covers[at]!;
    };
    fill(0);
  });
  return writeJson(document as unknown as Document);
}

/** The same model with ordinary leaves, weights and base score, whose sums are not swamped by one of them. */
function tamed(spec: ModelSpec): ModelSpec {
  const tame = (leaf: number, at: number): number =>
    Number.isFinite(leaf) && Math.abs(leaf) < 10 && Math.abs(leaf) > 1e-6 ? leaf : (at % 7) / 4 - 1;
  const trees = spec.trees.map(
    (tree): TreeSpec =>
      tree.map((node, i) =>
        "leaf" in node
          ? {
              leaf:
                typeof node.leaf === "number"
                  ? tame(node.leaf, i)
                  : node.leaf.map((each, j) => tame(each, i + j)),
            }
          : node,
      ),
  );
  return {
    ...spec,
    trees,
    baseScore: [0.5],
    ...(spec.weights === undefined
      ? {}
      : { weights: spec.weights.map((_, i) => Math.fround(0.3 + (i % 5) / 7)) }),
    ...(spec.linear === undefined ? {} : { linear: spec.linear.map(tame) }),
  };
}

function sum(values: Float32Array): { readonly total: number; readonly size: number } {
  return {
    total: values.reduce((all, each) => all + each, 0),
    size: values.reduce((all, each) => all + Math.abs(each), 1e-3),
  };
}

function slices(data: Float32Array, width: number): Float32Array[] {
  return Array.from({ length: data.length / width }, (_, i) => data.subarray(i * width, (i + 1) * width));
}

/** Many models a test, on machines that may be busy. */
const PATIENCE_MS = 60_000;

const drawn = (options: ModelOptions, rules: readonly RulesOption[] = RULES) =>
  fc.record({
    model: arbitraryModel({ maxSplits: 12, ...options }),
    rules: fc.constantFrom(...rules),
    rows: fc.integer({ min: 1, max: 6 }),
    seed: fc.nat(1e9),
  });

describe("on models with covers as training leaves them", { timeout: PATIENCE_MS }, () => {
  const check = (options: ModelOptions, rules?: readonly RulesOption[]) => (): void => {
    fc.assert(
      fc.property(drawn(options, rules), ({ model: hostile, rules, rows, seed }) => {
        const model = tamed(hostile);
        const booster = Booster.load(withCovers(model, TRAINED, seed), { rules });
        const data = { data: hostileRows(model, rows, seed), rows, cols: model.numFeatures };
        if (model.booster === "gblinear") {
          data.data = data.data.map((value) => (Math.abs(value) < 1e3 ? value : Number.NaN));
        }
        checkSums(booster, model, data);
      }),
      { numRuns: 150 },
    );
  };

  function checkSums(
    booster: Booster,
    model: ModelSpec,
    data: { data: Float32Array; rows: number; cols: number },
  ): void {
    const columns = model.numFeatures + 1;
    const margins = booster.predict(data, { outputMargin: true }).data;
    const vectors = model.trees.some((tree) => leafSize(tree) > 1);
    const used = new Set(model.trees.flat().flatMap((node) => ("leaf" in node ? [] : [node.feature])));
    const kinds: PredictOptions[] = [{}, ...(vectors ? [] : [{ approxContribs: true }])];
    for (const kind of kinds) {
      const contribs = booster.predict(data, { ...kind, predContribs: true });
      slices(contribs.data, columns).forEach((each, i) => {
        const { total, size } = sum(each);
        expect(Math.abs(total - margins[i]!) / size).toBeLessThan(1e-5);
        for (let f = 0; f < model.numFeatures; f++) {
          expect(used.has(f) || each[f] === 0 || model.booster === "gblinear").toBe(true);
        }
      });
      if (model.booster === "gblinear") {
        continue;
      }
      const matrices = booster.predict(data, { ...kind, predInteractions: true }).data;
      slices(matrices, columns * columns).forEach((matrix, i) => {
        // Features that cancel out leave the noise of the whole row.
        const { size } = sum(contribs.data.subarray(i * columns, (i + 1) * columns));
        for (let r = 0; r < columns; r++) {
          const { total } = sum(matrix.subarray(r * columns, (r + 1) * columns));
          expect(Math.abs(total - contribs.data[i * columns + r]!) / size).toBeLessThan(1e-5);
          for (let c = 0; c < r; c++) {
            const [lower, upper] = [matrix[r * columns + c]!, matrix[c * columns + r]!];
            expect(Math.abs(lower - upper) / size).toBeLessThan(1e-5);
            expect((used.has(r) && used.has(c)) || lower === 0).toBe(true);
          }
        }
      });
    }
  }

  // 0.90 left DART's weights out, so its contributions summed to no margin of the model.
  const later = RULES.filter((rules) => rules !== "0.90" && rules !== "file");

  it(
    "contributions sum to margins, interactions to contributions, by every rule",
    check({ vectorLeaves: false }, later),
  );
  it("the same with vector leaves", check({ vectorLeaves: true, booster: "gbtree" }, ["latest"]));
  it("the same for linear models", check({ booster: "gblinear" }, later));
});

describe("every engine gives the bits of the reference", { timeout: PATIENCE_MS }, () => {
  const KINDS: readonly PredictOptions[] = [
    { predContribs: true },
    { predContribs: true, approxContribs: true },
    { predInteractions: true },
  ];

  const check =
    (options: ModelOptions, rules: readonly RulesOption[], covers: CoverOf, numRuns: number) => (): void => {
      fc.assert(
        fc.property(drawn(options, rules), ({ model, rules, rows, seed }) => {
          const text = withCovers(model, covers, seed);
          const data = { data: hostileRows(model, rows, seed), rows, cols: model.numFeatures };
          const [reference, ...others] = (["reference", "javascript", "wasm"] as const).map((engine) =>
            Booster.load(text, { engine, rules }),
          );
          const baseMargin = Float32Array.from({ length: rows * model.groups }, (_, i) => i / 8);
          const rounds = model.iterationIndptr.length - 1;
          const last: PredictOptions =
            model.booster === "gblinear" ? {} : { iterationRange: [0, Math.max(0, rounds - 1)] };
          for (const kind of KINDS) {
            const vectors = model.trees.some((tree) => leafSize(tree) > 1);
            if ((vectors && kind.approxContribs) || (model.booster === "gblinear" && kind.predInteractions)) {
              continue;
            }
            for (const more of [{}, last, { baseMargin }]) {
              const expected = reference!.predict(data, { ...kind, ...more });
              for (const other of others) {
                const actual = other.predict(data, { ...kind, ...more });
                expect(actual.shape).toEqual(expected.shape);
                expectSameBits(
                  actual.data,
                  expected.data,
                  `${other.engine} ${JSON.stringify({ ...kind, ...more })}`,
                );
              }
            }
          }
        }),
        { numRuns },
      );
    };

  it("on hostile trees", check({ vectorLeaves: false, maxSplits: 20 }, RULES, HOSTILE, 120));
  it(
    "on absurd covers by paths",
    check({ vectorLeaves: false, maxSplits: 30 }, ["0.90", "1.7", "3.2"], ABSURD, 120),
  );
  it(
    "on hostile trees by quadrature",
    check({ vectorLeaves: false, maxSplits: 30 }, ["latest"], HOSTILE, 120),
  );
  it("on trees as trained", check({ maxSplits: 30 }, ["latest"], TRAINED, 100));
  it("on vector leaves", check({ vectorLeaves: true, booster: "gbtree" }, ["latest"], HOSTILE, 100));
});

describe("what cannot be explained", () => {
  const ladder = (levels: number): TreeSpec =>
    Array.from({ length: levels }, (_, i) => [
      { feature: 0, threshold: i, defaultLeft: true, left: 2 * i + 1, right: 2 * i + 2 },
      { leaf: i },
    ])
      .flat()
      .concat([{ leaf: 1 }]);

  it("is refused with its name: a tree too deep, covers that are negative or absent", () => {
    const row = [1];
    const explain = (text: string, options?: object): Float32Array =>
      Booster.load(text, { rules: "latest", ...options }).predictRow(row, { predContribs: true });
    expect(explain(withCovers(modelOf([ladder(512)]), TRAINED, 1)).length).toBe(2);
    expect(() => explain(withCovers(modelOf([ladder(513)]), TRAINED, 1))).toThrow(/513 levels/);
    expect(() => explain(withCovers(modelOf([ladder(2)]), () => -1, 1))).toThrow(/negative cover/);
    const dump = { dump: { objective: "reg:squarederror", baseScore: 0 } };
    expect(() => explain("0:[f0<1] yes=1,no=2,missing=1\n\t1:leaf=1\n\t2:leaf=2\n", dump)).toThrow(
      UnsupportedModelError,
    );
    const stats = "0:[f0<1] yes=1,no=2,missing=1,gain=1,cover=4\n\t1:leaf=1,cover=1\n\t2:leaf=2,cover=3\n";
    expect([...explain(stats, dump)]).toEqual([0.25, 1.75]);
  });

  it("is more values than fit into memory", () => {
    const booster = Booster.load(withCovers(modelOf([ladder(1)], { numFeatures: 300_000 }), TRAINED, 1));
    expect(booster.predictRow(new Float32Array(300_000), { predContribs: true }).length).toBe(300_001);
    expect(() => booster.predictRow(new Float32Array(300_000), { predInteractions: true })).toThrow(
      InputError,
    );
  });

  it("is a combination that Python refuses", () => {
    const booster = Booster.load(withCovers(modelOf([ladder(2)]), TRAINED, 1));
    const options: PredictOptions[] = [
      { predContribs: true, predInteractions: true },
      { predContribs: true, predLeaf: true },
      { predInteractions: true, outputMargin: true },
      { predContribs: true, iterationRange: [1, 1] },
    ];
    for (const each of options) {
      expect(() => booster.predictRow([1], each)).toThrow(InputError);
    }
    expect(() => booster.getScore({ importanceType: "splits" as "gain" })).toThrow(InputError);
    expect({ ...booster.getScore() }).toEqual({ f0: 2 });
  });
});
