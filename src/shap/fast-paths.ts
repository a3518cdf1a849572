/**
 * The fast explainer by paths: the tables of `src/shap/path-tables.ts`, walked by WebAssembly. Same operations, same order,
 * same bits as the reference, which explains all else. Contributions and interactions, no approximations.
 */

import type { Model } from "../model/model.ts";
import type { Rules } from "../model/rules.ts";
import { goesLeft } from "../model/walk.ts";
import { allocateMemory, compileKernel, instantiate } from "../wasm/platform.ts";
import { type Explainer, type ExplanationKind, explanationWidth } from "./explainer.ts";
import { floatBiases, floatMeans } from "./means.ts";
import { PATH_KERNEL } from "./path-kernel.ts";
import { FEATURE_BYTES, PathTables, TREE_BYTES } from "./path-tables.ts";
import { addHeldDifferences } from "./reference.ts";

interface Kernel {
  /** Adds trees to the sums of the staged row. Addresses, but `levels`; `condition`: the feature that is held on or off, or 0. */
  explain(
    tree: number,
    treeEnd: number,
    stack: number,
    counts: number,
    levels: number,
    condition: number,
    isOn: boolean,
    inOneSum: boolean,
  ): void;
}

/** Nothing where WebAssembly and its vectors, or as much memory, are not to be had. */
export function createPathExplainer(model: Model, rules: Rules, maxDepth: number): Explainer | undefined {
  const tables = new PathTables(model, maxDepth);
  const module = compileKernel(PATH_KERNEL);
  const memory = module === undefined ? undefined : allocateMemory(tables.addresses.size);
  return module === undefined || memory === undefined
    ? undefined
    : new PathExplainer(tables, rules, memory.buffer, instantiate(module, memory) as Kernel);
}

class PathExplainer implements Explainer {
  readonly #tables: PathTables;
  readonly #rules: Rules;
  readonly #kernel: Kernel;
  readonly #words: Uint32Array;
  readonly #floats: Float32Array;
  readonly #rootMeans: Float32Array;

  constructor(tables: PathTables, rules: Rules, buffer: ArrayBuffer, kernel: Kernel) {
    this.#tables = tables;
    this.#rules = rules;
    this.#words = new Uint32Array(buffer);
    this.#floats = new Float32Array(buffer);
    this.#kernel = kernel;
    this.#rootMeans = Float32Array.from(tables.model.trees, (tree) => floatMeans(tree)[0]!);
    tables.write(this.#words, this.#floats);
  }

  explain(
    rows: Float32Array,
    count: number,
    base: Float32Array,
    kind: ExplanationKind,
    treeEnd: number,
    out: Float32Array,
  ): void {
    const { model } = this.#tables;
    const { numFeatures, numOutputGroups } = model;
    const biases = floatBiases(model, this.#rules, (t) => this.#rootMeans[t]!, treeEnd);
    const width = explanationWidth(kind, numFeatures, numOutputGroups);
    const totals = new Float32Array(numOutputGroups * (numFeatures + 1));
    out.fill(0);
    for (let row = 0; row < count; row++) {
      const own = base.length > numOutputGroups ? base.subarray(row * numOutputGroups) : base;
      const part = out.subarray(row * width, (row + 1) * width);
      this.#stage(rows, row * numFeatures);
      this.#sum(treeEnd, biases, own, kind === "contribs" ? part : totals);
      if (kind === "interactions") {
        this.#interactions(treeEnd, own, totals, part);
      }
    }
  }

  #stage(rows: Float32Array, row: number): void {
    const { features, addresses, categoricalNodes } = this.#tables;
    let at = addresses.features / 4;
    for (const feature of features) {
      this.#floats[at] = rows[row + feature]!;
      at += FEATURE_BYTES / 4;
    }
    for (const { tree, node, address } of categoricalNodes) {
      const value = rows[row + tree.splitIndices[node]!]!;
      this.#words[address / 4] = goesLeft(tree, node, value, this.#rules.outOfRangeCategory) ? 1 : 0;
    }
  }

  /** Writes the staged row's sums and biases, a vector an output group; `condition` is a held feature's address. */
  #sum(
    treeEnd: number,
    biases: Float32Array | undefined,
    base: Float32Array,
    out: Float32Array,
    condition = 0,
    isOn = false,
  ): void {
    const { model, features, addresses, entriesBefore, levels } = this.#tables;
    const { trees, stack, counts } = addresses;
    const columns = model.numFeatures + 1;
    const floats = this.#floats;
    let from = addresses.sums / 4;
    floats.fill(0, from, from + features.length * model.numOutputGroups);
    const inOneSum = this.#rules.treeContributions === "in one sum";
    const last = trees + entriesBefore[treeEnd]! * TREE_BYTES;
    this.#kernel.explain(trees, last, stack, counts, levels, condition, isOn, inOneSum);
    for (let group = 0; group < model.numOutputGroups; group++) {
      for (const feature of features) {
        out[group * columns + feature] = floats[from++]!;
      }
      out[(group + 1) * columns - 1] = (biases?.[group] ?? 0) + base[group % base.length]!;
    }
  }

  #interactions(treeEnd: number, base: Float32Array, totals: Float32Array, out: Float32Array): void {
    const { numFeatures, numOutputGroups } = this.#tables.model;
    const columns = numFeatures + 1;
    const [on, off] = [new Float32Array(totals.length), new Float32Array(totals.length)];
    for (let feature = 0; feature < columns; feature++) {
      const condition = this.#tables.addressOf(feature);
      this.#sum(treeEnd, undefined, base, on, condition, true);
      this.#sum(treeEnd, undefined, base, off, condition, false);
      for (let group = 0; group < numOutputGroups; group++) {
        const [start, end] = [group * columns, (group + 1) * columns];
        const total = totals.subarray(start, end);
        const matrix = out.subarray(start * columns, end * columns);
        addHeldDifferences(feature, total, on.subarray(start, end), off.subarray(start, end), matrix);
      }
    }
  }
}
