/**
 * All engines give the same bits: on arbitrary models and rows, in batches of every kind of remainder, on models chosen to
 * leave the quick paths of the JavaScript engine, and on layouts that went to another thread and back.
 */
import { MessageChannel } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../src/compile/flatten.ts";
import { type Layout, reviveLayout } from "../src/compile/layout.ts";
import { ScalarEngine } from "../src/engine/scalar.ts";
import { Booster, type Data, type PredictOptions, type RulesOption } from "../src/index.ts";
import { rulesOf } from "../src/model/rules.ts";
import { parseModel } from "../src/parse/parse.ts";
import {
  arbitraryModel,
  hostileRows,
  hostileValues,
  type ModelOptions,
  RULES,
  randomNumbers,
} from "./support/arbitrary.ts";
import { expectSameBits } from "./support/bits.ts";
import { writeJson, writeUbjson } from "./support/document.ts";
import {
  type ModelSpec,
  modelDocument,
  modelOf,
  type Node,
  oracleLeaf,
  oracleMargins,
  PLAIN,
  type TreeSpec,
} from "./support/model.ts";

/** Lanes are 8 or 32 wide, blocks 64 or 128 rows, and up to 13 rows left over walk alone: one of every remainder. */
const BATCHES = [1, 7, 8, 9, 13, 14, 31, 32, 33, 45, 46, 63, 64, 65, 127, 128, 129, 200];

/** The reference engine first, then all that must agree with it. */
const ENGINES = ["reference", "javascript", "wasm", "auto"] as const;

function loadAll(source: Uint8Array | string, rules: RulesOption = "latest"): readonly Booster[] {
  return ENGINES.map((engine) => Booster.load(source, { engine, rules }));
}

function expectSamePredictions(
  [reference, ...others]: readonly Booster[],
  data: Data,
  range?: readonly [number, number],
): void {
  const options: PredictOptions[] = [{}, { outputMargin: true }];
  if (reference === undefined || others.length !== ENGINES.length - 1) {
    throw new Error("every engine takes part");
  }
  if (reference.booster !== "gblinear" && (range === undefined || range[0] === 0)) {
    options.push({ predLeaf: true });
  }
  for (const option of options) {
    const all = range === undefined ? option : { ...option, iterationRange: range };
    const expected = reference.predict(data, all);
    for (const other of others) {
      const actual = other.predict(data, all);
      expect(actual.shape).toEqual(expected.shape);
      expectSameBits(actual.data, expected.data, `${other.engine} ${JSON.stringify(all)}`);
    }
  }
}

/** Without options, single rows go a shorter way. */
function expectSameRows([reference, ...others]: readonly Booster[], { data, rows, cols }: DenseRows): void {
  for (let row = 0; row < Math.min(rows, 16); row++) {
    const values = data.subarray(row * cols, (row + 1) * cols);
    const expected = reference!.predictRow(values, {});
    for (const other of others) {
      expectSameBits(other.predictRow(values), expected, `${other.engine}, row ${row} by itself`);
    }
  }
}

interface DenseRows {
  readonly data: Float32Array;
  readonly rows: number;
  readonly cols: number;
}

function matrix(model: ModelSpec, rows: number, seed: number): DenseRows {
  return { data: hostileRows(model, rows, seed), rows, cols: model.numFeatures };
}

/** Node ids and margins of the reference engine against the specification itself: parser, builder and engine at once. */
function expectOracle(model: ModelSpec, reference: Booster, rows: number, seed: number): void {
  const data = hostileRows(model, rows, seed);
  const { trees, numFeatures, groups } = model;
  const base = Float32Array.from({ length: rows * groups }, (_, i) => i / 8);
  const margins = reference.predict(
    { data, rows, cols: numFeatures },
    { outputMargin: true, baseMargin: base },
  );
  const leaves = reference.predict({ data, rows, cols: numFeatures }, { predLeaf: true });
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * numFeatures, (row + 1) * numFeatures);
    const start = [...base.subarray(row * groups, (row + 1) * groups)];
    expectSameBits(
      margins.data.subarray(row * groups, (row + 1) * groups),
      Float32Array.from(oracleMargins(model, values, start)),
      `margins of row ${row}`,
    );
    expectSameBits(
      leaves.data.subarray(row * trees.length, (row + 1) * trees.length),
      Float32Array.from(trees, (tree) => oracleLeaf(tree, values)),
      `leaves of row ${row}`,
    );
  }
}

describe("arbitrary models and rows", () => {
  const drawn = (options?: ModelOptions) =>
    fc.record({
      model: arbitraryModel(options),
      rules: fc.constantFrom(...RULES),
      rows: fc.constantFrom(...BATCHES),
      seed: fc.nat(1e9),
      format: fc.constantFrom("json", "ubjson"),
      range: fc.tuple(fc.nat(6), fc.nat(6)),
    });
  const check = (options: ModelOptions | undefined, numRuns: number) => (): void => {
    fc.assert(
      fc.property(drawn(options), ({ model, rules, rows, seed, format, range }) => {
        const document = modelDocument(model);
        const all = loadAll(format === "json" ? writeJson(document) : writeUbjson(document), rules);
        const data = matrix(model, rows, seed);
        expectSamePredictions(all, data);
        expectSameRows(all, data);
        const rounds = model.iterationIndptr.length - 1;
        const [begin, end] = range.map((at) => Math.min(at, rounds)).sort((a, b) => a - b) as [
          number,
          number,
        ];
        if (model.booster !== "gblinear" && end > 0) {
          expectSamePredictions(all, data, [begin, end]);
        }
      }),
      { numRuns, seed: 20_240_601 },
    );
  };
  it("agree to the bit", check(undefined, 200));
  it(
    "agree to the bit: many small numerical trees, all in lockstep",
    check({ categorical: false, maxSplits: 7, maxRounds: 20 }, 100),
  );
  it(
    "agree to the bit: trees of some hundred nodes",
    check({ maxSplits: 200, maxRounds: 2, maxParallel: 2 }, 60),
  );
  it("agree to the bit: DART", check({ booster: "dart" }, 60));
  it("agree to the bit: gblinear", check({ booster: "gblinear" }, 30));

  it("give the leaves and sums of the model as it was written down", () => {
    fc.assert(
      fc.property(arbitraryModel(), fc.nat(1e9), fc.boolean(), (model, seed, json) => {
        fc.pre(model.booster !== "gblinear" && model.trees.length > 0);
        const document = modelDocument(model);
        const source = json ? writeJson(document) : writeUbjson(document);
        expectOracle(model, Booster.load(source, { engine: "reference", rules: "latest" }), 12, seed);
      }),
      { numRuns: 100, seed: 7 },
    );
  });
});

/** A balanced tree of `depth` levels of splits, made quickly. */
function balanced(depth: number, numFeatures: number, random: () => number): TreeSpec {
  const inner = 2 ** depth - 1;
  return Array.from({ length: 2 * inner + 1 }, (_, i): Node => {
    return i >= inner
      ? { leaf: Math.fround(random() - 0.5) }
      : {
          feature: Math.floor(random() * numFeatures),
          threshold: Math.fround(random() * 2 - 1),
          defaultLeft: random() < 0.5,
          left: 2 * i + 1,
          right: 2 * i + 2,
        };
  });
}

/** Every split sends `x < 1/i` one level down, so that the depth reached depends on the row. */
function chain(
  depth: number,
  side: "left" | "right",
  threshold = (i: number): number => i / depth,
): TreeSpec {
  const nodes: Node[] = [];
  for (let i = 0; i < depth; i++) {
    const [on, off] = [2 * i + 2, 2 * i + 1];
    nodes.push(
      {
        feature: i % 2,
        threshold: threshold(i),
        defaultLeft: side === "left",
        left: side === "left" ? on : off,
        right: side === "left" ? off : on,
      },
      { leaf: Math.fround(Math.sin(i)) },
    );
  }
  nodes.push({ leaf: 100 });
  return nodes;
}

const RANDOM = randomNumbers(5);
const SMALL = Array.from({ length: 11 }, () => balanced(3, 2, RANDOM));
const CATEGORICAL: TreeSpec = [
  { feature: 1, threshold: [0, 2, 33], defaultLeft: true, left: 1, right: 2 },
  { leaf: 0.25 },
  { feature: 0, threshold: [5, 2 ** 24 - 1], defaultLeft: false, left: 3, right: 4 },
  { leaf: 0.5 },
  { leaf: 0.75 },
];

function stump(threshold: number, defaultLeft: boolean, feature = 0): TreeSpec {
  return [{ feature, threshold, defaultLeft, left: 1, right: 2 }, { leaf: 1 }, { leaf: 2 }];
}

const two = { numFeatures: 2 };

/** Models that leave the lockstep path in part, and rows that reach every leaf of their odd trees. */
const PICKED: Readonly<Record<string, () => ModelSpec>> = {
  "depth 31, 32 and 33: the deepest lockstep tree and the first too deep one": () =>
    modelOf(
      [31, 32, 33].flatMap((depth) => [chain(depth, "left"), chain(depth, "right")]),
      two,
    ),
  "a chain of 1,000 levels among small trees": () =>
    modelOf([...SMALL, chain(1000, "right"), ...SMALL, chain(1000, "left"), ...SMALL], two),
  "NaN, infinite and zero thresholds": () =>
    modelOf(
      [Number.NaN, -Infinity, Infinity, 0, -0].flatMap((threshold) => [
        stump(threshold, true),
        stump(threshold, false),
      ]),
    ),
  "alternating runs of categorical and numerical trees": () =>
    modelOf(
      [1, 2, 7, 8, 9, 16].flatMap((n) => [...SMALL, ...SMALL].slice(0, n).concat([CATEGORICAL])),
      two,
    ),
  "a feature with more thresholds than a byte has ranks": () =>
    modelOf(
      Array.from({ length: 12 }, () => balanced(7, 1, RANDOM)),
      { numFeatures: 1 },
    ),
  "255, 256 and 257 thresholds": () =>
    modelOf(
      [255, 256, 257].flatMap((count, feature) =>
        Array.from({ length: count }, (_, i) => stump(i / count, i % 2 === 0, feature)),
      ),
      { numFeatures: 3 },
    ),
  "wide rows of which every tenth feature is looked at": () =>
    modelOf(
      Array.from({ length: 40 }, (_, i) => stump(i / 40, i % 3 === 0, 10 * (i % 13))),
      { numFeatures: 130 },
    ),
  "trees of depth 7 to 10, compared at the top and walked below": () =>
    modelOf(
      [7, 8, 9, 10, 7].map((depth) => balanced(depth, 4, RANDOM)),
      { numFeatures: 4 },
    ),
  "ladders among bushes": () =>
    modelOf(
      [9, 12, 20, 30].flatMap((depth) => [...SMALL, chain(depth, "left"), chain(depth, "right")]),
      two,
    ),
  "categorical trees alone": () => modelOf([CATEGORICAL, CATEGORICAL], two),
  "one tree of one leaf": () => modelOf([[{ leaf: -0 }]]),
  "nine trees of one leaf": () => modelOf(Array.from({ length: 9 }, (_, i): TreeSpec => [{ leaf: i / 7 }])),
  "no trees": () => PLAIN,
  "no features": () => modelOf([[{ leaf: 3 }], [{ leaf: 4 }]], { numFeatures: 0 }),
};

describe("models that leave the quick paths", () => {
  it.each([
    ["1.7", 0],
    ["latest", -0],
  ] as const)("a DART leaf of -0 by the rules of %s", (rules, margin) => {
    const model = modelOf([[{ leaf: -0 }]], { booster: "dart", weights: [0.5], baseScore: [-0] });
    for (const booster of loadAll(writeUbjson(modelDocument(model)), rules)) {
      expect(booster.predictRow([0])[0]).toBe(margin);
    }
  });

  for (const [name, make] of Object.entries(PICKED)) {
    it(name, () => {
      const model = make();
      const all = loadAll(writeUbjson(modelDocument(model)));
      for (const rows of BATCHES) {
        expectSamePredictions(all, matrix(model, rows, rows));
      }
      const values = hostileValues(model);
      const data = values.flatMap((value) => Array.from({ length: model.numFeatures }, () => value));
      expectSamePredictions(all, { data, rows: values.length, cols: model.numFeatures });
      expectOracle(model, all[0]!, 9, 1);
    });
  }

  it.each([1023, 1024])(
    "%i features in two slots each: as many as there are, and one more",
    (numFeatures) => {
      const features = [...Array(numFeatures).keys()];
      const trees = features.flatMap((feature) => [stump(0.5, true, feature), stump(0.5, false, feature)]);
      const model = modelOf(trees, { numFeatures });
      const all = loadAll(writeUbjson(modelDocument(model)));
      for (const rows of [1, 33]) {
        expectSamePredictions(all, matrix(model, rows, rows));
      }
    },
  );

  it("complete and nearly complete trees of several depths, from any round to any other", () => {
    // Eight trees of one row walk together: no range may mix those of one depth with those of another.
    const depths = [...Array(9).fill(3), ...Array(13).fill(5), 4, 5, 4, ...Array(8).fill(2), 0, 3, 3, 6, 1];
    const trees = depths.map((depth) => balanced(depth, 3, RANDOM));
    const model = modelOf(trees, { numFeatures: 3 });
    const all = loadAll(writeUbjson(modelDocument(model)));
    for (const rows of [1, 3, 4, 8, 77]) {
      const data = matrix(model, rows, rows);
      expectSamePredictions(all, data);
      for (let begin = 0; begin < depths.length; begin += 3) {
        expectSamePredictions(all, data, [begin, Math.min(depths.length, begin + 11)]);
      }
    }
  });

  it("a tree of 262,143 nodes, whose children stand too far away for a packed step", () => {
    const model = modelOf([...SMALL, balanced(17, 2, RANDOM), ...SMALL], two);
    const all = loadAll(writeUbjson(modelDocument(model)));
    expectSamePredictions(all, matrix(model, 65, 3));
    const { data } = all[1]!.predict(matrix(model, 200, 4), { predLeaf: true });
    expect(Math.max(...data)).toBeGreaterThan(131_071 + 65_536);
  });

  it("more features than a packed step can name, in one model with trees before and after the limit", () => {
    const numFeatures = 40_000;
    const splits = 255;
    let next = 0;
    const wide = (): TreeSpec => {
      return balanced(8, 1, RANDOM).map((node) =>
        "leaf" in node ? node : { ...node, feature: next++ % numFeatures },
      );
    };
    const trees = Array.from({ length: Math.ceil(numFeatures / splits) + 3 }, wide);
    const model = modelOf([...SMALL, ...trees, ...SMALL], { numFeatures });
    const all = loadAll(writeUbjson(modelDocument(model)));
    for (const rows of [1, 9, 17]) {
      expectSamePredictions(all, matrix(model, rows, rows));
    }
  });

  it.each([
    ["a handful of trees, walked without a table of features", 1],
    ["enough nodes to earn a table of features", 150],
  ])("a million features of which few are used: %s", (_, copies) => {
    const numFeatures = 1_000_000;
    const used = [0, 1, 499_999, 999_999];
    const trees = Array.from({ length: copies * 2 }, () =>
      balanced(2, 4, RANDOM).map((node) =>
        "leaf" in node ? node : { ...node, feature: used[node.feature]! },
      ),
    );
    const model = modelOf(trees, { numFeatures });
    const rows = 9;
    const random = randomNumbers(9);
    const csr = {
      indptr: Array.from({ length: rows + 1 }, (__, row) => row * used.length),
      indices: Array.from({ length: rows }, () => used).flat(),
      data: Float32Array.from({ length: rows * used.length }, () =>
        random() < 0.2 ? Number.NaN : random() * 2 - 1,
      ),
      cols: numFeatures,
    };
    const all = loadAll(writeUbjson(modelDocument(model)));
    expectSamePredictions(all, csr);
    expect(new Set(all[1]!.predict(csr).data).size).toBeGreaterThan(3);
  });
});

const TABLES = [
  ...([
    "treeOffsets",
    "treeGroups",
    "treeDepths",
    "treeKinds",
    "leftChildren",
    "slots",
    "thresholds",
  ] as const),
  ...([
    "leafValues",
    "nodeIds",
    "categoryStart",
    "categorySize",
    "categoryBank",
    "leafStart",
    "leafBank",
  ] as const),
];
const SIZES = [
  ...(["trees", "nodes", "features", "groups", "categoricalNodes", "categoryWords", "vectorNodes"] as const),
  ...(["leafBankValues", "categoryRule"] as const),
];

function layoutOf(model: ModelSpec, version: readonly [number, number, number] = [3, 4, 1]): Layout {
  return compile(parseModel(writeJson(modelDocument(model))), rulesOf(version)).layout;
}

/** Sends a buffer through a message channel: another realm's copy, as a worker would get it. */
async function posted(buffer: ArrayBuffer | SharedArrayBuffer): Promise<ArrayBuffer> {
  const { port1, port2 } = new MessageChannel();
  const arrived = new Promise<ArrayBuffer>((resolve) => port2.once("message", resolve));
  port1.postMessage(buffer);
  const copy = await arrived;
  port1.close();
  return copy;
}

function expectSameLayout(actual: Layout, expected: Layout): void {
  for (const name of SIZES) {
    expect(actual[name], name).toBe(expected[name]);
  }
  for (const name of TABLES) {
    expectSameBits(actual[name], expected[name], name);
  }
}

function patched(words: Int32Array, at: number, value: number): Int32Array {
  const copy = words.slice();
  copy[at] = value;
  return copy;
}

function walk(
  layout: Layout,
  rows: Float32Array,
  count: number,
): { margins: Float32Array; leaves: Float32Array } {
  const engine = new ScalarEngine(layout);
  const margins = new Float32Array(count * layout.groups).fill(0.5);
  const leaves = new Float32Array(count * layout.trees);
  engine.addTrees(rows, count, margins, 0, layout.trees);
  engine.writeLeaves(rows, count, leaves, layout.trees);
  return { margins, leaves };
}

describe("a layout in one buffer", () => {
  it("is the same after structured clone and after shared memory, and scores the same", () => {
    fc.assert(
      fc.property(
        arbitraryModel(),
        fc.constantFrom([3, 4, 1], [1, 6, 2]),
        fc.nat(1e6),
        (model, version, seed) => {
          fc.pre(model.booster !== "gblinear");
          const layout = layoutOf(model, version as [number, number, number]);
          const shared = new SharedArrayBuffer(layout.buffer.byteLength);
          new Uint8Array(shared).set(new Uint8Array(layout.buffer));
          const rows = hostileRows(model, 9, seed);
          const expected = walk(layout, rows, 9);
          for (const buffer of [structuredClone(layout.buffer), shared]) {
            const revived = reviveLayout(buffer);
            expectSameLayout(revived, layout);
            const actual = walk(revived, rows, 9);
            expectSameBits(actual.margins, expected.margins, "margins");
            expectSameBits(actual.leaves, expected.leaves, "leaves");
          }
        },
      ),
      { numRuns: 60, seed: 11 },
    );
  });

  it("is the same after a message channel", async () => {
    const layout = layoutOf(modelOf([...SMALL, CATEGORICAL], two));
    const buffer = await posted(layout.buffer);
    expect(buffer).not.toBe(layout.buffer);
    expectSameLayout(reviveLayout(buffer), layout);
  });

  const broken: Readonly<Record<string, (words: Int32Array) => Int32Array>> = {
    "an empty buffer": () => new Int32Array(0),
    "less than a header": (words) => words.slice(0, 15),
    "another magic number": (words) => patched(words, 0, words[0]! ^ 1),
    "another version": (words) => patched(words, 1, words[1]! + 1),
    "a word less": (words) => words.slice(0, -1),
    "a word more": (words) => Int32Array.from([...words, 0]),
    "one tree more in the header": (words) => patched(words, 2, words[2]! + 1),
    "a negative size": (words) => patched(words, 3, -1),
    "a size near 2^31": (words) => patched(words, 3, 2147483647),
    "sizes that cancel": (words) => patched(patched(words, 7, words[7]! + 8), 9, words[9]! - 8),
  };
  it.each(Object.entries(broken))("that holds %s throws RangeError", (_, spoil) => {
    const words = new Int32Array(layoutOf(modelOf([...SMALL, CATEGORICAL], two)).buffer as ArrayBuffer);
    expect(() => reviveLayout(spoil(words).buffer as ArrayBuffer)).toThrow(RangeError);
  });
});
