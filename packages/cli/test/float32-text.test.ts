/** float32 as text: reads back to the same bits, and no shorter text does. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float32Text } from "../src/tables/text/float32-text.ts";

const out = Buffer.alloc(64);

function text(value: number): string {
  const end = float32Text(value, out, 3);
  if (end - 3 > 32) {
    throw new Error(`${value} takes ${end - 3} bytes`);
  }
  return out.toString("latin1", 3, end);
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function ofBits(value: number): number {
  bits[0] = value;
  return float[0]!;
}

/** The same, from nothing but the definition: the first number of digits of which a decimal lies inside, and the nearest of it. */
function slow(value: number): string {
  const size = Math.abs(value);
  bits[0] = 0;
  float[0] = size;
  const here = bits[0];
  const below = (ofBits(here - 1) + size) / 2;
  const above = size + (here === 0x7f7fffff ? size - below : (ofBits(here + 1) - size) / 2);
  for (let digits = 1; ; digits++) {
    const down = decimalBelow(size, digits);
    const inside = [down, up(down)].filter((each) => compare(each, below) > 0 && compare(each, above) < 0);
    if (inside.length > 0) {
      const [first, second] = inside as [Decimal, Decimal?];
      const nearest = second === undefined || isNearer(first, second, size) ? first : second;
      return `${value < 0 ? "-" : ""}${Number(`${nearest.digits}e${nearest.power}`)}`;
    }
  }
}

interface Decimal {
  readonly digits: bigint;
  readonly power: number;
}

/** Numerator and denominator. */
function fraction(value: number): [bigint, bigint] {
  let scaled = value;
  let k = 0n;
  for (; !Number.isInteger(scaled); k++) {
    scaled *= 2;
  }
  return [BigInt(scaled), 1n << k];
}

function compare({ digits, power }: Decimal, value: number): number {
  const [over, under] = fraction(value);
  const difference =
    power < 0 ? digits * under - over * 10n ** BigInt(-power) : digits * 10n ** BigInt(power) * under - over;
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

function decimalBelow(value: number, digits: number): Decimal {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e") as [string, string];
  const near = { digits: BigInt(mantissa.replace(".", "")), power: Number(exponent) - digits + 1 };
  return compare(near, value) > 0 ? { ...near, digits: near.digits - 1n } : near;
}

function up({ digits, power }: Decimal): Decimal {
  return { digits: digits + 1n, power };
}

function isNearer(first: Decimal, second: Decimal, value: number): boolean {
  const sum = { digits: first.digits + second.digits, power: first.power };
  return compare(sum, 2 * value) > 0;
}

describe("float32Text", () => {
  it.each([
    [0, "0"],
    [-0, "-0"],
    [1, "1"],
    [-1.5, "-1.5"],
    [Math.fround(0.1), "0.1"],
    [Math.fround(1 / 3), "0.33333334"],
    [1e-6, "0.000001"],
    [Math.fround(1e-7), "1e-7"],
    [Math.fround(1e20), "100000000000000000000"],
    [Math.fround(1e21), "1e+21"],
    [Math.fround(123456.789), "123456.79"],
    [16777216, "16777216"],
    [33554432, "33554432"],
    [Math.fround(9.999999e9), "9999999000"],
    [ofBits(1), "1e-45"],
    [ofBits(0x7fffff), "1.1754942e-38"],
    [ofBits(0x800000), "1.1754944e-38"],
    [ofBits(0x7f7fffff), "3.4028235e+38"],
  ])("writes %d as %s", (value, expected) => {
    expect(text(value)).toBe(expected);
  });

  it("is the shortest and nearest for any bits", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 0x7f7fffff }), isShortest), { numRuns: 5_000 });
  });

  it("is so for subnormal numbers, powers of two and their neighbours", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 0x800000 }), isShortest), { numRuns: 1_000 });
    for (let exponent = 0; exponent < 255; exponent++) {
      for (const beside of [-1, 0, 1]) {
        isShortest(Math.max(exponent * 0x800000 + beside, 1));
      }
    }
  });

  it("is so for probabilities, small decimals and large whole numbers", () => {
    const decimals = fc.tuple(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: -12, max: 12 }));
    fc.assert(
      fc.property(
        fc.float({ min: 0, max: 1, noNaN: true }),
        decimals,
        fc.nat(),
        (share, [digits, power], whole) => {
          for (const value of [share, Number(`${digits}e${power}`), whole]) {
            float[0] = value;
            isShortest(Math.max(bits[0]!, 1));
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("reads back as it was, signs too", () => {
    let pattern = 1;
    for (let i = 0; i < 200_000; i++) {
      pattern = (Math.imul(pattern, 1664525) + 1013904223) >>> 0;
      const value = ofBits(pattern);
      if (Number.isFinite(value) && !Object.is(Math.fround(Number(text(value))), value)) {
        expect(text(value)).toBe(String(value));
      }
    }
  });
});

function isShortest(pattern: number): void {
  const value = ofBits(pattern);
  const written = text(value);
  const expected = slow(value);
  if (written !== expected) {
    // Of two that are equally near, either will do.
    expect(Math.abs(Number(written) - value), `${written}, ${expected}`).toBe(
      Math.abs(Number(expected) - value),
    );
    expect(written.length).toBe(expected.length);
    expect(Math.fround(Number(written))).toBe(value);
  }
}
