/** All that the views compute of a model: in one place, so that it runs in a worker, and in tests without one. */
import type { Booster } from "xgboost-infer";
import { type ResponseCurve, responseCurve } from "xgboost-infer/explain";
import type { Matrix } from "./beeswarm.ts";
import { type Domain, domainsOf } from "./domains.ts";
import { type Flip, pairFlip, singleFlips } from "./flips.ts";
import { rankPartners } from "./partners.ts";
import { type TreeTable, tableOf } from "./tree-table.ts";

/** Why one row has its score. */
export interface RowExplanation {
  /** One contribution a feature. */
  readonly contributions: Float64Array;
  /** E[f(x)]. */
  readonly base: number;
  /** Margins and values, one an output group as `predict` gives them. */
  readonly margins: Float32Array;
  readonly values: Float32Array;
  /** Ids of the leaves that the row reaches, one a tree; none for gblinear. */
  readonly leaves: Int32Array;
}

export interface TreeUse {
  readonly tree: number;
  /** Splits on the features, and their gain in sum; NaN where the file does not say. */
  readonly splits: number;
  readonly gain: number;
}

export interface Response {
  readonly curve: ResponseCurve;
  readonly values: Float32Array;
  readonly margins: Float32Array;
}

export interface Flips {
  readonly single: readonly Flip[];
  readonly pair: Flip | undefined;
}

export class Analyst {
  readonly #booster: Booster;
  #sample: { readonly features: Matrix; readonly contributions: Matrix } | undefined;
  #domains: readonly Domain[] = [];

  constructor(booster: Booster) {
    this.#booster = booster;
  }

  explainRow(row: Float32Array, group: number): RowExplanation {
    const booster = this.#booster;
    const rows = { data: row, rows: 1, cols: row.length };
    const width = booster.numFeatures + 1;
    const all = booster.predict(rows, { predContribs: true }).data;
    const contributions = Float64Array.from(all.subarray(group * width, (group + 1) * width));
    return {
      contributions: contributions.subarray(0, width - 1).slice(),
      base: contributions[width - 1]!,
      margins: booster.predictRow(row, { outputMargin: true }),
      values: booster.predictRow(row),
      leaves:
        booster.booster === "gblinear"
          ? new Int32Array(0)
          : Int32Array.from(booster.predict(rows, { predLeaf: true }).data),
    };
  }

  /** Keeps explained rows for `partners`. */
  keepSample(features: Matrix, contributions: Matrix): void {
    this.#sample = { features, contributions };
  }

  /** Features that a dependence plot of `feature` may be coloured by, most telling first, among the rows that were kept. */
  partners(feature: number): number[] {
    return this.#sample === undefined
      ? []
      : rankPartners(this.#sample.features, this.#sample.contributions, feature);
  }

  /** Domains of the features; they are kept for `flips`. */
  domains(sample: Matrix | undefined): readonly Domain[] {
    this.#domains = domainsOf(this.#booster, sample);
    return this.#domains;
  }

  /** The outputs of a row, and of all rows that differ from it in one feature only. */
  respond(row: Float32Array, feature: number, output: "value" | "margin"): Response {
    return {
      curve: responseCurve(this.#booster, row, feature, { output }),
      values: this.#booster.predictRow(row),
      margins: this.#booster.predictRow(row, { outputMargin: true }),
    };
  }

  flips(row: Float32Array, threshold: number, group: number): Flips {
    if (this.#domains.length === 0) {
      this.domains(undefined);
    }
    const options = { threshold, group, domains: this.#domains };
    return { single: singleFlips(this.#booster, row, options), pair: pairFlip(this.#booster, row, options) };
  }

  tree(index: number): TreeTable {
    return tableOf(this.#booster.tree(index));
  }

  /** Trees that split on one of some features. Others are heard in every `pause`. */
  async treesWith(
    features: readonly number[],
    pause: () => Promise<unknown> = async () => undefined,
  ): Promise<TreeUse[]> {
    const wanted = new Set(features);
    const uses: TreeUse[] = [];
    for (let tree = 0; tree < this.#booster.numTrees; tree++) {
      let [splits, gain] = [0, 0];
      for (const node of this.#booster.tree(tree).nodes) {
        if (node.kind === "split" && wanted.has(node.feature)) {
          splits++;
          gain += node.gain ?? Number.NaN;
        }
      }
      if (splits > 0) {
        uses.push({ tree, splits, gain });
      }
      if (tree % 32 === 31) {
        await pause();
      }
    }
    return uses;
  }
}
