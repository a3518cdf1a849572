/** Readers of tables, without a browser: they need nothing but web standards. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFile } from "../src/tables/read-file.ts";
import { type Column, cellText, Texts } from "../src/tables/table.ts";
import type { PostedTable } from "../src/workers/protocol.ts";

function read(name: string, ...parts: (string | Uint8Array<ArrayBuffer>)[]): Promise<PostedTable> {
  return readFile(new File(parts, name), () => undefined);
}

/** All cells as they are shown. */
function cells({ rows, columns }: PostedTable): Record<string, string[]> {
  return Object.fromEntries(
    columns.map((posted) => {
      const column: Column = posted.kind === "text" ? { ...posted, texts: new Texts(posted.texts) } : posted;
      return [posted.name, Array.from({ length: rows }, (_, row) => cellText(column, row))];
    }),
  );
}

describe("CSV", () => {
  it("reads numbers, texts, quotes, missing values and big whole numbers", async () => {
    const table = await read(
      "a.csv",
      'id,x,name\r\n9007199254740991,0.1,"a, ""b"""\r\n2,,NA\n\n3,1e-3,"two\nlines"\n4,NaN,é',
    );
    expect(table).toMatchObject({ format: "CSV", rows: 4, hasNames: true });
    expect(table.columns.map(({ kind }) => kind)).toEqual(["number", "number", "text"]);
    expect(cells(table)).toEqual({
      id: ["9007199254740991", "2", "3", "4"],
      x: ["0.1", "", "0.001", ""],
      name: ['a, "b"', "", "two\nlines", "é"],
    });
  });

  it.each([",", ";", "\t", "|"])("finds the delimiter %j, and does without a header", async (delimiter) => {
    const table = await read(
      "a.txt",
      ["1", "2.5", "x"].join(delimiter),
      "\n",
      ["3", "4", "y"].join(delimiter),
    );
    const named = await read("a.csv", ["a", "b"].join(delimiter), "\n", ["3", "4"].join(delimiter));
    expect(cells(named)).toEqual({ a: ["3"], b: ["4"] });
    expect(table.hasNames).toBe(true);
    expect(
      cells(await read("a.csv", ["1", "2.5"].join(delimiter), "\n", ["3", "4"].join(delimiter))),
    ).toEqual({
      "column 1": ["1", "3"],
      "column 2": ["2.5", "4"],
    });
  });

  it("keeps the text of what looked like numbers at first", async () => {
    const table = await read("a.csv", "code,n\n01,1\n1.50,2\nx,3\n");
    expect(cells(table)).toEqual({ code: ["01", "1.50", "x"], n: ["1", "2", "3"] });
  });

  it("reads gzip, a byte order mark, and two columns of one name", async () => {
    const packed = new Uint8Array(gzipSync("\ufeffa,a\n1,2\n"));
    expect(cells(await read("a.csv.gz", packed))).toEqual({ a: ["1"], "a.1": ["2"] });
  });

  it("gives the float32 that Number gives, wherever the file is cut", async () => {
    const field = fc.oneof(
      // Long whole numbers stay text.
      fc
        .double({ noNaN: true })
        .map(String)
        .filter((text) => !/^-?\d{16,}$/.test(text)),
      fc
        .float({ noNaN: true })
        .map(String)
        .filter((text) => !/^-?\d{16,}$/.test(text)),
      fc.tuple(fc.integer(), fc.nat()).map(([a, b]) => `${a}.${b}`),
      fc.constantFrom(
        "+1",
        "-.5",
        "5.",
        "-0",
        "1e5",
        "00012",
        "123456789012345678901234567890",
        "0.1e-7",
        "-inf",
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(field, { minLength: 1, maxLength: 40 }), fc.nat(), async (fields, cut) => {
        const bytes = new TextEncoder().encode(
          `a,b\n${fields.map((text) => `${text},"${text}"`).join("\n")}`,
        );
        const file = new File([bytes], "a.csv");
        // Blobs are streamed in pieces of the platform's choice; here, in two.
        const at = cut % bytes.length;
        Object.defineProperty(file, "stream", {
          value: () => new Blob([bytes.slice(0, at)]).stream().pipeThrough(followedBy(bytes.slice(at))),
        });
        const { columns } = await readFile(file, () => undefined);
        for (const column of columns) {
          const wanted = fields.map((text) => Math.fround(Number(text.replace("inf", "Infinity"))));
          expect(Array.from((column as { values: Float64Array }).values, Math.fround)).toEqual(wanted);
        }
      }),
    );
  });

  it.each([
    ["a,b\n1,2\n3\n", "line 3 has 1 field, expected 2"],
    ['a,b\n1,"2\n3,4\n', "line 2: a quote that begins a field is not closed"],
    ['a,b\n1,"2"x\n', "line 2: field 2 goes on after its closing quote"],
    ["a,b\n", "the file has a header and no rows"],
    ["\n\n", "the file is empty"],
  ])("refuses %j: %s", async (text, problem) => {
    await expect(read("a.csv", text)).rejects.toThrow(problem);
  });

  it("refuses bytes that are not UTF-8", async () => {
    await expect(read("a.csv", "a\n1\n", Uint8Array.of(0xe9, 0x74, 0xe9, 10))).rejects.toThrow(
      "line 3 is not UTF-8",
    );
  });
});

function followedBy(last: Uint8Array<ArrayBuffer>): TransformStream {
  return new TransformStream({ flush: (controller) => controller.enqueue(last) });
}

describe("NDJSON", () => {
  it("reads objects whose fields differ", async () => {
    const table = await read("a.ndjson", '{"x":1.5,"s":"é"}\n\n{"s":null,"b":true}\n{"x":"t","o":{"k":[1]}}');
    expect(cells(table)).toEqual({
      x: ["1.5", "", "t"],
      s: ["é", "", ""],
      b: ["", "1", ""],
      o: ["", "", '{"k":[1]}'],
    });
  });

  it("reads an array of objects", async () => {
    expect(cells(await read("a.json", '[{"x":1},{"x":2}]'))).toEqual({ x: ["1", "2"] });
  });

  it.each([
    ['{"x":1}\n{"x":', "line 2 is not JSON"],
    ['{"x":1}\n[1]', 'line 2 is an array, expected an object such as {"age": 41}'],
    ["[1]", "element 0 is 1, expected an object"],
  ])("refuses %j: %s", async (text, problem) => {
    await expect(read("a.ndjson", text)).rejects.toThrow(problem);
  });
});

describe("what is no table", () => {
  it.each([
    ["a.xlsx", Uint8Array.of(0x50, 0x4b, 3, 4), "Excel"],
    ["a.csv", Uint8Array.of(0xff, 0xfe, 65, 0), "UTF-16"],
    ["a.npy", Uint8Array.of(0x93, 0x4e, 0x55, 0x4d), "NumPy"],
    ["a.pkl", Uint8Array.of(0x80, 4, 0), "pickle"],
    ["a.html", new TextEncoder().encode("<!DOCTYPE html>"), "web page"],
    ["a.csv", new Uint8Array(0), "empty"],
    [
      "a.ubj",
      new Uint8Array(readFileSync(new URL("../../../examples/tumour/model.ubj", import.meta.url))),
      "model",
    ],
  ])("%s: %s", async (name, bytes, problem) => {
    await expect(read(name, bytes)).rejects.toThrow(problem);
  });
});
