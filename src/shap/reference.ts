/** The slow, obvious explainer: one row, one tree, one output group at a time. It judges the fast one. */
import type { Model } from "../model/model.ts";
import type { Rules } from "../model/rules.ts";
import { goesLeft } from "../model/walk.ts";
import { type Explainer, type ExplanationKind, explanationWidth, isMatrix } from "./explainer.ts";
import { deepest, floatMeans, rootMeans } from "./means.ts";
import { type Condition, PathWalk } from "./paths.ts";
import { addContributions, addInteractions, symmetrize } from "./quadrature.ts";

const { fround } = Math;

/** Trees of a model that add to an output group: their number, and the group's place in their leaves. */
export function treesOf(
  model: Model,
  group: number,
  treeEnd: number,
): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (let t = 0; t < treeEnd; t++) {
    if (model.trees[t]!.leafVectors !== undefined) {
      found.push([t, group]);
    } else if (model.treeInfo[t] === group) {
      found.push([t, 0]);
    }
  }
  return found;
}

export class ReferenceExplainer implements Explainer {
  readonly #model: Model;
  readonly #rules: Rules;
  readonly #means: readonly Float32Array[];
  readonly #rootMeans: readonly Float64Array[];
  readonly #paths: PathWalk;

  constructor(model: Model, rules: Rules) {
    this.#model = model;
    this.#rules = rules;
    this.#means = model.trees.map((tree) => (tree.leafVectors ? new Float32Array(0) : floatMeans(tree)));
    this.#rootMeans = model.trees.map(rootMeans);
    this.#paths = new PathWalk(rules.shap === "paths" ? deepest(model) : 0, rules);
  }

  explain(
    rows: Float32Array,
    count: number,
    base: Float32Array,
    kind: ExplanationKind,
    treeEnd: number,
    out: Float32Array,
  ): void {
    const { numFeatures, numOutputGroups } = this.#model;
    const width = explanationWidth(kind, numFeatures, 1);
    out.fill(0);
    for (let i = 0; i < count * numOutputGroups; i++) {
      const row = Math.floor(i / numOutputGroups);
      const values = rows.subarray(row * numFeatures, (row + 1) * numFeatures);
      const part = out.subarray(i * width, (i + 1) * width);
      this.#explainGroup(values, i % numOutputGroups, base[i % base.length]!, kind, treeEnd, part);
    }
  }

  #explainGroup(
    row: Float32Array,
    group: number,
    base: number,
    kind: ExplanationKind,
    treeEnd: number,
    out: Float32Array,
  ): void {
    const columns = this.#model.numFeatures + 1;
    const exact = kind === "contribs" || kind === "interactions";
    if (exact && this.#rules.shap === "quadrature") {
      if (kind === "contribs") {
        this.#quadrature(row, group, base, treeEnd, out);
      } else {
        this.#quadratureInteractions(row, group, base, treeEnd, out);
      }
      return;
    }
    const total = isMatrix(kind) ? new Float32Array(columns) : out;
    if (exact) {
      this.#pathContributions(row, group, base, treeEnd, total);
    } else {
      this.#approximate(row, group, base, treeEnd, total);
    }
    if (isMatrix(kind)) {
      this.#pathInteractions(row, group, base, exact ? treeEnd : -1, total, out);
    }
  }

  #quadrature(row: Float32Array, group: number, base: number, treeEnd: number, out: Float32Array): void {
    for (const [t, member] of treesOf(this.#model, group, treeEnd)) {
      addContributions(this.#model, t, member, row, this.#rules, out, 0);
    }
    out[this.#model.numFeatures] = this.biases(treeEnd)[group]! + base;
  }

  #quadratureInteractions(
    row: Float32Array,
    group: number,
    base: number,
    treeEnd: number,
    out: Float32Array,
  ): void {
    const main = new Float32Array(this.#model.numFeatures + 1);
    for (const [t, member] of treesOf(this.#model, group, treeEnd)) {
      addInteractions(this.#model, t, member, row, this.#rules, main, out, 0);
    }
    main[this.#model.numFeatures] = this.biases(treeEnd)[group]! + base;
    symmetrize(main, main.length, out, 0);
  }

  /** Sums of the trees' means in double, rounded once; one a group. */
  biases(treeEnd: number): Float32Array {
    return Float32Array.from({ length: this.#model.numOutputGroups }, (_, group) => {
      let sum = 0;
      for (const [t, member] of treesOf(this.#model, group, treeEnd)) {
        sum += this.#rootMeans[t]![member]! * (this.#model.treeWeights?.[t] ?? 1);
      }
      return sum;
    });
  }

  /** `condition`: contributions with a feature held on or off, whose bias is the base margin alone. */
  #pathContributions(
    row: Float32Array,
    group: number,
    base: number,
    treeEnd: number,
    out: Float32Array,
    condition?: Condition,
  ): void {
    const { numFeatures, trees } = this.#model;
    for (const [t] of treesOf(this.#model, group, treeEnd)) {
      const phi = this.#phi(out);
      phi[numFeatures]! += condition === undefined ? this.#means[t]![0]! : 0;
      this.#paths.add(trees[t]!, row, phi, condition);
      this.#addWeighted(phi, t, out);
    }
    out[numFeatures]! += base;
  }

  /** Where a tree's contributions are summed. 0.90 has one sum for all trees, and no weights. */
  #phi(out: Float32Array): Float32Array {
    return this.#rules.treeContributions === "in one sum" ? out : new Float32Array(out.length);
  }

  #addWeighted(phi: Float32Array, t: number, out: Float32Array): void {
    if (phi === out) {
      return;
    }
    const weight = this.#model.treeWeights?.[t] ?? 1;
    for (let f = 0; f < phi.length; f++) {
      out[f]! += fround(phi[f]! * weight);
    }
  }

  /**
   * Half the difference that a feature makes to the contributions of the others. The approximation knows none, which
   * `treeEnd` -1 stands for: its differences are those of equal numbers, NaN where these are not finite.
   */
  #pathInteractions(
    row: Float32Array,
    group: number,
    base: number,
    treeEnd: number,
    total: Float32Array,
    out: Float32Array,
  ): void {
    const columns = total.length;
    for (let feature = 0; feature < columns; feature++) {
      const [on, off] = [true, false].map((held) => {
        if (treeEnd === -1) {
          return total;
        }
        const part = new Float32Array(columns);
        this.#pathContributions(row, group, base, treeEnd, part, { feature, on: held });
        return part;
      });
      addHeldDifferences(feature, total, on!, off!, out);
    }
  }

  /** Saabas: each split on the way down is credited with the change of the mean. */
  #approximate(row: Float32Array, group: number, base: number, treeEnd: number, out: Float32Array): void {
    const { numFeatures, trees } = this.#model;
    for (const [t] of treesOf(this.#model, group, treeEnd)) {
      const tree = trees[t]!;
      const means = this.#means[t]!;
      const phi = this.#phi(out);
      phi[numFeatures]! += means[0]!;
      let node = 0;
      while (tree.leftChildren[node] !== -1) {
        const feature = tree.splitIndices[node]!;
        const isLeft = goesLeft(tree, node, row[feature]!, this.#rules.outOfRangeCategory);
        const child = isLeft ? tree.leftChildren[node]! : tree.rightChildren[node]!;
        phi[feature]! += fround(means[child]! - means[node]!);
        node = child;
      }
      this.#addWeighted(phi, t, out);
    }
    out[numFeatures]! += base;
  }
}

/** A feature's row of the matrix: half the difference that holding it makes to the others, and what that leaves for itself. */
export function addHeldDifferences(
  feature: number,
  total: Float32Array,
  on: Float32Array,
  off: Float32Array,
  out: Float32Array,
): void {
  const columns = total.length;
  const row = out.subarray(feature * columns, (feature + 1) * columns);
  for (let k = 0; k < columns; k++) {
    row[k] = fround(on[k]! - off[k]!) / 2;
  }
  let rest = 0;
  for (let k = 0; k < columns; k++) {
    rest = fround(k === feature ? rest + total[k]! : rest - row[k]!);
  }
  row[feature] = rest;
}
