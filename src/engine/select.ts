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

const CANDIDATES: readonly (readonly [name: EngineOption, candidate: Candidate])[] = [
  ["wasm", (layout, forced) => createRankedEngine(layout, forced, () => withoutRanks(layout))],
  ["wasm", createWasmEngine],
  ["javascript", (layout) => new ScalarEngine(layout)],
];

const NAMES = CANDIDATES.map(([name]) => name);

/** @throws InputError for what is not an option */
export function checkEngineOption(option: EngineOption): void {
  if (option !== "auto" && option !== "reference" && !NAMES.includes(option)) {
    throw new InputError(
      `engine is ${describe(option)}, expected auto, ${[...new Set(NAMES)].join(", ")} or reference`,
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
  const wanted = CANDIDATES.slice(Math.max(0, NAMES.indexOf(option)));
  for (const [, candidate] of wanted) {
    const engine = candidate(layout, option === "wasm");
    if (engine !== undefined) {
      return engine;
    }
  }
  return new ReferenceEngine(withObeyedSplits(loaded, rules), rules);
}

function withoutRanks(layout: Layout): Engine {
  return createWasmEngine(layout) ?? new ScalarEngine(layout);
}
