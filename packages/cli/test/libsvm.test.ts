/** LIBSVM in. */
import { describe, expect, it } from "vitest";
import { encoderOf, type ReadOptions, readWhole, streamOf } from "./support/tables.ts";

const encoder = encoderOf(["a", "b", "c"], { c: ["x"] });

function read(text: string | Uint8Array, options: ReadOptions = {}) {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  return readWhole(streamOf(bytes), "libsvm", encoder, options);
}

describe("LIBSVM", () => {
  it("reads indices from 0 on, in any order; absent ones are missing", async () => {
    const table = await read("1 0:1.5 2:1\n# nothing\n\n-1 qid:3 2:0 0:-2e1 # 1:5\r\n0\n", {
      keep: ["label"],
    });
    expect(table.features).toEqual([1.5, NaN, 1, -20, NaN, 0, NaN, NaN, NaN]);
    expect({ ...table.kept }).toEqual({ label: ["1", "-1", "0"] });
    expect(table).toMatchObject({ rows: 3, lines: 5, refused: [] });
  });

  it("reads indices from 1 on, tabs, and what means missing or infinite", async () => {
    const table = await read("1\t1:nan  2:-inf\t3:7 \n1 1:-999", { libsvmBase: 1, missing: ["-999"] });
    expect(table.features).toEqual([NaN, -Infinity, 7, NaN, NaN, NaN]);
  });

  it("keeps features as numbers", async () => {
    expect({ ...(await read("1 0:0.1", { keep: "all" })).kept }).toEqual({
      a: [Math.fround(0.1)],
      b: [null],
      c: [null],
      label: ["1"],
    });
  });

  it.each([
    ["1 3:1", undefined, "found index 3, expected 0 to 2"],
    ["1 -1:1", undefined, 'found "-1:1", expected index:value'],
    ["1 1", undefined, 'found "1", expected index:value'],
    ["1 a:1", undefined, 'found "a:1", expected index:value'],
    ["1 99999999999999999999:1", undefined, "found index 99999999999999999999, expected 0 to 2"],
    ["1 1:", "b", 'found "", expected a number'],
    ["1 1:0x1", "b", 'found "0x1", expected a number'],
    ["1 1:1:1", "b", 'found "1:1", expected a number'],
    ["1 1:\u0131", "b", 'found "\u0131", expected a number'],
    ["1 1:1 1:1", "b", "index 1 stands twice"],
    ["0:1 1:2", undefined, 'begins with "0:1", expected a label without a weight'],
    ["x 1:2", "label", 'found "x", expected a number'],
  ])("refuses %j", async (text, column, reason) => {
    const { refused, rows } = await read(`1 0:1\n\n${text}\n1 0:2\n`);
    expect(rows).toBe(3);
    expect(refused).toEqual([{ row: 1, line: 2, reason, ...(column === undefined ? {} : { column }) }]);
  });

  it("refuses lines that are not UTF-8", async () => {
    const { refused, features } = await read(Buffer.from("1 0:1\n1 0:\xff\n1 0:3", "latin1"));
    expect(refused).toEqual([{ row: 1, line: 1, reason: "is not UTF-8" }]);
    expect(features.filter((_, i) => i % 3 === 0)).toEqual([1, NaN, 3]);
  });
});
