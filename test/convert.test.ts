/** Conversions: the documents that XGBoost writes, byte for byte, and the predictions of what had no document. */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";

import { float32Text } from "../src/convert/float-text.ts";
import { convertModel } from "../src/convert.ts";
import { Booster, InputError, ModelFormatError, UnsupportedModelError } from "../src/index.ts";
import { parseJson } from "../src/parse/json.ts";
import { describeConversions } from "./support/conversions.ts";
import { manifest, readFixture } from "./support/fixtures.ts";

/** All files of a release are one test. */
vi.setConfig({ testTimeout: 60_000 });
const decoder = new TextDecoder();

const fixture341 = (name: string, kind: string): Uint8Array =>
  readFixture(
    manifest.cases.find((each) => each.name === `3.4.1/${name}`)!.files.find((file) => file.kind === kind)!
      .path,
  );

/** The oldest release, the first that writes UBJSON as today's do, and the newest: `test/slow/convert.test.ts` has all. */
describeConversions(["0.90", "1.7.6", "3.4.1"]);

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
