import { expect } from "vitest";

type Numbers = Float32Array | Int32Array | Uint8Array;

/** Fails at the first value whose bits differ; -0 differs from 0, and any NaN equals any other. */
export function expectSameBits(actual: Numbers, expected: Numbers, what: string): void {
  if (actual.length === expected.length) {
    for (let i = 0; i < actual.length; i++) {
      if (!Object.is(actual[i], expected[i])) {
        expect.fail(`${what}: value ${i} is ${signed(actual[i]!)}, expected ${signed(expected[i]!)}`);
      }
    }
  }
  expect(actual.length, `${what}: number of values`).toBe(expected.length);
}

function signed(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
