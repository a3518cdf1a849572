/** Where WebAssembly is not to be had, JavaScript takes over without a word, and with the same bits. */
import { afterEach, expect, it, vi } from "vitest";
import { firstDifference, manifest, readArray, readFixture, readInput } from "./support/fixtures.ts";

const CASE = manifest.cases.find((each) => each.name === "3.4.1/binary-logistic")!;
const CALL = CASE.calls.find((each) => each.id === "value")!;

const { Module, Instance, Memory } = (globalThis as unknown as { WebAssembly: Record<string, unknown> })
  .WebAssembly;

function refuse(): never {
  throw new RangeError("not here");
}

const PLATFORMS = {
  "without WebAssembly": undefined,
  "whose policy forbids compiling": { Memory, Instance, Module: refuse },
  "without the memory": { Memory: refuse, Instance, Module },
};

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

async function engineAndScores(engine: "auto" | "wasm"): Promise<{ name: string; scores: Float32Array }> {
  // A fresh copy of the package, which has compiled nothing yet.
  vi.resetModules();
  const { Booster } = await import("../src/index.ts");
  const file = CASE.files.find((each) => each.kind === "ubj")!;
  const booster = Booster.load(readFixture(file.path), { engine });
  return { name: booster.engine, scores: booster.predict(readInput(CASE.inputs[CALL.input]!)).data };
}

it("with WebAssembly, it is used", async () => {
  expect((await engineAndScores("auto")).name).toBe("wasm");
});

it.each(Object.keys(PLATFORMS) as (keyof typeof PLATFORMS)[])("a platform %s", async (platform) => {
  vi.stubGlobal("WebAssembly", PLATFORMS[platform]);
  const [offset, length] = CALL.expect["*"]!.file!.at!;
  const all = readArray({ path: CASE.expected, dtype: "float32" }) as Float32Array;
  for (const engine of ["auto", "wasm"] as const) {
    const { name, scores } = await engineAndScores(engine);
    expect(name).toBe("javascript");
    expect(firstDifference(scores, all.subarray(offset, offset + length))).toBe(-1);
  }
});
