/**
 * The WebAssembly engine: the loops of `assembly/kernel.ts` over tables in linear memory. The same walk as the JavaScript
 * engine's, three times as fast in batches: the compiler keeps eight walks in registers and checks no array bounds.
 */
import type { Layout } from "../compile/layout.ts";
import type { Engine } from "./engine.ts";
import { KERNEL } from "./kernel.ts";
import { type LockstepPlan, planLockstep } from "./lockstep.ts";
import { finishLeaf, walkOneByOne } from "./one-by-one.ts";

/** What of WebAssembly is used; declared here because the core compiles without any platform's types. */
interface Platform {
  readonly WebAssembly?: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
    readonly Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer };
  };
  readonly atob?: (text: string) => string;
}

/** The kernel's functions; addresses and byte counts are integers. */
interface Kernel {
  walkRows(
    tree: number,
    treeEnd: number,
    rows: number,
    rowsEnd: number,
    groupBytes: number,
    sums: number,
    sumBytes: number,
    values: number,
  ): void;
  sumTrees(tree: number, treeEnd: number, row: number, first: number, values: number): number;
  addTrees(tree: number, treeEnd: number, row: number, sums: number, values: number): void;
}

const LANES = 8;
const NODE_BYTES = 8;
const TREE_BYTES = 12;
/** Bytes of a slot, or of an output group's sums: a float32 for each lane. */
const SLOT_BYTES = 4 * LANES;
/** A node has 16 bits for the byte offset of its slot and 16 for the byte distance to its left child. */
const LIMITS = { maxDelta: Math.floor(0xffff / NODE_BYTES), maxSlots: 0x10000 / SLOT_BYTES };
/** Rows of a block share the first-level cache with the tree that walks them. */
const BLOCK_BYTES = 24 * 1024;
const MAX_BLOCK_GROUPS = 8;
/** Up to so many rows left over walk one by one, eight trees at a time; more fill a group whose other lanes idle. */
const MAX_SINGLE_ROWS = 3;
/** Trees whose leaves are looked up in one call, where leaves and not sums are wanted. */
const LEAF_TREES = 64;
const PAGE_BYTES = 65536;

let compiled: object | undefined;

/** The kernel's compiled module; `undefined` where WebAssembly is absent or a page's policy forbids it. */
function compileKernel(): object | undefined {
  const { WebAssembly, atob } = globalThis as Platform;
  if (compiled === undefined && WebAssembly !== undefined && atob !== undefined) {
    try {
      compiled = new WebAssembly.Module(
        Uint8Array.from(atob(KERNEL), (character) => character.charCodeAt(0)),
      );
    } catch {
      // A content policy forbids it: other engines give the same bits.
      return undefined;
    }
  }
  return compiled;
}

/** The engine; `undefined` without WebAssembly, or where no tree is one that it could walk itself. */
export function createWasmEngine(layout: Layout): WasmEngine | undefined {
  const plan = planLockstep(layout, LIMITS);
  const module = plan.runs.some((run) => run.lockstep) ? compileKernel() : undefined;
  return module === undefined ? undefined : new WasmEngine(layout, plan, module);
}

/** Byte addresses of the tables in linear memory. */
interface MemoryPlan {
  readonly trees: number;
  readonly nodes: number;
  readonly values: number;
  readonly rows: number;
  readonly sums: number;
  readonly ends: number;
  readonly size: number;
}

export class WasmEngine implements Engine {
  readonly name = "wasm";
  readonly #layout: Layout;
  readonly #plan: LockstepPlan;
  readonly #memory: MemoryPlan;
  readonly #kernel: Kernel;
  readonly #floats: Float32Array;
  readonly #words: Uint32Array;
  readonly #blockGroups: number;
  /** Bytes of one group of eight staged rows. */
  readonly #groupBytes: number;
  /** Bytes of the sums of one group of eight rows. */
  readonly #sumBytes: number;
  readonly #hasVectorLeaves: boolean;

  constructor(layout: Layout, plan: LockstepPlan, module: object) {
    const { Instance, Memory } = (globalThis as Platform).WebAssembly!;
    this.#layout = layout;
    this.#hasVectorLeaves = layout.vectorNodes > 0;
    this.#plan = plan;
    this.#groupBytes = SLOT_BYTES * Math.max(1, 2 * this.#plan.features.length);
    this.#sumBytes = SLOT_BYTES * layout.groups;
    this.#blockGroups = Math.max(1, Math.min(MAX_BLOCK_GROUPS, Math.floor(BLOCK_BYTES / this.#groupBytes)));
    this.#memory = planMemory(layout, this.#blockGroups, this.#groupBytes, this.#sumBytes);
    const memory = new Memory({ initial: Math.ceil(this.#memory.size / PAGE_BYTES) });
    this.#floats = new Float32Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#kernel = new Instance(module, { env: { memory } }).exports as Kernel;
    this.#writeTables();
  }

  addTrees(
    rows: Float32Array,
    numRows: number,
    margins: Float32Array,
    treeBegin: number,
    treeEnd: number,
  ): void {
    this.#walk(rows, numRows, margins, this.#layout.groups, treeBegin, treeEnd, false);
  }

  writeLeaves(rows: Float32Array, numRows: number, leaves: Float32Array, treeEnd: number): void {
    this.#walk(rows, numRows, leaves, treeEnd, 0, treeEnd, true);
  }

  #writeTables(): void {
    const { trees, treeOffsets, treeDepths, treeGroups, leftChildren, thresholds, leafValues } = this.#layout;
    const { slots } = this.#plan;
    const words = this.#words;
    let at = this.#memory.nodes / 4;
    for (let node = 0; node < leftChildren.length; node++) {
      const distance = (leftChildren[node]! - node) * NODE_BYTES;
      words[at++] = (distance << 16) | (slots[node]! * SLOT_BYTES);
      this.#floats[at++] = thresholds[node]!;
    }
    this.#floats.set(leafValues, this.#memory.values / 4);
    at = this.#memory.trees / 4;
    for (let t = 0; t < trees; t++) {
      words[at++] = this.#memory.nodes + treeOffsets[t]! * NODE_BYTES;
      words[at++] = treeDepths[t]!;
      words[at++] = treeGroups[t]! * SLOT_BYTES;
    }
  }

  #walk(
    rows: Float32Array,
    numRows: number,
    out: Float32Array,
    width: number,
    treeBegin: number,
    treeEnd: number,
    leaves: boolean,
  ): void {
    const blockRows = this.#blockGroups * LANES;
    for (let first = 0; first < numRows; first += blockRows) {
      const count = Math.min(blockRows, numRows - first);
      this.#stage(rows, first, count);
      for (const run of this.#plan.runs) {
        const begin = Math.max(run.begin, treeBegin);
        const end = Math.min(run.end, treeEnd);
        if (begin >= end) {
          continue;
        }
        if (!run.lockstep) {
          walkOneByOne(this.#layout, rows, first, count, begin, end, out, width, leaves);
        } else if (leaves || this.#hasVectorLeaves) {
          this.#finishLeaves(first, count, begin, end, out, width, leaves);
        } else {
          this.#addBlock(first, count, begin, end, out);
        }
      }
    }
  }

  /** Copies the used features of `count` rows into two slots each, −∞ and +∞ standing for missing. */
  #stage(rows: Float32Array, first: number, count: number): void {
    const { features } = this.#plan;
    const floats = this.#floats;
    const stride = this.#layout.features;
    for (let i = 0; i < count; i++) {
      const from = (first + i) * stride;
      let at = (this.#memory.rows + (i >> 3) * this.#groupBytes) / 4 + (i & 7);
      for (let f = 0; f < features.length; f++) {
        const value = rows[from + features[f]!]!;
        const missing = Number.isNaN(value);
        floats[at] = missing ? -Infinity : value;
        floats[at + LANES] = missing ? Infinity : value;
        at += 2 * LANES;
      }
    }
  }

  /** Adds trees to the margins of the staged rows: whole groups in lockstep, a few rows left over one by one. */
  #addBlock(first: number, count: number, begin: number, end: number, out: Float32Array): void {
    const left = count % LANES;
    const singles = left <= MAX_SINGLE_ROWS ? left : 0;
    const grouped = count - singles;
    if (grouped > 0) {
      this.#addGroups(first, grouped, begin, end, out);
    }
    for (let i = grouped; i < count; i++) {
      this.#addRow(i, first + i, begin, end, out);
    }
  }

  #addGroups(first: number, count: number, begin: number, end: number, out: Float32Array): void {
    const { groups } = this.#layout;
    const floats = this.#floats;
    const sums = this.#memory.sums / 4;
    for (let i = 0, at = first * groups; i < count; i++) {
      let to = sums + ((i >> 3) * this.#sumBytes) / 4 + (i & 7);
      for (let g = 0; g < groups; g++, to += LANES) {
        floats[to] = out[at++]!;
      }
    }
    this.#walkGroups(count, begin, end, this.#memory.sums, this.#memory.values - this.#memory.nodes / 2);
    for (let i = 0, at = first * groups; i < count; i++) {
      let from = sums + ((i >> 3) * this.#sumBytes) / 4 + (i & 7);
      for (let g = 0; g < groups; g++, from += LANES) {
        out[at++] = floats[from]!;
      }
    }
  }

  /** `values` 0: leaves instead of sums, into `sums`. */
  #walkGroups(count: number, begin: number, end: number, sums: number, values: number): void {
    const { trees, rows } = this.#memory;
    this.#kernel.walkRows(
      trees + begin * TREE_BYTES,
      trees + end * TREE_BYTES,
      rows,
      rows + Math.ceil(count / LANES) * this.#groupBytes,
      this.#groupBytes,
      sums,
      this.#sumBytes,
      values,
    );
  }

  /** Row `i` of the block, row `row` of the batch. */
  #addRow(i: number, row: number, begin: number, end: number, out: Float32Array): void {
    const { groups } = this.#layout;
    const { trees, rows, sums, values, nodes } = this.#memory;
    const from = trees + begin * TREE_BYTES;
    const to = trees + end * TREE_BYTES;
    const staged = rows + (i >> 3) * this.#groupBytes + (i & 7) * 4;
    const beside = values - nodes / 2;
    if (groups === 1) {
      out[row] = this.#kernel.sumTrees(from, to, staged, out[row]!, beside);
      return;
    }
    const floats = this.#floats;
    for (let g = 0; g < groups; g++) {
      floats[sums / 4 + g * LANES] = out[row * groups + g]!;
    }
    this.#kernel.addTrees(from, to, staged, sums, beside);
    for (let g = 0; g < groups; g++) {
      out[row * groups + g] = floats[sums / 4 + g * LANES]!;
    }
  }

  /** Looks the leaves up in lockstep and finishes each as its tree needs. */
  #finishLeaves(
    first: number,
    count: number,
    begin: number,
    end: number,
    out: Float32Array,
    width: number,
    leaves: boolean,
  ): void {
    const laneCount = Math.ceil(count / LANES) * LANES;
    for (let from = begin; from < end; from += LEAF_TREES) {
      const to = Math.min(from + LEAF_TREES, end);
      this.#walkGroups(count, from, to, this.#memory.ends, 0);
      for (let t = from; t < to; t++) {
        const at = this.#memory.ends / 4 + (t - from) * laneCount;
        for (let i = 0; i < count; i++) {
          const node = (this.#words[at + i]! - this.#memory.nodes) / NODE_BYTES;
          finishLeaf(this.#layout, t, node, (first + i) * width, out, leaves);
        }
      }
    }
  }
}

function planMemory(layout: Layout, blockGroups: number, groupBytes: number, sumBytes: number): MemoryPlan {
  let size = 1024;
  const take = (bytes: number): number => {
    const start = size;
    size = Math.ceil((start + bytes) / 64) * 64;
    return start;
  };
  const trees = take(layout.trees * TREE_BYTES);
  const nodes = take(layout.nodes * NODE_BYTES);
  const values = take(layout.nodes * 4);
  const rows = take(blockGroups * groupBytes);
  const sums = take(blockGroups * sumBytes);
  const ends = take(LEAF_TREES * blockGroups * LANES * 4);
  return { trees, nodes, values, rows, sums, ends, size };
}
