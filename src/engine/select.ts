/**
 * Which engine scores: candidates in order of preference, each of which may decline. All give the same bits, so that
 * declining costs speed and nothing else.
 */
import type { Layout } from "../compile/layout.ts";
import { describe, InputError } from "../errors.ts";
import type { Model } from "../model/model.ts";
import { type Rules, withObeyedSplits } from "../model/rules.ts";
import type { Engine } from "./engine.ts";
import { createRankedEngine } from "./ranked.ts";
import { ReferenceEngine } from "./reference.ts";
import { ScalarEngine } from "./scalar.ts";
import { createWasmEngine } from "./wasm.ts";

/** `auto` takes the fastest engine that fits model and platform. */
export type EngineOption = "auto" | "wasm" | "javascript" | "reference";

/** An engine for a layout, or nothing where platform or model do not suit it, or where it is not `forced` and would not pay. */
type Candidate = (layout: Layout, forced: boolean) => Engine | undefined;

/** In WebAssembly. The JavaScript engine takes every layout. */
const CANDIDATES: readonly Candidate[] = [
  (layout, forced) => createRankedEngine(layout, forced, () => withoutRanks(layout)),
  createWasmEngine,
];

const OPTIONS: readonly EngineOption[] = ["auto", "wasm", "javascript", "reference"];

/** @throws InputError for what is not an option */
export function checkEngineOption(option: EngineOption): void {
  if (!OPTIONS.includes(option)) {
    throw new InputError(
      `engine is ${describe(option)}, expected ${OPTIONS.slice(0, -1).join(", ")} or ${OPTIONS.at(-1)}`,
    );
  }
}

/**
 * The engine asked for or, where it declines, the next one; `Engine.name` tells which.
 * @param layout the compiled trees; without them, the model's own trees are for the reference engine
 */
export function selectEngine(option: EngineOption, loaded: Model, rules: Rules, layout?: Layout): Engine {
  checkEngineOption(option);
  if (option === "reference" || layout === undefined) {
    return new ReferenceEngine(withObeyedSplits(loaded, rules), rules);
  }
  for (const candidate of option === "javascript" ? [] : CANDIDATES) {
    const engine = candidate(layout, option === "wasm");
    if (engine !== undefined) {
      return engine;
    }
  }
  return new ScalarEngine(layout);
}

/** The engine for what the ranked one leaves to another. */
export function withoutRanks(layout: Layout): Engine {
  return createWasmEngine(layout) ?? new ScalarEngine(layout);
}
