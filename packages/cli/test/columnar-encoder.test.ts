/** Parquet and Arrow out: what is written is read again as it was, and a resumed run writes the same bytes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as arrow from "apache-arrow";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createEncoder } from "../src/tables/open.ts";
import type { KeptType, OutputBlock, OutputColumn, TableEncoder, TableFormat } from "../src/tables/table.ts";
import { encoderOf, readWhole } from "./support/tables.ts";

const FORMATS = ["parquet", "arrow", "arrows"] as const;

const folder = mkdtempSync(join(tmpdir(), "columnar-out-"));
afterAll(() => rmSync(folder, { recursive: true }));

const int64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
const values: readonly (readonly [KeptType, fc.Arbitrary<unknown>])[] = [
  [{ name: "text" }, fc.string({ unit: "grapheme" })],
  [{ name: "boolean" }, fc.boolean()],
  [{ name: "int32" }, fc.integer()],
  [{ name: "int64" }, int64],
  [{ name: "uint64" }, fc.bigInt(0n, 2n ** 64n - 1n)],
  [{ name: "float32" }, fc.float()],
  [{ name: "float64" }, fc.double()],
  [{ name: "date" }, fc.integer({ min: -1e6, max: 1e6 })],
  [{ name: "timestamp", unit: "ms", timezone: null }, int64],
  [{ name: "timestamp", unit: "us", timezone: "UTC" }, int64],
  [{ name: "timestamp", unit: "ns", timezone: "UTC" }, int64],
];

const COLUMNS: readonly OutputColumn[] = [
  ...values.map(([type], i) => ({ name: `c${i}`, type })),
  { name: "score", type: { name: "float32" } },
];

const block = fc
  .integer({ min: 1, max: 40 })
  .chain((rows) =>
    fc
      .tuple(
        ...values.map(([, each]) =>
          fc.array(fc.option(each, { freq: 4 }), { minLength: rows, maxLength: rows }),
        ),
        fc.float32Array({ minLength: rows, maxLength: rows }),
      )
      .map((columns): OutputBlock => ({ rows, columns: columns as ArrayLike<unknown>[] })),
  );

function join2(pieces: readonly Uint8Array[]): Buffer {
  return Buffer.concat(pieces);
}

function write(encoder: TableEncoder, blocks: readonly OutputBlock[]): Buffer {
  return join2([encoder.begin(), ...blocks.map((each) => encoder.block(each)), encoder.end()]);
}

async function read(
  bytes: Uint8Array,
  format: TableFormat,
): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const path = join(folder, `table.${format}`);
  writeFileSync(path, bytes);
  const { kept } = await readWhole(path, format, encoderOf(["score"]), {
    keep: COLUMNS.map(({ name }) => name),
  });
  return kept;
}

describe.each(FORMATS)("%s", (format) => {
  it("gives back what was written, with its types", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 4 }), async (blocks) => {
        const kept = await read(write(createEncoder(format, COLUMNS), blocks), format);
        COLUMNS.forEach(({ name }, i) => {
          const all = blocks.flatMap(({ columns }) => Array.from(columns[i]!));
          // toEqual tells -0 from 0.
          expect(kept[name], name).toEqual(all);
        });
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it("writes the same bytes when it is interrupted after any block", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 4 }), (blocks) => {
        const whole = write(createEncoder(format, COLUMNS), blocks);
        for (let stop = 0; stop <= blocks.length; stop++) {
          const first = createEncoder(format, COLUMNS);
          const before = [first.begin(), ...blocks.slice(0, stop).map((each) => first.block(each))];
          const state = JSON.parse(JSON.stringify(first.state()));
          const second = createEncoder(format, COLUMNS);
          second.restore(state);
          const after = [...blocks.slice(stop).map((each) => second.block(each)), second.end()];
          expect(Buffer.compare(join2([...before, ...after]), whole), `after ${stop} blocks`).toBe(0);
        }
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  it("writes tables without rows, and blocks without rows", async () => {
    const empty: OutputBlock = { rows: 0, columns: COLUMNS.map(() => []) };
    const none = write(createEncoder(format, COLUMNS), []);
    expect(Buffer.compare(write(createEncoder(format, COLUMNS), [empty]), none)).toBe(0);
    expect(await read(none, format)).toEqual({});
  });

  it("keeps the bits of scores: -0, infinities, NaN, subnormals", async () => {
    const scores = Float32Array.of(-0, 0, Infinity, -Infinity, Number.NaN, 1e-45, -0, 0.1);
    const columns: OutputColumn[] = [{ name: "score", type: { name: "float32" } }];
    const bytes = write(createEncoder(format, columns), [{ rows: 8, columns: [scores] }]);
    const path = join(folder, `scores.${format}`);
    writeFileSync(path, bytes);
    const { features, kept } = await readWhole(path, format, encoderOf(["score"]), { keep: ["score"] });
    expect(features).toEqual([...scores]);
    expect(kept["score"]).toEqual([...scores]);
  });

  it("seconds are written as what the format has", async () => {
    const columns: OutputColumn[] = [{ name: "t", type: { name: "timestamp", unit: "s", timezone: null } }];
    const bytes = write(createEncoder(format, columns), [{ rows: 2, columns: [[-5n, null]] }]);
    const path = join(folder, `seconds.${format}`);
    writeFileSync(path, bytes);
    const { kept } = await readWhole(path, format, encoderOf([]), { keep: ["t"] });
    expect(kept["t"]).toEqual([format === "parquet" ? -5000n : -5n, null]);
  });
});

it("an Arrow file has a footer by which its blocks are found", () => {
  const encoder = createEncoder("arrow", [{ name: "score", type: { name: "float32" } }]);
  const blocks = [3, 70_000, 1].map((rows) => ({ rows, columns: [new Float32Array(rows).fill(rows)] }));
  const bytes = write(encoder, blocks);
  const reader = arrow.RecordBatchFileReader.from(bytes);
  reader.open();
  expect((reader as arrow.RecordBatchFileReader).numRecordBatches).toBe(3);
  expect((reader as arrow.RecordBatchFileReader).readRecordBatch(1)!.numRows).toBe(70_000);
  expect((reader as arrow.RecordBatchFileReader).readRecordBatch(2)!.getChildAt(0)!.get(0)).toBe(1);
});

it("json is text in Arrow, and JSON in Parquet", async () => {
  const columns: OutputColumn[] = [{ name: "j", type: { name: "json" } }];
  for (const [format, expected] of [
    ["parquet", [{ a: [1, "x"] }, null, "text"]],
    ["arrows", ['{"a":[1,"x"]}', null, '"text"']],
  ] as const) {
    const bytes = write(createEncoder(format, columns), [
      { rows: 3, columns: [[{ a: [1, "x"] }, null, "text"]] },
    ]);
    const path = join(folder, `json.${format}`);
    writeFileSync(path, bytes);
    const { kept } = await readWhole(path, format, encoderOf([]), { keep: ["j"] });
    expect(kept["j"]).toEqual(expected);
  }
});
