/** The tables of the WebAssembly engine: where everything stands in linear memory, and the bytes. `assembly/kernel.ts` describes the records. */
import type { Layout } from "../compile/layout.ts";
import { Arena } from "../wasm/platform.ts";
import { type LockstepPlan, planLockstep, type Run } from "./lockstep.ts";

export const LANES = 8;
export const TREE_BYTES = 16;
const NODE_BYTES = 8;
/** The compiler of the kernel takes lower addresses for unused. */
const FIRST_ADDRESS = 1024;
/** Bytes of a slot, or of an output group's sums: a float32 for each lane. */
export const SLOT_BYTES = 32;
/** A node has 16 bits for the byte offset of its slot and 16 for the byte distance to its left child. */
const LIMITS = { maxDelta: Math.floor(0xffff / NODE_BYTES), maxSlots: 0x10000 / SLOT_BYTES };
/** Rows of a block share the first-level cache with the tree that walks them. */
const BLOCK_BYTES = 24 * 1024;
const MAX_BLOCK_GROUPS = 8;
/** Trees whose leaves are looked up in one call, where leaves and not sums are wanted. */
export const LEAF_TREES = 64;

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
  readonly runs: readonly Run[];
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
  /** Address of each tree's nodes, and of its leaf values. */
  readonly #nodesAt: Float64Array;
  readonly #leavesAt: Float64Array;

  constructor(layout: Layout) {
    this.layout = layout;
    this.#plan = planLockstep(layout, LIMITS);
    this.features = this.#plan.features;
    this.runs = this.#plan.runs;
    this.groupBytes = SLOT_BYTES * Math.max(1, 2 * this.features.length);
    this.sumBytes = SLOT_BYTES * layout.groups;
    this.blockGroups = Math.max(1, Math.min(MAX_BLOCK_GROUPS, Math.floor(BLOCK_BYTES / this.groupBytes)));
    this.#nodesAt = new Float64Array(layout.trees);
    this.#leavesAt = new Float64Array(layout.trees);
    this.addresses = this.#place();
  }

  /** Whether there is any tree for the kernel at all. */
  get useful(): boolean {
    return this.runs.some((run) => run.lockstep);
  }

  #place(): Addresses {
    const { trees, treeOffsets } = this.layout;
    const arena = new Arena(FIRST_ADDRESS);
    const counts = new Float64Array(trees);
    for (const { begin, end, lockstep } of this.runs) {
      for (let t = begin; t < end && lockstep; t++) {
        counts[t] = treeOffsets[t + 1]! - treeOffsets[t]!;
      }
    }
    const count = counts.reduce((sum, each) => sum + each, 0);
    const treesAt = arena.take(trees * TREE_BYTES);
    const nodes = arena.take(count * NODE_BYTES);
    const leaves = arena.take(count * 4);
    let [node, leaf] = [nodes, leaves];
    for (let t = 0; t < trees; t++) {
      this.#nodesAt[t] = node;
      this.#leavesAt[t] = leaf;
      node += counts[t]! * NODE_BYTES;
      leaf += counts[t]! * 4;
    }
    const rows = arena.take(this.blockGroups * this.groupBytes);
    const sums = arena.take(this.blockGroups * this.sumBytes);
    const ends = arena.take(LEAF_TREES * this.blockGroups * LANES * 4);
    return { trees: treesAt, nodes, leaves, rows, sums, ends, size: arena.size };
  }

  /** Writes trees, nodes and leaves into memory, seen as words and as floats. */
  write(words: Uint32Array, floats: Float32Array): void {
    for (const { begin, end, lockstep } of this.runs) {
      for (let t = begin; t < end && lockstep; t++) {
        const at = (this.addresses.trees + t * TREE_BYTES) / 4;
        words[at] = this.#nodesAt[t]!;
        // The kernel adds half the address where a walk ended.
        words[at + 1] = this.#leavesAt[t]! - this.#nodesAt[t]! / 2;
        words[at + 2] = this.layout.treeDepths[t]!;
        words[at + 3] = this.layout.treeGroups[t]! * SLOT_BYTES;
        this.#writeTree(t, words, floats);
      }
    }
  }

  #writeTree(t: number, words: Uint32Array, floats: Float32Array): void {
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

  /** The layout's node at which a walk of tree t ended, from what the kernel wrote. */
  nodeAt(t: number, end: number): number {
    return this.layout.treeOffsets[t]! + (end - this.#nodesAt[t]!) / NODE_BYTES;
  }
}
