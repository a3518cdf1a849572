/** Batches in the ranked engine: `cellRows` of `assembly/ranked.ts`, its tables, and rows in and sums out. */
import type { Layout } from "../compile/layout.ts";
import { Arena, allocateMemory, instantiate, type LinearMemory, Views } from "../wasm/platform.ts";
import { RankSearch, type SearchPlaces, stageRows } from "./rank-search.ts";
import type { RankPlan } from "./ranks.ts";

/** Rows that are ranked and compared together. */
export const GROUP_ROWS = 32;
/** A search, and u16 offsets of two slots. */
const COLUMN_BYTES = 16;
const SLOT_BYTES = GROUP_ROWS;
const CELL_BYTES = 32;
const CELL_SPLITS = 7;
const CELL_EXITS = 8;
const TREE_BYTES = 32;
const NODE_BYTES = 8;
/** Exits are numbered in a byte. */
const MAX_CELLS = 32;
/** What a step on its own costs each row, and the beginning of such a walk, where a cell costs 1. */
const STEP_COST = 3;
const WALK_COST = 2;
/** Ranks of a block share the first-level cache with the tree that is walked. */
const BLOCK_BYTES = 28 * 1024;
const MAX_BLOCK_GROUPS = 4;
const MAX_STAGED_BYTES = 64 * 1024;
/** Two vectors for each cell's exits, and the kernel's constants. */
const SCRATCH_BYTES = 64 + MAX_CELLS * GROUP_ROWS;
const FIRST_ADDRESS = 1024;

interface Kernel {
  readonly rankRows: (
    column: number,
    columnEnd: number,
    values: number,
    rowBytes: number,
    ranks: number,
  ) => void;
  readonly cellRows: (
    tree: number,
    treeEnd: number,
    ranks: number,
    ranksEnd: number,
    groupBytes: number,
    sums: number,
    sumBytes: number,
    scratch: number,
  ) => void;
}

interface Cell {
  /** The split of each place of the heap; -1 where none is. */
  readonly splits: Int32Array;
  /** The node that each exit leads to; -1 where none does. */
  readonly exits: Int32Array;
  /** The exit of the cell above that leads here. */
  readonly parent: number;
  readonly entry: number;
}

/** The top of a tree as cells; below, rows walk on for so many steps. */
interface CutTree {
  readonly cells: readonly Cell[];
  readonly steps: number;
  /** The first of the nodes that are written for walking on: breadth first, all nodes that exits lead to come after it. */
  readonly firstNode: number;
}

/** Cuts tree t where that makes the sum of costs least. */
export function cutTree(layout: Layout, t: number, heights: Uint8Array): CutTree {
  const { treeOffsets, leftChildren } = layout;
  let best: CutTree | undefined;
  let least = Number.POSITIVE_INFINITY;
  const cells: Cell[] = [cellAt(layout, treeOffsets[t]!, -1, 0)];
  for (let from = 0; ; ) {
    let steps = 0;
    let firstNode = treeOffsets[t + 1]!;
    const below: Cell[] = [];
    for (let k = 0; k < cells.length; k++) {
      for (let e = 0; e < CELL_EXITS; e++) {
        const node = cells[k]!.exits[e]!;
        const open = node !== -1 && leftChildren[node] !== node;
        if (open && k >= from) {
          steps = Math.max(steps, heights[node]!);
          below.push(cellAt(layout, node, k, e));
        }
        // Exits that lead to a cell are not left through.
        if (node !== -1 && (!open || k >= from)) {
          firstNode = Math.min(firstNode, node);
        }
      }
    }
    const cost = cells.length + (steps === 0 ? 0 : WALK_COST + STEP_COST * steps);
    if (cost < least) {
      best = { cells: cells.slice(), steps, firstNode };
      least = cost;
    }
    if (below.length === 0 || cells.length + below.length > MAX_CELLS) {
      return best!;
    }
    from = cells.length;
    cells.push(...below);
  }
}

function cellAt(layout: Layout, root: number, parent: number, entry: number): Cell {
  const splits = new Int32Array(CELL_SPLITS).fill(-1);
  const exits = new Int32Array(CELL_EXITS).fill(-1);
  const place = (node: number, i: number): void => {
    const left = layout.leftChildren[node]!;
    if (i >= CELL_SPLITS) {
      exits[i - CELL_SPLITS] = node;
    } else if (left === node) {
      // Filled up below with splits that send every row left.
      place(node, 2 * i + 1);
    } else {
      splits[i] = node;
      place(left, 2 * i + 1);
      place(left + 1, 2 * i + 2);
    }
  };
  place(root, 0);
  return { splits, exits, parent, entry };
}

/** Steps from each node to the deepest leaf below it, at most 255. */
function nodeHeights(layout: Layout): Uint8Array {
  const { leftChildren } = layout;
  const heights = new Uint8Array(layout.nodes);
  for (let node = layout.nodes - 1; node >= 0; node--) {
    const left = leftChildren[node]!;
    if (left !== node) {
      heights[node] = Math.min(255, 1 + Math.max(heights[left]!, heights[left + 1]!));
    }
  }
  return heights;
}

/** Where everything stands. */
interface Addresses {
  readonly trees: number;
  readonly cells: number;
  readonly values: number;
  readonly nodes: number;
  readonly leaves: number;
  readonly rows: number;
  readonly ranks: number;
  readonly sums: number;
  readonly scratch: number;
}

/** What stands where in linear memory. Plain data, with which another thread can use a copy of the memory. */
export interface BatchPlaces {
  readonly search: SearchPlaces;
  readonly addresses: Addresses;
  readonly blockGroups: number;
  readonly groupBytes: number;
}

export class RankedBatch {
  readonly places: BatchPlaces;
  readonly memory: LinearMemory;
  readonly #layout: Layout;
  readonly #search: SearchPlaces;
  readonly #addresses: Addresses;
  readonly #kernel: Kernel;
  readonly #views: Views;
  readonly #blockGroups: number;
  readonly #groupBytes: number;
  readonly #sumBytes: number;
  readonly #stagedGroups: number;

  constructor(layout: Layout, places: BatchPlaces, memory: LinearMemory, module: object) {
    const { search, addresses, blockGroups, groupBytes } = places;
    this.places = places;
    this.memory = memory;
    this.#layout = layout;
    this.#search = search;
    this.#addresses = addresses;
    this.#kernel = instantiate(module, memory) as Kernel;
    this.#views = new Views(memory.buffer);
    this.#blockGroups = blockGroups;
    this.#groupBytes = groupBytes;
    this.#sumBytes = sumBytesOf(layout);
    this.#stagedGroups = stagedGroups(search, blockGroups);
  }

  /** `undefined` where memory is lacking. */
  static create(layout: Layout, plan: RankPlan, module: object): RankedBatch | undefined {
    const heights = nodeHeights(layout);
    const trees = Array.from(plan.ranked, (ranked, t) =>
      ranked === 1 ? cutTree(layout, t, heights) : undefined,
    );
    const groupBytes = plan.slots * SLOT_BYTES;
    const blockGroups = Math.max(1, Math.min(MAX_BLOCK_GROUPS, Math.floor(BLOCK_BYTES / groupBytes)));
    const arena = new Arena(FIRST_ADDRESS);
    const search = new RankSearch(layout, plan.columns, COLUMN_BYTES, arena);
    const addresses = place(layout, trees, search.places, blockGroups, groupBytes, arena);
    const memory = allocateMemory(arena.size);
    if (memory === undefined) {
      return undefined;
    }
    const views = new Views(memory.buffer);
    search.write(views, (column, at) => {
      const { left, right } = plan.columns[column]!;
      views.shorts[at / 2] = left * SLOT_BYTES;
      views.shorts[at / 2 + 1] = right * SLOT_BYTES;
    });
    writeTrees(layout, plan, trees, addresses, views);
    const places = { search: search.places, addresses, blockGroups, groupBytes };
    return new RankedBatch(layout, places, memory, module);
  }

  /** Rows that `rank` takes at most. */
  get blockRows(): number {
    return this.#blockGroups * GROUP_ROWS;
  }

  /** Ranks `count` rows from `first` on, for the calls of `add` that follow. */
  rank(rows: Float32Array, first: number, count: number): void {
    const { columnsAt, columnsEnd, rowBytes } = this.#search;
    const { floats } = this.#views;
    const { rows: rowsAt, ranks } = this.#addresses;
    const stagedRows = this.#stagedGroups * GROUP_ROWS;
    for (let done = 0; done < count; done += GROUP_ROWS) {
      if (done % stagedRows === 0) {
        const some = Math.min(stagedRows, count - done);
        stageRows(this.#search, floats, rowsAt / 4, rows, first + done, some, this.#layout.features);
      }
      this.#kernel.rankRows(
        columnsAt,
        columnsEnd,
        rowsAt + (done % stagedRows) * rowBytes,
        rowBytes,
        ranks + (done / GROUP_ROWS) * this.#groupBytes,
      );
    }
  }

  /** Adds ranked trees to the margins of the rows that were ranked last. */
  add(margins: Float32Array, first: number, count: number, begin: number, end: number): void {
    const { groups } = this.#layout;
    const { floats } = this.#views;
    const { trees, ranks, sums, scratch } = this.#addresses;
    for (let i = 0, at = first * groups; i < count; i++) {
      for (let g = 0, to = this.#sumAt(i); g < groups; g++, to += GROUP_ROWS) {
        floats[to] = margins[at++]!;
      }
    }
    const ranksEnd = ranks + Math.ceil(count / GROUP_ROWS) * this.#groupBytes;
    this.#kernel.cellRows(
      trees + begin * TREE_BYTES,
      trees + end * TREE_BYTES,
      ranks,
      ranksEnd,
      this.#groupBytes,
      sums,
      this.#sumBytes,
      scratch,
    );
    for (let i = 0, at = first * groups; i < count; i++) {
      for (let g = 0, from = this.#sumAt(i); g < groups; g++, from += GROUP_ROWS) {
        margins[at++] = floats[from]!;
      }
    }
  }

  /** Index of the first group's sum of row i of the block. */
  #sumAt(i: number): number {
    return (this.#addresses.sums + (i >> 5) * this.#sumBytes) / 4 + (i & 31);
  }
}

/** Groups of rows that are copied at a time: a block, whose copying makes one view of the caller's rows, unless rows are wide. */
function stagedGroups(search: SearchPlaces, blockGroups: number): number {
  return search.rowBytes * GROUP_ROWS * blockGroups <= MAX_STAGED_BYTES ? blockGroups : 1;
}

function sumBytesOf(layout: Layout): number {
  return layout.groups * GROUP_ROWS * 4;
}

function place(
  layout: Layout,
  trees: readonly (CutTree | undefined)[],
  search: SearchPlaces,
  blockGroups: number,
  groupBytes: number,
  arena: Arena,
): Addresses {
  const cells = trees.reduce((sum, tree) => sum + (tree?.cells.length ?? 0), 0);
  const nodes = trees.reduce((sum, tree, t) => sum + walkedNodes(layout, tree, t), 0);
  return {
    trees: arena.take(layout.trees * TREE_BYTES),
    cells: arena.take(cells * CELL_BYTES),
    values: arena.take(cells * CELL_EXITS * 4),
    nodes: arena.take(nodes * NODE_BYTES),
    leaves: arena.take(nodes * 4),
    rows: arena.take(stagedGroups(search, blockGroups) * GROUP_ROWS * search.rowBytes),
    ranks: arena.take(blockGroups * groupBytes),
    sums: arena.take(blockGroups * sumBytesOf(layout)),
    scratch: arena.take(SCRATCH_BYTES),
  };
}

function walkedNodes(layout: Layout, tree: CutTree | undefined, t: number): number {
  return tree === undefined || tree.steps === 0 ? 0 : layout.treeOffsets[t + 1]! - tree.firstNode;
}

function writeTrees(
  layout: Layout,
  plan: RankPlan,
  trees: readonly (CutTree | undefined)[],
  addresses: Addresses,
  views: Views,
): void {
  let { cells: cell, values, nodes, leaves } = addresses;
  trees.forEach((tree, t) => {
    if (tree === undefined) {
      return;
    }
    const at = (addresses.trees + t * TREE_BYTES) / 4;
    const { words, floats } = views;
    words[at] = cell;
    words[at + 1] = cell + tree.cells.length * CELL_BYTES;
    words[at + 2] = values;
    words[at + 3] = layout.treeGroups[t]! * GROUP_ROWS * 4;
    words[at + 4] = tree.steps;
    words[at + 5] = leaves - nodes / 2;
    tree.cells.forEach((each, k) => {
      writeCell(plan, each, k, cell, views);
      each.exits.forEach((node, e) => {
        const to = values / 4 + e;
        if (tree.steps === 0) {
          floats[to] = node === -1 ? 0 : layout.leafValues[node]!;
        } else {
          words[to] = nodes + (node < tree.firstNode ? 0 : (node - tree.firstNode) * NODE_BYTES);
        }
      });
      cell += CELL_BYTES;
      values += CELL_EXITS * 4;
    });
    const walked = walkedNodes(layout, tree, t);
    writeNodes(layout, plan, tree.firstNode, walked, nodes, leaves, views);
    nodes += walked * NODE_BYTES;
    leaves += walked * 4;
  });
}

/** Nodes of the layout from `first` on, to walk on from the top of their tree, and their leaf values. */
function writeNodes(
  layout: Layout,
  plan: RankPlan,
  first: number,
  count: number,
  nodesAt: number,
  leavesAt: number,
  views: Views,
): void {
  for (let i = 0, node = first; i < count; i++, node++) {
    const at = nodesAt + i * NODE_BYTES;
    views.signedShorts[at / 2] = plan.nodeKeys[node]!;
    views.shorts[at / 2 + 1] = plan.nodeSlots[node]! * SLOT_BYTES;
    views.words[at / 4 + 1] = (layout.leftChildren[node]! - node) * NODE_BYTES;
    views.floats[leavesAt / 4 + i] = layout.leafValues[node]!;
  }
}

function writeCell(plan: RankPlan, cell: Cell, index: number, at: number, views: Views): void {
  const { bytes, signedBytes, shorts } = views;
  cell.splits.forEach((node, i) => {
    shorts[at / 2 + 2 * i] = node === -1 ? 0 : plan.nodeSlots[node]! * SLOT_BYTES;
    signedBytes[at + 4 * i + 2] = node === -1 ? 127 : plan.nodeKeys[node]!;
  });
  if (index > 0) {
    bytes[at + 28] = CELL_EXITS * cell.parent + cell.entry;
    bytes[at + 29] = CELL_EXITS * index;
    shorts[at / 2 + 15] = GROUP_ROWS * cell.parent;
  }
}
