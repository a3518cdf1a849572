/** CSV and TSV in. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encoderOf, type ReadOptions, readWhole, streamOf } from "./support/tables.ts";

const encoder = encoderOf(["a", "b", "c"], { c: ["x", "y, z", 'q"', "ä"] });

function read(text: string | Uint8Array, options: ReadOptions = {}) {
  return readWhole(streamOf(typeof text === "string" ? Buffer.from(text) : text), "csv", encoder, options);
}

/** Reasons by row, with line and column. */
async function refusals(text: string | Uint8Array, options: ReadOptions = {}) {
  const { refused } = await read(text, options);
  return refused.map(({ row, line, column, reason }) => `${row}/${line}/${column ?? ""}: ${reason}`);
}

describe("CSV", () => {
  it("reads columns by name, in any order, and keeps others as they stood", async () => {
    const table = await read('id,b,c,a\n007,1.5,x,-2\n"8",,"y, z",1e3\r\n" 9", 4 ,"q""",NA', {
      keep: ["id"],
    });
    expect(table.rows).toBe(3);
    expect(table.lines).toBe(3);
    expect(table.features).toEqual([-2, 1.5, 0, 1000, Number.NaN, 1, Number.NaN, 4, 2]);
    expect({ ...table.kept }).toEqual({ id: ["007", "8", " 9"] });
    expect(table.refused).toEqual([]);
  });

  it("keeps columns that are features too, in the order asked for, more than once", async () => {
    const table = await read("a,b,c\n1.50,+2,x\nz,NA,ä\n", { keep: ["c", "a", "c"] });
    expect({ ...table.kept }).toEqual({ c: ["x", "ä", "x", "ä"], a: ["1.50", "z"] });
    expect(table.refused.map(({ row }) => row)).toEqual([1]);
    expect({ ...(await read("a,b,c\n1.50,+2,x", { keep: "all" })).kept }).toEqual({
      a: ["1.50"],
      b: ["+2"],
      c: ["x"],
    });
  });

  it("has NaN for features without a column", async () => {
    expect((await read("b\n1\n2\n")).features).toEqual([NaN, 1, NaN, NaN, 2, NaN]);
  });

  it("skips empty lines, also of a table of one column, and before the header", async () => {
    const table = await read('\n\r\nb\n1\n\n\r\n""\n3\n\n');
    expect(table.features.filter((_, i) => i % 3 === 1)).toEqual([1, NaN, 3]);
    expect(table.lines).toBe(6);
  });

  it("reads missing values, infinities and quoted numbers", async () => {
    const table = await read('a\nNaN\nnan\nNA\nnull\n""\n"-1.5"\ninf\n-Infinity\n+INF\n"1e400"\n\t7 \n');
    expect(table.features.filter((_, i) => i % 3 === 0)).toEqual([
      ...[NaN, NaN, NaN, NaN, NaN, -1.5, Infinity, -Infinity, Infinity, Infinity, 7],
    ]);
    expect(table.refused).toEqual([]);
  });

  it("reads texts that the user says are missing", async () => {
    const table = await read('a,c\n-999,?\n"?",x\n 7,-999\n-999.0,x\n', { missing: ["-999", "?"] });
    expect(table.features).toEqual([NaN, NaN, NaN, NaN, NaN, 0, 7, NaN, NaN, -999, NaN, 0]);
  });

  it("reads other delimiters, tabs, and tables without a header", async () => {
    expect((await read("a;b\n1;2\n", { delimiter: ";" })).features).toEqual([1, 2, NaN]);
    const tsv = await readWhole(streamOf(Buffer.from('b\tc\n1\t"x"\n\tx\n')), "tsv", encoder);
    expect(tsv.features).toEqual([NaN, 1, 0, NaN, NaN, 0]);
    expect((await read("1,2,x\n3,4,ä", { header: false })).features).toEqual([1, 2, 0, 3, 4, 3]);
  });

  it("skips the mark of UTF-8", async () => {
    expect((await read("\ufeffa,b\n1,2")).features).toEqual([1, 2, NaN]);
    expect((await read('\ufeff"a",b\n1,2')).features).toEqual([1, 2, NaN]);
    expect((await read("\ufeff1,2,x\n", { header: false })).features).toEqual([1, 2, 0]);
  });

  it("reads a table without rows", async () => {
    expect(await read("a,b")).toMatchObject({ rows: 0, features: [], refused: [] });
    expect(await read("a,b\n\n")).toMatchObject({ rows: 0, features: [], refused: [] });
  });

  it("reads fields of 10 MB", async () => {
    const long = "x".repeat(10_000_000);
    const table = await read(`id,a\n${long},1\n"${long}",2\n3,${long}\n4,4\n`, { keep: ["id"] });
    expect(table.kept["id"]!.map((each) => (each as string).length)).toEqual([1e7, 1e7, 1, 1]);
    expect(table.features.filter((_, i) => i % 3 === 0 && i !== 6)).toEqual([1, 2, 4]);
    expect(table.refused).toEqual([
      { row: 2, line: 2, column: "a", reason: `found "${"x".repeat(57)}...", expected a number` },
    ]);
  }, 30_000);

  describe("refuses", () => {
    it.each(["0x10", "1_000", "--1", "1.2.3", "abc", "1 2", "1e", "∞", "\0", "1\0", "\u0001", "１", "true"])(
      "%j as a number",
      async (text) => {
        const found = JSON.stringify(text);
        expect(await refusals(`b,a\n1,2\n3,${text}\n4,5`)).toEqual([
          `1/1/a: found ${found}, expected a number`,
        ]);
        expect(await refusals(`a,b\n${text},3\n`)).toEqual([`0/0/a: found ${found}, expected a number`]);
      },
    );

    it("rows with too few or too many fields, whatever stands in them", async () => {
      expect(await refusals("a,b\n1\n1,2\n1,2,3\nx,y,z,\n,\n1,5,0")).toEqual([
        "0/0/: has 1 field, expected 2",
        "2/2/: has 3 fields, expected 2",
        '3/3/: has 4 fields, expected 2; column 1: found "x", expected a number',
        "5/5/: has 3 fields, expected 2",
      ]);
    });

    it("unknown categories", async () => {
      expect(await refusals("c\nx\nX\ny\n")).toEqual([
        '1/1/c: found "X", expected a category of the training set',
        '2/2/c: found "y", expected a category of the training set',
      ]);
    });

    it("quotes that do not make a field", async () => {
      const stray =
        "a quote stands in the middle of the field; quote the whole field, and double quotes in it";
      const on = "the field goes on after its closing quote";
      const text = 'id,a\n5" pipe,1\n"x"y,1\nx"y",2\n"a""b",3\n1, "2"\n1,"2"3\n1,2"\n4,4\n';
      expect(await refusals(text)).toEqual([
        `0/0/id: ${stray}`,
        `1/1/id: ${on}`,
        `2/2/id: ${stray}`,
        `4/4/a: ${stray}`,
        `5/5/a: ${on}`,
        `6/6/a: ${stray}`,
      ]);
      expect(await refusals('id,a\n1,2\n"3,4\n5,6\n')).toEqual([
        "1/1/: has 1 field, expected 2; column 1: the quote that begins the field is not closed",
      ]);
    });

    it("bytes that are not UTF-8 in fields that are used", async () => {
      const bytes = Buffer.from("id,a,c,k\nä,1,x,ö\n", "latin1");
      expect(await refusals(bytes)).toEqual([]);
      expect(await refusals(bytes, { keep: ["k"] })).toEqual(['0/0/k: is not UTF-8: "\ufffd"']);
      expect(await refusals(Buffer.from("a,c\n1,ä\n\xff,x\n", "latin1"))).toEqual([
        '0/0/c: is not UTF-8: "\ufffd"',
        '1/1/a: is not UTF-8: "\ufffd"',
      ]);
    });

    it("NUL bytes in fields that are kept", async () => {
      expect(await refusals("id,a\n\0,1\n", { keep: ["id"] })).toEqual(["0/0/id: holds a NUL byte"]);
    });

    it("with the line where the row begins", async () => {
      expect(await refusals('id,a\n"1\n\n2",3\n\n4,x\r\n"5\n",y\n6,z')).toEqual([
        '1/4/a: found "x", expected a number',
        '2/5/a: found "y", expected a number',
        '3/7/a: found "z", expected a number',
      ]);
    });
  });

  describe("throws for a head", () => {
    it.each([
      ["", "<stdin>: is empty, expected a header"],
      ["\n\n", "<stdin>:3: there is no header, only empty lines"],
      ["\ufeff", "<stdin>:1: there is no header, only empty lines"],
      ["a,b,a\n", '<stdin>:1: column "a" stands twice in the header, as number 1 and 3'],
      ["\n\na,,\n", '<stdin>:3: column "" stands twice in the header, as number 2 and 3'],
      ['a,"b\n1,2\n', "<stdin>:1: the quote that begins column 2 of the header is not closed"],
      ['a,"b"c\n', "<stdin>:1: column 2 of the header goes on after its closing quote"],
      ['a,b"c\n', '<stdin>:1: column 2 of the header, "b\\"c", has a quote in the middle'],
      ["a,b\0\n", "<stdin>:1: column 2 of the header holds a NUL byte: it is not a table of text"],
      [
        "a,b\r1,2\r",
        "<stdin>:1: column 2 of the header holds a carriage return: lines must end with LF or CR LF",
      ],
    ])("%j", async (text, message) => {
      await expect(read(text)).rejects.toMatchObject({ name: "TableError", message });
    });

    it("that is not UTF-8", async () => {
      const message = "<stdin>:1: column 2 of the header is not UTF-8";
      await expect(read(Buffer.from("a,ä\n", "latin1"))).rejects.toMatchObject({ message, line: 1 });
      await expect(read(Buffer.from("\ufeffa,b\n", "utf16le"))).rejects.toThrow("UTF-16, expected UTF-8");
    });

    it("with a delimiter that cannot be one", async () => {
      for (const delimiter of ["", ",,", '"', "\n", "e", "5", ".", "-", "ä"]) {
        await expect(read("a\n", { delimiter })).rejects.toMatchObject({ name: "UsageError" });
      }
    });
  });

  it("gives the rows of a slow reader, however fields are quoted and lines end", async () => {
    const field = fc.record({
      text: fc.oneof(
        fc.string({ unit: fc.constantFrom(...'x1,"\n\r. ä'), maxLength: 6 }),
        fc.double().map(String),
        fc.constantFrom("", "NA", "x", "y, z", 'q"', "1\r\n2"),
      ),
      quoted: fc.boolean(),
    });
    const table = fc.array(
      fc.record({
        fields: fc.array(field, { minLength: 3, maxLength: 3 }),
        end: fc.constantFrom("\n", "\r\n"),
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.array(fc.integer({ min: 10, max: 300 }), { minLength: 1 }),
        async (rows, sizes) => {
          const text = rows.map(({ fields, end }) => fields.map(write).join(",") + end).join("");
          const bytes = Buffer.from(`id,a,c\n${text}`);
          const read = await readWhole(streamOf(bytes, sizes), "csv", encoder, { keep: ["id"] });
          expect(read.rows).toBe(rows.length);
          expect(read.kept["id"] ?? []).toEqual(rows.map(({ fields }) => fields[0]!.text));
          const refused = new Set(read.refused.map(({ row }) => row));
          rows.forEach(({ fields }, row) => {
            const [a, c] = [modelValue(fields[1]!.text, 0), modelValue(fields[2]!.text, 2)];
            expect(refused.has(row), JSON.stringify(fields)).toBe(a === undefined || c === undefined);
            if (!refused.has(row)) {
              expect(read.features.slice(3 * row, 3 * row + 3)).toEqual([Math.fround(a!), NaN, c]);
            }
          });
        },
      ),
      { numRuns: 200 },
    );
  });
});

function write({ text, quoted }: { readonly text: string; readonly quoted: boolean }): string {
  return quoted || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function modelValue(text: string, feature: number): number | undefined {
  try {
    return encoder.encodeText(text, feature);
  } catch {
    return undefined;
  }
}
