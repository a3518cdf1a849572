/** NDJSON in. */
import { describe, expect, it } from "vitest";
import { encoderOf, type ReadOptions, readWhole, streamOf } from "./support/tables.ts";

const encoder = encoderOf(["a", "b", "__proto__", "c"], { c: ["x", "1"] });

function read(text: string | Uint8Array, options: ReadOptions = {}) {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  return readWhole(streamOf(bytes), "ndjson", encoder, options);
}

describe("NDJSON", () => {
  it("reads rows by name, with keys in any order", async () => {
    const table = await read(
      '{"b":2,"a":1}\n{"a":1e400,"c":"x","z":[1]}\r\n\n{}\n{"c":"1","__proto__":-0.1}',
    );
    expect(table.features).toEqual([
      ...[1, 2, NaN, NaN],
      ...[Infinity, NaN, NaN, 0],
      ...[NaN, NaN, NaN, NaN],
      ...[NaN, NaN, Math.fround(-0.1), 1],
    ]);
    expect(table).toMatchObject({ rows: 4, lines: 5, refused: [] });
  });

  it("reads null and empty text as missing, and of a key that stands twice the last value", async () => {
    expect((await read('{"a":null,"b":"","c":null}\n{"a":1,"a":2}')).features).toEqual([
      ...[NaN, NaN, NaN, NaN],
      ...[2, NaN, NaN, NaN],
    ]);
  });

  it("keeps values as they are, also of features and of keys that are in the way of JavaScript", async () => {
    const text = '{"id":"007","a":1.50,"k":{"x":[null]},"constructor":1}\n{"a":"bad","id":8}\nnonsense\n';
    const table = await read(text, { keep: ["id", "a", "k", "constructor", "__proto__"] });
    expect(table.kept["id"]).toEqual(["007", 8, null]);
    expect(table.kept["a"]).toEqual([1.5, "bad", null]);
    expect(table.kept["k"]).toEqual([{ x: [null] }, null, null]);
    expect(table.kept["constructor"]).toEqual([1, null, null]);
    expect(table.refused.map(({ row }) => row)).toEqual([1, 2]);
  });

  it("reads what the user says is missing, as text or number", async () => {
    const table = await read('{"a":-999,"b":"-999","c":"?"}\n{"a":1,"c":"x"}', { missing: ["-999", "?"] });
    expect(table.features).toEqual([NaN, NaN, NaN, NaN, 1, NaN, NaN, 0]);
  });

  it.each([
    ["[1,2]", 'is "[1,2]", expected an object by feature name'],
    ["1", 'is "1", expected an object by feature name'],
    ["null", 'is "null", expected an object by feature name'],
    ['{"a":true}', "found true, expected a number"],
    ['{"a":"x"}', 'found "x", expected a number'],
    ['{"a":[1]}', "found 1, expected a number"],
    ['{"c":"y"}', 'found "y", expected a category of the training set'],
  ])("refuses %s", async (text, reason) => {
    const { refused } = await read(`{"a":1}\n\n${text}\n{"a":2}\n`);
    expect(refused).toMatchObject([{ row: 1, line: 2, reason }]);
  });

  it.each(["{", '{"a":1}}', '{"a":NaN}', '{"a":01}', "{'a':1}", '{"a":1}{"a":2}', "\0", '{"a":"\u0001"}'])(
    "refuses %j, which is not JSON",
    async (text) => {
      const { refused, rows } = await read(`{"a":1}\n${text}\n{"a":2}`);
      expect(rows).toBe(3);
      expect(refused).toEqual([{ row: 1, line: 1, reason: expect.stringMatching(/^is not JSON: /) }]);
    },
  );

  it("refuses lines that are not UTF-8, and no others", async () => {
    const bytes = Buffer.from('{"a":1}\n{"z":"\xff","a":2}\n{"a":3}', "latin1");
    const table = await read(bytes, { keep: ["z"] });
    expect(table.refused).toEqual([{ row: 1, line: 1, reason: "is not UTF-8" }]);
    expect(table.features.filter((_, i) => i % 4 === 0)).toEqual([1, NaN, 3]);
    expect(table.kept["z"]).toEqual([null, null, null]);
  });

  it("cannot keep all columns, as rows name their own", async () => {
    await expect(read("{}", { keep: "all" })).rejects.toMatchObject({ name: "UsageError" });
  });

  it("has no head: nothing is a table without rows", async () => {
    expect(await read("")).toMatchObject({ rows: 0, blocks: [] });
    expect((await read('\ufeff{"a":1}')).features[0]).toBe(1);
  });
});
