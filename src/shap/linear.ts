/** Contributions of a linear model: each product of value and weight; the bias has the rest. The approximation is the same. */
import type { LinearModel } from "../model/model.ts";
import type { Explainer, ExplanationKind } from "./explainer.ts";

export class LinearExplainer implements Explainer {
  readonly #linear: LinearModel;
  readonly #features: number;
  readonly #groups: number;

  constructor(linear: LinearModel, numFeatures: number, groups: number) {
    this.#linear = linear;
    this.#features = numFeatures;
    this.#groups = groups;
  }

  explain(
    rows: Float32Array,
    count: number,
    base: Float32Array,
    _kind: ExplanationKind,
    _treeEnd: number,
    out: Float32Array,
  ): void {
    const { weights } = this.#linear;
    const [features, groups] = [this.#features, this.#groups];
    for (let i = 0; i < count * groups; i++) {
      const row = Math.floor(i / groups) * features;
      const at = i * (features + 1);
      for (let f = 0; f < features; f++) {
        const value = rows[row + f]!;
        out[at + f] = Number.isNaN(value) ? 0 : value * (weights[f * groups + (i % groups)] ?? 0);
      }
      out[at + features] = (weights[features * groups + (i % groups)] ?? 0) + base[i % base.length]!;
    }
  }
}
