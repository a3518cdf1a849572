/** Equality of bits; of NaN, which has many, any. */
import { expect } from "vitest";

export function expectBits(found: Float32Array, expected: Float32Array): void {
  expect(found.length).toBe(expected.length);
  const wrong = found.findIndex((value, i) => !Object.is(value, expected[i]));
  expect(wrong < 0 ? "equal" : `value ${wrong}: ${found[wrong]}, expected ${expected[wrong]}`).toBe("equal");
}
