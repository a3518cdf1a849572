/**
 * The compiled forest: all tables in one buffer, behind a header that gives their sizes. The buffer can be posted to a
 * worker, shared, or stored, and `reviveLayout` makes the views again without parsing. `docs/layout-format.md` gives the
 * bytes.
 */

/** Sizes of the tables, which the header stores in this order. */
export interface LayoutSizes {
  readonly trees: number;
  readonly nodes: number;
  readonly features: number;
  readonly groups: number;
  /** Nodes that have an entry in the category tables: all of them, or 0 without categorical splits. */
  readonly categoricalNodes: number;
  /** Words of `categoryBank`. */
  readonly categoryWords: number;
  /** Nodes that have an entry in `leafStart`: all of them, or 0 without vector leaves. */
  readonly vectorNodes: number;
  readonly leafBankValues: number;
  /** How out-of-range categories go: a value of `CategoryRule`. */
  readonly categoryRule: number;
}

export interface Layout extends LayoutSizes {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  /** Nodes of tree t are `treeOffsets[t] … treeOffsets[t + 1])`; the first is the root. */
  readonly treeOffsets: Int32Array;
  /** Output group that a scalar tree adds to; 0 for trees with vector leaves. */
  readonly treeGroups: Int32Array;
  /** Steps from the root to the deepest leaf. */
  readonly treeDepths: Int32Array;
  /** Bits of `TreeKind`. */
  readonly treeKinds: Int32Array;
  /** Left child, the right one being the next node. A leaf is its own left child. */
  readonly leftChildren: Int32Array;
  /** Split: 2 × feature + (1 where missing goes right). Leaf: 0. */
  readonly slots: Int32Array;
  /** Numerical split: `x >= threshold` goes right. Leaf and categorical split: NaN. */
  readonly thresholds: Float32Array;
  /** Scalar leaf: its value, times the tree's DART weight. Elsewhere 0. */
  readonly leafValues: Float32Array;
  /** Node ids of `pred_leaf`. */
  readonly nodeIds: Int32Array;
  /** Categorical split: where its set starts in `categoryBank`. Elsewhere -1. */
  readonly categoryStart: Int32Array;
  /** Positive: words of a bit set. Negative: minus the length of an ascending list. 0: not a categorical split. */
  readonly categorySize: Int32Array;
  readonly categoryBank: Int32Array;
  /** Vector leaf: where its `groups` values start in `leafBank`. */
  readonly leafStart: Int32Array;
  readonly leafBank: Float32Array;
}

/** What an engine must know of a tree before it picks a loop. */
export const TreeKind = {
  categorical: 1,
  vectorLeaf: 2,
  /** A threshold of NaN or -∞: the two-slot staging of missing values cannot express it. */
  oddThreshold: 4,
} as const;

/** Where a category goes that is not one of the node's bit set; see `Rules.outOfRangeCategory`. */
export const CategoryRule = { left: 0, default: 1, "left after truncation": 2 } as const;

const MAGIC = 0x49424758; // "XGBI"
const VERSION = 1;
const HEADER_WORDS = 16;

const SIZE_NAMES = [
  "trees",
  "nodes",
  "features",
  "groups",
  "categoricalNodes",
  "categoryWords",
  "vectorNodes",
  "leafBankValues",
  "categoryRule",
] as const satisfies readonly (keyof LayoutSizes)[];

/** Name, element type and length of each table, in the order of the buffer. Every element has four bytes. */
const TABLES = [
  ["treeOffsets", Int32Array, (size: LayoutSizes) => size.trees + 1],
  ["treeGroups", Int32Array, (size: LayoutSizes) => size.trees],
  ["treeDepths", Int32Array, (size: LayoutSizes) => size.trees],
  ["treeKinds", Int32Array, (size: LayoutSizes) => size.trees],
  ["leftChildren", Int32Array, (size: LayoutSizes) => size.nodes],
  ["slots", Int32Array, (size: LayoutSizes) => size.nodes],
  ["thresholds", Float32Array, (size: LayoutSizes) => size.nodes],
  ["leafValues", Float32Array, (size: LayoutSizes) => size.nodes],
  ["nodeIds", Int32Array, (size: LayoutSizes) => size.nodes],
  ["categoryStart", Int32Array, (size: LayoutSizes) => size.categoricalNodes],
  ["categorySize", Int32Array, (size: LayoutSizes) => size.categoricalNodes],
  ["categoryBank", Int32Array, (size: LayoutSizes) => size.categoryWords],
  ["leafStart", Int32Array, (size: LayoutSizes) => size.vectorNodes],
  ["leafBank", Float32Array, (size: LayoutSizes) => size.leafBankValues],
] as const;

/** An empty layout of the given sizes, to be filled. */
export function createLayout(sizes: LayoutSizes): Layout {
  const words = TABLES.reduce((sum, [, , length]) => sum + length(sizes), HEADER_WORDS);
  const buffer = new ArrayBuffer(4 * words);
  const header = new Int32Array(buffer, 0, HEADER_WORDS);
  header[0] = MAGIC;
  header[1] = VERSION;
  for (const [i, name] of SIZE_NAMES.entries()) {
    header[2 + i] = sizes[name];
  }
  return viewsOf(buffer, sizes);
}

/** Fills each table of a layout with the start of the other's. */
export function copyTables(from: Layout, to: Layout): void {
  for (const [name] of TABLES) {
    to[name].set(from[name].subarray(0, to[name].length));
  }
}

/** The layout in a buffer that `createLayout` made, perhaps in another thread. Throws `RangeError` on any other. */
export function reviveLayout(buffer: ArrayBuffer | SharedArrayBuffer): Layout {
  const header = new Int32Array(buffer, 0, buffer.byteLength < 4 * HEADER_WORDS ? 0 : HEADER_WORDS);
  if (header[0] !== MAGIC || header[1] !== VERSION) {
    throw new RangeError(`not a compiled forest of version ${VERSION}`);
  }
  const sizes = Object.fromEntries(SIZE_NAMES.map((name, i) => [name, header[2 + i]!])) as Record<
    keyof LayoutSizes,
    number
  >;
  const words = TABLES.reduce((sum, [, , length]) => sum + length(sizes), HEADER_WORDS);
  if (buffer.byteLength !== 4 * words) {
    throw new RangeError(`compiled forest has ${buffer.byteLength} bytes, its header says ${4 * words}`);
  }
  return viewsOf(buffer, sizes);
}

function viewsOf(buffer: ArrayBuffer | SharedArrayBuffer, sizes: LayoutSizes): Layout {
  let offset = 4 * HEADER_WORDS;
  const views: Record<string, Int32Array | Float32Array> = {};
  for (const [name, View, length] of TABLES) {
    views[name] = new View(buffer as ArrayBuffer, offset, length(sizes));
    offset += 4 * length(sizes);
  }
  return { ...sizes, ...views, buffer } as unknown as Layout;
}
