/** The slow, obvious engine: walks the neutral model as XGBoost's rules read. It judges all others. */
import type { Model, Tree } from "../model/model.ts";
import { type Rules, zeroOf } from "../model/rules.ts";
import { goesLeft } from "../model/walk.ts";
import type { Engine } from "./engine.ts";

export class ReferenceEngine implements Engine {
  readonly name = "reference";
  readonly #model: Model;
  readonly #rules: Rules;

  constructor(model: Model, rules: Rules) {
    this.#model = model;
    this.#rules = rules;
  }

  addTrees(
    rows: Float32Array,
    numRows: number,
    margins: Float32Array,
    treeBegin: number,
    treeEnd: number,
  ): void {
    const { numFeatures, numOutputGroups, trees, treeInfo, treeWeights } = this.#model;
    const zero = zeroOf(this.#model, this.#rules);
    for (let row = 0; row < numRows; row++) {
      const values = rows.subarray(row * numFeatures, (row + 1) * numFeatures);
      for (let t = treeBegin; t < treeEnd; t++) {
        const tree = trees[t]!;
        const leaf = this.#leaf(tree, values);
        const weight = treeWeights?.[t] ?? 1;
        for (let j = 0; j < tree.leafSize; j++) {
          const at = row * numOutputGroups + treeInfo[t]! + j;
          const value = tree.leafVectors
            ? tree.leafVectors[tree.leafVectorStart![leaf]! + j]!
            : tree.splitConditions[leaf]!;
          margins[at] = Math.fround(margins[at]! + Math.fround((value + zero) * weight));
        }
      }
    }
  }

  writeLeaves(rows: Float32Array, numRows: number, leaves: Float32Array, treeEnd: number): void {
    const { numFeatures, trees } = this.#model;
    for (let row = 0; row < numRows; row++) {
      const values = rows.subarray(row * numFeatures, (row + 1) * numFeatures);
      for (let t = 0; t < treeEnd; t++) {
        const leaf = this.#leaf(trees[t]!, values);
        leaves[row * treeEnd + t] = trees[t]!.nodeIds?.[leaf] ?? leaf;
      }
    }
  }

  #leaf(tree: Tree, values: Float32Array): number {
    let node = 0;
    while (tree.leftChildren[node] !== -1) {
      node = goesLeft(tree, node, values[tree.splitIndices[node]!]!, this.#rules.outOfRangeCategory)
        ? tree.leftChildren[node]!
        : tree.rightChildren[node]!;
    }
    return node;
  }
}
