/**
 * With the kernel that reads trees, loading comes to what it comes to without it, to the byte: for all fixtures, for files that are
 * broken, for numbers that are hard to round; and it does read the trees that it is made for.
 */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { TreeKernel, treeKernel } from "../src/compile/tree-kernel.ts";
import { Booster, ModelFormatError, UnsupportedModelError } from "../src/index.ts";
import { partsOf } from "../src/predict/booster.ts";
import { arbitraryModel, neighbour, randomNumbers, TINY } from "./support/arbitrary.ts";
import { type Document, writeJson, writeUbjson } from "./support/document.ts";
import { manifest, readFixture } from "./support/fixtures.ts";
import { flipBytes, smallFiles, spliceBytes } from "./support/hostile.ts";
import { type ModelSpec, modelDocument, modelOf, type TreeSpec } from "./support/model.ts";
import { inTree, PLAIN, STUMP, spoiled, swap } from "./support/spoil.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What loading comes to: the bytes of all that is kept of the trees; nothing where the file is refused. */
function outcome(bytes: Uint8Array, engine: "auto" | "javascript"): string | undefined {
  try {
    const { layout, details } = partsOf(Booster.load(bytes, { engine }));
    const { statistics, gains, covers, leafVectors } = details!;
    const tables = [new Uint8Array(layout!.buffer), statistics, gains, covers, leafVectors];
    return tables.map(latin1).join("|");
  } catch (error) {
    expect([ModelFormatError, UnsupportedModelError]).toContain((error as Error).constructor);
    return undefined;
  }
}

/** A character a byte: texts are compared in no time. */
function latin1(table: Uint8Array | Float32Array | undefined): string {
  return table === undefined
    ? "none"
    : Buffer.from(table.buffer, table.byteOffset, table.byteLength).toString("latin1");
}

/** Loads both ways, compares, and returns how many trees the kernel has read. */
function compare(bytes: Uint8Array): number {
  const expected = outcome(bytes, "javascript");
  const spy = vi.spyOn(TreeKernel.prototype, "read");
  try {
    // Not `toBe`: it would print megabytes.
    expect(outcome(bytes, "auto") === expected, "with and without the kernel").toBe(true);
    return spy.mock.results.reduce((sum, { value }) => sum + (value as { trees: number }).trees, 0);
  } finally {
    spy.mockRestore();
  }
}

const formats = (document: Document): Uint8Array[] => [
  encoder.encode(writeJson(document)),
  writeUbjson(document),
];

it("there is a kernel", () => {
  expect(treeKernel()).toBeInstanceOf(TreeKernel);
});

/** With categorical splits or vector leaves; and those whose JSON has numbers that are left to JavaScript. */
const UNUSUAL = /cat|vector|multi-output|onehot/;
const HARD = /clamp|hard-margins|special|texts/;

describe("fixtures", () => {
  const files = manifest.cases.flatMap(({ name, files }) =>
    files.filter(({ kind }) => /json|ubj/.test(kind)).map(({ path, dump }) => ({ name, path, dump })),
  );

  it.each(files.filter(({ dump }) => dump === undefined))("$path", ({ name, path }) => {
    const bytes = readFixture(path);
    const read = compare(bytes);
    if (
      outcome(bytes, "auto") !== undefined &&
      !(UNUSUAL.test(name) || (path.endsWith("json") && HARD.test(name)))
    ) {
      expect(read).toBe(partsOf(Booster.load(bytes)).layout!.trees);
    }
  });
});

/** Keys of a tree and of its parameters. */
function keysOf(model: ModelSpec): string[] {
  const keys: string[] = [];
  spoiled(
    model,
    inTree((tree) => keys.push(...Object.keys(tree), ...Object.keys(tree["tree_param"]!))),
  );
  return keys;
}

function rename(tree: Record<string, unknown>, key: string, wrong: string): void {
  const object = key in tree ? tree : (tree["tree_param"] as Record<string, unknown>);
  object[wrong] = object[key];
  delete object[key];
}

describe("broken files", () => {
  const files = smallFiles().filter(({ path, dump }) => /json|ubj/.test(path) && dump === undefined);

  it.each(files)("$path", ({ bytes }) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        compare(flipBytes(bytes, seed));
        compare(spliceBytes(bytes, seed));
      }),
      { numRuns: 60, seed: 7 },
    );
    for (let length = 1; length < bytes.length; length += Math.ceil(bytes.length / 60)) {
      compare(bytes.subarray(0, length));
    }
  });

  const trees: readonly (readonly [string, (tree: Record<string, unknown>) => void])[] = [
    ["a child beyond the nodes", (tree) => Object.assign(tree, { left_children: Int32Array.of(3, -1, -1) })],
    ["a child that is the root", (tree) => Object.assign(tree, { left_children: Int32Array.of(0, -1, -1) })],
    ["a negative child", (tree) => Object.assign(tree, { right_children: Int32Array.of(-2, -1, -1) })],
    ["one child twice", (tree) => Object.assign(tree, { right_children: Int32Array.of(1, -1, -1) })],
    ["a feature too many", (tree) => Object.assign(tree, { split_indices: Int32Array.of(2, 0, 0) })],
    ["a negative feature", (tree) => Object.assign(tree, { split_indices: Int32Array.of(-1, 0, 0) })],
    ["a list too short", (tree) => Object.assign(tree, { right_children: Int32Array.of(2, -1) })],
    ["conditions too short", (tree) => Object.assign(tree, { split_conditions: Float32Array.of(1, 2) })],
    ["no nodes", (tree) => Object.assign(tree, { left_children: new Int32Array(0) })],
    ["another count of nodes", (tree) => Object.assign(tree, { tree_param: { num_nodes: "4" } })],
    ["a count of nodes as a number", (tree) => Object.assign(tree, { tree_param: { num_nodes: 3 } })],
    ["a count of nodes that is none", (tree) => Object.assign(tree, { tree_param: { num_nodes: "three" } })],
    ["no count of nodes", (tree) => Object.assign(tree, { tree_param: {} })],
    ["leaves of two values", (tree) => Object.assign(tree, { tree_param: { size_leaf_vector: "2" } })],
    ["no parameters", (tree) => delete tree["tree_param"]],
    ["no conditions", (tree) => delete tree["split_conditions"]],
    ["no gains", (tree) => delete tree["loss_changes"]],
    ["no covers", (tree) => delete tree["sum_hessian"]],
    ["no sets", (tree) => delete tree["categories_nodes"]],
    ["no sizes of sets", (tree) => delete tree["categories_sizes"]],
    ["no types of splits", (tree) => delete tree["split_type"]],
    [
      "a categorical split without a set",
      (tree) => Object.assign(tree, { split_type: Int32Array.of(1, 0, 0) }),
    ],
    ["a flag of 2", (tree) => Object.assign(tree, { default_left: Int32Array.of(2, 0, 0) })],
    ["flags as words", (tree) => Object.assign(tree, { default_left: [true, false, false] })],
    ["a deleted feature", (tree) => Object.assign(tree, { split_indices: Int32Array.of(0, 2147483647, 0) })],
    ["what nobody knows", (tree) => Object.assign(tree, { more: { a: [{ b: [null, true, -1.5] }] } })],
  ];

  it.each(trees)("%s", (_, spoil) => {
    for (const bytes of formats(spoiled(PLAIN, inTree(spoil)))) {
      compare(bytes);
    }
  });

  /** In every place one letter after the other: a key is known by all of its bytes. */
  it.each(keysOf(PLAIN))("%s spelled wrong", (key) => {
    for (let at = 0; at < key.length; at++) {
      const wrong = `${key.slice(0, at)}#${key.slice(at + 1)}`;
      for (const bytes of formats(
        spoiled(
          PLAIN,
          inTree((tree) => rename(tree, key, wrong)),
        ),
      )) {
        compare(bytes);
      }
    }
  });

  it.each([
    ['"left_children":[1,-1,-1]', '"left_children":[1,-1,-1],"left_children":[2,-1,-1]'],
    ['"left_children":[1,-1,-1]', '"left_children":[1,-1,-1,]'],
    ['"left_children":[1,-1,-1]', '"left_children":[1,-1,-1'],
    ['"left_children":[1,-1,-1]', '"left_children":[1,-1.0,-1]'],
    ['"left_children":[1,-1,-1]', '"left_children":[00001,-1,-1]'],
    ['"left_children":[1,-1,-1]', '"left_children":[4294967297,-1,-1]'],
    ['"left_children":[1,-1,-1]', '"left_childre\\u006e":[1,-1,-1]'],
    ['"right_children":[2,-1,-1]', '"right_children":[2,-0,-1]'],
    ['"right_children":[2,-1,-1]', '"right_children":[2,-99999999999,-1]'],
    ['"right_children":[2,-1,-1]', '"right_children" : [ 2 ,\n-1\t,\r-1 ] '],
    ['"right_children":[2,-1,-1]', '"right_children":[2,\u00a0-1,-1]'],
    ['"parents":', '"parents":[1,2,x],"old":'],
    ['"parents":', '"parents":[1.,2],"old":'],
    ['"parents":', '"parents":[1e],"old":'],
    ['"parents":', '"parents":[NaN,-Infinity,nan],"old":'],
    ['"parents":', '"text":"}]{[\\"","parents":'],
    ['"tree_param":{', '"tree_param":{"num_nodes":"3","num_nodes":"4",'],
    ['"tree_param":{', '"tree_param":{},"tree_param":{'],
  ])("%s → %s", (from, to) => {
    const text = writeJson(modelDocument(modelOf([STUMP], { numFeatures: 2 })));
    compare(encoder.encode(swap(text, from, to)));
  });
});

describe("numbers", () => {
  const random = randomNumbers(5);
  const float = (): number => {
    const words = Uint32Array.of(Math.floor(random() * 2 ** 32));
    return new Float32Array(words.buffer)[0]!;
  };
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(random() * 10)).join("");
  const texts = [
    ...Array.from({ length: 4000 }, () => String(float()).replace("+", "")),
    ...Array.from({ length: 2000 }, () => float().toExponential(8).toUpperCase().replace("+", "")),
    ...Array.from({ length: 2000 }, () => float().toExponential(17)),
    ...Array.from({ length: 1000 }, () => `${digits(1 + random() * 12)}.${digits(1 + random() * 12)}`),
    ...Array.from({ length: 1000 }, () => `${digits(1 + random() * 18)}e${Math.floor(random() * 80 - 60)}`),
    // Half-way between two floats, and a little beside it.
    ...Array.from({ length: 1000 }, () => {
      const value = Math.fround(float() || 1);
      const middle = (value + neighbour(value, 1)) / 2;
      return middle.toPrecision(Math.floor(15 + random() * 6));
    }),
    ...[
      "7.038531E-26",
      "0",
      "-0",
      "0E0",
      "-0E0",
      "0.000",
      "1E38",
      "3.4E38",
      "3.4028235E38",
      "3.4028236E38",
      "1E39",
    ],
    ...[
      "1E400",
      "1E-400",
      "1.17549435E-38",
      "1.2E-38",
      `${TINY}`,
      `${TINY / 2}`,
      "1E-45",
      "16777217",
      "16777219",
    ],
    ...[
      "000000000000000000001",
      "0.0000000000000000000000001",
      "1.00000005960464477539062",
      "9007199254740993",
    ],
  ].filter((text) => /^-?\d/.test(text));

  it("as thresholds and leaves", () => {
    const text = writeJson(modelDocument(modelOf([STUMP])));
    const [before, after] = text.split('"split_conditions":[');
    const behind = after!.slice(after!.indexOf("]"));
    let read = 0;
    for (let i = 0; i + 3 <= texts.length; i += 3) {
      const numbers = texts.slice(i, i + 3).join(",");
      read += compare(encoder.encode(`${before}"split_conditions":[${numbers}${behind}`));
    }
    expect(texts.length).toBeGreaterThan(10_000);
    // Most: those beyond the floats, subnormal ones and those in the middle are left to JavaScript.
    expect(read).toBeGreaterThan(0.6 * (texts.length / 3));
  }, 60_000);
});

describe("models", () => {
  it("any", () => {
    let read = 0;
    fc.assert(
      fc.property(arbitraryModel(), (model) => {
        for (const bytes of formats(modelDocument(model))) {
          read += compare(bytes);
        }
      }),
      { numRuns: 150, seed: 11 },
    );
    expect(read).toBeGreaterThan(40);
  });

  /** Nodes in the order of the levels, with features and thresholds of no meaning. */
  const complete = (depth: number): TreeSpec =>
    Array.from({ length: 2 ** (depth + 1) - 1 }, (_, i) =>
      i < 2 ** depth - 1
        ? { feature: i % 3, threshold: i / 7, defaultLeft: i % 2 === 0, left: 2 * i + 1, right: 2 * i + 2 }
        : { leaf: i / 3 },
    );

  it("trees larger than a piece of the file, between small ones", () => {
    const trees = [STUMP, complete(14), STUMP, complete(3), complete(15), STUMP];
    for (const bytes of formats(modelDocument(modelOf(trees, { numFeatures: 3 })))) {
      expect(bytes.length).toBeGreaterThan(1 << 20);
      expect(compare(bytes)).toBe(trees.length);
    }
    // What was kept for the large ones is not in the way of small ones.
    expect(compare(encoder.encode(writeJson(modelDocument(PLAIN))))).toBe(2);
  });

  it("many trees, some of them not for the kernel", () => {
    const sets: TreeSpec = [
      { feature: 0, threshold: [1, 3], defaultLeft: true, left: 1, right: 2 },
      { leaf: 1 },
      { leaf: 2 },
    ];
    const trees = Array.from({ length: 9000 }, (_, i) =>
      i % 50 === 7 ? sets : i % 3 === 0 ? complete(3) : STUMP,
    );
    for (const bytes of formats(modelDocument(modelOf(trees, { numFeatures: 3 })))) {
      expect(compare(bytes)).toBe(9000 - 180);
    }
    // Where hardly any is, it is soon let be.
    for (const bytes of formats(modelDocument(modelOf(Array(100).fill(sets), { numFeatures: 3 })))) {
      expect(compare(bytes)).toBe(0);
    }
  });

  it("an indented file", () => {
    const text = writeJson(modelDocument(modelOf([STUMP, complete(5)], { numFeatures: 3 })));
    expect(compare(encoder.encode(JSON.stringify(JSON.parse(text), undefined, 2)))).toBe(2);
  });

  it("weights of DART, and an odd threshold", () => {
    const odd: TreeSpec = [
      { ...STUMP[0]!, threshold: Number.NEGATIVE_INFINITY } as TreeSpec[0],
      ...STUMP.slice(1),
    ];
    const dart = modelOf([STUMP, odd, STUMP], { booster: "dart", weights: [0.3, 1.7, 1] });
    const [json, ubjson] = formats(modelDocument(dart)) as [Uint8Array, Uint8Array];
    expect(compare(ubjson)).toBe(3);
    expect(decoder.decode(json)).toContain("-Infinity");
    expect(compare(json)).toBe(2);
  });

  it("the file itself stays as it is", () => {
    for (const bytes of formats(modelDocument(PLAIN))) {
      const before = bytes.slice();
      expect([compare(bytes), compare(bytes)]).toEqual([2, 2]);
      expect(bytes).toEqual(before);
    }
  });
});
