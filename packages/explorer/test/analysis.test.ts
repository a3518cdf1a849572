/** Sorting, filtering and evaluating, beside the slow way. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ColumnBuilder } from "../src/tables/column-builder.ts";
import { confusion, evaluate } from "../src/tables/evaluate.ts";
import { type Comparison, orderRows } from "../src/tables/order.ts";
import { float32Text } from "../src/tables/table.ts";
import type { PostedColumn } from "../src/workers/protocol.ts";

const float = fc.oneof(
  fc.float({ noNaN: true }),
  fc.constantFrom(Number.NaN, 0, -0, 1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

function numbers(values: readonly number[], type: "float32" | "float64"): PostedColumn {
  return {
    kind: "number",
    name: "x",
    values: type === "float32" ? Float32Array.from(values) : Float64Array.from(values),
  };
}

function texts(values: readonly (string | null)[]): PostedColumn {
  const builder = new ColumnBuilder("t");
  builder.becomeText();
  for (const value of values) {
    if (value === null) {
      builder.missing();
    } else {
      builder.text(value);
    }
  }
  return builder.done();
}

describe("orderRows", () => {
  it.each(["float32", "float64"] as const)("sorts %s stably, NaN last in either direction", (type) => {
    fc.assert(
      fc.property(fc.array(float), fc.boolean(), (values, descending) => {
        const rows = values.length;
        const found = orderRows({
          rows,
          columns: [numbers(values, type)],
          conditions: [],
          sort: { column: 0, descending },
        });
        const sign = descending ? -1 : 1;
        // The bits of zeros of both signs are told apart where they are sorted by bits.
        const key = (value: number): number => (Object.is(value, -0) && type === "float32" ? -1e-300 : value);
        const wanted = values
          .map((value, row) => ({ value: key(value), row }))
          .sort((a, b) => {
            const [x, y] = [Number.isNaN(a.value), Number.isNaN(b.value)];
            return x || y
              ? Number(x) - Number(y) || a.row - b.row
              : (a.value === b.value ? 0 : a.value < b.value ? -sign : sign) || a.row - b.row;
          });
        expect(Array.from(found)).toEqual(wanted.map(({ row }) => row));
      }),
    );
  });

  it("sorts texts as people do, missing ones last", () => {
    const columns = [texts(["b", "a10", null, "a2", "b"])];
    const order = (descending: boolean): number[] =>
      Array.from(orderRows({ rows: 5, columns, conditions: [], sort: { column: 0, descending } }));
    expect(order(false)).toEqual([3, 1, 0, 4, 2]);
    expect(order(true)).toEqual([0, 4, 1, 3, 2]);
  });

  it.each<[Comparison, string, number[]]>([
    [">=", "0.1", [0, 2]],
    ["<=", "0.1", [0, 3]],
    ["=", "0.1", [0]],
    ["contains", "0.0", [3]],
    ["missing", "", [1]],
    ["present", "", [0, 2, 3]],
  ])("numbers %s %s", (comparison, value, wanted) => {
    const columns = [numbers([0.1, Number.NaN, 7, 0.0625], "float32")];
    const found = orderRows({
      rows: 4,
      columns,
      conditions: [{ column: 0, comparison, value }],
      sort: undefined,
    });
    expect(Array.from(found)).toEqual(wanted);
  });

  it("takes all conditions together", () => {
    const columns = [texts(["Oslo", "Rome", null, "oslo fjord"]), numbers([1, 2, 3, 4], "float64")];
    const conditions = [
      { column: 0, comparison: "contains", value: "OSLO" },
      { column: 1, comparison: ">=", value: "2" },
    ] as const;
    expect(Array.from(orderRows({ rows: 4, columns, conditions, sort: undefined }))).toEqual([3]);
  });
});

describe("evaluate", () => {
  const score = fc.oneof(fc.float({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.5, 1));
  const rows = fc
    .array(fc.tuple(score, fc.constantFrom(0, 1, 255)), { minLength: 2, maxLength: 60 })
    .filter((all) => all.some(([, label]) => label === 1) && all.some(([, label]) => label === 0));

  it("AUC is the share of pairs in the right order, ties counting half", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const found = evaluateRows(all);
        const positives = all.filter(([, label]) => label === 1).map(([value]) => Math.fround(value));
        const negatives = all.filter(([, label]) => label === 0).map(([value]) => Math.fround(value));
        const won = positives.flatMap((p) => negatives.map((n): number => (p > n ? 1 : p === n ? 0.5 : 0)));
        const wanted = won.reduce((sum, each) => sum + each, 0) / won.length;
        expect(found.auc).toBeCloseTo(wanted, 12);
        expect(found.roc.at(-1)).toEqual({ x: 1, y: 1 });
      }),
    );
  });

  it("average precision is that of scikit-learn, and counts those of the threshold", () => {
    fc.assert(
      fc.property(rows, score, (all, threshold) => {
        const found = evaluateRows(all);
        const known = all
          .filter(([, label]) => label !== 255)
          .map(([value, label]) => [Math.fround(value), label]);
        const count = (label: number, at: number): number =>
          known.filter(([value, each]) => each === label && value! >= at).length;
        const positives = count(1, Number.NEGATIVE_INFINITY);
        const thresholds = [...new Set(known.map(([value]) => value!))].sort((a, b) => b - a);
        let [before, wanted] = [0, 0];
        for (const at of thresholds) {
          const trues = count(1, at);
          wanted += ((trues - before) / positives) * (trues / (trues + count(0, at)));
          before = trues;
        }
        expect(found.averagePrecision).toBeCloseTo(wanted, 12);
        const { truePositives, falsePositives, trueNegatives, falseNegatives } = confusion(found, threshold);
        expect([truePositives, falsePositives]).toEqual([count(1, threshold), count(0, threshold)]);
        expect(truePositives + falseNegatives + falsePositives + trueNegatives).toBe(known.length);
      }),
    );
  });

  it("calibration, Brier score and log loss of a table by hand", () => {
    const found = evaluateRows([
      [0.25, 0],
      [0.25, 1],
      [0.75, 1],
      [1, 1],
      [0.5, 255],
    ]);
    expect(found.calibration).toEqual([
      { score: 0.25, label: 0.5, rows: 2 },
      { score: 0.75, label: 1, rows: 1 },
      { score: 1, label: 1, rows: 1 },
    ]);
    expect(found.brier).toBe((0.0625 + 0.5625 + 0.0625) / 4);
    expect(found.logLoss).toBeCloseTo(-(2 * Math.log(0.75) + Math.log(0.25)) / 4, 12);
  });

  function evaluateRows(all: readonly (readonly [number, number])[]): ReturnType<typeof evaluate> {
    return evaluate({
      scores: Float32Array.from(all, ([value]) => value),
      labels: Uint8Array.from(all, ([, label]) => label),
      isProbability: true,
    });
  }
});

it("a float32 is shown with digits that read back to it", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = float32Text(value);
      expect(Object.is(Math.fround(Number(text)), value)).toBe(true);
      for (let digits = 1; digits < 9; digits++) {
        if (Math.fround(Number(value.toPrecision(digits))) === value) {
          expect(text.replace(/^-|e.*$|\./g, "").replace(/^0+|0+$/g, "").length).toBeLessThanOrEqual(digits);
          break;
        }
      }
    }),
  );
});
