/** The approximation (Saabas): each split on the way down is credited with the change of the mean. All rules have the same one. */
import type { Model } from "../model/model.ts";
import type { Rules } from "../model/rules.ts";
import { goesLeft } from "../model/walk.ts";
import { type Explainer, type ExplanationKind, explanationWidth, isMatrix } from "./explainer.ts";
import { floatBiases, floatMeans } from "./means.ts";
import { addHeldDifferences } from "./reference.ts";

const { fround } = Math;

/** Answers approximations itself and leaves everything else to another explainer. */
export class WithApproximation implements Explainer {
  readonly #model: Model;
  readonly #rules: Rules;
  readonly #exact: Explainer;
  /** Made when the first approximation is asked for. */
  #means: readonly Float32Array[] | undefined;
  /** The tree's sums, 0 between trees. */
  readonly #phi: Float32Array;
  readonly #path: number[] = [];

  constructor(model: Model, rules: Rules, exact: Explainer) {
    this.#model = model;
    this.#rules = rules;
    this.#exact = exact;
    this.#phi = new Float32Array(model.numFeatures);
  }

  explain(
    rows: Float32Array,
    count: number,
    base: Float32Array,
    kind: ExplanationKind,
    treeEnd: number,
    out: Float32Array,
  ): void {
    if (kind !== "approxContribs" && kind !== "approxInteractions") {
      this.#exact.explain(rows, count, base, kind, treeEnd, out);
      return;
    }
    this.#means ??= this.#model.trees.map(floatMeans);
    const means = this.#means;
    const { numFeatures, numOutputGroups: groups } = this.#model;
    const columns = numFeatures + 1;
    const biases = floatBiases(this.#model, this.#rules, (t) => means[t]![0]!, treeEnd);
    const totals = isMatrix(kind) ? new Float32Array(count * groups * columns) : out;
    totals.fill(0);
    for (let row = 0; row < count; row++) {
      this.#addTrees(rows, row * numFeatures, means, treeEnd, totals, row * groups * columns);
    }
    for (let i = 0; i < count * groups; i++) {
      totals[(i + 1) * columns - 1] = biases[i % groups]! + base[i % base.length]!;
    }
    const width = explanationWidth(kind, numFeatures, 1);
    for (let i = 0; isMatrix(kind) && i < count * groups; i++) {
      const total = totals.subarray(i * columns, (i + 1) * columns);
      for (let feature = 0; feature < columns; feature++) {
        addHeldDifferences(feature, total, total, total, out.subarray(i * width, (i + 1) * width));
      }
    }
  }

  #addTrees(
    rows: Float32Array,
    row: number,
    means: readonly Float32Array[],
    treeEnd: number,
    out: Float32Array,
    start: number,
  ): void {
    const { trees, treeInfo, treeWeights, numFeatures } = this.#model;
    const inOneSum = this.#rules.treeContributions === "in one sum";
    const path = this.#path;
    const phi = this.#phi;
    for (let t = 0; t < treeEnd; t++) {
      const { leftChildren, rightChildren, splitIndices } = trees[t]!;
      const mean = means[t]!;
      const at = start + treeInfo[t]! * (numFeatures + 1);
      let length = 0;
      for (let node = 0; leftChildren[node] !== -1; ) {
        const feature = splitIndices[node]!;
        const isLeft = goesLeft(trees[t]!, node, rows[row + feature]!, this.#rules.outOfRangeCategory);
        const child = isLeft ? leftChildren[node]! : rightChildren[node]!;
        const change = fround(mean[child]! - mean[node]!);
        if (inOneSum) {
          out[at + feature]! += change;
        } else {
          phi[feature]! += change;
          path[length++] = feature;
        }
        node = child;
      }
      const weight = treeWeights?.[t] ?? 1;
      // A feature that is met again has 0 left, which changes no sum.
      for (let i = 0; i < length; i++) {
        const feature = path[i]!;
        out[at + feature]! += fround(phi[feature]! * weight);
        phi[feature] = 0;
      }
    }
  }
}
