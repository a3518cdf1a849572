/**
 * SHAP values up to XGBoost 3.2: TreeSHAP (Lundberg et al., "Consistent individualized feature attribution for tree
 * ensembles", algorithm 2) in float32, in XGBoost's order. A path holds, for each feature met on the way down, the share of
 * rows that pass when the feature is unknown (`zeros`), 1 or 0 whether this row passes (`ones`), and weights of subset sizes.
 */
import type { Tree } from "../model/model.ts";
import type { Rules } from "../model/rules.ts";
import { goesLeft } from "../model/walk.ts";

const { fround } = Math;

/** Features held on or off, for interactions; `NO_CONDITION` for none. */
export interface Condition {
  readonly feature: number;
  readonly on: boolean;
}

/** The paths of one walk: each level has its own copy, behind that of the level above. */
export class PathWalk {
  readonly #features: Int32Array;
  readonly #zeros: Float32Array;
  readonly #ones: Float32Array;
  readonly #weights: Float32Array;
  /** (depth - i) / (depth + 1), by depth and i. */
  readonly #shares: Float32Array;
  readonly #levels: number;
  readonly #outOfRange: Rules["outOfRangeCategory"];
  #tree!: Tree;
  #row!: Float32Array;
  #phi!: Float32Array;
  #condition: Condition | undefined;

  constructor(maxDepth: number, rules: Rules) {
    const size = ((maxDepth + 2) * (maxDepth + 3)) / 2;
    this.#features = new Int32Array(size);
    this.#zeros = new Float32Array(size);
    this.#ones = new Float32Array(size);
    this.#weights = new Float32Array(size);
    this.#levels = maxDepth + 2;
    this.#shares = Float32Array.from({ length: this.#levels ** 2 }, (_, at) => {
      const depth = Math.floor(at / this.#levels);
      return (depth - (at % this.#levels)) / (depth + 1);
    });
    this.#outOfRange = rules.outOfRangeCategory;
  }

  /** Adds a tree's contributions to `phi`, one a feature. */
  add(tree: Tree, row: Float32Array, phi: Float32Array, condition?: Condition): void {
    this.#tree = tree;
    this.#row = row;
    this.#phi = phi;
    this.#condition = condition;
    this.#below(0, 0, 0, 1, 1, -1, 1);
  }

  /** `parent`: where the path above starts; `depth`: its length, the new entry's place. */
  #below(
    node: number,
    parent: number,
    depth: number,
    zero: number,
    one: number,
    feature: number,
    fraction: number,
  ): void {
    if (fraction === 0) {
      return;
    }
    const at = parent + depth + 1;
    // Paths are short: loops take a third of the time of copyWithin, subarray and indexOf.
    const features = this.#features;
    const zeros = this.#zeros;
    const ones = this.#ones;
    const weights = this.#weights;
    for (let i = 0; i <= depth; i++) {
      features[at + i] = features[parent + i]!;
      zeros[at + i] = zeros[parent + i]!;
      ones[at + i] = ones[parent + i]!;
      weights[at + i] = weights[parent + i]!;
    }
    if (feature === -1 || feature !== this.#condition?.feature) {
      this.#extend(at, depth, zero, one, feature);
    }
    if (this.#tree.leftChildren[node] === -1) {
      this.#finish(at, depth, this.#tree.splitConditions[node]!, fraction);
    } else {
      this.#split(node, at, depth, fraction);
    }
  }

  #split(node: number, at: number, depth: number, fraction: number): void {
    const { leftChildren, rightChildren, splitIndices, sumHessian } = this.#tree;
    const feature = splitIndices[node]!;
    const isLeft = goesLeft(this.#tree, node, this.#row[feature]!, this.#outOfRange);
    const hot = isLeft ? leftChildren[node]! : rightChildren[node]!;
    const cold = isLeft ? rightChildren[node]! : leftChildren[node]!;
    const hotZero = fround(sumHessian![hot]! / sumHessian![node]!);
    const coldZero = fround(sumHessian![cold]! / sumHessian![node]!);
    let zero = 1;
    let one = 1;
    let length = depth;
    let met = 0;
    while (met <= depth && this.#features[at + met] !== feature) {
      met++;
    }
    if (met <= depth) {
      zero = this.#zeros[at + met]!;
      one = this.#ones[at + met]!;
      this.#unwind(at, depth, met);
      length--;
    }
    let hotFraction = fraction;
    let coldFraction = fraction;
    if (this.#condition?.feature === feature) {
      length--;
      hotFraction = this.#condition.on ? fraction : fround(fraction * hotZero);
      coldFraction = this.#condition.on ? 0 : fround(fraction * coldZero);
    }
    this.#below(hot, at, length + 1, fround(hotZero * zero), one, feature, hotFraction);
    this.#below(cold, at, length + 1, fround(coldZero * zero), 0, feature, coldFraction);
  }

  #extend(at: number, depth: number, zero: number, one: number, feature: number): void {
    const weights = this.#weights;
    this.#features[at + depth] = feature;
    this.#zeros[at + depth] = zero;
    this.#ones[at + depth] = one;
    weights[at + depth] = depth === 0 ? 1 : 0;
    for (let i = depth - 1; i >= 0; i--) {
      const weight = weights[at + i]!;
      const grown = fround(fround(one * weight) * (i + 1));
      weights[at + i + 1]! += fround(grown / (depth + 1));
      weights[at + i] = fround(fround(zero * weight) * (depth - i)) / (depth + 1);
    }
  }

  /** Takes the entry `index` out of the path. */
  #unwind(at: number, depth: number, index: number): void {
    const weights = this.#weights;
    const zero = this.#zeros[at + index]!;
    const one = this.#ones[at + index]!;
    let next = weights[at + depth]!;
    for (let i = depth - 1; i >= 0; i--) {
      const weight = weights[at + i]!;
      if (one !== 0) {
        const grown = fround(fround(next * (depth + 1)) / fround((i + 1) * one));
        weights[at + i] = grown;
        next = fround(weight - fround(fround(fround(grown * zero) * (depth - i)) / (depth + 1)));
      } else {
        weights[at + i] = fround(weight * (depth + 1)) / fround(zero * (depth - i));
      }
    }
    for (let i = at + index; i < at + depth; i++) {
      this.#features[i] = this.#features[i + 1]!;
      this.#zeros[i] = this.#zeros[i + 1]!;
      this.#ones[i] = this.#ones[i + 1]!;
    }
  }

  /** Sum of the weights that the path would have without the entry `index`. Ones are 1 or 0, whose products are exact. */
  #unwoundSum(at: number, depth: number, index: number): number {
    const weights = this.#weights;
    const shares = this.#shares;
    const share = depth * this.#levels;
    const zero = this.#zeros[at + index]!;
    let total = 0;
    if (this.#ones[at + index] !== 0) {
      let next = weights[at + depth]!;
      for (let i = depth - 1; i >= 0; i--) {
        const grown = fround(fround(next * (depth + 1)) / (i + 1));
        total = fround(total + grown);
        next = fround(weights[at + i]! - fround(fround(grown * zero) * shares[share + i]!));
      }
    } else if (zero !== 0) {
      for (let i = depth - 1; i >= 0; i--) {
        total = fround(total + fround(fround(weights[at + i]! / zero) / shares[share + i]!));
      }
    }
    return total;
  }

  #finish(at: number, depth: number, leaf: number, fraction: number): void {
    for (let i = 1; i <= depth; i++) {
      const weight = this.#unwoundSum(at, depth, i);
      const change = fround(this.#ones[at + i]! - this.#zeros[at + i]!);
      const part = fround(fround(weight * change) * leaf);
      this.#phi[this.#features[at + i]!]! += fround(part * fraction);
    }
  }
}
