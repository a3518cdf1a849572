/** Decimal numbers from bytes: the float32 of the double that `Number` gives, to the bit. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cursor, readNumber } from "../src/tables/text/number.ts";

const RUNS = 5_000;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

function isExact(text: string): void {
  const value = readNumber(Buffer.from(`${text},`), 0);
  // Matchers are slow, and these are many.
  if (cursor.end !== text.length || !Object.is(value, Math.fround(Number(text)))) {
    expect([value, cursor.end], text).toEqual([Math.fround(Number(text)), text.length]);
  }
}

/** A double in digits enough to be told apart from every other, or more. */
const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });
const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });
const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 40 });

describe("readNumber", () => {
  it.each([
    ...["0", "-0", "+1", ".5", "5.", "-.5", "+5.e1", "00012", "0.000", "1e5", "1E5", "1e+05", "1e-05"],
    ...["1e400", "-1e400", "1e-400", "1e99999999999999999999", "1e-99999999999999999999", "0e99999999"],
    ...["16777217", "16777216.9999999999", "16777217.0000000000000000000001", "33554435", "33554434.0"],
    ...[
      "1.00000005960464477539062500000000000000000001",
      "1.000000059604644775390625",
      "1.0000000596046447753906249",
    ],
    ...["3.4028235677973366e38", "3.4028235677973365e38", "3.4028235677973367e38", "3.4028234663852886e38"],
    ...[
      "1.401298464324817e-45",
      "7.006492321624085e-46",
      "7.006492321624086e-46",
      "7.006492321624085354618e-46",
    ],
    ...[
      "1.1754943508222875e-38",
      "1.1754942807573643e-38",
      "1.17549431578982583e-38",
      "4.9e-324",
      "2.5e-324",
    ],
    ...[
      "123456789012345678901234567890",
      "0.000000000000000000000000000000000000000000001234567890123456789",
    ],
    ...["9007199254740993", "9007199254740992.5", "179769313486231580793728971405301e276", "1".repeat(400)],
    ...[
      `0.${"0".repeat(400)}1e400`,
      `${"1".padEnd(400, "0")}e-399`,
      `1${"0".repeat(9)}`,
      `1.${"0".repeat(50)}1`,
    ],
  ])("reads %s", isExact);

  it.each(["", "+", "-", ".", "-.", "e5", "1e", "1e+", "1e-", "+-1", "--1", "inf", "nan", "x", " 1"])(
    "finds no number in %j",
    (text) => {
      expect(readNumber(Buffer.from(`${text},`), 0)).toBeNaN();
      expect(cursor.end).toBe(0);
    },
  );

  it.each([
    ["0x10", 1],
    ["1_000", 1],
    ["1,5", 1],
    ["1.5.2", 3],
    ["1e5.5", 3],
    ["1 ", 1],
    ["12a", 2],
  ])("stops in %j where the number ends", (text, end) => {
    readNumber(Buffer.from(`${text},`), 0);
    expect(cursor.end).toBe(end);
  });

  it("reads doubles as they are printed", () => {
    fc.assert(
      fc.property(doubles, (value) => isExact(String(value))),
      { numRuns: RUNS },
    );
  });

  it("reads float32, and what is half-way between two of them and beside it", () => {
    const beside = fc.constantFrom("", "0", "1", "00000000000000000001", "9");
    fc.assert(
      fc.property(float32, beside, (value, tail) => {
        const next = new Float32Array([value]);
        const bits = new Int32Array(next.buffer);
        bits[0]!++;
        const middle = (value + next[0]!) / 2;
        fc.pre(Number.isFinite(middle));
        for (const text of [
          String(value),
          middle.toFixed(60),
          exactly(middle)
            .replace("e", `${tail}e`)
            .replace(/e-(\d+)/, (_, k) => `e-${Number(k) + tail.length}`),
        ]) {
          isExact(text);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("reads any digits with any exponent", () => {
    const exponent = fc.oneof(fc.integer({ min: -60, max: 60 }), fc.integer({ min: -420, max: 420 }));
    const sign = fc.constantFrom("", "-", "+");
    fc.assert(
      fc.property(sign, digits, digits, exponent, sign, (minus, whole, fraction, power, plus) => {
        isExact(`${minus}${whole}.${fraction}`);
        isExact(`${minus}${whole}`);
        isExact(`${minus}.${fraction}e${plus === "" ? power : `${plus}${Math.abs(power)}`}`);
        isExact(`${minus}${whole}${fraction}E${power}`);
      }),
      { numRuns: RUNS },
    );
  });

  it("takes for a number what the model's reader does, and nothing else", () => {
    const junk = fc.string({ unit: fc.constantFrom(..."0123456789+-.eE_x "), maxLength: 12 });
    fc.assert(
      fc.property(junk, (text) => {
        readNumber(Buffer.from(`${text},`), 0);
        if ((text !== "" && cursor.end === text.length) !== NUMBER.test(text)) {
          expect(cursor.end, text).toBe(-1);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

/** All digits of a double: n / 2^k is n × 5^k / 10^k. */
function exactly(value: number): string {
  let scaled = value;
  let k = 0;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    k++;
  }
  return `${BigInt(scaled) * 5n ** BigInt(k)}`.concat("0").concat(`e-${k + 1}`);
}
