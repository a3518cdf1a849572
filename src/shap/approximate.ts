/** The approximation (Saabas): each split on the way down is credited with the change of the mean. All rules have the same one. */
import type { Model } from "../model/model.ts";
import type { Rules } from "../model/rules.ts";
import { goesLeft } from "../model/walk.ts";
import { type Explainer, type ExplanationKind, explanationWidth, isMatrix } from "./explainer.ts";
import { floatBiases, floatMeans } from "./means.ts";
import { addHeldDifferences } from "./reference.ts";

const { fround } = Math;
/** Rows that walk a tree while it is in the cache: 500 trees in 110 µs a row, where row by row takes 155. */
const BLOCK_ROWS = 128;

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
    for (let first = 0; first < count; first += BLOCK_ROWS) {
      const end = Math.min(first + BLOCK_ROWS, count);
      for (let t = 0; t < treeEnd; t++) {
        this.#addTree(rows, first, end, t, means[t]!, totals);
      }
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

  #addTree(
    rows: Float32Array,
    first: number,
    end: number,
    t: number,
    mean: Float32Array,
    out: Float32Array,
  ): void {
    const { treeInfo, treeWeights, numFeatures, numOutputGroups } = this.#model;
    const tree = this.#model.trees[t]!;
    const { leftChildren, rightChildren, splitIndices } = tree;
    const { outOfRangeCategory, treeContributions } = this.#rules;
    const weight = treeWeights?.[t] ?? 1;
    const path = this.#path;
    const phi = this.#phi;
    for (let row = first; row < end; row++) {
      const at = (row * numOutputGroups + treeInfo[t]!) * (numFeatures + 1);
      let length = 0;
      for (let node = 0; leftChildren[node] !== -1; ) {
        const feature = splitIndices[node]!;
        const isLeft = goesLeft(tree, node, rows[row * numFeatures + feature]!, outOfRangeCategory);
        const child = isLeft ? leftChildren[node]! : rightChildren[node]!;
        const change = fround(mean[child]! - mean[node]!);
        if (treeContributions === "in one sum") {
          out[at + feature]! += change;
        } else {
          phi[feature]! += change;
          path[length++] = feature;
        }
        node = child;
      }
      // A feature that is met again has 0 left, which changes no sum.
      for (let i = 0; i < length; i++) {
        const feature = path[i]!;
        out[at + feature]! += fround(phi[feature]! * weight);
        phi[feature] = 0;
      }
    }
  }
}
