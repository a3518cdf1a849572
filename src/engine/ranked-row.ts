/**
 * Single rows in the ranked engine: the loops of `assembly/ranked.ts` over their own tables. All conditions of the forest are
 * decided first, then trees are walked eight and sixteen at a time, and each step only looks a decision up.
 */
import type { Layout } from "../compile/layout.ts";
import { Arena, allocateMemory, instantiate, type LinearMemory, Views } from "../wasm/platform.ts";
import { type Conditions, RIGHT } from "./conditions.ts";
import { RankSearch, type SearchPlaces, stageRows } from "./rank-search.ts";

/** A search; then addresses: of counts by rank, of the conditions' begin and end, and of what they are for a missing value. */
const COLUMN_BYTES = 32;
const CHUNK_TREES = 8;
/** Split i of all eight trees of a chunk, two bytes each. */
const HEAP_SPLIT_BYTES = 2 * CHUNK_TREES;
/** Leaf i of all eight trees. */
const HEAP_LEAF_BYTES = 4 * CHUNK_TREES;
const LINKED_NODE_BYTES = 8;
const LINKED_TREE_BYTES = 8;
const RECORD_BYTES = 32;
/** Trees are filled up to complete ones where these have at most so many times the leaves: then links would take as much memory. */
const MAX_FILL = 4;
const MAX_HEAP_DEPTH = 12;
/** `PATTERN`, `PATTERN_LEFT` and `CONDITIONS` of the kernel. */
const PATTERN = 1024;
const PATTERN_LEFT = 1536;
const CONDITIONS = 2112;

interface Kernel {
  readonly decideRow: (column: number, columnEnd: number, values: number) => void;
  readonly sumRecords: (record: number, recordEnd: number, first: number) => number;
  readonly addRecords: (record: number, recordEnd: number, sums: number) => void;
  readonly treeValue: (record: number, tree: number) => number;
}

/** Neighbouring trees that are walked together: up to 16 complete ones, or up to 8 with links. */
interface Walk {
  readonly kind: "heap" | "linked";
  readonly begin: number;
  readonly end: number;
  /** Steps of each. */
  readonly depth: number;
}

/** Where everything stands. */
interface Addresses {
  /** A record for each walk. */
  readonly records: number;
  /** Of each record, 16 byte offsets of sums. */
  readonly groups: number;
  /** Of each record, its chunks; or its trees, and then their nodes and leaves. */
  readonly trees: readonly number[];
  /** Of each column, counts by rank, and what its conditions are for a missing value. */
  readonly fulfilled: readonly number[];
  readonly missing: readonly number[];
  readonly values: number;
  readonly sums: number;
}

/** What stands where in linear memory. Plain data, with which another thread can use a copy of the memory. */
export interface RowPlaces {
  readonly search: SearchPlaces;
  readonly walks: readonly Walk[];
  readonly addresses: Addresses;
}

export class RankedRow {
  /** Room for one row, which `sum` reads; `undefined` where only some features are staged. */
  readonly input: Float32Array | undefined;
  readonly places: RowPlaces;
  readonly memory: LinearMemory;
  readonly #layout: Layout;
  readonly #search: SearchPlaces;
  readonly #walks: readonly Walk[];
  /** By tree: the number of its walk; -1 for trees that are not ranked. */
  readonly #walkOf: Int32Array;
  readonly #addresses: Addresses;
  readonly #kernel: Kernel;
  readonly #views: Views;

  constructor(layout: Layout, places: RowPlaces, memory: LinearMemory, module: object) {
    const { search, walks, addresses } = places;
    this.places = places;
    this.memory = memory;
    this.#layout = layout;
    this.#search = search;
    this.#walks = walks;
    this.#walkOf = new Int32Array(layout.trees).fill(-1);
    walks.forEach(({ begin, end }, i) => {
      this.#walkOf.fill(i, begin, end);
    });
    this.#addresses = addresses;
    this.#kernel = instantiate(module, memory) as Kernel;
    this.#views = new Views(memory.buffer);
    const start = addresses.values / 4;
    this.input =
      search.features === undefined ? this.#views.floats.subarray(start, start + layout.features) : undefined;
  }

  /** `undefined` where memory is lacking. */
  static create(layout: Layout, conditions: Conditions, module: object): RankedRow | undefined {
    const arena = new Arena(CONDITIONS + conditions.size);
    const walks = chooseWalks(layout, conditions.ranked);
    const columns = conditions.columns.map(({ column }) => column);
    const search = new RankSearch(layout, columns, COLUMN_BYTES, arena);
    const addresses = place(layout, walks, conditions, search.places, arena);
    const memory = allocateMemory(arena.size);
    if (memory === undefined) {
      return undefined;
    }
    const views = new Views(memory.buffer);
    writeConditions(search, conditions, addresses, views);
    walks.forEach((walk, i) => {
      writeWalk(layout, conditions, walk, i, addresses, views);
    });
    return new RankedRow(layout, { search: search.places, walks, addresses }, memory, module);
  }

  /** Decides the conditions of row `row` of a batch, for the calls of `add` that follow. */
  decide(rows: Float32Array, row: number): void {
    const { columnsAt, columnsEnd } = this.#search;
    const { values } = this.#addresses;
    stageRows(this.#search, this.#views.floats, values / 4, rows, row, 1, this.#layout.features);
    this.#kernel.decideRow(columnsAt, columnsEnd, values);
  }

  /** As `decide` and `add` for all trees and the row in `input`, where there is one output group and no tree is left to others. */
  sum(first: number): number {
    const { columnsAt, columnsEnd } = this.#search;
    const { values, records } = this.#addresses;
    this.#kernel.decideRow(columnsAt, columnsEnd, values);
    return this.#kernel.sumRecords(records, records + this.#walks.length * RECORD_BYTES, first);
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
  #walk(begin: number, end: number, first: number): number {
    let from = this.#walkOf[begin]!;
    let to = this.#walkOf[end - 1]!;
    let sum = first;
    if (begin > this.#walks[from]!.begin) {
      sum = this.#addTrees(from, begin, end, sum);
      from++;
    }
    const rest = end < this.#walks[to]!.end && to >= from ? to : -1;
    to += rest < 0 ? 1 : 0;
    if (from < to) {
      sum = this.#addWalks(from, to, sum);
    }
    return rest < 0 ? sum : this.#addTrees(rest, this.#walks[rest]!.begin, end, sum);
  }

  #addWalks(from: number, to: number, sum: number): number {
    const { records, sums } = this.#addresses;
    const record = records + from * RECORD_BYTES;
    const recordEnd = records + to * RECORD_BYTES;
    if (this.#layout.groups === 1) {
      return this.#kernel.sumRecords(record, recordEnd, sum);
    }
    this.#kernel.addRecords(record, recordEnd, sums);
    return sum;
  }

  /** Those of trees `begin … end)` that are of a walk, one by one. */
  #addTrees(walk: number, begin: number, end: number, first: number): number {
    const { records, sums } = this.#addresses;
    const { floats } = this.#views;
    let sum = first;
    for (let t = begin; t < Math.min(end, this.#walks[walk]!.end); t++) {
      const value = this.#kernel.treeValue(records + walk * RECORD_BYTES, t - this.#walks[walk]!.begin);
      if (this.#layout.groups === 1) {
        sum = Math.fround(sum + value);
      } else {
        floats[sums / 4 + this.#layout.treeGroups[t]!]! += value;
      }
    }
    return sum;
  }
}

/** Eight ranked trees at a time; two eights of complete trees of one depth go together. */
function chooseWalks(layout: Layout, ranked: Uint8Array): Walk[] {
  const walks: Walk[] = [];
  for (let begin = 0; begin < layout.trees; ) {
    let end = begin;
    while (end < Math.min(begin + CHUNK_TREES, layout.trees) && ranked[end] === 1) {
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
    const last = walks[walks.length - 1];
    const joins =
      last?.kind === "heap" &&
      kind === "heap" &&
      last.depth === depth &&
      last.end === begin &&
      last.end - last.begin === CHUNK_TREES;
    if (joins) {
      walks[walks.length - 1] = { ...last, end };
    } else {
      walks.push({ kind, begin, end, depth });
    }
    begin = end;
  }
  return walks;
}

function isNearlyComplete(layout: Layout, begin: number, end: number, depth: number): boolean {
  // A binary tree of n nodes has (n + 1) / 2 leaves.
  const leaves = (nodesOf(layout, begin, end) + (end - begin)) / 2;
  return depth <= MAX_HEAP_DEPTH && (end - begin) * 2 ** depth <= MAX_FILL * leaves;
}

function nodesOf({ treeOffsets }: Layout, begin: number, end: number): number {
  return treeOffsets[end]! - treeOffsets[begin]!;
}

function chunksOf({ begin, end }: Walk): number {
  return Math.ceil((end - begin) / CHUNK_TREES);
}

function splitBytesOf({ depth }: Walk): number {
  return (2 ** depth - 1) * HEAP_SPLIT_BYTES;
}

function chunkBytesOf(walk: Walk): number {
  return splitBytesOf(walk) + 2 ** walk.depth * HEAP_LEAF_BYTES;
}

/** Nodes of a linked walk: a tree that is lacking has one, a leaf. */
function linkedNodesOf(layout: Layout, { begin, end }: Walk): number {
  return nodesOf(layout, begin, end) + CHUNK_TREES - (end - begin);
}

function place(
  layout: Layout,
  walks: readonly Walk[],
  { columns }: Conditions,
  search: SearchPlaces,
  arena: Arena,
): Addresses {
  return {
    records: arena.take(walks.length * RECORD_BYTES),
    groups: arena.take(walks.length * 2 * CHUNK_TREES * 4),
    trees: walks.map((walk) =>
      arena.take(
        walk.kind === "heap"
          ? chunksOf(walk) * chunkBytesOf(walk)
          : CHUNK_TREES * LINKED_TREE_BYTES + linkedNodesOf(layout, walk) * (LINKED_NODE_BYTES + 4),
      ),
    ),
    fulfilled: columns.map(({ fulfilled }) => arena.take(2 * fulfilled.length)),
    missing: columns.map(({ begin, end }) => arena.take(end - begin)),
    values: arena.take(search.rowBytes),
    sums: arena.take(layout.groups * 4),
  };
}

function writeConditions(
  search: RankSearch,
  conditions: Conditions,
  addresses: Addresses,
  views: Views,
): void {
  views.bytes.fill(RIGHT, PATTERN, PATTERN_LEFT);
  search.write(views, (column, at) => {
    const { begin, end, fulfilled, missing } = conditions.columns[column]!;
    const counts = addresses.fulfilled[column]!;
    const unknown = addresses.missing[column]!;
    views.words.set([counts, CONDITIONS + begin, CONDITIONS + end, unknown], at / 4);
    views.shorts.set(fulfilled, counts / 2);
    views.bytes.set(missing, unknown);
  });
}

function writeWalk(
  layout: Layout,
  conditions: Conditions,
  walk: Walk,
  index: number,
  addresses: Addresses,
  views: Views,
): void {
  const { kind, begin, end, depth } = walk;
  const at = addresses.trees[index]!;
  const groups = addresses.groups + index * 2 * CHUNK_TREES * 4;
  const kindWord = kind === "heap" ? chunksOf(walk) * CHUNK_TREES : 0;
  const record = [kindWord, at, kind === "heap" ? splitBytesOf(walk) : 0, depth, groups];
  views.words.set(record, (addresses.records + index * RECORD_BYTES) / 4);
  for (let t = begin; t < end; t++) {
    views.words[groups / 4 + t - begin] = 4 * layout.treeGroups[t]!;
  }
  if (kind === "heap") {
    for (let i = 0; i < chunksOf(walk) * CHUNK_TREES; i++) {
      writeHeap(layout, conditions, walk, i, at, views);
    }
  } else {
    writeLinked(layout, conditions, walk, at, views);
  }
}

/** Tree i of a walk, or filling behind the last one that adds nothing: leaves of -0. */
function writeHeap(
  layout: Layout,
  conditions: Conditions,
  walk: Walk,
  i: number,
  at: number,
  views: Views,
): void {
  const chunk = at + Math.floor(i / CHUNK_TREES) * chunkBytesOf(walk);
  const lane = i % CHUNK_TREES;
  const splits = 2 ** walk.depth - 1;
  const sources = new Int32Array(2 * splits + 1);
  sources[0] = walk.begin + i < walk.end ? layout.treeOffsets[walk.begin + i]! : -1;
  for (let place = 0; place < splits; place++) {
    const node = sources[place]!;
    const left = node === -1 ? -1 : layout.leftChildren[node]!;
    // A leaf above the last level is all that there is below it.
    sources[2 * place + 1] = left;
    sources[2 * place + 2] = left === node ? left : left + 1;
    views.shorts[(chunk + place * HEAP_SPLIT_BYTES) / 2 + lane] = node === -1 ? 0 : conditions.of(node);
  }
  const leaves = (chunk + splitBytesOf(walk)) / 4 + lane;
  for (let place = 0; place <= splits; place++) {
    const node = sources[splits + place]!;
    views.floats[leaves + place * CHUNK_TREES] = node === -1 ? -0 : layout.leafValues[node]!;
  }
}

/** Trees of a walk with links: where they are, their nodes and their leaf values. A tree that is lacking is a leaf of -0. */
function writeLinked(layout: Layout, conditions: Conditions, walk: Walk, at: number, views: Views): void {
  let node = at + CHUNK_TREES * LINKED_TREE_BYTES;
  let leaf = node + linkedNodesOf(layout, walk) * LINKED_NODE_BYTES;
  for (let i = 0; i < CHUNK_TREES; i++) {
    const t = walk.begin + i;
    views.words.set([node, leaf - node / 2], (at + i * LINKED_TREE_BYTES) / 4);
    const first = t < walk.end ? layout.treeOffsets[t]! : -1;
    for (let from = first; from < (first < 0 ? 0 : layout.treeOffsets[t + 1]!); from++) {
      const distance = from < 0 ? 0 : layout.leftChildren[from]! - from;
      views.words.set([from < 0 ? 0 : conditions.of(from), distance * LINKED_NODE_BYTES], node / 4);
      views.floats[leaf / 4] = from < 0 ? -0 : layout.leafValues[from]!;
      node += LINKED_NODE_BYTES;
      leaf += 4;
    }
  }
}
