/** CSV, TSV and NDJSON out. */
import { gunzipSync } from "node:zlib";
import { Zstd } from "@hpcc-js/wasm-zstd";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compressed } from "../src/tables/compression.ts";
import { createEncoder } from "../src/tables/open.ts";
import type { KeptType, OutputColumn, TableEncoder, TableFormat } from "../src/tables/table.ts";
import { encoderOf, readWhole, streamOf } from "./support/tables.ts";

type Column = readonly [name: string, type: KeptType, values: ArrayLike<unknown>];

function outputColumns(columns: readonly Column[]): readonly OutputColumn[] {
  return columns.map(([name, type]) => ({ name, type }));
}

function all(encoder: TableEncoder, columns: readonly Column[]): Buffer {
  const rows = columns[0]![2].length;
  const block = encoder.block({ rows, columns: columns.map(([, , values]) => values) });
  return Buffer.concat([encoder.begin(), block, encoder.end()]);
}

function write(format: TableFormat, columns: readonly Column[], delimiter?: string): string {
  return all(createEncoder(format, outputColumns(columns), delimiter), columns).toString();
}

const text = { name: "text" } as const;
const json = { name: "json" } as const;
const float32 = { name: "float32" } as const;
const us = { name: "timestamp", unit: "us", timezone: null } as const;
const utc = { name: "timestamp", unit: "ns", timezone: "Europe/Berlin" } as const;

const columns: readonly Column[] = [
  ["id", text, ["007", 'a "b"', "x,y", null, "line\nend", "\r", "ä€😀", ""]],
  ["score", float32, Float32Array.of(0.1, -0, 1e-10, NaN, Infinity, -Infinity, 1 / 3, 16777216)],
  ["n", { name: "int64" }, [2n ** 62n, -1n, 0n, null, 1n, 2n, 3n, 4n]],
  ["t", us, [0n, -1n, 1_700_000_000_123_456n, null, 10n ** 30n, 0n, 0n, 0n]],
  ["z", utc, [1n, 0n, 0n, 0n, 0n, 0n, 0n, null]],
  ["d", { name: "date" }, [0, new Date(86_400_000), 19_000, null, -1, 0, 0, 0]],
  ["j", json, ["s", 1.5, { a: [1] }, null, true, [], 'q"', false]],
  ["f", { name: "float64" }, [0.1, 1e300, NaN, null, -0, 2, 3, 4]],
  ["y", { name: "boolean" }, [true, false, null, true, true, true, true, true]],
];

describe("CSV", () => {
  it("quotes what needs quotes, and writes numbers so that they read back", () => {
    expect(write("csv", columns).split("\n").slice(0, 4)).toEqual([
      "id,score,n,t,z,d,j,f,y",
      "007,0.1,4611686018427387904,1970-01-01T00:00:00.000000,1970-01-01T00:00:00.000000001Z,1970-01-01,s,0.1,true",
      '"a ""b""",-0,-1,1969-12-31T23:59:59.999999,1970-01-01T00:00:00.000000000Z,1970-01-02,1.5,1e+300,false',
      '"x,y",1e-10,0,2023-11-14T22:13:20.123456,1970-01-01T00:00:00.000000000Z,2022-01-08,"{""a"":[1]}",NaN,',
    ]);
    expect(write("csv", columns)).toContain(
      '\n,NaN,,,1970-01-01T00:00:00.000000000Z,,,,true\n"line\nend",inf,',
    );
    expect(write("csv", columns)).toContain('\n"\r",-inf,');
    expect(write("csv", columns)).toMatch(
      /\n,16777216,4,1970-01-01T00:00:00.000000,,1970-01-01,false,4,true\n$/,
    );
  });

  it("writes other delimiters, and an empty text of a single column so that it is a row", () => {
    const two: readonly Column[] = [
      ["a;b", text, ["x;y", "x,y"]],
      ["c\td", text, ["\t", "1"]],
    ];
    expect(write("csv", two, ";")).toBe('"a;b";c\td\n"x;y";\t\nx,y;1\n');
    expect(write("tsv", two)).toBe('a;b\t"c\td"\nx;y\t"\t"\nx,y\t1\n');
    expect(write("csv", [["a", text, ["", null, "x"]]])).toBe('a\n""\n""\nx\n');
  });

  it("reads back what it wrote", async () => {
    const any = fc.array(fc.string({ unit: fc.constantFrom(...'a",\n\r é'), maxLength: 6 }), {
      maxLength: 9,
    });
    await fc.assert(
      fc.asyncProperty(any, async (values) => {
        const scores = Float32Array.from(values, (_, i) => Math.fround(Math.sin(i + 1)));
        const bytes = Buffer.from(
          write("csv", [
            ["id", text, values],
            ["score", float32, scores],
          ]),
        );
        const read = await readWhole(streamOf(bytes), "csv", encoderOf(["score"]), { keep: ["id"] });
        expect(read.features).toEqual([...scores]);
        expect(read.kept["id"] ?? []).toEqual(values);
      }),
      { numRuns: 100 },
    );
  });
});

describe("NDJSON", () => {
  it("writes an object a row, with null where JSON has no number", () => {
    const lines = write("ndjson", columns).trimEnd().split("\n");
    expect(lines[0]).toBe(
      '{"id":"007","score":0.1,"n":4611686018427387904,"t":"1970-01-01T00:00:00.000000",' +
        '"z":"1970-01-01T00:00:00.000000001Z","d":"1970-01-01","j":"s","f":0.1,"y":true}',
    );
    const rows = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.map((row) => row["id"])).toEqual(columns[0]![2]);
    expect(rows.map((row) => row["score"])).toEqual([
      ...[0.1, -0, 1e-10, null, null, null, 0.33333334, 16777216],
    ]);
    expect(rows.map((row) => row["j"])).toEqual(columns[6]![2]);
    expect(rows.map((row) => row["f"])).toEqual([0.1, 1e300, null, null, -0, 2, 3, 4]);
    expect(rows[4]!["t"]).toBe(String(10n ** 30n));
  });
});

describe("compressed output", () => {
  it.each(["gzip", "zstd"] as const)(
    "is the same bytes whether in one run or gone on with: %s",
    async (kind) => {
      const make = () => compressed(createEncoder("csv", outputColumns(columns)), kind);
      const block = { rows: 8, columns: columns.map(([, , values]) => values) };
      const one = await make();
      const whole = Buffer.concat([one.begin(), one.block(block), one.block(block), one.end()]);
      const first = await make();
      const begun = [first.begin(), first.block(block)];
      const second = await make();
      second.restore(JSON.parse(JSON.stringify(first.state())));
      expect(Buffer.concat([...begun, second.block(block), second.end()]).equals(whole)).toBe(true);
      const plain = createEncoder("csv", outputColumns(columns));
      const expected = Buffer.concat([plain.begin(), plain.block(block), plain.block(block)]);
      if (kind === "gzip") {
        expect(gunzipSync(whole).equals(expected)).toBe(true);
      } else {
        const read = await readWhole(streamOf(whole), "csv", encoderOf(["score"]), { keep: ["id"] });
        expect(read.rows).toBe(16);
        const frame = (await Zstd.load()).decompress(begun[0]!);
        expect(Buffer.from(frame).toString()).toBe("id,score,n,t,z,d,j,f,y\n");
      }
    },
  );
});

it("libsvm is only read", () => {
  expect(() => createEncoder("libsvm", [])).toThrow("cannot be written as libsvm");
});
