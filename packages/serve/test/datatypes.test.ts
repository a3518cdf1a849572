/** Values of tensors, raw and typed: the same numbers, and those that XGBoost would see. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Datatype, fromInt64, readRaw, readTyped } from "../src/oip/datatypes.ts";

const bits = new DataView(new ArrayBuffer(8));

/** A 64-bit whole number as float32, rounded once: of its two neighbours in float32 the nearer one, the even one of equals. */
function nearest(value: bigint): number {
  const rounded = Math.fround(Number(value));
  if (Math.abs(rounded) < 2 ** 24) {
    return rounded;
  }
  bits.setFloat32(0, rounded);
  const pattern = bits.getInt32(0);
  const candidates = [pattern - 1, pattern, pattern + 1].map((each) => {
    bits.setInt32(0, each);
    return { pattern: each, value: bits.getFloat32(0) };
  });
  const distance = (of: number) => {
    const difference = BigInt(of) - value;
    return difference < 0n ? -difference : difference;
  };
  candidates.sort((a, b) => {
    const order = distance(a.value) - distance(b.value);
    return order === 0n ? (a.pattern & 1) - (b.pattern & 1) : order < 0n ? -1 : 1;
  });
  return candidates[0]!.value;
}

describe("64-bit whole numbers", () => {
  it("are rounded to float32 once, as by a cast in NumPy", () => {
    // Half between two float32, and one more: rounding to a double first would lose the one.
    expect(Math.fround(fromInt64(2n ** 60n + 2n ** 36n + 1n))).toBe(2 ** 60 + 2 ** 37);
    expect(Math.fround(Number(2n ** 60n + 2n ** 36n + 1n))).toBe(2 ** 60);
    const values = fc.oneof(
      fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n),
      fc
        .tuple(fc.bigInt(2n ** 23n, 2n ** 24n - 1n), fc.integer({ min: 1, max: 39 }), fc.bigInt(-1n, 1n))
        .map(([mantissa, shift, more]) => (((mantissa << 1n) | 1n) << BigInt(shift)) + more),
    );
    fc.assert(
      fc.property(values, (value) => {
        expect(Math.fround(fromInt64(value))).toBe(nearest(value));
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("raw and typed values", () => {
  const whole = (min: number, max: number) => fc.array(fc.integer({ min, max }), { maxLength: 20 });
  const big = (min: bigint, max: bigint) => fc.array(fc.bigInt(min, max), { maxLength: 20 });
  const cases: [Datatype, fc.Arbitrary<(number | bigint | boolean)[]>, (values: never) => ArrayBufferView][] =
    [
      ["BOOL", fc.array(fc.boolean()), (values) => Uint8Array.from(values as boolean[], Number)],
      ["UINT8", whole(0, 255), (values) => Uint8Array.from(values)],
      ["UINT16", whole(0, 65_535), (values) => Uint16Array.from(values)],
      ["UINT32", whole(0, 2 ** 32 - 1), (values) => Uint32Array.from(values)],
      ["UINT64", big(0n, 2n ** 64n - 1n), (values) => BigUint64Array.from(values)],
      ["INT8", whole(-128, 127), (values) => Int8Array.from(values)],
      ["INT16", whole(-32_768, 32_767), (values) => Int16Array.from(values)],
      ["INT32", whole(-(2 ** 31), 2 ** 31 - 1), (values) => Int32Array.from(values)],
      ["INT64", big(-(2n ** 63n), 2n ** 63n - 1n), (values) => BigInt64Array.from(values)],
      ["FP32", fc.array(fc.float()), (values) => Float32Array.from(values)],
      ["FP64", fc.array(fc.double()), (values) => Float64Array.from(values)],
    ];

  it.each(cases)("of %s are the same", (datatype, arbitrary, toBytes) => {
    fc.assert(
      fc.property(arbitrary, (values) => {
        const { buffer } = toBytes(values as never);
        const raw = readRaw(datatype, new Uint8Array(buffer), values.length, "x");
        expect(readTyped(datatype, values, values.length, "x")).toEqual(raw);
        expect(Array.from(raw as Float64Array)).toEqual(
          values.map((value) => (typeof value === "bigint" ? fromInt64(value) : Number(value))),
        );
      }),
    );
  });

  it("of BYTES are text", () => {
    const texts = ["", "red", "ü\u0000", "🜚"];
    const encoded = texts.map((text) => Buffer.from(text));
    const raw = encoded.flatMap((bytes) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    });
    expect(readTyped("BYTES", encoded, 4, "x")).toEqual(texts);
    expect(readRaw("BYTES", Buffer.concat(raw), 4, "x")).toEqual(texts);
  });

  it("of types that are too small for them are refused", () => {
    expect(() => readTyped("UINT8", [256], 1, "x")).toThrow(
      "value 0 is 256, expected a whole number of UINT8",
    );
    expect(() => readTyped("INT16", [0, -32_769], 2, "x")).toThrow("value 1 is -32769");
    expect(() => readTyped("FP32", [1, 2], 3, "x")).toThrow("2 values of FP32, its shape means 3");
  });
});
