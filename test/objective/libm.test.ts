import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expf, expm1f, expOfFloat, log1pf, logf } from "../../src/objective/libm.ts";

const functions = { expf, logf, log1pf, expm1f, expOfFloat };

/** Inputs and the C library's outputs, as hexadecimal bits: see fixtures/libm/README.md. */
const vectors: Record<string, [input: string, output: string][]> = JSON.parse(
  readFileSync(new URL("../../fixtures/libm/vectors.json", import.meta.url), "utf8"),
);

const words = new DataView(new ArrayBuffer(4));

function fromBits(hex: string): number {
  words.setUint32(0, Number.parseInt(hex, 16));
  return words.getFloat32(0);
}

/** The bits of a float32 value, all NaNs alike; other doubles have none. */
function toBits(value: number): string {
  if (Number.isNaN(value)) return "7fc00000";
  if (!Object.is(Math.fround(value), value)) return `not a float32: ${value}`;
  words.setFloat32(0, value);
  return words.getUint32(0).toString(16).padStart(8, "0");
}

function differences(call: (x: number) => number, pairs: readonly (readonly [string, string])[]): string[] {
  const found: string[] = [];
  for (const [input, output] of pairs) {
    const bits = toBits(call(fromBits(input)));
    if (bits !== output) found.push(`${input} → ${bits}, expected ${output}`);
  }
  return found;
}

describe("the C library's vectors", () => {
  it("cover all five functions", () => {
    expect(Object.keys(vectors).sort()).toEqual(Object.keys(functions).sort());
  });

  it.each(Object.entries(functions))("%s", (name, call) => {
    const pairs = vectors[name] ?? [];
    expect(pairs.length).toBeGreaterThan(1500);
    expect(new Set(pairs.map(([input]) => input)).size).toBe(pairs.length);
    expect(pairs.filter(([, output]) => output === "7fc00000").length).toBeGreaterThan(2);
    expect(differences(call, pairs)).toEqual([]);
  });

  it.each([
    ["expf", Math.exp],
    ["logf", Math.log],
    ["log1pf", Math.log1p],
    ["expm1f", Math.expm1],
  ] as const)("tell %s from a correctly rounded one", (name, better) => {
    expect(differences((x) => Math.fround(better(x)), vectors[name] ?? []).length).toBeGreaterThan(600);
  });
});

describe("the reference's vectors", () => {
  it("expf", () => {
    const pairs = [
      ["c09f2c71", "3be290b1"],
      ["c09e84ea", "3be73f06"],
      ["c09dfd8b", "3beb1967"],
      ["4202422f", "56fc9f1c"],
      ["c27c65d9", "11fa2993"],
    ] as const;
    expect(differences(expf, pairs)).toEqual([]);
  });

  it("logf", () => {
    const pairs = [
      ["3cc37337", "c06f1436"],
      ["3cc9b230", "c06d10d1"],
      ["3d4401ed", "c0428906"],
      ["3d696c18", "c0375acd"],
    ] as const;
    expect(differences(logf, pairs)).toEqual([]);
  });

  it("sigmoid by expf", () => {
    const sigmoid = (margin: number): number =>
      Math.fround(1 / Math.fround(expf(Math.min(-margin, Math.fround(88.7))) + 1));
    const pairs = [
      ["00000000", "3f000000"],
      ["3f800000", "3f3b26a8"],
      ["bf800000", "3e89b2b1"],
      ["41880000", "3f800000"],
      ["c1880000", "3331cf19"],
      ["c2b00000", "0041edc4"],
      ["c2b40000", "0020bd47"],
      ["c01c64fb", "3da3a446"],
      ["bf54b24b", "3e9b5fef"],
      ["c086104b", "3c7493c9"],
      ["bd173caa", "3efb463c"],
    ] as const;
    expect(differences(sigmoid, pairs)).toEqual([]);
  });

  it("logit by logf", () => {
    const logit = (score: number): string =>
      toBits(-logf(Math.fround(Math.fround(1 / Math.fround(score)) - 1)));
    expect([0.5, 0.3, 0.52, 0.5199894, 0.1, 0.9].map(logit)).toEqual([
      "80000000",
      "bf58e883",
      "3da3ed65",
      "3da3d71f",
      "c00c9f54",
      "400c9f52",
    ]);
  });

  it.each([
    [
      ["3dcccccd", "3f333333", "bfa66666"],
      ["3ea6d855", "3f180178", "3da492ec"],
    ],
    [
      ["40000000", "40000000", "40000000"],
      ["3eaaaaab", "3eaaaaab", "3eaaaaab"],
    ],
    [
      ["c0500000", "41080000", "3a83126f"],
      ["37045539", "3f7ff223", "3955853a"],
    ],
  ])("softmax by expf of %j", (margins, probabilities) => {
    const values = margins.map(fromBits);
    const largest = Math.max(...values);
    const powers = values.map((value) => expf(Math.fround(value - largest)));
    const sum = Math.fround(powers.reduce((total, power) => total + power, 0));
    expect(powers.map((power) => toBits(Math.fround(power / sum)))).toEqual(probabilities);
  });
});
