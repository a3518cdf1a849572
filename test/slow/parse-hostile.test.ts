/** The heavy twin of test/parse-hostile.test.ts: every offset, very many broken files, larger sizes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Booster } from "../../src/index.ts";
import { GROWING } from "../support/growing.ts";
import { expectLinear, flipBytes, smallFiles, spliceBytes, tryLoad } from "../support/hostile.ts";

const FILES = smallFiles();
/** One in so many of the broken files; continuous integration, which has half an hour for all, takes fewer. */
const STRIDE = Number(process.env["XGBOOST_INFER_STRIDE"] ?? 1);
const FLIPS = 200_000 / STRIDE;

describe("small real files, broken", () => {
  it.each(FILES)("$path cut at every offset", ({ bytes, dump }) => {
    for (let length = 0; length < bytes.length; length += STRIDE) {
      tryLoad(bytes.subarray(0, length), dump);
    }
    expect(tryLoad(bytes, dump).loaded).toBeInstanceOf(Booster);
  });

  it.each(FILES)("$path with bytes changed, cut out and moved", ({ bytes, dump }) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        tryLoad(flipBytes(bytes, seed), dump);
        tryLoad(spliceBytes(flipBytes(bytes, seed + 1), seed), dump);
      }),
      { numRuns: Math.ceil(FLIPS / FILES.length / 2), seed: 2024 },
    );
  });

  it.each(FILES)(
    "$path with each byte set to each of the values that a parser looks for",
    ({ bytes, dump }) => {
      const step = Math.ceil(bytes.length / 600) * STRIDE;
      for (let at = 0; at < bytes.length; at += step) {
        for (const value of [0, 0xff, 0x7f, 0x80, ...Buffer.from('"[]{},:-0E\\L#$')]) {
          const copy = bytes.slice();
          copy[at] = value;
          tryLoad(copy, dump);
        }
      }
    },
  );
});

describe("time grows as the file does, from half a megabyte to four", () => {
  it.each(Object.entries(GROWING))("%s", (_, grow) => {
    expectLinear(grow, [2 ** 19, 2 ** 20, 2 ** 21, 2 ** 22]);
  });
});
