/** CSV and TSV in. */
import { describe, expect, it } from "vitest";
import { encoderOf, type ReadOptions, readWhole, streamOf } from "./support/tables.ts";

const encoder = encoderOf(["a", "b", "c"], { c: ["x", "y, z", 'q"'] });

function read(text: string, options: ReadOptions = {}) {
  return readWhole(streamOf(Buffer.from(text)), "csv", encoder, options);
}

describe("CSV", () => {
  it("reads columns by name, in any order, and keeps others as they stood", async () => {
    const table = await read('id,b,c,a\n007,1.5,x,-2\n"8",,"y, z",1e3\r\n" 9", 4 ,"q""",NA', {
      keep: ["id"],
    });
    expect(table.rows).toBe(3);
    expect(table.lines).toBe(3);
    expect(table.features).toEqual([-2, 1.5, 0, 1000, Number.NaN, 1, Number.NaN, 4, 2]);
    expect(table.kept).toEqual({ id: ["007", "8", " 9"] });
    expect(table.refused).toEqual([]);
  });
});
