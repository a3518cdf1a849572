/** The race: contenders in turns, answers compared, those that cannot take part named. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Booster } from "xgboost-infer";
import { dumpOf } from "../src/race/dump.ts";
import { onnxModel, onnxObstacle } from "../src/race/onnx-model.ts";
import { type Contender, compare, race, repeatRows } from "../src/race/race.ts";
import { load, rowsOf } from "./support/models.ts";

function contender(name: string, secondsARow: number, clock: { now: number }, answer = 1): Contender {
  return {
    name,
    load: async () => ({
      note: name,
      run: (rows) => {
        clock.now += rows * secondsARow;
        return new Float32Array(rows).fill(answer);
      },
    }),
  };
}

describe("race", () => {
  it("runs contenders in turns, fewer rows of slow ones, and compares with the first", async () => {
    const clock = { now: 0 };
    const order: string[] = [];
    const laps = await race([contender("quick", 1e-6, clock), contender("slow", 1e-2, clock, 1.5)], {
      rows: 10_000,
      rounds: 2,
      limit: 1,
      clock: () => clock.now,
      report: (all) => {
        order.push(all.map(({ state }) => state).join(" "));
        return true;
      },
    });
    expect(laps[0]).toMatchObject({
      state: "done",
      rows: 10_000,
      equal: 10_000,
      compared: 10_000,
      largest: 0,
    });
    expect(laps[0]!.seconds).toBeCloseTo(0.01, 6);
    expect(laps[1]).toMatchObject({ state: "done", rows: 100, equal: 0, compared: 100, largest: 0.5 });
    expect(order).toEqual([
      "loading waiting",
      "running waiting",
      "running loading",
      "running running",
      "running running",
      "running running",
      "done running",
      "done done",
    ]);
  });

  it("says why a contender is out, and goes on without it", async () => {
    const clock = { now: 0 };
    const broken: Contender = {
      name: "broken",
      load: async () => {
        throw new Error("has one output only");
      },
    };
    const laps = await race([broken, contender("quick", 1e-6, clock)], {
      rows: 100,
      rounds: 1,
      limit: 1,
      clock: () => clock.now,
      report: () => true,
    });
    expect(laps[0]).toMatchObject({ state: "out", reason: "has one output only" });
    expect(laps[1]).toMatchObject({ state: "done", equal: 100 });
  });

  it("ends when told to, and closes what is open", async () => {
    const clock = { now: 0 };
    let closed = 0;
    const closing: Contender = {
      name: "closing",
      load: async () => ({ note: "", run: (rows) => new Float32Array(rows), close: () => void closed++ }),
    };
    let reports = 0;
    const laps = await race([closing, contender("quick", 1e-6, clock)], {
      rows: 100,
      rounds: 50,
      limit: 1,
      clock: () => clock.now,
      report: () => ++reports < 6,
    });
    expect(closed).toBe(1);
    expect(laps.map(({ state }) => state)).toEqual(["running", "running"]);
  });

  it("counts bits, not values", () => {
    expect(compare(Float32Array.of(0, 1, Number.NaN), Float32Array.of(-0, 1, Number.NaN))).toEqual({
      equal: 2,
      compared: 3,
      largest: 0,
    });
    expect(compare(Float32Array.of(1), Float32Array.of(Number.NaN)).largest).toBe(Number.POSITIVE_INFINITY);
  });

  it("repeats a table's rows", () => {
    expect([...repeatRows(Float32Array.of(1, 2, 3, 4), 2, 3, false)]).toEqual([1, 2, 3, 4, 1, 2]);
    expect([...repeatRows(new Float32Array(0), 2, 1, false)]).toEqual([Number.NaN, Number.NaN]);
  });

  it("has the same bits by each engine of ours", async () => {
    const bytes = readFileSync(new URL("../../../fixtures/3.4.1/breast-cancer/model.json", import.meta.url));
    const rows = rowsOf(load("3.4.1/breast-cancer/model.json"), 500, 7);
    const contenders = (["auto", "javascript", "reference"] as const).map((engine): Contender => {
      return {
        name: engine,
        load: async () => {
          const booster = Booster.load(bytes, { engine });
          return {
            note: booster.engine,
            run: (count) =>
              booster.predict({ ...rows, rows: count, data: rows.data.subarray(0, count * rows.cols) }).data,
          };
        },
      };
    });
    const laps = await race(contenders, {
      rows: 500,
      rounds: 1,
      limit: 10,
      clock: () => performance.now() / 1000,
      report: () => true,
    });
    expect(laps.map(({ equal, compared }) => [equal, compared])).toEqual([
      [500, 500],
      [500, 500],
      [500, 500],
    ]);
  });
});

describe("models for rivals", () => {
  it("names what ONNX cannot hold", () => {
    expect(onnxObstacle(load("3.4.1/gblinear/model.json"))).toBe("a linear model has no trees");
    expect(onnxObstacle(load("3.4.1/categorical-one-hot/model.json"))).toMatch(/categorical/);
    expect(onnxObstacle(load("3.4.1/survival-aft/model.json"))).toMatch(/survival:aft has no operator/);
    expect(() => onnxModel(load("3.4.1/gblinear/model.json"))).toThrow("a linear model has no trees");
  });

  it("writes a dump as XGBoost's own", () => {
    const dump = dumpOf(load("3.4.1/binary-logistic/model.json"));
    const own = JSON.parse(
      readFileSync(new URL("../../../fixtures/3.4.1/binary-logistic/dump.json", import.meta.url), "utf8"),
    ) as Record<string, unknown>[];
    expect(dump).toHaveLength(own.length);
    // Features have names in this one, and dumps are rounded to nine digits.
    const shape = (node: unknown): unknown => {
      const { nodeid, yes, no, missing, children } = node as Record<string, unknown>;
      return { nodeid, yes, no, missing, children: (children as unknown[] | undefined)?.map(shape) };
    };
    expect(dump.map(shape)).toEqual(own.map(shape));
  });
});
