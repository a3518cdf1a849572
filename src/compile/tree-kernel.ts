/** The trees of a file, found and read in WebAssembly: `assembly/trees.ts` over one piece of the file after the other. */
import type { TreeSource } from "../model/model.ts";
import type { FoundTrees, TreeFinder } from "../parse/unread-list.ts";
import {
  allocateMemory,
  compileKernel,
  instantiate,
  type LinearMemory,
  PAGE_BYTES,
} from "../wasm/platform.ts";
import { TREES_KERNEL } from "./trees-kernel.ts";

/** The kernel's functions, which `assembly/trees.ts` describes; flags are 0 or 1. */
interface Kernel {
  readonly findTrees: (
    isJson: number,
    isCounted: number,
    at: number,
    pieceEnd: number,
    max: number,
    starts: number,
    origin: number,
  ) => number;
  readonly treesFound: () => number;
  readonly nodesFound: () => number;
  readonly endFound: () => number;
  readonly readTrees: (
    isJson: number,
    starts: number,
    count: number,
    origin: number,
    pieceEnd: number,
    numFeatures: number,
    zero: number,
    weights: number,
    keepsLeaves: number,
    firstNode: number,
    room: number,
    maxList: number,
    treeTables: number,
    nodeTables: number,
    maxNodes: number,
  ) => number;
  readonly nodesRead: () => number;
  readonly statisticsRead: () => number;
}

/** 10^-64 … 10^38, which the kernel reads at this address. */
const POWERS_AT = 64;
const POWERS = Float64Array.from({ length: 103 }, (_, i) => Number(`1e${i - 64}`));
/** A piece has this address, and so many zeros behind it. */
const PIECE_AT = 1024;
const ZEROS = 64;
/** Of the file at once, where no tree is larger: it stays in the cache, with what is made of it. */
const PIECE_BYTES = 1 << 17;
/** Trees at once. */
const MAX_TREES = 1 << 12;
/** A node takes so many bytes of a file at least, in its lists of JSON. */
const NODE_BYTES = 10;
/** Of the tree at hand, for each node: six lists of words, two of bytes, and what it takes to order them. */
const ROOM_BYTES = 6 * 4 + 2 + 5;
const ROOM_HEAD = 128;
/** Files from here on have addresses that the kernel does not. */
const MAX_FILE = 2 ** 32 - 2 ** 16;
/** Memory is kept for the next model up to this size. */
const MAX_KEPT = 1 << 22;

/** What a call of the kernel has read. The views are valid until the next call. */
export interface ReadTrees {
  readonly trees: number;
  /** Whether the tree behind them has to be read by other means. */
  readonly isStopped: boolean;
  readonly nodes: number;
  /** Bits of `Statistics` of any of the trees. */
  readonly statistics: number;
  readonly treeOffsets: Int32Array;
  readonly treeDepths: Int32Array;
  readonly treeKinds: Int32Array;
  readonly treeStatistics: Int32Array;
  readonly nodeIds: Int32Array;
  readonly leftChildren: Int32Array;
  readonly slots: Int32Array;
  readonly thresholds: Float32Array;
  readonly leafValues: Float32Array;
  readonly gains: Float32Array;
  readonly covers: Float32Array;
}

/** What the kernel has to know of the model. */
export interface TreeRules {
  readonly numFeatures: number;
  /** Added to each leaf before its weight. */
  readonly zero: number;
  readonly treeWeights: Float32Array | undefined;
  /** Whether leaves are wanted without their weights, too. */
  readonly keepsLeaves: boolean;
}

let kept: TreeKernel | undefined;

/** `undefined` without WebAssembly with SIMD, or memory for it. */
export function treeKernel(): TreeKernel | undefined {
  if (kept === undefined) {
    const module = compileKernel(TREES_KERNEL);
    const memory = module === undefined ? undefined : allocateMemory(addressesFor(PIECE_BYTES).end);
    kept = module === undefined || memory === undefined ? undefined : new TreeKernel(module, memory);
  }
  return kept;
}

interface Addresses {
  readonly starts: number;
  readonly weights: number;
  readonly treeTables: number;
  readonly room: number;
  readonly nodeTables: number;
  readonly end: number;
  readonly maxNodes: number;
}

function addressesFor(pieceBytes: number): Addresses {
  const maxNodes = 4 * Math.ceil(pieceBytes / NODE_BYTES / 4);
  const starts = PIECE_AT + pieceBytes + ZEROS;
  const weights = starts + 4 * MAX_TREES;
  const treeTables = weights + 4 * MAX_TREES;
  const room = treeTables + 4 * 4 * MAX_TREES;
  const nodeTables = room + ROOM_HEAD + maxNodes * ROOM_BYTES;
  return { starts, weights, treeTables, room, nodeTables, end: nodeTables + 4 * 7 * maxNodes, maxNodes };
}

export class TreeKernel implements TreeFinder {
  readonly #memory: LinearMemory;
  readonly #kernel: Kernel;
  #pieceBytes = PIECE_BYTES;
  #addresses = addressesFor(PIECE_BYTES);
  /** What stands in memory of which file. */
  #bytes: Uint8Array | undefined;
  #begin = 0;
  #end = 0;

  constructor(module: object, memory: LinearMemory) {
    this.#memory = memory;
    this.#kernel = instantiate(module, memory) as Kernel;
    new Float64Array(memory.buffer, POWERS_AT, POWERS.length).set(POWERS);
  }

  /** Forgets the file, and leaves no more memory behind than a piece of a usual one takes. */
  release(): void {
    this.#bytes = undefined;
    if (this.#memory.buffer.byteLength > MAX_KEPT) {
      kept = undefined;
    }
  }

  find(
    bytes: Uint8Array,
    start: number,
    format: TreeSource["format"],
    count: number,
  ): FoundTrees | undefined {
    if (bytes.length > MAX_FILE) {
      return undefined;
    }
    const kernel = this.#kernel;
    const parts: Uint32Array[] = [];
    let [at, length, counted, isEnd] = [start, 0, 0, count === 0];
    while (!isEnd) {
      this.#load(bytes, at);
      const { starts } = this.#addresses;
      const max = count < 0 ? MAX_TREES : Math.min(MAX_TREES, count - length);
      const next = kernel.findTrees(
        format === "json" ? 1 : 0,
        count < 0 ? 0 : 1,
        PIECE_AT,
        PIECE_AT + this.#end - at,
        max,
        starts,
        at - PIECE_AT,
      );
      const found = kernel.treesFound();
      if (found === 0) {
        if (this.#end === bytes.length || !this.#makeRoom(2 * this.#pieceBytes)) {
          return undefined;
        }
        continue;
      }
      parts.push(new Uint32Array(this.#memory.buffer, starts, found).slice());
      length += found;
      counted += kernel.nodesFound();
      at += next - PIECE_AT;
      isEnd = count < 0 ? kernel.endFound() === 1 : length === count;
    }
    return { source: { bytes, format, starts: joined(parts, length), end: at }, counted };
  }

  /**
   * Reads trees from one on, as many as the piece of the file has that this one stands in, and up to one that is not as usual.
   * @param firstNode the node of the layout that the first one's root becomes
   */
  read(source: TreeSource, tree: number, firstNode: number, rules: TreeRules): ReadTrees {
    const { format, starts } = source;
    this.#loadTree(source, tree);
    const count = Math.min(MAX_TREES, numWithin(source, this.#end) - tree);
    const { buffer } = this.#memory;
    const at = this.#addresses;
    new Uint32Array(buffer, at.starts, count).set(starts.subarray(tree, tree + count));
    if (rules.treeWeights !== undefined) {
      new Float32Array(buffer, at.weights, count).set(rules.treeWeights.subarray(tree, tree + count));
    }
    const trees = this.#kernel.readTrees(
      format === "json" ? 1 : 0,
      at.starts,
      count,
      this.#begin - PIECE_AT,
      PIECE_AT + this.#end - this.#begin,
      rules.numFeatures,
      rules.zero,
      rules.treeWeights === undefined ? 0 : at.weights,
      rules.keepsLeaves ? 1 : 0,
      firstNode,
      at.room,
      at.maxNodes,
      at.treeTables,
      at.nodeTables,
      at.maxNodes,
    );
    const nodes = this.#kernel.nodesRead();
    const treeTable = (table: number): Int32Array =>
      new Int32Array(buffer, at.treeTables + 4 * count * table, trees);
    const nodeTable = (table: number): number => at.nodeTables + 4 * at.maxNodes * table;
    return {
      trees,
      isStopped: trees < count || count === 0,
      nodes,
      statistics: this.#kernel.statisticsRead(),
      treeOffsets: treeTable(0),
      treeDepths: treeTable(1),
      treeKinds: treeTable(2),
      treeStatistics: treeTable(3),
      nodeIds: new Int32Array(buffer, nodeTable(0), nodes),
      leftChildren: new Int32Array(buffer, nodeTable(1), nodes),
      slots: new Int32Array(buffer, nodeTable(2), nodes),
      thresholds: new Float32Array(buffer, nodeTable(3), nodes),
      leafValues: new Float32Array(buffer, nodeTable(4), nodes),
      gains: new Float32Array(buffer, nodeTable(5), nodes),
      covers: new Float32Array(buffer, nodeTable(6), nodes),
    };
  }

  /** Brings a tree into memory as a whole, where the platform has so much. */
  #loadTree(source: TreeSource, tree: number): void {
    const [begin, end] = [startOf(source, tree), startOf(source, tree + 1)];
    if (this.#bytes === source.bytes && begin >= this.#begin && end <= this.#end) {
      return;
    }
    if (end - begin > this.#pieceBytes) {
      this.#makeRoom(end - begin);
    }
    this.#load(source.bytes, begin);
  }

  /** Brings as much of a file into memory as there is room for. */
  #load(bytes: Uint8Array, begin: number): void {
    const end = Math.min(bytes.length, begin + this.#pieceBytes);
    const memory = new Uint8Array(this.#memory.buffer);
    memory.set(bytes.subarray(begin, end), PIECE_AT);
    memory.fill(0, PIECE_AT + end - begin, PIECE_AT + end - begin + ZEROS);
    this.#bytes = bytes;
    this.#begin = begin;
    this.#end = end;
  }

  /** Whether the platform has memory for larger pieces. */
  #makeRoom(pieceBytes: number): boolean {
    const addresses = addressesFor(pieceBytes);
    const missing = addresses.end - this.#memory.buffer.byteLength;
    try {
      if (missing > 0) {
        this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
      }
    } catch {
      return false;
    }
    this.#pieceBytes = pieceBytes;
    this.#addresses = addresses;
    return true;
  }
}

function startOf({ starts, end }: TreeSource, tree: number): number {
  return starts[tree] ?? end;
}

/** Trees that end where a piece of the file does, or before. */
function numWithin(source: TreeSource, pieceEnd: number): number {
  let [low, high] = [0, source.starts.length];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (startOf(source, middle) <= pieceEnd) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

function joined(parts: readonly Uint32Array[], length: number): Uint32Array {
  const [first] = parts;
  if (first?.length === length) {
    return first;
  }
  const all = new Uint32Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
