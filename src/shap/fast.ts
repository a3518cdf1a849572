/**
 * The fast explainer by quadrature: the tables of `src/shap/tables.ts`, walked by WebAssembly for four
 * rows at a time, or by JavaScript for one. Same operations, same order, same bits as the reference. No approximations.
 */

import type { Model } from "../model/model.ts";
import type { Rules } from "../model/rules.ts";
import { goesLeft } from "../model/walk.ts";
import { allocateMemory, compileKernel, instantiate } from "../wasm/platform.ts";
import { type Explainer, type ExplanationKind, explanationWidth } from "./explainer.ts";
import { JavaScriptKernel } from "./javascript.ts";
import { SHAP_KERNEL } from "./kernel.ts";
import { symmetrize } from "./quadrature.ts";
import { ReferenceExplainer } from "./reference.ts";
import { FEATURE_BYTES, LANES, ShapTables, TREE_BYTES, VECTOR_BYTES } from "./tables.ts";

interface Kernel {
  /** Adds trees to the sums of the staged rows. Addresses, but `count`: of features; `pairs` 0: contributions alone. */
  explain(
    tree: number,
    treeEnd: number,
    stack: number,
    features: number,
    sums: number,
    pairs: number,
    path: number,
    count: number,
  ): void;
}

/** Of interactions' sums; more of them go row by row, to the reference. */
const MAX_BYTES = 2 ** 28;

/** The fastest explainer of the platform; `wasm` false: JavaScript. */
export function createFastExplainer(
  model: Model,
  rules: Rules,
  maxDepth: number,
  wasm: boolean,
  withPairs = false,
): Explainer {
  const tables = new ShapTables(model, maxDepth, withPairs);
  if (withPairs && tables.addresses.size > MAX_BYTES) {
    return new ReferenceExplainer(model, rules);
  }
  const found = wasm ? createKernel(tables.addresses.size) : undefined;
  const buffer = found?.buffer ?? new ArrayBuffer(tables.addresses.size);
  return new FastExplainer(tables, rules, buffer, found?.kernel, () =>
    createFastExplainer(model, rules, maxDepth, wasm, true),
  );
}

/** The kernel, or nothing where WebAssembly and its vectors, or as much memory, are not to be had. */
function createKernel(size: number): { kernel: Kernel; buffer: ArrayBuffer } | undefined {
  const module = compileKernel(SHAP_KERNEL);
  const memory = module === undefined ? undefined : allocateMemory(size);
  return module === undefined || memory === undefined
    ? undefined
    : { kernel: instantiate(module, memory) as Kernel, buffer: memory.buffer };
}

class FastExplainer implements Explainer {
  readonly #tables: ShapTables;
  readonly #rules: Rules;
  readonly #kernel: Kernel;
  /** Rows that the kernel explains at a time. */
  readonly #lanes: number;
  readonly #words: Uint32Array;
  readonly #floats: Float32Array;
  readonly #reference: ReferenceExplainer;

  readonly #createTwin: () => Explainer;
  /** The explainer of interactions, made when the first are asked for. */
  #twin: Explainer | undefined;

  constructor(
    tables: ShapTables,
    rules: Rules,
    buffer: ArrayBuffer,
    kernel: Kernel | undefined,
    createTwin: () => Explainer,
  ) {
    this.#createTwin = createTwin;
    this.#tables = tables;
    this.#rules = rules;
    this.#words = new Uint32Array(buffer, 0, buffer.byteLength >> 2);
    this.#floats = new Float32Array(buffer, 0, buffer.byteLength >> 2);
    this.#kernel = kernel ?? new JavaScriptKernel(this.#words, this.#floats);
    this.#lanes = kernel === undefined ? 1 : LANES;
    this.#reference = new ReferenceExplainer(tables.model, rules);
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
    const { model, addresses, entriesBefore, features } = this.#tables;
    if (kind === "interactions" && addresses.pairs === 0) {
      this.#twin ??= this.#createTwin();
      this.#twin.explain(rows, count, base, kind, treeEnd, out);
      return;
    }
    const { numFeatures, numOutputGroups } = model;
    const biases = this.#reference.biases(treeEnd);
    const width = explanationWidth(kind, numFeatures, numOutputGroups);
    const main = new Float32Array(numOutputGroups * (numFeatures + 1));
    out.fill(0);
    for (let first = 0; first < count; first += this.#lanes) {
      const lanes = Math.min(this.#lanes, count - first);
      this.#stage(rows, first, lanes);
      const last = addresses.trees + entriesBefore[treeEnd]! * TREE_BYTES;
      const { trees, stack, sums, pairs, path } = addresses;
      this.#kernel.explain(trees, last, stack, addresses.features, sums, pairs, path, features.length);
      for (let lane = 0; lane < lanes; lane++) {
        const index = (first + lane) * numOutputGroups;
        const at = (first + lane) * width;
        if (pairs === 0) {
          this.#unstage(lane, index, biases, base, out, at);
        } else {
          this.#unstage(lane, index, biases, base, main, 0);
          this.#unstagePairs(lane, main, out, at);
        }
      }
    }
  }

  /** Lanes without a row repeat the last one. */
  #stage(rows: Float32Array, first: number, lanes: number): void {
    const { model, features, addresses, categoricalNodes } = this.#tables;
    const floats = this.#floats;
    const start = (lane: number): number => (first + Math.min(lane, lanes - 1)) * model.numFeatures;
    for (let lane = 0; lane < this.#lanes; lane++) {
      const row = start(lane);
      let at = addresses.features / 4 + lane;
      for (const feature of features) {
        floats[at] = rows[row + feature]!;
        at += FEATURE_BYTES / 4;
      }
      for (const { tree, node, address } of categoricalNodes) {
        const value = rows[row + tree.splitIndices[node]!]!;
        const isLeft = goesLeft(tree, node, value, this.#rules.outOfRangeCategory);
        this.#words[address / 4 + lane] = isLeft ? 0xffffffff : 0;
      }
    }
    const sums = addresses.sums / 4;
    floats.fill(0, sums, sums + (features.length * model.numOutputGroups * VECTOR_BYTES) / 4);
    if (addresses.pairs > 0) {
      floats.fill(0, addresses.pairs / 4, addresses.size / 4);
    }
  }

  /** Writes a row's sums and biases; `index` is that of its first output group. */
  #unstage(
    lane: number,
    index: number,
    biases: Float32Array,
    base: Float32Array,
    out: Float32Array,
    at: number,
  ): void {
    const { model, features, addresses } = this.#tables;
    const columns = model.numFeatures + 1;
    let from = addresses.sums / 4 + lane;
    for (let group = 0; group < model.numOutputGroups; group++) {
      for (const feature of features) {
        out[at + group * columns + feature] = this.#floats[from]!;
        from += LANES;
      }
      out[at + (group + 1) * columns - 1] = biases[group]! + base[(index + group) % base.length]!;
    }
  }

  /** Writes a row's interactions, a matrix an output group; `main` has the effects of features alone. */
  #unstagePairs(lane: number, main: Float32Array, out: Float32Array, start: number): void {
    const { model, features, addresses } = this.#tables;
    const columns = model.numFeatures + 1;
    let from = addresses.pairs / 4 + lane;
    for (let group = 0; group < model.numOutputGroups; group++) {
      const at = start + group * columns * columns;
      for (const feature of features) {
        for (const other of features) {
          out[at + feature * columns + other] = this.#floats[from]!;
          from += LANES;
        }
      }
      symmetrize(main.subarray(group * columns, (group + 1) * columns), columns, out, at);
    }
  }
}
