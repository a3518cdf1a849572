/** The loops of `assembly/shap.ts` in JavaScript, for one row: the first lane of each vector. */
import { POINTS } from "./quadrature.ts";
import {
  FEATURE_BYTES,
  LANES,
  LEVEL_BYTES,
  NODE_BYTES,
  NodeFlag,
  TREE_BYTES,
  VECTOR_BYTES,
} from "./tables.ts";

const { fround } = Math;
// Places in words.
const NODE = NODE_BYTES / 4;
const LEVEL = LEVEL_BYTES / 4;
const SUMS = LEVEL / 2;
const FACTOR = VECTOR_BYTES / 4;
const PHI = FEATURE_BYTES / 4 - FACTOR;
const ENDS = POINTS * LANES;

export class JavaScriptKernel {
  readonly #words: Uint32Array;
  readonly #floats: Float32Array;
  #features = 0;
  /** Of the output group in a leaf's scales. */
  #group = 0;
  // Of interactions, as in the kernel, in words.
  #count = 0;
  #sums = 0;
  #pairs = 0;
  #weight = 0;
  readonly #path: number[] = [];

  constructor(words: Uint32Array, floats: Float32Array) {
    this.#words = words;
    this.#floats = floats;
  }

  explain(
    tree: number,
    treeEnd: number,
    stack: number,
    features: number,
    sums: number,
    pairs: number,
    _path: number,
    count: number,
  ): void {
    const words = this.#words;
    const floats = this.#floats;
    this.#features = features >> 2;
    this.#count = count;
    for (let at = tree >> 2; at < treeEnd >> 2; at += TREE_BYTES / 4) {
      const weight = floats[at + 3]!;
      const offset = words[at + 5]!;
      this.#group = words[at + 4]! >> 2;
      this.#weight = weight;
      this.#sums = (sums + offset) >> 2;
      this.#pairs = pairs > 0 ? (pairs + offset * count) / 4 : 0;
      this.#below(words[at]! >> 2, stack >> 2);
      if (pairs > 0) {
        continue;
      }
      for (let list = words[at + 1]! >> 2; list < words[at + 2]! >> 2; list += 2) {
        const feature = this.#features + (words[list]! >> 2);
        floats[words[list + 1]! >> 2]! += fround(floats[feature + PHI]! * weight);
        floats[feature + PHI] = 0;
      }
    }
  }

  #below(node: number, level: number): void {
    const words = this.#words;
    const floats = this.#floats;
    const flags = words[node]!;
    const feature = this.#features + (words[node + 2]! >> 2);
    const value = floats[feature]!;
    let left = value < floats[node + 3]!;
    if ((flags & NodeFlag.categorical) !== 0) {
      left = words[words[node + 3]! >> 2] !== 0;
    } else if ((flags & NodeFlag.defaultLeft) !== 0 && Number.isNaN(value)) {
      left = true;
    }
    this.#step(node + NODE, level, feature, flags, left, floats[node + 4]!, floats[node + 6]!, false);
    const right = words[node + 1]! >> 2;
    this.#step(right, level, feature, flags, !left, floats[node + 5]!, floats[node + 7]!, true);
  }

  #step(
    child: number,
    level: number,
    feature: number,
    flags: number,
    taken: boolean,
    share: number,
    inverse: number,
    isRight: boolean,
  ): void {
    const floats = this.#floats;
    const repeated = (flags & NodeFlag.repeated) !== 0;
    const old = repeated ? floats[feature + FACTOR]! : 1;
    const p = taken ? (repeated ? fround(old / share) : inverse) : 0;
    const change = fround(p - 1);
    const undone = fround(old - 1);
    const next = level + LEVEL;
    for (let q = 0; q < ENDS; q += LANES) {
      const product = fround(floats[level + q]! * fround(1 + fround(change * floats[q]!)));
      floats[next + q] = repeated ? product / fround(1 + fround(undone * floats[q]!)) : product;
    }
    if ((this.#words[child]! & NodeFlag.split) !== 0) {
      floats[feature + FACTOR] = p;
      if (!repeated) {
        this.#path.push(feature);
      }
      this.#below(child, next);
      if (!repeated) {
        this.#path.pop();
      }
      floats[feature + FACTOR] = old;
    } else {
      const scale = floats[(this.#words[child + 1]! >> 2) + this.#group]!;
      for (let q = 0; q < ENDS; q += LANES) {
        floats[next + SUMS + q] = fround(floats[next + q]! * scale) * floats[ENDS + q]!;
      }
    }
    let delta = 0;
    for (let q = 0; q < ENDS; q += LANES) {
      const sum = floats[next + SUMS + q]!;
      const at = level + SUMS + q;
      floats[at] = isRight ? floats[at]! + sum : sum;
      delta = fround(delta + fround(fround(change * sum) / fround(1 + fround(change * floats[q]!))));
    }
    // A factor of 1 changes nothing, even where the sums are not finite.
    delta = p === 1 ? 0 : delta;
    for (let q = 0; repeated && old !== 1 && q < ENDS; q += LANES) {
      const sum = floats[next + SUMS + q]!;
      delta = fround(delta - fround(fround(undone * sum) / fround(1 + fround(undone * floats[q]!))));
    }
    if (this.#pairs > 0) {
      floats[this.#sums + (feature - this.#features) / 3]! += fround(this.#weight * delta);
      this.#addPairs(feature, next, change, undone);
    } else {
      floats[feature + PHI]! += delta;
    }
  }

  #addPairs(feature: number, next: number, change: number, undone: number): void {
    const floats = this.#floats;
    const features = this.#features;
    for (let q = 0; q < ENDS; q += LANES) {
      const edge = fround(change / fround(1 + fround(change * floats[q]!)));
      floats[next + q] = edge - fround(undone / fround(1 + fround(undone * floats[q]!)));
    }
    for (const other of this.#path) {
      const p = floats[other + FACTOR]!;
      if (other === feature || p === 1) {
        continue;
      }
      const less = fround(p - 1);
      let sum = 0;
      for (let q = 0; q < ENDS; q += LANES) {
        const product = fround(fround(less * floats[next + SUMS + q]!) * floats[next + q]!);
        sum = fround(sum + fround(product / fround(1 + fround(less * floats[q]!))));
      }
      const pair = this.#pairs + ((feature - features) * this.#count + other - features) / 3;
      floats[pair]! += fround(this.#weight * sum);
    }
  }
}
