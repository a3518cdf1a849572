/**
 * Files of any size for every path through the parsers that could take more than linear time or memory. Trees of one node
 * cost the most a byte, so there are fewer of them.
 */
import type { DumpOptions } from "../../src/index.ts";
import { ByteWriter, writeJson, writeUbjson } from "./document.ts";
import { readFixture } from "./fixtures.ts";
import type { Growing } from "./hostile.ts";
import { modelDocument, modelOf, type TreeSpec } from "./model.ts";
import { dumpChain, inTree, leafText, PLAIN, STUMP, spoiled, swap, type Tree, textChain } from "./spoil.ts";

const DUMP: DumpOptions = { objective: "reg:squarederror", baseScore: 0.5 };

const json = writeJson(modelDocument(PLAIN));
/** A model with something put in front of its first key. */
const beside = (text: string): string => json.replace("{", `{"x":${text},`);
const filled = (size: number, item: (i: number) => string): string => {
  const each = item(0).length + 1;
  return Array.from({ length: Math.ceil(size / each) }, (_, i) => item(i)).join(",");
};
const scored = (text: string): string => swap(json, '"[5E-1]"', JSON.stringify(text));

/** The collector moves open levels out of its young space somewhere in between, a cost that looks like growth. */
const levels = (size: number): number => (size <= 2 ** 18 ? size / 32 : size / 4);

export const GROWING: Readonly<Record<string, Growing>> = {
  "a long number": (n) => [beside("1".repeat(n))],
  "a long fraction half-way between two floats": (n) => [
    leafText(`1.000000059604644775390625${"0".repeat(n)}1`),
  ],
  "a long number in a mixed array": (n) => [beside(`["a",${"7".repeat(n)}]`)],
  "a long exponent": (n) => [leafText(`1e${"9".repeat(n)}`)],
  "many numbers": (n) => [beside(`[${filled(n, () => "1.2345678E-1")}]`)],
  "many numbers that end in a text": (n) => [beside(`[${filled(n, () => "12345678")},"x"]`)],
  "many arrays of numbers and a text": (n) => [beside(`[${filled(n, () => '[1,2,"x"]')}]`)],
  "a long text": (n) => [beside(`"${"x".repeat(n)}"`)],
  "a long key": (n) => [json.replace("{", `{"${"x".repeat(n)}":1,`)],
  "many escapes": (n) => [beside(`"${"\\n\\u0041".repeat(n / 8)}"`)],
  "many backslashes": (n) => [beside(`"${"\\\\".repeat(n / 2)}"`)],
  "many keys": (n) => [beside(`{${filled(n, (i) => `"k${1e7 + i}":1`)}}`)],
  "many keys that are numbers": (n) => [beside(`{${filled(n, (i) => `"${4e9 - i * 7}":1`)}}`)],
  "one key many times": (n) => [beside(`{${filled(n, () => '"key":1')}}`)],
  "many attributes": (n) => [
    swap(json, '"attributes":{', `"attributes":{${filled(n, (i) => `"k${1e7 + i}":"v"`)}`),
  ],
  "much white space": (n) => [beside(`${" \n\t".repeat(n / 3)}1`)],
  "white space that ends in rubbish": (n) => [`${json}${" ".repeat(n)}x`],
  "deep arrays": (n) => [beside("[".repeat(levels(n)) + "]".repeat(levels(n)))],
  "deep objects": (n) => [beside(`${'{"a":'.repeat(levels(n))}1${"}".repeat(levels(n))}`)],
  "trees in trees without end": (n) => [beside('{"gradient_booster":{"model":{"trees":['.repeat(n / 40))],
  "many trees": (n) => [writeJson(modelDocument(modelOf(Array.from({ length: n / 700 }, () => STUMP))))],
  "many trees in UBJSON": (n) => [
    writeUbjson(modelDocument(modelOf(Array.from({ length: n / 1000 }, () => STUMP)))),
  ],
  "a long category list": (n) => [
    writeUbjson(
      modelDocument(
        modelOf([
          [
            {
              ...STUMP[0]!,
              threshold: Array.from({ length: n / 4 }, (_, i) => (i * 7919) % 2 ** 24),
            } as TreeSpec[0],
            { leaf: 1 },
            { leaf: 2 },
          ],
        ]),
      ),
    ),
  ],
  "many category sets": (n) => [
    writeUbjson(
      modelDocument(
        modelOf([
          Array.from({ length: 2 * Math.floor(n / 120) + 1 }, (_, i): TreeSpec[0] => {
            return i % 2 === 0 && i < 2 * Math.floor(n / 120)
              ? { feature: 0, threshold: [i], defaultLeft: true, left: i + 1, right: i + 2 }
              : { leaf: i };
          }),
        ]),
      ),
    ),
  ],
  "category sets that all name the same long list": (n) => [overlappingSets(n)],
  "vector leaves that all name the same long vector": (n) => [sharedVectors(n)],
  "a deep chain": (n) => [
    writeUbjson(
      modelDocument(
        modelOf([
          Array.from({ length: 2 * Math.floor(n / 60) + 1 }, (_, i): TreeSpec[0] => {
            return i % 2 === 0 && i < 2 * Math.floor(n / 60)
              ? { feature: 0, threshold: i, defaultLeft: true, left: i + 1, right: i + 2 }
              : { leaf: i };
          }),
        ]),
      ),
    ),
  ],
  "many base scores": (n) => [scored(`[${filled(n, () => "5E-1")}]`)],
  "a long base score": (n) => [scored(`[${"5".repeat(n)}]`)],
  "a base score of digits and rubbish": (n) => [scored(`[${"5".repeat(n)}x]`)],
  "a base score of spaces": (n) => [scored(" ".repeat(n))],
  "a base score of spaces and rubbish": (n) => [scored(`${" ".repeat(n)}x`)],
  "a base score of brackets": (n) => [scored(`[${"]".repeat(n)}x`)],
  "a base score of brackets and spaces": (n) => [scored(`[${"]  ".repeat(n / 3)}x`)],
  "a base score of commas": (n) => [scored(`[${",".repeat(n)}]`)],
  "a long num_feature": (n) => [
    swap(json, '"num_feature":"2","num_target"', `"num_feature":"${"9".repeat(n)}","num_target"`),
  ],
  "a num_feature of digits and rubbish": (n) => [
    swap(json, '"num_feature":"2","num_target"', `"num_feature":"${"9".repeat(n)}x","num_target"`),
  ],
  "many feature names": (n) => [
    swap(json, '"feature_names":[]', `"feature_names":[${filled(n, (i) => `"n${1e6 + i}"`)}]`),
  ],
  "a deep JSON dump": (n) => [dumpChain(Math.floor(n / 150)), DUMP],
  "a deep text dump": (n) => [textChain(Math.floor(n / 60)), DUMP],
  "many trees of a JSON dump": (n) => [`[${filled(n / 4, () => '{"nodeid":0,"leaf":1.5}')}]`, DUMP],
  "a JSON dump of unequal leaves": (n) => [unequalLeaves(n), DUMP],
  "a long category list of a JSON dump": (n) => [
    `[{"nodeid":0,"split":"f0","split_condition":[${filled(n, (i) => `${(i * 7919) % 2 ** 24}`)}],"yes":2,"no":1,"missing":1,"children":[{"nodeid":1,"leaf":1},{"nodeid":2,"leaf":2}]}]`,
    DUMP,
  ],
  "many lines of a text dump": (n) => [
    Array.from({ length: n / 52 }, (_, i) => `booster[${i}]:\n0:leaf=1\n`).join(""),
    DUMP,
  ],
  "a text dump of unequal leaves": (n) => [
    `${Array.from({ length: n / 80 }, (_, i) => `${i ? "\t" : ""}${i}:[f0<1] yes=${i + 1},no=99999999,missing=${i + 1}\n`).join("")}\t99999999:leaf=[${filled(n / 2, () => "1")}]\n`,
    DUMP,
  ],
  "a text dump with a long name": (n) => [
    `0:[${"<".repeat(n)}<1] yes=1,no=2,missing=1\n\t1:leaf=1\n\t2:leaf=1\n`,
    DUMP,
  ],
  "a text dump with a name of half endings": (n) => [
    `0:[${"] yes".repeat(n / 5)}<1] yes=1,no=2,missing=1\n\t1:leaf=1\n\t2:leaf=1\n`,
    DUMP,
  ],
  "a text dump with a name of backslashes": (n) => [
    `0:[${"\\".repeat(n)}<1] yes=1,no=2,missing=1\n\t1:leaf=1\n\t2:leaf=1\n`,
    DUMP,
  ],
  "a text dump with many fields": (n) => [
    `0:[f0<1] yes=1,no=2,missing=1${",a=1".repeat(n / 4)}\n\t1:leaf=1\n\t2:leaf=1\n`,
    DUMP,
  ],
  "a text dump with a long number": (n) => [`0:leaf=${"1".repeat(n)}\n`, DUMP],
  "a text dump with digits and rubbish": (n) => [`0:leaf=${"1".repeat(n)}x\n`, DUMP],
  "a text dump with a long id": (n) => [`0:leaf=1\n${" ".repeat(n)}1${" ".repeat(n)}x:leaf=1\n`, DUMP],
  "a text dump with a long category list": (n) => [
    `0:[f0:{${filled(n, (i) => `${(i * 7919) % 2 ** 24}`)}}] yes=2,no=1,missing=1\n\t1:leaf=1\n\t2:leaf=1\n`,
    DUMP,
  ],
  "a text dump of white space": (n) => [`0:leaf=1\n${" ".repeat(n)}\n`, DUMP],
  "a text dump of empty lines": (n) => [`0:leaf=1\n${"\n".repeat(n)}`, DUMP],
  "a text dump of carriage returns": (n) => [`0:leaf=1\n${"\r".repeat(n)}x\n`, DUMP],
  "a text dump of spaces behind a heading": (n) => [`0:leaf=1\nbooster[1]:${" ".repeat(n)}x\n`, DUMP],
  "a list of texts that begins with white space": (n) => [[`${"\n".repeat(n)}x`] as unknown as object, DUMP],
  "a list of texts, a heading and white space": (n) => [
    [`booster${" ".repeat(n)}x`] as unknown as object,
    DUMP,
  ],
  "many texts": (n) => [Array.from({ length: n / 36 }, () => "0:leaf=1\n") as unknown as object, DUMP],
  "a long text dump of a linear model": (n) => [`bias:\n1\nweight:\n${"1.5\n".repeat(n / 4)}`, DUMP],
  "the old binary format, with many attributes": (n) => [legacyAttributes(n)],
};

/** Every node of a tree says that its categories are all of the file's. */
function overlappingSets(size: number): Uint8Array {
  const splits = Math.floor(size / 200);
  const tree = Array.from({ length: 2 * splits + 1 }, (_, i): TreeSpec[0] => {
    return i % 2 === 0 && i < 2 * splits
      ? { feature: 0, threshold: [1], defaultLeft: true, left: i + 1, right: i + 2 }
      : { leaf: i };
  });
  const categories = Int32Array.from({ length: size / 8 }, (_, i) => i);
  return writeUbjson(
    spoiled(
      modelOf([tree]),
      inTree((t) => {
        const all = {
          categories_segments: new Int32Array(splits),
          categories_sizes: new Int32Array(splits).fill(categories.length),
        };
        Object.assign(t, { categories, ...all });
      }),
    ),
  );
}

/** A model of many targets, each of whose leaves says that its values are the first vector. */
function sharedVectors(size: number): Uint8Array {
  const splits = Math.floor(size / 100);
  const targets = Math.min(65_536, Math.floor(size / 16));
  const tree = Array.from({ length: 2 * splits + 1 }, (_, i): TreeSpec[0] => {
    return i % 2 === 0 && i < 2 * splits
      ? { feature: 0, threshold: 1, defaultLeft: true, left: i + 1, right: i + 2 }
      : { leaf: 0 };
  });
  return writeUbjson(
    spoiled(
      modelOf([tree], { groups: targets }),
      inTree((t) => {
        const right = (t["right_children"] as Int32Array).map((child) => (child === -1 ? 0 : child));
        Object.assign(t, { leaf_weights: new Float32Array(targets), right_children: right });
        Object.assign(t["tree_param"] as Tree, { size_leaf_vector: `${targets}` });
      }),
    ),
  );
}

/** A chain of single leaves whose last one holds very many values. */
function unequalLeaves(size: number): string {
  return dumpChain(Math.floor(size / 300)).replace('"leaf":-1', `"leaf":[${filled(size / 2, () => "1")}]`);
}

function legacyAttributes(size: number): Uint8Array {
  const out = new ByteWriter().raw(readFixture("1.5.2/one-tree/model.bin"));
  // One text of the given length in place of the objective's name: refused only once it was read.
  const copy = out.raw(new Uint8Array(size)).bytes();
  new DataView(copy.buffer).setBigInt64(4 + 136, BigInt(size / 2), true);
  return copy;
}
