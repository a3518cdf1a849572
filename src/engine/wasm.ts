/**
 * The WebAssembly engine: the loops of `assembly/kernel.ts` over tables in linear memory. The same walk as the JavaScript
 * engine's, three times as fast in batches: the compiler keeps eight walks in registers and checks no array bounds.
 */
import type { Layout } from "../compile/layout.ts";
import type { Engine } from "./engine.ts";
import { KERNEL } from "./kernel.ts";
import { finishLeaf, walkOneByOne } from "./one-by-one.ts";
import { LANES, LEAF_TREES, TREE_BYTES, type TreeRun, WasmTables } from "./wasm-tables.ts";

interface LinearMemory {
  readonly buffer: ArrayBuffer;
}

/** What of WebAssembly is used; declared here because the core compiles without any platform's types. */
interface Platform {
  readonly WebAssembly?: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
    readonly Memory: new (descriptor: { initial: number }) => LinearMemory;
  };
}

/** The kernel's functions; addresses and byte counts are integers. */
interface Kernel {
  readonly linkedRows: WalkRows;
  readonly heapRows: WalkRows;
  readonly linkedSum: SumRow;
  readonly heapSum: SumRow;
  readonly linkedAdd: AddRow;
  readonly heapAdd: AddRow;
}

type WalkRows = (
  tree: number,
  treeEnd: number,
  rows: number,
  rowsEnd: number,
  groupBytes: number,
  sums: number,
  sumBytes: number,
  ends: number,
) => void;
type SumRow = (tree: number, treeEnd: number, row: number, first: number) => number;
type AddRow = (tree: number, treeEnd: number, row: number, sums: number) => void;

/** Up to so many rows left over walk one by one, eight trees at a time; more fill a group whose other lanes idle. */
const MAX_SINGLE_ROWS = 3;
const PAGE_BYTES = 65536;

let compiled: object | undefined;

/** The kernel's compiled module; `undefined` where WebAssembly is absent or a page's policy forbids it. */
function compileKernel(): object | undefined {
  const { WebAssembly } = globalThis as Platform;
  if (compiled === undefined && WebAssembly !== undefined) {
    try {
      const bytes = Uint8Array.from({ length: KERNEL.length / 2 }, (_, i) =>
        Number.parseInt(KERNEL.slice(2 * i, 2 * i + 2), 16),
      );
      compiled = new WebAssembly.Module(bytes);
    } catch {
      // A content policy forbids it: other engines give the same bits.
      return undefined;
    }
  }
  return compiled;
}

/** The engine; `undefined` without WebAssembly, or where no tree is one that it could walk itself. */
export function createWasmEngine(layout: Layout): WasmEngine | undefined {
  const tables = new WasmTables(layout);
  const module = tables.useful ? compileKernel() : undefined;
  const memory = module === undefined ? undefined : allocate(tables.addresses.size);
  return module === undefined || memory === undefined ? undefined : new WasmEngine(tables, module, memory);
}

/** Linear memory, or nothing where the platform does not have as much: 4 GiB at most, often less. */
function allocate(bytes: number): LinearMemory | undefined {
  try {
    return new (globalThis as Platform).WebAssembly!.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
  } catch {
    return undefined;
  }
}

class WasmEngine implements Engine {
  readonly name = "wasm";
  readonly #layout: Layout;
  readonly #tables: WasmTables;
  readonly #kernel: Kernel;
  readonly #floats: Float32Array;
  readonly #words: Uint32Array;
  readonly #hasVectorLeaves: boolean;

  constructor(tables: WasmTables, module: object, memory: LinearMemory) {
    const { Instance } = (globalThis as Platform).WebAssembly!;
    this.#tables = tables;
    this.#layout = tables.layout;
    this.#hasVectorLeaves = this.#layout.vectorNodes > 0;
    this.#floats = new Float32Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#kernel = new Instance(module, { env: { memory } }).exports as Kernel;
    tables.write(this.#words, this.#floats);
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

  #walk(
    rows: Float32Array,
    numRows: number,
    out: Float32Array,
    width: number,
    treeBegin: number,
    treeEnd: number,
    leaves: boolean,
  ): void {
    const blockRows = this.#tables.blockGroups * LANES;
    for (let first = 0; first < numRows; first += blockRows) {
      const count = Math.min(blockRows, numRows - first);
      this.#stage(rows, first, count);
      for (const run of this.#tables.runs) {
        const begin = Math.max(run.begin, treeBegin);
        const end = Math.min(run.end, treeEnd);
        if (begin >= end) {
          continue;
        }
        if (run.layout === "single") {
          walkOneByOne(this.#layout, rows, first, count, begin, end, out, width, leaves);
        } else if (leaves || this.#hasVectorLeaves) {
          this.#finishLeaves(run, first, count, begin, end, out, width, leaves);
        } else {
          this.#addBlock(run, first, count, begin, end, out);
        }
      }
    }
  }

  /** Copies the used features of `count` rows into two slots each, −∞ and +∞ standing for missing. */
  #stage(rows: Float32Array, first: number, count: number): void {
    const { features, addresses, groupBytes } = this.#tables;
    const floats = this.#floats;
    const stride = this.#layout.features;
    for (let i = 0; i < count; i++) {
      const from = (first + i) * stride;
      let at = (addresses.rows + (i >> 3) * groupBytes) / 4 + (i & 7);
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
  #addBlock(run: TreeRun, first: number, count: number, begin: number, end: number, out: Float32Array): void {
    const left = count % LANES;
    const singles = left <= MAX_SINGLE_ROWS ? left : 0;
    const grouped = count - singles;
    if (grouped > 0) {
      this.#addGroups(run, first, grouped, begin, end, out);
    }
    for (let i = grouped; i < count; i++) {
      this.#addRow(run, i, first + i, begin, end, out);
    }
  }

  #addGroups(
    run: TreeRun,
    first: number,
    count: number,
    begin: number,
    end: number,
    out: Float32Array,
  ): void {
    const { groups } = this.#layout;
    const { addresses, sumBytes } = this.#tables;
    const floats = this.#floats;
    const sums = addresses.sums / 4;
    for (let i = 0, at = first * groups; i < count; i++) {
      let to = sums + ((i >> 3) * sumBytes) / 4 + (i & 7);
      for (let g = 0; g < groups; g++, to += LANES) {
        floats[to] = out[at++]!;
      }
    }
    this.#walkGroups(run, count, begin, end, 0);
    for (let i = 0, at = first * groups; i < count; i++) {
      let from = sums + ((i >> 3) * sumBytes) / 4 + (i & 7);
      for (let g = 0; g < groups; g++, from += LANES) {
        out[at++] = floats[from]!;
      }
    }
  }

  /** `ends` not 0: the places where the walks ended go there, and the sums stay as they are. */
  #walkGroups(run: TreeRun, count: number, begin: number, end: number, ends: number): void {
    const { addresses, groupBytes, sumBytes } = this.#tables;
    const walk = run.layout === "heap" ? this.#kernel.heapRows : this.#kernel.linkedRows;
    walk(
      addresses.trees + begin * TREE_BYTES,
      addresses.trees + end * TREE_BYTES,
      addresses.rows,
      addresses.rows + Math.ceil(count / LANES) * groupBytes,
      groupBytes,
      addresses.sums,
      sumBytes,
      ends,
    );
  }

  /** Row `i` of the block, row `row` of the batch. */
  #addRow(run: TreeRun, i: number, row: number, begin: number, end: number, out: Float32Array): void {
    const { groups } = this.#layout;
    const { addresses, groupBytes } = this.#tables;
    const { heapSum, linkedSum, heapAdd, linkedAdd } = this.#kernel;
    const heap = run.layout === "heap";
    const from = addresses.trees + begin * TREE_BYTES;
    const to = addresses.trees + end * TREE_BYTES;
    const staged = addresses.rows + (i >> 3) * groupBytes + (i & 7) * 4;
    if (groups === 1) {
      out[row] = heap ? heapSum(from, to, staged, out[row]!) : linkedSum(from, to, staged, out[row]!);
      return;
    }
    const floats = this.#floats;
    const sums = addresses.sums / 4;
    for (let g = 0; g < groups; g++) {
      floats[sums + g * LANES] = out[row * groups + g]!;
    }
    (heap ? heapAdd : linkedAdd)(from, to, staged, addresses.sums);
    for (let g = 0; g < groups; g++) {
      out[row * groups + g] = floats[sums + g * LANES]!;
    }
  }

  /** Looks the leaves up in lockstep and finishes each as its tree needs. */
  #finishLeaves(
    run: TreeRun,
    first: number,
    count: number,
    begin: number,
    end: number,
    out: Float32Array,
    width: number,
    leaves: boolean,
  ): void {
    const { ends } = this.#tables.addresses;
    const laneCount = Math.ceil(count / LANES) * LANES;
    for (let from = begin; from < end; from += LEAF_TREES) {
      const to = Math.min(from + LEAF_TREES, end);
      this.#walkGroups(run, count, from, to, ends);
      for (let t = from; t < to; t++) {
        const at = ends / 4 + (t - from) * laneCount;
        for (let i = 0; i < count; i++) {
          const node = this.#tables.nodeAt(t, this.#words[at + i]!);
          finishLeaf(this.#layout, t, node, (first + i) * width, out, leaves);
        }
      }
    }
  }
}
