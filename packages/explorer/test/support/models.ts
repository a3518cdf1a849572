/** Models of the repository's fixtures, and rows for them. */
import { readFileSync } from "node:fs";
import { Booster } from "xgboost-infer";
import type { Matrix } from "../../src/logic/beeswarm.ts";

const FIXTURES = new URL("../../../../fixtures/", import.meta.url);

export function load(path: string): Booster {
  return Booster.load(readFileSync(new URL(path, FIXTURES)));
}

/** The same numbers for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Rows whose values lie around the model's own thresholds, with codes for categories and every tenth value missing. */
export function rowsOf(booster: Booster, rows: number, seed: number): Matrix {
  const random = randomNumbers(seed);
  const cols = booster.numFeatures;
  const asked: number[][] = Array.from({ length: cols }, () => []);
  for (let t = 0; t < booster.numTrees; t++) {
    for (const node of booster.tree(t).nodes) {
      if (node.kind === "split") {
        asked[node.feature]!.push(...(node.categories ?? [node.threshold!]));
      }
    }
  }
  const data = Float32Array.from({ length: rows * cols }, (_, i) => {
    const known = asked[i % cols]!;
    const near = known[Math.floor(random() * known.length)] ?? random();
    const nudge = booster.featureTypes?.[i % cols] === "c" ? 0 : (random() - 0.5) * 0.01 * Math.abs(near);
    return random() < 0.1 ? Number.NaN : near + nudge;
  });
  return { data, rows, cols };
}
