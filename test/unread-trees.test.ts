/**
 * Trees that are left where they stand in the file until they are read: whatever stands in and around them, they are found as
 * a reader of the whole document finds them, and counted no lower.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Booster } from "../src/index.ts";
import { ByteReader } from "../src/parse/byte-reader.ts";
import { type JsonValue, parseJson, parseJsonModel } from "../src/parse/json.ts";
import { parseUbjson, parseUbjsonModel } from "../src/parse/ubjson.ts";
import { COUNTED_LIST, UnreadList } from "../src/parse/unread-list.ts";
import { type Document, writeJson, writeUbjson } from "./support/document.ts";
import { expectRefused } from "./support/hostile.ts";
import { modelDocument, modelOf } from "./support/model.ts";
import { inModel, PLAIN, STUMP, spoiled, swap } from "./support/spoil.ts";

const encoder = new TextEncoder();

/** Members that mislead a reader who looks for brackets, quotes and the lists that are counted. */
const key = fc.constantFrom(COUNTED_LIST, "left_childrem", "trees", "a", "}", "]{", "", "ü");
const leaf: fc.Arbitrary<Document> = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.constantFrom("left_children", "[1,2]", "}{", ":[", "") as fc.Arbitrary<Document>,
  fc.constantFrom(null, true, false),
  fc.array(fc.integer({ min: -1, max: 99 }), { maxLength: 5 }).map((list) => Int32Array.from(list)),
);
const { object, value } = fc.letrec<{ object: Document; value: Document }>((tie) => ({
  object: fc.dictionary(key, tie("value"), { maxKeys: 4 }) as fc.Arbitrary<Document>,
  value: fc.oneof(
    { depthSize: "small" },
    leaf,
    tie("object"),
    fc.array(tie("value"), { maxLength: 3 }) as fc.Arbitrary<Document>,
  ),
}));
const objects = fc.array(object, { minLength: 1, maxLength: 5 });
/** As the trees of a file are: all with the same keys in the same order. */
const alike = fc.uniqueArray(key, { minLength: 1 }).chain((keys) =>
  fc.array(
    fc
      .tuple(...keys.map(() => value))
      .map((values): Document => Object.fromEntries(keys.map((name, i) => [name, values[i]!]))),
    { minLength: 1, maxLength: 5 },
  ),
);

const around = (trees: readonly Document[]): Document => ({
  learner: {
    gradient_booster: { model: { before: 1, trees, tree_info: [0] }, name: "gbtree" },
    version: [3, 4, 1],
  },
});

function elements(list: JsonValue): JsonValue[] {
  expect(list).toBeInstanceOf(UnreadList);
  const unread = list as UnreadList;
  return Array.from({ length: unread.length }, (_, i) => structuredClone(plain(unread.read(i))));
}

/** Lists of numbers as arrays, objects with the usual prototype. */
function plain(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const unpacked = "unpack" in value ? (value as unknown as { unpack(): object }).unpack() : value;
  if (ArrayBuffer.isView(unpacked)) {
    return [...(unpacked as unknown as Iterable<number>)];
  }
  return Object.fromEntries(Object.entries(unpacked).map(([name, each]) => [name, plain(each as JsonValue)]));
}

function treesIn(document: JsonValue): JsonValue {
  const path = ["learner", "gradient_booster", "model", "trees"];
  return path.reduce((value, name) => (value as Record<string, JsonValue>)[name]!, document);
}

function entriesOf(tree: JsonValue): number {
  return ((tree as Record<string, JsonValue>)[COUNTED_LIST] as readonly JsonValue[] | undefined)?.length ?? 0;
}

const isNumbers = (tree: JsonValue): boolean => {
  const list = (tree as Record<string, JsonValue>)[COUNTED_LIST];
  return Array.isArray(list) && list.every((each) => typeof each === "number");
};

function expectFound(list: JsonValue, whole: JsonValue): void {
  const trees = elements(list);
  expect(trees).toEqual(plain(treesIn(whole)));
  // What is no list of numbers is refused when it is read.
  const nodes = trees.filter(isNumbers).reduce((sum: number, tree) => sum + entriesOf(tree), 0);
  expect((list as UnreadList).counted).toBeGreaterThanOrEqual(nodes);
}

describe("what is found", () => {
  it("in JSON, with and without white space", () => {
    fc.assert(
      fc.property(objects, fc.constantFrom(undefined, " ", "\t", "\n\r "), (trees, space) => {
        const compact = writeJson(around(trees));
        const text = space === undefined ? compact : JSON.stringify(JSON.parse(compact), null, space);
        const bytes = encoder.encode(text);
        const { document, unread } = parseJsonModel(bytes);
        expect(unread).toEqual([treesIn(document)]);
        expectFound(treesIn(document), parseJson(bytes));
      }),
    );
  });

  it("in UBJSON, counted and closed by a mark", () => {
    fc.assert(
      fc.property(alike, fc.boolean(), (trees, counted) => {
        const bytes = counted ? writeUbjson(around(trees)) : closed(writeUbjson(around(trees)));
        const { document, unread } = parseUbjsonModel(new ByteReader(bytes, false));
        const whole = parseUbjson(new ByteReader(bytes, false));
        if (trees.every((tree) => depthOf(tree) < 4)) {
          expect(unread).toEqual([treesIn(document)]);
          expectFound(treesIn(document), whole);
        } else if (unread.length === 0) {
          expect(plain(document)).toEqual(plain(whole));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("in UBJSON by the reader of documents, where trees differ in their keys", () => {
    fc.assert(
      fc.property(objects, (trees) => {
        const bytes = writeUbjson(around(trees));
        const { document, unread } = parseUbjsonModel(new ByteReader(bytes, false));
        const keys = new Set(trees.map((tree) => Object.keys(tree!).join("\n")));
        if (keys.size > 1) {
          expect(unread).toEqual([]);
          expect(plain(document)).toEqual(plain(parseUbjson(new ByteReader(bytes, false))));
        }
      }),
    );
  });
});

function depthOf(document: Document): number {
  return typeof document === "object" && document !== null && !ArrayBuffer.isView(document)
    ? 1 + Math.max(0, ...Object.values(document).map(depthOf))
    : 0;
}

/** The counted list of trees as one that a mark closes: `[#L n …` becomes `[ … ]`, in front of the key `tree_info`. */
function closed(bytes: Uint8Array): Uint8Array {
  const buffer = Buffer.from(bytes);
  const open = buffer.indexOf("trees[#L") + "trees[".length;
  const end = buffer.lastIndexOf("tree_info") - "L".length - 8;
  const parts = [
    buffer.subarray(0, open),
    buffer.subarray(open + "#L".length + 8, end),
    "]",
    buffer.subarray(end),
  ];
  return Uint8Array.from(Buffer.concat(parts.map((part) => Buffer.from(part as Buffer))));
}

describe("a model", () => {
  const TWO = modelOf([STUMP, [{ leaf: 0.25 }]], { numFeatures: 2 });
  const json = writeJson(modelDocument(TWO));
  const row = [0.7, 0];
  const expected = Booster.load(json).predictRow(row)[0]!;

  it("has as many nodes as are counted, in both formats", () => {
    const three = modelDocument(modelOf([STUMP, [{ leaf: 0.25 }], STUMP], { numFeatures: 2 }));
    const ubjson = parseUbjsonModel(new ByteReader(writeUbjson(three), false));
    for (const { unread } of [ubjson, parseJsonModel(encoder.encode(writeJson(three)))]) {
      expect(unread.map(({ length, counted }) => [length, counted])).toEqual([[3, 3 + 1 + 3]]);
    }
  });

  it("is scored as it should be", () => {
    expect(expected).toBe(2.75);
  });

  it.each<[what: string, text: string]>([
    ["white space everywhere", JSON.stringify(JSON.parse(json), null, "\r\n\t ")],
    [
      "the key of the counted list with an escape",
      json.replaceAll('"left_children"', '"left\\u005fchildren"'),
    ],
    ["the key of the list of trees with an escape", swap(json, '"trees"', '"tr\\u0065es"')],
    ["a text with brackets in a tree", json.replaceAll('"left_children"', '"note":"]}{[","left_children"')],
    ["a text with a quote in a tree", json.replaceAll('"left_children"', '"note":"\\"]}","left_children"')],
    ["counted lists twice", json.replaceAll('"left_children"', '"left_children":[7],"left_children"')],
    ["a list of no trees before that of the model", swap(json, '"trees":', '"trees":[],"trees":')],
    ["other trees before those of the model", swap(json, '"trees":', '"trees":[{"a":1}],"trees":')],
    ["no objects before the trees of the model", swap(json, '"trees":', '"trees":[1,{}],"trees":')],
  ])("with %s", (_, text) => {
    expect(Booster.load(text).predictRow(row)[0]).toBe(expected);
  });

  it.each<[what: string, text: string, message: RegExp]>([
    [
      "a number that is none in the second tree",
      json.replace(/(.*"left_children":\[)-1/s, "$1-x"),
      /byte \d+.*number/,
    ],
    [
      "a list of numbers that ends as an object",
      json.replace(/(.*"left_children":\[-1)\]/s, "$1}"),
      /byte \d+/,
    ],
    [
      "a comma behind the last tree",
      swap(json, '}]},"name":"gbtree"', '},]},"name":"gbtree"'),
      /expected a value|tree/,
    ],
    ["a tree that is a number", swap(json, '}]},"name":"gbtree"', '},5]},"name":"gbtree"'), /trees/],
    [
      "trees without end",
      json.slice(0, json.indexOf('"trees"') + 300),
      /byte \d+: expected the closing quote/,
    ],
    [
      "broken trees that others replace",
      swap(json, '"trees":', '"trees":[{"a":x}],"trees":'),
      /byte \d+.*value/,
    ],
    [
      "broken trees of a linear model",
      swap(json, '"name":"gbtree"', '"name":"gblinear"').replace('"left_children":[', '"left_children":[x'),
      /byte \d+/,
    ],
  ])("with %s is refused", (_, text, message) => {
    expect(text).not.toBe(json);
    expectRefused(text, message);
  });

  it("whose trees are read again after one that is broken", () => {
    const broken = parseJsonModel(encoder.encode(json.replace('"left_children":[1', '"left_children":[x')));
    const list = broken.unread[0]!;
    expect(() => list.read(0)).toThrow(/byte \d+/);
    expect(entriesOf(plain(list.read(1)))).toBe(1);
    expect(() => list.read(0)).toThrow(/byte \d+/);
  });

  it("of UBJSON that has trees where none are read is checked as a whole", () => {
    const document = spoiled(
      PLAIN,
      inModel((model) => Object.assign(model, { gradient_booster: { model: { trees: [{ a: 1 }] } } })),
    );
    const bytes = writeUbjson(document);
    expect(parseUbjsonModel(new ByteReader(bytes, false)).unread.length).toBe(2);
    expect(Booster.load(bytes).predictRow(row)[0]).toBe(Booster.load(writeJson(document)).predictRow(row)[0]);
    const at = Buffer.from(bytes).lastIndexOf("ai") + 1;
    const broken = bytes.slice();
    broken[at] = 0x78;
    expectRefused(broken, /unknown UBJSON mark "x"/);
  });
});
