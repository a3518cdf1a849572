/** Rows to measure with: drawn around the thresholds of a model, so that they take all its branches. */
import type { Booster } from "xgboost-infer";

/** A small generator of known seed (mulberry32): the same rows on every machine. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Trees that are looked at for thresholds. */
const MOST_TREES = 500;
const MISSING_SHARE = 0.05;

/** `rows` × features, float32, row-major; one value in twenty is missing. */
export function benchRows(booster: Booster, rows: number, seed: number): Float32Array {
  const random = randomNumbers(seed);
  const values = valuesOf(booster);
  const { numFeatures } = booster;
  const data = new Float32Array(rows * numFeatures);
  for (let i = 0; i < data.length; i++) {
    const choices = values[i % numFeatures]!;
    data[i] =
      random() < MISSING_SHARE ? Number.NaN : choices.length === 0 ? random() * 2 - 1 : draw(choices, random);
  }
  return data;
}

/** A place between two neighbouring thresholds, or a little outside all of them. */
function draw(sorted: Float64Array, random: () => number): number {
  const at = Math.floor(random() * (sorted.length + 1));
  const [low, high] = [sorted[at - 1], sorted[at]];
  if (low === undefined || high === undefined) {
    const edge = low ?? high!;
    return low === undefined ? edge - Math.abs(edge) - 1 : edge;
  }
  return low + random() * (high - low);
}

/** Thresholds and categories of each feature, ascending. */
function valuesOf(booster: Booster): Float64Array[] {
  const found = Array.from({ length: booster.numFeatures }, () => new Set<number>());
  for (let index = 0; index < Math.min(booster.numTrees, MOST_TREES); index++) {
    for (const node of booster.tree(index).nodes) {
      if (node.kind === "split") {
        const set = found[node.feature]!;
        for (const value of node.categories ?? [node.threshold!]) {
          if (Number.isFinite(value)) {
            set.add(value);
          }
        }
      }
    }
  }
  return found.map((set) => Float64Array.from(set).sort());
}
