/** Parquet and Arrow in: the same rows in every encoding are the same features to the bit; damaged files are refused by name. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as arrow from "apache-arrow";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, describe, expect, it, vi } from "vitest";
import { TableError, UsageError } from "../src/errors.ts";
import { featureEncoder } from "../src/model/feature-encoder.ts";
import { openModel } from "../src/model/open-model.ts";
import { decompressLz4Frame } from "../src/tables/arrow/lz4-frame.ts";
import { checkMessage } from "../src/tables/arrow/metadata.ts";
import { BLOCK_ROWS } from "../src/tables/columnar/block-rows.ts";
import { numbersOfIntegers } from "../src/tables/columnar/integers.ts";
import { createDecoder, openTable } from "../src/tables/open.ts";
import { HybridReader } from "../src/tables/parquet/hybrid.ts";
import { planColumns } from "../src/tables/plan.ts";
import type { TableFormat } from "../src/tables/table.ts";
import { encoderOf, readWhole, streamOf } from "./support/tables.ts";

const FIXTURES = fileURLToPath(new URL("../../../fixtures/tables/", import.meta.url));
const expected = JSON.parse(readFileSync(`${FIXTURES}expected.json`, "utf8"));
const values = new Float32Array(new Uint8Array(Buffer.from(expected.values, "base64")).buffer);
const model = openModel(`${FIXTURES}model.json`);
const encoder = featureEncoder(model);

// Many small reads, which a busy machine takes long for.
vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), "columnar-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

function fileOf(bytes: Uint8Array): string {
  const path = join(folder, `table${files++}`);
  writeFileSync(path, bytes);
  return path;
}

function formatOf(name: string): TableFormat {
  return name.endsWith(".parquet") ? "parquet" : name.endsWith(".arrows") ? "arrows" : "arrow";
}

function bitsOf(numbers: ArrayLike<number>): number[] {
  return Array.from(
    new Uint32Array(
      Float32Array.from(numbers).map((each) => (Number.isNaN(each) ? Number.NaN : each)).buffer,
    ),
  );
}

const TABLES = readdirSync(FIXTURES).filter((name) => /\.(parquet|arrows?)$/.test(name));

function bigs(texts: readonly (string | null)[]): (bigint | null)[] {
  return texts.map((text) => (text === null ? null : BigInt(text)));
}

describe.each(TABLES)("%s", (name) => {
  const keep =
    name === "rows-delta.parquet" ? ["id"] : ["id", "name", "day", "at", "ns", "price", "bool", "cat", "f32"];

  it("has the features that XGBoost sees, to the bit", async () => {
    const table = await readWhole(FIXTURES + name, formatOf(name), encoder, { keep });
    expect(table.rows).toBe(expected.rows);
    expect(table.refused).toEqual([]);
    expect(bitsOf(table.features)).toEqual(bitsOf(values));
  });

  it("passes columns through with their types", async () => {
    const { kept } = await readWhole(FIXTURES + name, formatOf(name), encoder, { keep });
    expect(kept["id"]).toEqual(bigs(expected.id));
    if (keep.length > 1) {
      expect(kept["name"]).toEqual(expected.name);
      expect(kept["day"]).toEqual(expected.day);
      expect(kept["at"]).toEqual(bigs(expected.at));
      expect(kept["ns"]).toEqual(bigs(expected.ns));
      expect(kept["price"]).toEqual(expected.price);
      expect(new Set(kept["bool"])).toEqual(new Set([true, false, null]));
      expect(kept["f32"]!.map((value) => value ?? Number.NaN)).toEqual(
        Array.from({ length: 60 }, (_, row) => values[row * 12]!),
      );
    }
  });

  it("is the same by standard input, in chunks of any size", async () => {
    const stream = streamOf(readFileSync(FIXTURES + name), [1, 7, 1000]);
    const table = await readWhole(stream, formatOf(name), encoder, { keep });
    expect(bitsOf(table.features)).toEqual(bitsOf(values));
  });

  it("types are those of the format", async () => {
    const source = await openTable(FIXTURES + name, formatOf(name), {}, encoder.names);
    const { plan } = planColumns(source.columns, encoder, keep);
    const decoder = createDecoder(source.decoder, plan, encoder);
    const utc = { name: "timestamp", unit: "us", timezone: "UTC" };
    for await (const { payload } of source.blocks()) {
      const { kept } = await decoder.decode(payload);
      expect(kept.map(({ type }) => type).slice(0, 5)).toEqual(
        [
          { name: "int64" },
          { name: "text" },
          { name: "date" },
          utc,
          { name: "timestamp", unit: "ns", timezone: null },
        ].slice(0, keep.length),
      );
    }
    await source.close();
  });

  it("leaves nothing behind in the folder for temporary files", async () => {
    const before = readdirSync(tmpdir()).filter((each) => each.startsWith("xgboost-infer-"));
    await readWhole(streamOf(readFileSync(FIXTURES + name)), formatOf(name), encoder);
    const after = readdirSync(tmpdir()).filter((each) => each.startsWith("xgboost-infer-"));
    expect(after.filter((each) => !before.includes(each))).toEqual([]);
  });

  it("refuses rows whose text is no category, by column", async () => {
    const other = encoderOf(["f32", "cat"], { cat: ["green", "blue", "größe"] });
    const { refused, rows } = await readWhole(FIXTURES + name, formatOf(name), other);
    expect(rows).toBe(60);
    expect(refused.length).toBeGreaterThan(5);
    expect(refused.map(({ row }) => row)).toEqual([...refused.map(({ row }) => row)].sort((a, b) => a - b));
    expect(refused[0]).toMatchObject({ column: "cat", reason: expect.stringMatching(/^found "red/) });
  });
});

// `rows-delta.parquet` has no lists, dates and decimals.
describe.each(TABLES.filter((name) => name !== "rows-delta.parquet"))("%s", (name) => {
  it("refuses a list that is kept or a feature, and only then", async () => {
    await expect(readWhole(FIXTURES + name, formatOf(name), encoder, { keep: ["tags"] })).rejects.toThrow(
      /: column "tags" is .*, which cannot be passed through/,
    );
    for (const feature of ["tags", "day", "at", "price"]) {
      const reading = readWhole(FIXTURES + name, formatOf(name), encoderOf([feature]));
      await expect(reading).rejects.toThrow(
        new RegExp(`column "${feature}" is .*, expected numbers, booleans or text for a feature`),
      );
    }
  });
});

describe("damaged tables", () => {
  const keep = ["id", "name", "at"];

  async function read(bytes: Uint8Array, format: TableFormat): Promise<unknown> {
    const path = fileOf(bytes);
    try {
      return await readWhole(path, format, encoder, { keep });
    } catch (error) {
      if (!(error instanceof TableError || error instanceof UsageError)) {
        throw error;
      }
      expect(error instanceof UsageError || error.message.includes(path), error.message).toBe(true);
      return error;
    } finally {
      rmSync(path);
    }
  }

  it.each(TABLES.filter((name) => name !== "rows-delta.parquet"))(
    "%s cut off anywhere is refused",
    async (name) => {
      const bytes = readFileSync(FIXTURES + name);
      for (let length = 0; length < bytes.length; length += 1 + Math.floor(bytes.length / 60)) {
        expect(await read(bytes.subarray(0, length), formatOf(name)), `${length} bytes`).toBeInstanceOf(
          TableError,
        );
      }
    },
  );

  it.each(TABLES.filter((name) => name !== "rows-delta.parquet"))(
    "%s with a byte changed is read or refused",
    async (name) => {
      const bytes = readFileSync(FIXTURES + name);
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, byte) => {
          const changed = Uint8Array.from(bytes);
          changed[at] = byte;
          await read(changed, formatOf(name));
        }),
        { numRuns: 60 },
      );
    },
    60_000,
  );

  it("metadata whose vectors do not end within them are refused before the library sees them", () => {
    // Magic, mark and length of the schema take 16 bytes.
    const file = readFileSync(`${FIXTURES}rows-lz4.arrow`);
    const schema = file.subarray(16, 16 + file.readInt32LE(12));
    expect(() => checkMessage(schema)).not.toThrow();
    const changed = Uint8Array.from(schema);
    // Of the length of the list of fields, or an offset to it.
    changed[49 - 16] = 1;
    expect(() => checkMessage(changed)).toThrow(RangeError);
  });

  // The library believes each length: one of these bytes kept it busy for 44 s, another took 4 GB.
  it.each(["rows-lz4.arrow", "rows.arrows"])(
    "%s with a length that lies is read or refused in time",
    async (name) => {
      const bytes = readFileSync(FIXTURES + name);
      const begin = performance.now();
      for (let at = 0; at + 4 <= 2600; at += 4) {
        for (const length of [2 ** 24, 2 ** 31 - 1]) {
          const changed = Uint8Array.from(bytes);
          new DataView(changed.buffer).setUint32(at, length, true);
          await read(changed, formatOf(name));
        }
      }
      expect(performance.now() - begin).toBeLessThan(30_000);
    },
  );

  it("a record batch of other rows than its columns is refused by name", async () => {
    const bytes = readFileSync(`${FIXTURES}rows-lz4.arrow`);
    // The highest byte of the number of rows of the first record batch that fits into 32 bits.
    bytes[1459] = 127;
    await expect(readWhole(fileOf(bytes), "arrow", encoder)).rejects.toThrow(
      /: column "id" cannot be read: it has 20 rows, its record batch has 2130706452$/,
    );
  });

  it.each([
    ["parquet", "PAR1PAR1", /is not a Parquet file|cannot be read/],
    ["parquet", "", /is not a Parquet file \(0 bytes/],
    ["parquet", "id,f32\n1,2\n1,2\n", /is not a Parquet file/],
    ["parquet", "PAR1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xff\xff\xff\x7fPAR1", /the footer cannot be read/],
    ["parquet", "PAR1aaaaaaaaaaaa", /is cut off: it has no footer/],
    ["arrow", "", /is empty/],
    ["arrow", "id,f32\n1,2\n1,2\n", /is not an Arrow table/],
    ["arrows", "ARROW", /is cut off|is not/],
    [
      "arrow",
      "ARROW1\0\0\xff\xff\xff\xff\0\0\0\x7f",
      /is not an Arrow table|has a damaged message at byte 0/,
    ],
    ["arrows", "\xff\xff\xff\xff\0\0\0\0", /does not begin with a schema/],
  ] as const)("%s of %j is refused", async (format, text, message) => {
    const path = fileOf(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
    const reading = readWhole(path, format, encoder);
    await expect(reading).rejects.toBeInstanceOf(TableError);
    await expect(readWhole(path, format, encoder)).rejects.toThrow(message);
  });

  it("a table that is not there is wrong usage", async () => {
    for (const format of ["parquet", "arrow"] as const) {
      await expect(readWhole(join(folder, "none"), format, encoder)).rejects.toThrow(UsageError);
    }
  });

  it("two columns of one name are refused", async () => {
    const schema = new arrow.Schema(
      ["a", "b", "a"].map((name) => new arrow.Field(name, new arrow.Float32())),
    );
    const bytes = arrow.tableToIPC(new arrow.Table(schema, []));
    await expect(readWhole(fileOf(bytes), "arrows", encoderOf(["a"]))).rejects.toThrow(
      /two columns have the name "a"/,
    );
  });

  it("no columns of the model are missing values", async () => {
    const other = encoderOf(["f32", "none"]);
    const { features } = await readWhole(`${FIXTURES}rows.parquet`, "parquet", other);
    expect(features.filter((_, i) => i % 2 === 1).every(Number.isNaN)).toBe(true);
    expect(bitsOf(features.filter((_, i) => i % 2 === 0))).toEqual(
      bitsOf(values.filter((_, i) => i % 12 === 0)),
    );
  });
});

describe("large record batches", () => {
  const rows = BLOCK_ROWS * 2 + 1001;
  const numbers = Float32Array.from({ length: rows }, (_, i) => i);
  const ids = BigInt64Array.from({ length: rows }, (_, i) => BigInt(i) << 33n);
  const names = arrow.vectorFromArray(
    Array.from({ length: rows }, (_, i) => (i % 5 === 0 ? null : `n${i % 1000}`)),
    new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()),
  );
  const texts = arrow.vectorFromArray(
    Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? null : `text ${i}`)),
    new arrow.Utf8(),
  );
  const table = new arrow.Table({
    f: arrow.makeVector(numbers),
    id: arrow.makeVector(ids),
    name: names,
    text: texts,
  });
  const path = fileOf(arrow.tableToIPC(table, "file"));
  const other = encoderOf(["f"]);
  const keep = ["id", "name", "text"];

  it("are cut into blocks, which give the same rows", async () => {
    const whole = await readWhole(path, "arrow", other, { keep });
    expect(whole.blocks.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(whole.rows).toBe(rows);
    expect(Float32Array.from(whole.features)).toEqual(numbers);
    expect(BigInt64Array.from(whole.kept["id"] as bigint[])).toEqual(ids);
    expect(whole.kept["name"]).toEqual([...names]);
    expect(whole.kept["text"]).toEqual([...texts]);
  }, 60_000);

  it("go on at any block", async () => {
    const whole = await readWhole(path, "arrow", other, { keep });
    for (const [i, { next }] of whole.blocks.entries()) {
      const rest = await readWhole(path, "arrow", other, { keep, from: JSON.parse(JSON.stringify(next)) });
      expect(rest.blocks.map(({ index }) => index)).toEqual([0, 1, 2].slice(i + 1));
      expect(rest.features).toEqual(whole.features.slice((i + 1) * BLOCK_ROWS));
      expect(rest.kept["text"] ?? []).toEqual(whole.kept["text"]!.slice((i + 1) * BLOCK_ROWS));
    }
  }, 60_000);
});

it("blocks of Arrow and Parquet go on where they were left", async () => {
  for (const name of ["rows.arrows", "rows-lz4.arrow", "rows.parquet"]) {
    const whole = await readWhole(FIXTURES + name, formatOf(name), encoder);
    let rows = 0;
    const decoded: number[] = [];
    for (const block of whole.blocks) {
      const rest = await readWhole(FIXTURES + name, formatOf(name), encoder, { from: block.next });
      decoded.push(rest.rows);
      rows = Math.max(rows, rest.rows);
      expect(bitsOf(rest.features)).toEqual(bitsOf(values.slice((60 - rest.rows) * 12)));
      expect(rest.blocks.map(({ index }) => index)).toEqual(
        whole.blocks.slice(block.index + 1).map(({ index }) => index),
      );
    }
    expect(decoded).toEqual(name === "rows.parquet" ? [0] : [40, 27, 0]);
  }
});

describe("row groups of a Parquet file", () => {
  const other = encoderOf(["f", "g"]);
  /** By rows of the groups: rows of the blocks, and which blocks go to the same thread. */
  const cases: readonly (readonly [
    groups: readonly number[],
    blocks: readonly number[],
    runs: readonly number[],
  ])[] = [
    [[10], [10], [0]],
    [
      [40_000, 20_000, 10_000],
      [60_000, 10_000],
      [0, 1],
    ],
    [
      [100_001, 100_000],
      [50_001, 50_000, 50_000, 50_000],
      [0, 0, 1, 1],
    ],
    [
      [1000, 262_144, 5],
      [1000, 65_536, 65_536, 65_536, 65_536, 5],
      [0, 1, 1, 2, 2, 3],
    ],
    [
      [BLOCK_ROWS, BLOCK_ROWS + 1],
      [BLOCK_ROWS, 32_769, 32_768],
      [0, 1, 1],
    ],
  ];

  it.each(cases)("of %j rows are read in blocks of %j", async (groups, blocks, runs) => {
    const rows = groups.reduce((sum, each) => sum + each, 0);
    const f = Array.from({ length: rows }, (_, row) => (row % 7 === 3 ? null : row));
    const g = Array.from({ length: rows }, (_, row) => row % 1000);
    const path = fileOf(
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: "f", data: f, type: "DOUBLE" },
            { name: "g", data: g, type: "INT32" },
          ],
          rowGroupSize: [...groups],
        }),
      ),
    );
    const table = await readWhole(path, "parquet", other);
    const payloads = table.blocks.map(
      ({ payload }) => payload as { rowBegin: number; rowEnd: number; run: number },
    );
    expect(payloads.map(({ rowBegin, rowEnd }) => rowEnd - rowBegin)).toEqual(blocks);
    expect(payloads.map(({ run }) => run)).toEqual(runs);
    expect(Float32Array.from(table.features)).toEqual(
      Float32Array.from(
        { length: 2 * rows },
        (_, i) => (i % 2 === 0 ? f[i / 2] : g[(i - 1) / 2]) ?? Number.NaN,
      ),
    );
  });
});

it("ranges of a Parquet file are the same in any order", async () => {
  for (const name of ["rows.parquet", "rows-plain.parquet", "rows-v2.parquet", "rows-delta.parquet"]) {
    const source = await openTable(FIXTURES + name, "parquet", {}, encoder.names);
    const { plan } = planColumns(source.columns, encoder, ["id"]);
    const decoder = createDecoder(source.decoder, plan, encoder);
    await fc.assert(
      fc.asyncProperty(fc.nat(59), fc.nat(60), async (begin, more) => {
        const end = Math.min(60, begin + more);
        const payload = {
          kind: "parquet",
          path: FIXTURES + name,
          rowBegin: begin,
          rowEnd: end,
          run: 0,
        } as const;
        const block = await decoder.decode(payload);
        expect(bitsOf(block.features)).toEqual(bitsOf(values.slice(begin * 12, end * 12)));
        expect(block.kept[0]!.values).toEqual(bigs(expected.id.slice(begin, end)));
      }),
    );
  }
});

describe("parts", () => {
  it("HybridReader reads runs and packed values of every width, in pieces", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 32 }),
        fc.array(fc.tuple(fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 40 })), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.integer({ min: 1, max: 13 }),
        (width, runs, piece) => {
          const bytes: number[] = [];
          const all: number[] = [];
          for (const [isPacked, seed, size] of runs) {
            const value = (i: number) =>
              Number(BigInt.asUintN(width, BigInt(seed) * 2654435761n + BigInt(i) * 40503n));
            const count = isPacked ? Math.ceil(size / 8) : size;
            bytes.push((count << 1) | (isPacked ? 1 : 0));
            let packed = 0n;
            for (let i = 0; i < (isPacked ? count * 8 : 1); i++) {
              packed |= BigInt(value(i)) << BigInt(i * width);
            }
            const length = isPacked ? count * width : Math.ceil(width / 8);
            for (let i = 0; i < length; i++) {
              bytes.push(Number((packed >> BigInt(8 * i)) & 255n));
            }
            for (let i = 0; i < (isPacked ? count * 8 : count); i++) {
              all.push(value(isPacked ? i : 0));
            }
          }
          const reader = new HybridReader(Uint8Array.from(bytes), 0, bytes.length, width);
          const read: number[] = [];
          for (let at = 0; at < all.length; at += piece) {
            const out = new Int32Array(Math.min(piece, all.length - at));
            reader.read(out, out.length);
            read.push(...out);
          }
          expect(read.map((each) => each >>> 0)).toEqual(all);
          expect(() => reader.read(new Int32Array(1), 1)).toThrow(RangeError);
        },
      ),
    );
  });

  it("numbersOfIntegers rounds once", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)), fc.nat(62), (list, shift) => {
        const signed = BigInt64Array.from(list, (each) => each >> BigInt(shift));
        const unsigned = BigUint64Array.from(list, (each) => BigInt.asUintN(64, each) >> BigInt(shift));
        for (const integers of [signed, unsigned]) {
          const rounded = Array.from(numbersOfIntegers(integers), Math.fround);
          // The engine's own rounding, which is tested against XGBoost's.
          const own = Array.from(integers, (each) =>
            Math.fround(model.booster.encodeRow({ ...NONE, i64: each })[8]!),
          );
          expect(rounded).toEqual(own);
        }
      }),
    );
  });

  it("LZ4 frames: what Arrow wrote, and nothing that is damaged", () => {
    expect(() => decompressLz4Frame(new Uint8Array(20))).toThrow(RangeError);
    // A frame by hand: "ab", then a match of 18 bytes 2 back, then nothing.
    const frame = Uint8Array.of(
      4,
      0x22,
      0x4d,
      0x18,
      0x60,
      0x40,
      0x82,
      9,
      0,
      0,
      0,
      0x2e,
      97,
      98,
      2,
      0,
      0x10,
      99,
      0,
      0,
      0,
      0,
      0,
      0,
    );
    expect(() => decompressLz4Frame(frame.subarray(0, 14))).toThrow(RangeError);
  });
});

const NONE = Object.fromEntries(encoder.names.map((name) => [name, null]));
