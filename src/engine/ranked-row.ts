/** Single rows in the ranked engine: eight trees at a time, by the loops of `assembly/ranked.ts` over their own tables. */
import type { Layout } from "../compile/layout.ts";
import { Arena, allocateMemory, instantiate, type LinearMemory, Views } from "./platform.ts";
import { RankSearch, type SearchPlaces, SLOT_BYTES, stageRows } from "./rank-search.ts";
import type { RankPlan } from "./ranks.ts";

const CHUNK_TREES = 8;
/** An int32. */
const ROW_SLOT_BYTES = 4;
/** Node i of all eight trees of a chunk, four bytes each. */
const HEAP_NODE_BYTES = 4 * CHUNK_TREES;
const LINKED_NODE_BYTES = 8;
const LINKED_TREE_BYTES = 16;
/** A chunk is filled up to complete trees where that adds at most so many times the leaves. */
const MAX_FILL = 2;
const MAX_HEAP_DEPTH = 12;
/** Where the ranks of the row stand (`ROW_RANKS` of the kernel), and the end of the last slot that there can be. */
const ROW_RANKS = 1024;
const MAX_SLOTS = 2 ** 16 / SLOT_BYTES;
const FIRST_ADDRESS = ROW_RANKS + MAX_SLOTS * ROW_SLOT_BYTES;

interface Kernel {
  readonly rankRow: (column: number, columnEnd: number, values: number) => void;
  readonly heapSum: (
    chunk: number,
    chunkEnd: number,
    chunkBytes: number,
    depth: number,
    first: number,
  ) => number;
  readonly heapAdd: (
    chunk: number,
    chunkEnd: number,
    chunkBytes: number,
    depth: number,
    groups: number,
    sums: number,
  ) => void;
  readonly heapValue: (node: number, depth: number) => number;
  readonly linkedSum: (tree: number, treeEnd: number, first: number) => number;
  readonly linkedAdd: (tree: number, treeEnd: number, sums: number) => void;
}

/** Neighbouring trees that are walked the same way. */
interface Run {
  readonly kind: "heap" | "linked";
  readonly begin: number;
  readonly end: number;
  /** Of a heap run: steps of each tree, bytes of a chunk, address of the first chunk. */
  readonly depth: number;
  readonly chunkBytes: number;
  readonly chunks: number;
}

/** Where everything stands. */
interface Addresses {
  /** Byte offset of each tree's sum. */
  readonly groups: number;
  /** Records of linked trees, at 16 × the tree's number. */
  readonly trees: number;
  readonly nodes: number;
  readonly leaves: number;
  readonly values: number;
  readonly sums: number;
}

/** What stands where in linear memory. Plain data, with which another thread can use a copy of the memory. */
export interface RowPlaces {
  readonly search: SearchPlaces;
  readonly runs: readonly Run[];
  readonly addresses: Addresses;
}

export class RankedRow {
  /** Room for one row, which `rank` reads without a copy; `undefined` where only some features are staged. */
  readonly input: Float32Array | undefined;
  readonly places: RowPlaces;
  readonly memory: LinearMemory;
  readonly #layout: Layout;
  readonly #search: SearchPlaces;
  readonly #runs: readonly Run[];
  readonly #addresses: Addresses;
  readonly #kernel: Kernel;
  readonly #views: Views;

  constructor(layout: Layout, places: RowPlaces, memory: LinearMemory, module: object) {
    const { search, runs, addresses } = places;
    this.places = places;
    this.memory = memory;
    this.#layout = layout;
    this.#search = search;
    this.#runs = runs;
    this.#addresses = addresses;
    this.#kernel = instantiate(module, memory) as Kernel;
    this.#views = new Views(memory.buffer);
    const start = addresses.values / 4;
    this.input =
      search.features === undefined ? this.#views.floats.subarray(start, start + layout.features) : undefined;
  }

  /** `undefined` where memory is lacking. */
  static create(layout: Layout, plan: RankPlan, module: object): RankedRow | undefined {
    const arena = new Arena(FIRST_ADDRESS);
    const runs = chooseRuns(layout, plan, arena);
    const search = new RankSearch(layout, plan, arena);
    const addresses = place(layout, runs, search.places, arena);
    const memory = allocateMemory(arena.size);
    if (memory === undefined) {
      return undefined;
    }
    const views = new Views(memory.buffer);
    search.write(views);
    writeRuns(layout, plan, runs, addresses, views);
    return new RankedRow(layout, { search: search.places, runs, addresses }, memory, module);
  }

  /** Ranks row `row` of a batch, for the calls of `add` that follow. */
  rank(rows: Float32Array, row: number): void {
    const { columnsAt, columnsEnd } = this.#search;
    const { values } = this.#addresses;
    if (rows !== this.input) {
      stageRows(this.#search, this.#views.floats, values / 4, rows, row, 1, this.#layout.features);
    }
    this.#kernel.rankRow(columnsAt, columnsEnd, values);
  }

  /** Adds ranked trees to the margins that start at `at`. */
  add(margins: Float32Array, at: number, begin: number, end: number): void {
    const { groups } = this.#layout;
    if (groups === 1) {
      margins[at] = this.#walk(begin, end, margins[at]!);
      return;
    }
    const { floats } = this.#views;
    const sums = this.#addresses.sums / 4;
    for (let g = 0; g < groups; g++) {
      floats[sums + g] = margins[at + g]!;
    }
    this.#walk(begin, end, 0);
    for (let g = 0; g < groups; g++) {
      margins[at + g] = floats[sums + g]!;
    }
  }

  /** Adds trees to `sum`, which is returned, where there is one output group; else to the sums in memory. */
  #walk(treeBegin: number, treeEnd: number, first: number): number {
    let sum = first;
    for (let r = 0; r < this.#runs.length; r++) {
      const run = this.#runs[r]!;
      const begin = Math.max(run.begin, treeBegin);
      const end = Math.min(run.end, treeEnd);
      if (begin < end) {
        sum = run.kind === "linked" ? this.#addLinked(begin, end, sum) : this.#addHeaps(run, begin, end, sum);
      }
    }
    return sum;
  }

  #addLinked(begin: number, end: number, sum: number): number {
    const { trees, sums } = this.#addresses;
    const from = trees + begin * LINKED_TREE_BYTES;
    const to = trees + end * LINKED_TREE_BYTES;
    if (this.#layout.groups === 1) {
      return this.#kernel.linkedSum(from, to, sum);
    }
    this.#kernel.linkedAdd(from, to, sums);
    return sum;
  }

  /** Whole chunks together; trees before and after them, where not all are wanted, one by one. */
  #addHeaps(run: Run, begin: number, end: number, first: number): number {
    const from = run.begin + wholeTrees(begin - run.begin);
    // The last chunk of a run may have fewer trees, and is whole nonetheless.
    const to =
      end === run.end ? run.begin + wholeTrees(end - run.begin) : end - ((end - run.begin) % CHUNK_TREES);
    let sum = first;
    for (let t = begin; t < Math.min(from, end); t++) {
      sum = this.#addHeap(run, t, sum);
    }
    if (from < to) {
      sum = this.#addChunks(run, (from - run.begin) / CHUNK_TREES, (to - run.begin) / CHUNK_TREES, sum);
    }
    for (let t = Math.max(from, to); t < end; t++) {
      sum = this.#addHeap(run, t, sum);
    }
    return sum;
  }

  #addChunks(run: Run, from: number, to: number, sum: number): number {
    const { groups, sums } = this.#addresses;
    const { chunkBytes, depth } = run;
    const chunk = run.chunks + from * chunkBytes;
    const chunkEnd = run.chunks + to * chunkBytes;
    if (this.#layout.groups === 1) {
      return this.#kernel.heapSum(chunk, chunkEnd, chunkBytes, depth, sum);
    }
    const offsets = groups + 4 * (run.begin + from * CHUNK_TREES);
    this.#kernel.heapAdd(chunk, chunkEnd, chunkBytes, depth, offsets, sums);
    return sum;
  }

  #addHeap(run: Run, t: number, sum: number): number {
    const place = t - run.begin;
    const chunk = run.chunks + Math.floor(place / CHUNK_TREES) * run.chunkBytes;
    const value = this.#kernel.heapValue(chunk + 4 * (place % CHUNK_TREES), run.depth);
    if (this.#layout.groups === 1) {
      return Math.fround(sum + value);
    }
    this.#views.floats[this.#addresses.sums / 4 + this.#layout.treeGroups[t]!]! += value;
    return sum;
  }
}

/** So many trees and those that fill the last chunk. */
function wholeTrees(trees: number): number {
  return Math.ceil(trees / CHUNK_TREES) * CHUNK_TREES;
}

/** Eight ranked trees at a time become heaps where that wastes little. */
function chooseRuns(layout: Layout, plan: RankPlan, arena: Arena): Run[] {
  const runs: Pick<Run, "kind" | "begin" | "end" | "depth">[] = [];
  for (let begin = 0; begin < layout.trees; ) {
    let end = begin;
    while (end < Math.min(begin + CHUNK_TREES, layout.trees) && plan.ranked[end] === 1) {
      end++;
    }
    if (end === begin) {
      begin++;
      continue;
    }
    const depth = layout.treeDepths
      .subarray(begin, end)
      .reduce((deepest, each) => Math.max(deepest, each), 0);
    const kind = isNearlyComplete(layout, begin, end, depth) ? "heap" : "linked";
    const last = runs[runs.length - 1];
    const whole = last !== undefined && (last.end - last.begin) % CHUNK_TREES === 0;
    if (last?.kind === kind && last.end === begin && (kind === "linked" || (last.depth === depth && whole))) {
      runs[runs.length - 1] = { ...last, end };
    } else {
      runs.push({ kind, begin, end, depth });
    }
    begin = end;
  }
  return runs.map((run) => {
    const chunkBytes = (2 ** (run.depth + 1) - 1) * HEAP_NODE_BYTES;
    const chunks = run.kind === "heap" ? wholeTrees(run.end - run.begin) / CHUNK_TREES : 0;
    return { ...run, chunkBytes, chunks: arena.take(chunks * chunkBytes) };
  });
}

function isNearlyComplete(layout: Layout, begin: number, end: number, depth: number): boolean {
  // A binary tree of n nodes has (n + 1) / 2 leaves.
  const leaves = (layout.treeOffsets[end]! - layout.treeOffsets[begin]! + (end - begin)) / 2;
  return depth <= MAX_HEAP_DEPTH && (end - begin) * 2 ** depth <= MAX_FILL * leaves;
}

function place(layout: Layout, runs: readonly Run[], search: SearchPlaces, arena: Arena): Addresses {
  const nodes = runs.reduce(
    (sum, { kind, begin, end }) =>
      sum + (kind === "linked" ? layout.treeOffsets[end]! - layout.treeOffsets[begin]! : 0),
    0,
  );
  return {
    // The last chunk reads on behind its trees.
    groups: arena.take((layout.trees + CHUNK_TREES) * 4),
    trees: arena.take(layout.trees * LINKED_TREE_BYTES),
    nodes: arena.take(nodes * LINKED_NODE_BYTES),
    leaves: arena.take(nodes * 4),
    values: arena.take(search.rowBytes),
    sums: arena.take(layout.groups * 4),
  };
}

function writeRuns(
  layout: Layout,
  plan: RankPlan,
  runs: readonly Run[],
  addresses: Addresses,
  views: Views,
): void {
  let { nodes, leaves } = addresses;
  for (let t = 0; t < layout.trees; t++) {
    views.words[addresses.groups / 4 + t] = 4 * layout.treeGroups[t]!;
  }
  for (const run of runs) {
    const { kind, begin, end } = run;
    if (kind === "heap") {
      for (let i = 0; i < wholeTrees(end - begin); i++) {
        writeHeap(layout, plan, run, i, views);
      }
      continue;
    }
    for (let t = begin; t < end; t++) {
      const at = (addresses.trees + t * LINKED_TREE_BYTES) / 4;
      const count = layout.treeOffsets[t + 1]! - layout.treeOffsets[t]!;
      views.words[at] = nodes;
      views.words[at + 1] = leaves - nodes / 2;
      views.words[at + 2] = layout.treeDepths[t]!;
      views.words[at + 3] = 4 * layout.treeGroups[t]!;
      writeLinked(layout, plan, layout.treeOffsets[t]!, count, nodes, leaves, ROW_SLOT_BYTES, views);
      nodes += count * LINKED_NODE_BYTES;
      leaves += count * 4;
    }
  }
}

/** Tree i of a run, or filling behind the last one that adds nothing: leaves of -0. */
function writeHeap(layout: Layout, plan: RankPlan, run: Run, i: number, views: Views): void {
  const at = run.chunks + Math.floor(i / CHUNK_TREES) * run.chunkBytes + (i % CHUNK_TREES) * 4;
  const inner = 2 ** run.depth - 1;
  const sources = new Int32Array(2 * inner + 1);
  sources[0] = run.begin + i < run.end ? layout.treeOffsets[run.begin + i]! : -1;
  for (let place = 0; place <= 2 * inner; place++) {
    const to = at + place * HEAP_NODE_BYTES;
    const node = sources[place]!;
    if (place >= inner) {
      views.floats[to / 4] = node === -1 ? -0 : layout.leafValues[node]!;
      continue;
    }
    const left = node === -1 ? -1 : layout.leftChildren[node]!;
    // A leaf above the last level is filled up below with nodes that send every row left.
    sources[2 * place + 1] = left;
    sources[2 * place + 2] = left === node ? left : left + 1;
    views.signedShorts[to / 2] = node === -1 ? 127 : plan.nodeKeys[node]!;
    views.shorts[to / 2 + 1] = node === -1 ? 0 : plan.nodeSlots[node]! * ROW_SLOT_BYTES;
  }
}

/** Nodes of the layout from `first` on, and their leaf values. */
export function writeLinked(
  layout: Layout,
  plan: RankPlan,
  first: number,
  count: number,
  nodesAt: number,
  leavesAt: number,
  slotBytes: number,
  views: Views,
): void {
  for (let i = 0, node = first; i < count; i++, node++) {
    const at = nodesAt + i * LINKED_NODE_BYTES;
    views.signedShorts[at / 2] = plan.nodeKeys[node]!;
    views.shorts[at / 2 + 1] = plan.nodeSlots[node]! * slotBytes;
    views.words[at / 4 + 1] = (layout.leftChildren[node]! - node) * LINKED_NODE_BYTES;
    views.floats[leavesAt / 4 + i] = layout.leafValues[node]!;
  }
}
