/** Parts of the batch by themselves. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawHistogram } from "../src/batch/histogram.ts";
import { mapInOrder } from "../src/batch/ordered.ts";
import { Progress } from "../src/batch/progress.ts";
import { addBuckets, BucketCounter, binsOf, sortedBuckets } from "../src/batch/score-buckets.ts";
import { countMissing, Statistics, scoreStatistics } from "../src/batch/statistics.ts";
import { compact, duration, grouped, printable } from "../src/terminal/format.ts";

async function* numbers(count: number, onTake: (n: number) => void = () => undefined) {
  for (let n = 0; n < count; n++) {
    onTake(n);
    yield n;
  }
}

describe("mapInOrder", () => {
  it("keeps the order whichever is done first, and takes no more than the limit", async () => {
    let [atOnce, most] = [0, 0];
    const work = async (n: number): Promise<number> => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setTimeout(resolve, (n * 7) % 5));
      return n;
    };
    const results: number[] = [];
    for await (const n of mapInOrder(numbers(30), 4, work)) {
      atOnce--;
      results.push(n);
    }
    expect(results).toEqual(Array.from({ length: 30 }, (_, n) => n));
    expect(most).toBe(4);
  });

  it("gives out what came before a failure of the source, and then fails", async () => {
    const results: number[] = [];
    const failing = numbers(9, (n) => {
      if (n === 3) {
        throw new Error("the source ends");
      }
    });
    const all = async () => {
      for await (const n of mapInOrder(failing, 2, async (each) => each)) {
        results.push(n);
      }
    };
    await expect(all()).rejects.toThrow("the source ends");
    expect(results).toEqual([0, 1, 2]);
  });

  it("fails where the work does, in its turn", async () => {
    const work = async (n: number) => (n === 1 ? Promise.reject(new Error("the second")) : n);
    const results = mapInOrder(numbers(3), 3, work);
    expect((await results.next()).value).toBe(0);
    await expect(results.next()).rejects.toThrow("the second");
  });
});

const floats = fc.float32Array({ minLength: 1, maxLength: 200 });

describe("buckets of scores", () => {
  it("of parts add up to those of the whole, in any order", () => {
    fc.assert(
      fc.property(floats, floats, (one, other) => {
        const counter = new BucketCounter();
        const sum = new Map<number, number>();
        addBuckets(sum, counter.count(other));
        addBuckets(sum, counter.count(one));
        const whole = counter.count(Float32Array.from([...one, ...other]));
        expect(sortedBuckets(sum)).toEqual(whole);
      }),
    );
  });

  it("fill bins in which every score lies", () => {
    const scores = fc.float({ min: -1000, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.array(scores, { minLength: 1, maxLength: 100 }), (values) => {
        const bins = binsOf(new BucketCounter().count(Float32Array.from(values)), 16);
        expect(bins.length).toBeLessThanOrEqual(16);
        for (const { begin, end, count } of bins) {
          const inside = values.filter((value) =>
            Object.is(value, -0) || value >= 0
              ? value + 0 >= begin && value + 0 < end
              : value > begin && value <= end,
          );
          expect(count).toBe(inside.length);
        }
      }),
    );
  });

  it("are drawn no wider than the terminal", () => {
    const counts = new BucketCounter().count(Float32Array.from({ length: 1000 }, (_, i) => (i / 1000) ** 2));
    for (const width of [20, 40, 80, 200]) {
      const lines = drawHistogram(counts, width);
      expect(lines.length).toBe(16);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(Math.max(width, 30));
    }
    expect(drawHistogram(counts, 80)[0]).toBe(`       0  0.0625  250  ${"█".repeat(50)}`);
  });
});

describe("statistics", () => {
  it("are the same from a state that was written down in the middle", () => {
    const counter = new BucketCounter();
    const block = (seed: number) => {
      const scores = Float32Array.from({ length: 50 }, (_, i) => Math.sin(seed + i));
      const missing = countMissing(Float32Array.of(1, Number.NaN, seed, Number.NaN, 2, 3), 3, 2);
      return { missing, read: 3, ...scoreStatistics(scores, 1, counter) };
    };
    const refusal = (row: number) => ({ row, line: row + 1, column: undefined, reason: `reason ${row % 3}` });
    const whole = new Statistics(2);
    const first = new Statistics(2);
    for (const statistics of [whole, first]) {
      statistics.add(50, block(1), [refusal(4), refusal(5)]);
    }
    const second = Statistics.restored(JSON.parse(JSON.stringify(first.state())));
    for (const statistics of [whole, second]) {
      statistics.add(50, block(2), [refusal(60), refusal(61), refusal(63), refusal(64)]);
    }
    expect(JSON.stringify(second.state())).toBe(JSON.stringify(whole.state()));
    expect(whole.state()).toMatchObject({ rows: 100, refused: 6, read: 6, missing: [0, 4] });
    expect(whole.examples).toHaveLength(5);
    expect([...whole.reasons]).toEqual([
      ["reason 1", 3],
      ["reason 2", 1],
      ["reason 0", 2],
    ]);
  });

  it("keep apart a bounded number of reasons", () => {
    const statistics = new Statistics(0);
    const refusals = Array.from({ length: 1000 }, (_, row) => ({
      row,
      line: undefined,
      column: "x",
      reason: `found ${row}`,
    }));
    const none = { missing: new Uint32Array(0), read: 0, scores: [], buckets: [] };
    statistics.add(1000, none, refusals);
    expect(statistics.reasons.size).toBe(101);
    expect(statistics.reasons.get("other reasons")).toBe(900);
  });
});

describe("progress", () => {
  it("rewrites one line with rows, speed, share and time left, on a terminal alone", () => {
    let now = 0;
    const written: string[] = [];
    const write = (text: string) => written.push(text);
    for (const isTTY of [false, true]) {
      const progress = new Progress({ isTTY, columns: 60, write }, () => now);
      for (const [at, rows] of [
        [1000, 10_000],
        [1050, 11_000],
        [3000, 50_000],
      ] as const) {
        now = at;
        progress.show(rows, rows * 100, 10_000_000);
      }
      progress.clear();
    }
    expect(written.map((text) => text.replace("\r\u001b[K", ""))).toEqual([
      " 10 %  10,000 rows",
      " 50 %  50,000 rows  20k rows/s  2.5 s left",
      "",
    ]);
  });
});

describe("numbers on the terminal", () => {
  it("are short and plain", () => {
    expect([0, 999, 1000, 1234567].map(grouped)).toEqual(["0", "999", "1,000", "1,234,567"]);
    expect([0, 999, 1234, 45_600, 999_999].map(compact)).toEqual(["0", "999", "1.2k", "46k", "1.0M"]);
    expect([0.04, 9.94, 59, 61, 3725].map(duration)).toEqual([
      "0.0 s",
      "9.9 s",
      "59 s",
      "1 min 01 s",
      "1 h 02 min",
    ]);
    expect(printable("a\u001b[31mb\nc")).toBe("a\\u001b[31mb\\u000ac");
  });
});
