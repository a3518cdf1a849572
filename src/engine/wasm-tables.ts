/**
 * The tables of the WebAssembly engine: which layout each tree gets, where everything stands in linear memory, and the
 * bytes themselves. `assembly/kernel.ts` describes the records.
 */
import type { Layout } from "../compile/layout.ts";
import { type LockstepPlan, planLockstep } from "./lockstep.ts";

export const LANES = 8;
export const TREE_BYTES = 16;
const NODE_BYTES = 8;
/** Bytes of a slot, or of an output group's sums: a float32 for each lane. */
export const SLOT_BYTES = 32;
/** A linked node has 16 bits for the byte offset of its slot and 16 for the byte distance to its left child. */
const LIMITS = { maxDelta: Math.floor(0xffff / NODE_BYTES), maxSlots: 0x10000 / SLOT_BYTES };
/** A tree is filled up to a complete one where that adds at most as many leaves as eight such trees have. */
const MAX_FILL = 2;
const MAX_HEAP_DEPTH = 12;
/** Rows of a block share the first-level cache with the tree that walks them. */
const BLOCK_BYTES = 24 * 1024;
const MAX_BLOCK_GROUPS = 8;
/** Trees whose leaves are looked up in one call, where leaves and not sums are wanted. */
export const LEAF_TREES = 64;

/** How trees of a run are walked; `single` ones cannot walk in lockstep. */
export type TreeLayout = "heap" | "linked" | "single";

/** Neighbouring trees that are walked the same way. All heaps of a run have one depth. */
export interface TreeRun {
  readonly begin: number;
  readonly end: number;
  readonly layout: TreeLayout;
}

/** Byte addresses in linear memory. */
interface Addresses {
  readonly trees: number;
  readonly nodes: number;
  readonly leaves: number;
  readonly rows: number;
  readonly sums: number;
  readonly ends: number;
  readonly size: number;
}

export class WasmTables {
  readonly layout: Layout;
  readonly runs: readonly TreeRun[];
  /** Features that are staged, in the order of their slots. */
  readonly features: Int32Array;
  readonly addresses: Addresses;
  /** Groups of eight rows that are staged at a time. */
  readonly blockGroups: number;
  /** Bytes of one group of eight staged rows. */
  readonly groupBytes: number;
  /** Bytes of the sums of one group of eight rows. */
  readonly sumBytes: number;
  readonly #plan: LockstepPlan;
  /** Steps of each tree: a heap tree is filled up to the deepest of its eight. */
  readonly #depths: Int32Array;
  readonly #isHeap: Uint8Array;
  /** Address of each tree's nodes, and of its leaf values. */
  readonly #nodesAt: Float64Array;
  readonly #leavesAt: Float64Array;
  /** For each leaf of a heap tree, its node in the layout; -1 where only filling stands. */
  readonly #heapLeaves: Int32Array;

  constructor(layout: Layout) {
    this.layout = layout;
    this.#plan = planLockstep(layout, LIMITS);
    this.features = this.#plan.features;
    this.#depths = layout.treeDepths.slice();
    this.#isHeap = new Uint8Array(layout.trees);
    this.runs = this.#chooseLayouts();
    this.groupBytes = SLOT_BYTES * Math.max(1, 2 * this.features.length);
    this.sumBytes = SLOT_BYTES * layout.groups;
    this.blockGroups = Math.max(1, Math.min(MAX_BLOCK_GROUPS, Math.floor(BLOCK_BYTES / this.groupBytes)));
    this.#nodesAt = new Float64Array(layout.trees);
    this.#leavesAt = new Float64Array(layout.trees);
    this.addresses = this.#place();
    this.#heapLeaves = new Int32Array((this.addresses.rows - this.addresses.leaves) / 4).fill(-1);
  }

  /** Whether there is any tree for the kernel at all. */
  get useful(): boolean {
    return this.runs.some((run) => run.layout !== "single");
  }

  /** Eight trees of one row walk together, so layouts are chosen for eight at a time. */
  #chooseLayouts(): TreeRun[] {
    const runs: TreeRun[] = [];
    for (const { begin, end, lockstep } of this.#plan.runs) {
      if (!lockstep) {
        runs.push({ begin, end, layout: "single" });
        continue;
      }
      for (let from = begin; from < end; from += LANES) {
        const to = Math.min(from + LANES, end);
        const layout = this.#fillUp(from, to) ? "heap" : "linked";
        const last = runs[runs.length - 1];
        const sameDepth = layout === "linked" || this.#depths[from] === this.#depths[last?.begin ?? 0];
        if (last?.layout === layout && last.end === from && sameDepth) {
          runs[runs.length - 1] = { begin: last.begin, end: to, layout };
        } else {
          runs.push({ begin: from, end: to, layout });
        }
      }
    }
    return runs;
  }

  /** Decides for trees `from … to)` to be heaps of one depth, where that wastes little. */
  #fillUp(from: number, to: number): boolean {
    const { treeDepths, treeOffsets } = this.layout;
    const depth = treeDepths.subarray(from, to).reduce((deepest, each) => Math.max(deepest, each), 0);
    // A binary tree of n nodes has (n + 1) / 2 leaves.
    const leaves = (treeOffsets[to]! - treeOffsets[from]! + (to - from)) / 2;
    if (depth > MAX_HEAP_DEPTH || (to - from) * 2 ** depth > MAX_FILL * leaves) {
      return false;
    }
    this.#depths.fill(depth, from, to);
    this.#isHeap.fill(1, from, to);
    return true;
  }

  #place(): Addresses {
    const { trees, treeOffsets } = this.layout;
    let size = 1024;
    const take = (bytes: number): number => {
      const start = size;
      size = Math.ceil((start + bytes) / 64) * 64;
      return start;
    };
    const inKernel = new Uint8Array(trees);
    for (const { begin, end, layout } of this.runs) {
      inKernel.fill(layout === "single" ? 0 : 1, begin, end);
    }
    const inner = Array.from(inKernel, (used, t) => {
      const count = this.#isHeap[t] === 1 ? 2 ** this.#depths[t]! - 1 : treeOffsets[t + 1]! - treeOffsets[t]!;
      return used * count;
    });
    const leaves = inner.map((count, t) => count + this.#isHeap[t]!);
    const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
    const treesAt = take(trees * TREE_BYTES);
    const nodes = take(sum(inner) * NODE_BYTES);
    const leavesAt = take(sum(leaves) * 4);
    let [node, leaf] = [nodes, leavesAt];
    for (let t = 0; t < trees; t++) {
      this.#nodesAt[t] = node;
      this.#leavesAt[t] = leaf;
      node += inner[t]! * NODE_BYTES;
      leaf += leaves[t]! * 4;
    }
    const rows = take(this.blockGroups * this.groupBytes);
    const sums = take(this.blockGroups * this.sumBytes);
    const ends = take(LEAF_TREES * this.blockGroups * LANES * 4);
    return { trees: treesAt, nodes, leaves: leavesAt, rows, sums, ends, size };
  }

  /** Writes trees, nodes and leaves into memory, seen as words and as floats. */
  write(words: Uint32Array, floats: Float32Array): void {
    for (const { begin, end, layout } of this.runs) {
      for (let t = begin; t < end && layout !== "single"; t++) {
        // The kernel adds half the place where a walk ended: an address for linked trees, a byte offset for heaps.
        const skipped = layout === "heap" ? 4 * (2 ** this.#depths[t]! - 1) : this.#nodesAt[t]! / 2;
        const at = (this.addresses.trees + t * TREE_BYTES) / 4;
        words[at] = this.#nodesAt[t]!;
        words[at + 1] = this.#leavesAt[t]! - skipped;
        words[at + 2] = this.#depths[t]!;
        words[at + 3] = this.layout.treeGroups[t]! * SLOT_BYTES;
        if (layout === "heap") {
          this.#writeHeap(t, words, floats);
        } else {
          this.#writeLinked(t, words, floats);
        }
      }
    }
  }

  #writeLinked(t: number, words: Uint32Array, floats: Float32Array): void {
    const { treeOffsets, leftChildren, thresholds, leafValues } = this.layout;
    let at = this.#nodesAt[t]! / 4;
    let leaf = this.#leavesAt[t]! / 4;
    for (let node = treeOffsets[t]!; node < treeOffsets[t + 1]!; node++) {
      const distance = (leftChildren[node]! - node) * NODE_BYTES;
      words[at++] = (distance << 16) | (this.#plan.slots[node]! * SLOT_BYTES);
      floats[at++] = thresholds[node]!;
      floats[leaf++] = leafValues[node]!;
    }
  }

  /** A leaf above the last level is filled up below with nodes that send every row left: threshold NaN, as leaves have. */
  #writeHeap(t: number, words: Uint32Array, floats: Float32Array): void {
    const { treeOffsets, leftChildren, thresholds, leafValues } = this.layout;
    const inner = 2 ** this.#depths[t]! - 1;
    const leavesAt = this.#leavesAt[t]! / 4;
    const nodesAt = this.#nodesAt[t]! / 4;
    const sources = new Int32Array(2 * inner + 1);
    sources[0] = treeOffsets[t]!;
    for (let i = 0; i < inner; i++) {
      const node = sources[i]!;
      const left = leftChildren[node]!;
      sources[2 * i + 1] = left;
      sources[2 * i + 2] = left === node ? node : left + 1;
      words[nodesAt + 2 * i] = this.#plan.slots[node]! * SLOT_BYTES;
      floats[nodesAt + 2 * i + 1] = thresholds[node]!;
    }
    for (let i = 0; i <= inner; i++) {
      const node = sources[inner + i]!;
      floats[leavesAt + i] = leafValues[node]!;
      this.#heapLeaves[leavesAt + i - this.addresses.leaves / 4] = node;
    }
  }

  /** The layout's node at which a walk of tree t ended, from what the kernel wrote. */
  nodeAt(t: number, end: number): number {
    if (this.#isHeap[t] === 0) {
      return this.layout.treeOffsets[t]! + (end - this.#nodesAt[t]!) / NODE_BYTES;
    }
    const leaf = end / NODE_BYTES - (2 ** this.#depths[t]! - 1);
    return this.#heapLeaves[(this.#leavesAt[t]! - this.addresses.leaves) / 4 + leaf]!;
  }
}
