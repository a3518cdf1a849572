/** Arrow tables in memory, of both libraries, against what XGBoost makes of pyarrow's. */
import * as flechette from "@uwdata/flechette";
import * as arrow from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ArrowTableLike } from "../src/index.ts";
import { Booster, InputError } from "../src/index.ts";
import { toNumber } from "../src/predict/bigint.ts";
import { partsOf } from "../src/predict/booster.ts";
import { FeatureTable } from "../src/predict/features.ts";
import { openRows } from "../src/predict/rows.ts";
import { expectSameBits } from "./support/bits.ts";
import { FakePlatform, TestPool } from "./support/pool.ts";
import { expectedRows, readTable } from "./support/tables.ts";

const expected = expectedRows();
const booster = Booster.load(readTable("model.json"));
const ofArrow = arrow.tableFromIPC(readTable("rows.arrows"));
const ofFlechette = flechette.tableFromIPC(readTable("rows.arrow"));
/** Without the columns that are not features. */
const select = ofArrow.select([...expected.features]);

const tables: Record<string, ArrowTableLike> = {
  "apache-arrow": select,
  flechette: ofFlechette.select([...expected.features]),
};

/** All rows as the model sees them, `step` rows at a time. */
function rowsOf(table: ArrowTableLike, step = 7, model = booster): Float32Array {
  const features = new FeatureTable(partsOf(model).model);
  const source = openRows(table, features, { missing: Number.NaN, validateFeatures: true });
  const values = new Float32Array(source.rows * features.count);
  for (let row = 0; row < source.rows; row += step) {
    const end = Math.min(row + step, source.rows);
    source.fill(row, end, values.subarray(row * features.count, end * features.count));
  }
  return values;
}

describe.each(Object.entries(tables))("a table of %s", (_, table) => {
  it("is in several chunks with values missing, as is what XGBoost read", () => {
    expect(table.numRows).toBe(expected.rows);
    expect((table.getChildAt(0) as arrow.Vector).data.length).toBeGreaterThan(2);
    expect(expected.values.filter(Number.isNaN).length).toBeGreaterThan(50);
  });

  it.each([1, 7, 60])("gives XGBoost's values to the bit, %i rows at a time", (step) => {
    expectSameBits(rowsOf(table, step), expected.values, "values");
  });

  it("gives XGBoost's predictions to the bit, from workers too", async () => {
    expectSameBits(booster.predict(table).data, expected.predictions, "predictions");
    const pool = await TestPool.create(booster, new FakePlatform());
    expectSameBits((await pool.predict(table)).data, expected.predictions, "by a pool");
    await pool.close();
  });

  it("can be read from its end to its beginning", () => {
    const features = new FeatureTable(partsOf(booster).model);
    const source = openRows(table, features, { missing: Number.NaN, validateFeatures: true });
    const row = new Float32Array(features.count);
    for (let i = source.rows - 1; i >= 0; i--) {
      source.fill(i, i + 1, row);
      expectSameBits(row, expected.values.slice(i * row.length, (i + 1) * row.length), `row ${i}`);
    }
  });

  it("has values that `missing` names", () => {
    const { data } = booster.predict(table, { missing: 1 });
    const dense = expected.values.map((value, i) => (value === 1 && i % 12 !== 11 ? Number.NaN : value));
    const codes = dense.map((value, i) => (value === 1 && i % 12 === 11 ? Number.NaN : value));
    expectSameBits(data, booster.predict({ data: codes, rows: 60, cols: 12 }).data, "predictions");
  });
});

it("takes slices and single record batches", () => {
  const cols = expected.features.length;
  for (const [begin, end] of [
    [3, 50],
    [19, 21],
    [33, 33],
  ] as const) {
    const values = expected.values.slice(begin * cols, end * cols);
    expectSameBits(rowsOf(select.slice(begin, end), 4), values, `rows ${begin} to ${end}`);
  }
  const batch = select.batches[1]!;
  expectSameBits(rowsOf(batch), expected.values.slice(20 * cols, 33 * cols), "a batch");
  expectSameBits(rowsOf(batch.slice(3, 9)), expected.values.slice(23 * cols, 29 * cols), "part of a batch");
});

/** A model that looks at no column, of a feature `a` and what else is named. */
function modelFor(names: readonly string[]): Booster {
  const document = JSON.parse(new TextDecoder().decode(readTable("model.json")));
  document.learner.feature_names = names;
  document.learner.feature_types = names.map(() => "float");
  document.learner.learner_model_param.num_feature = String(names.length);
  const { model } = document.learner.gradient_booster;
  delete model.cats;
  model.trees = [];
  model.tree_info = [];
  model.iteration_indptr = [0];
  model.gbtree_model_param.num_trees = "0";
  return Booster.load(document);
}

const ONE = modelFor(["a"]);

function oneColumn(vector: arrow.Vector): Float32Array {
  return rowsOf(new arrow.Table({ a: vector }), 64, ONE);
}

describe("types", () => {
  it("float16, each of them", () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const data = arrow.makeData({ type: new arrow.Float16(), data: bits });
    const values = oneColumn(arrow.makeVector(data));
    const column = new flechette.Column([
      new (flechette.batchType(flechette.float16()))({
        length: 65536,
        nullCount: 0,
        type: flechette.float16(),
        values: bits,
      }),
    ]);
    const other = rowsOf(flechette.tableFromColumns({ a: column }), 64, ONE);
    // IEEE 754, by the definition.
    const number = (half: number): number => {
      const [sign, exponent, fraction] = [half >> 15 ? -1 : 1, (half >> 10) & 31, (half & 1023) / 1024];
      if (exponent === 31) {
        return fraction === 0 ? sign / 0 : Number.NaN;
      }
      return sign * 2 ** Math.max(exponent - 15, -14) * (exponent === 0 ? fraction : 1 + fraction);
    };
    expectSameBits(values, Float32Array.from(bits, number), "apache-arrow");
    expectSameBits(other, Float32Array.from(bits, number), "flechette");
  });

  it("only nulls", () => {
    expect([...oneColumn(arrow.vectorFromArray([null, null], new arrow.Null()))]).toEqual([NaN, NaN]);
  });

  it("a dictionary of numbers, which are values, and of other index types", () => {
    const type = new arrow.Dictionary(new arrow.Float64(), new arrow.Int16());
    expect([...oneColumn(arrow.vectorFromArray([2.5, null, 2.5, -1], type))]).toEqual([2.5, NaN, 2.5, -1]);
  });

  it("dictionaries in another order than the model's, and text, by name", () => {
    const others = Object.fromEntries(
      expected.features.map((name, i) => [name, select.getChildAt(i)!] as const),
    );
    const names = [...ofArrow.getChild("cat")!].map((name) => name as string | null);
    for (const type of [new arrow.Utf8(), new arrow.LargeUtf8()]) {
      const cat = arrow.vectorFromArray(names, type);
      expectSameBits(rowsOf(new arrow.Table({ ...others, cat })), expected.values, String(type));
    }
    const backwards = arrow.vectorFromArray(
      [...names].reverse(),
      new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8()),
    );
    const last = rowsOf(new arrow.Table({ ...others, cat: backwards }));
    const cols = expected.features.length;
    names.forEach((_, row) => {
      const code = expected.values[(names.length - 1 - row) * cols + cols - 1];
      expect(last[row * cols + cols - 1], `row ${row}`).toBe(code);
    });
  });

  it.each([
    ["Time", new arrow.TimeMicrosecond(), [1n]],
    ["Date", new arrow.DateDay(), [new Date(0)]],
    ["List", new arrow.List(new arrow.Field("item", new arrow.Float64())), [[1]]],
    ["Decimal", new arrow.Decimal(2, 5, 128), [Uint32Array.of(1, 0, 0, 0)]],
    ["Binary", new arrow.Binary(), [Uint8Array.of(1)]],
  ] as const)("%s is refused by name, and ignored where it is no feature", (name, type, values) => {
    const odd = arrow.vectorFromArray(values as never, type as never);
    const message = `column "a" has the type ${name}, expected numbers, booleans, text or a dictionary`;
    expect(() => oneColumn(odd)).toThrow(new InputError(message, { feature: "a" }));
    const table = new arrow.Table({ a: arrow.vectorFromArray([1]), b: odd });
    expect(() => ONE.predict(table)).toThrow(/the data has the field "b", which is not a feature/);
    expect(ONE.predict(table, { validateFeatures: false }).shape).toEqual([1]);
  });
});

describe("what cannot be used", () => {
  it("a category that is unknown is an error only where a row has it", () => {
    const others = Object.fromEntries(expected.features.map((name) => [name, arrow.vectorFromArray([1])]));
    const dictionary = arrow.vectorFromArray(["purple", "red"], new arrow.Utf8());
    const cat = (index: number): arrow.Vector =>
      arrow.makeVector(
        arrow.makeData({
          type: new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()),
          data: Int32Array.of(index),
          dictionary,
        }),
      );
    expect(() => booster.predict(new arrow.Table({ ...others, cat: cat(0) }))).toThrow(
      /row 0, feature 11 \("cat"\): found "purple", expected a category of the training set: /,
    );
    expect(booster.predict(new arrow.Table({ ...others, cat: cat(1) })).shape).toEqual([1]);
    expect(() => booster.predict(new arrow.Table({ ...others, cat: cat(2) }))).toThrow(
      'column "cat" has the index 2 into a dictionary of 2 values',
    );
  });

  it("columns that are missing, unknown, twice there, or text for a number", () => {
    const two = modelFor(["a", "b"]);
    const numbers = arrow.vectorFromArray([1, 2]);
    expect(() => two.predict(new arrow.Table({ a: numbers }))).toThrow(
      /feature_names mismatch: expected "b"/,
    );
    expect(() => two.predict(new arrow.Table({ a: numbers, b: numbers, c: numbers }))).toThrow(/field "c"/);
    const twice = flechette.tableFromColumns([
      ["a", flechette.columnFromArray([1])],
      ["b", flechette.columnFromArray([1])],
      ["a", flechette.columnFromArray([2])],
    ]);
    expect(() => two.predict(twice)).toThrow('column "a" stands in the table twice');
    expect(() => ONE.predict(new arrow.Table({ a: arrow.vectorFromArray(["x"]) }))).toThrow(
      /row 0, feature 0 \("a"\): found "x", expected a number/,
    );
  });

  it("buffers that are too short", () => {
    const short = arrow.makeData({ type: new arrow.Float32(), length: 9, data: new Float32Array(8) });
    expect(() => oneColumn(arrow.makeVector(short))).toThrow(
      'column "a" has buffers too short for its 9 values',
    );
    const bits = arrow.makeData({
      type: new arrow.Int8(),
      length: 9,
      nullCount: 1,
      data: new Int8Array(9),
      nullBitmap: new Uint8Array(1),
    });
    expect(() => oneColumn(arrow.makeVector(bits))).toThrow("buffers too short");
  });
});

describe("toNumber", () => {
  /** The float32 next to an integer, ties to even, in integers. */
  function rounded(value: bigint): number {
    const size = value < 0n ? -value : value;
    const extra = BigInt(Math.max(0, size.toString(2).length - 24));
    const half = extra === 0n ? 0n : 1n << (extra - 1n);
    let head = size >> extra;
    const rest = size - (head << extra);
    if (rest > half || (rest === half && extra > 0n && head % 2n === 1n)) {
      head++;
    }
    return Number(head << extra) * (value < 0n ? -1 : 1);
  }

  it("rounds to float32 once", () => {
    const halfway = 2n ** 53n + 2n ** 29n + 1n;
    expect(Math.fround(Number(halfway))).not.toBe(rounded(halfway));
    const near = fc
      .tuple(
        fc.integer({ min: 24, max: 63 }),
        fc.bigInt(-3n, 3n),
        fc.bigInt(0n, 2n ** 23n - 1n),
        fc.boolean(),
      )
      .map(([power, by, head, negative]) => {
        const size = BigInt(power);
        const middle = (1n << size) + (head << (size - 23n)) + (size > 23n ? 1n << (size - 24n) : 0n) + by;
        return negative ? -middle : middle;
      });
    fc.assert(
      fc.property(fc.oneof(near, fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n)), (value) => {
        expect(Math.fround(toNumber(value))).toBe(rounded(value));
      }),
      { numRuns: 20_000 },
    );
  });
});
