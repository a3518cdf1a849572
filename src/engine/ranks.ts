/**
 * Ranks: for each feature the distinct thresholds of the forest, so that a value can be replaced by how many of them are <=
 * it, and a threshold by its place among them. `x >= threshold` is `rank > place`, an integer comparison, for every x: exact.
 *
 * A rank has to fit a byte. A feature with more than 255 thresholds gets several columns, each with those of the next trees.
 */
import { type Layout, TreeKind } from "../compile/layout.ts";

const MAX_THRESHOLDS = 255;
/** Offsets of slots have 16 bits, and a slot of a batch has 32 bytes. The last slot is for what no split asks for. */
const MAX_SLOTS = 2 ** 16 / 32 - 1;
/** Every walk goes to the depth of its tree; beyond this depth most of the steps would be idle. */
const MAX_DEPTH = 32;
/** A place or a rank is less by this, so that it is a signed byte. */
export const RANK_BIAS = 128;

/** Thresholds of a feature, and the slots where the rank of its value among them stands. */
export interface Column {
  readonly feature: number;
  /** Ascending, distinct. */
  readonly thresholds: Float32Array;
  /** Slot for splits that send missing values left, and for the others. */
  readonly left: number;
  readonly right: number;
}

export interface RankPlan {
  readonly columns: readonly Column[];
  /** Slots of a row, with one at the end that is written and never read. */
  readonly slots: number;
  /** 1 for each tree whose splits all have a slot and a key. */
  readonly ranked: Uint8Array;
  /** Slot of each split; 0 on leaves. */
  readonly nodeSlots: Uint16Array;
  /** Place of each split's threshold in its column, less by `RANK_BIAS`; 127, which no rank exceeds, on leaves. */
  readonly nodeKeys: Int8Array;
}

/** A column that is being filled. */
interface OpenColumn {
  readonly index: number;
  readonly feature: number;
  /** Threshold → the order in which it came; -0 and 0 are one key of a Map, as they are one threshold. */
  readonly places: Map<number, number>;
  leftUsed: boolean;
  rightUsed: boolean;
}

/** `undefined` where the slots are not enough. */
export function planRanks(layout: Layout): RankPlan | undefined {
  const ranked = Uint8Array.from({ length: layout.trees }, (_, t) => {
    const odd = TreeKind.categorical | TreeKind.oddThreshold | TreeKind.vectorLeaf;
    return (layout.treeKinds[t]! & odd) === 0 && layout.treeDepths[t]! <= MAX_DEPTH ? 1 : 0;
  });
  const nodeColumns = new Int32Array(layout.nodes);
  const nodePlaces = new Uint8Array(layout.nodes);
  const open = collectThresholds(layout, ranked, nodeColumns, nodePlaces);
  let slots = 0;
  const columns: Column[] = [];
  const ordered: Uint8Array[] = [];
  const trash = open.reduce((sum, { leftUsed, rightUsed }) => sum + +leftUsed + +rightUsed, 0);
  if (trash > MAX_SLOTS) {
    return undefined;
  }
  for (const { feature, places, leftUsed, rightUsed } of open) {
    const thresholds = Float32Array.from(places.keys()).sort();
    const order = new Uint8Array(thresholds.length);
    thresholds.forEach((threshold, place) => {
      order[places.get(threshold)!] = place;
    });
    ordered.push(order);
    columns.push({
      feature,
      thresholds,
      left: leftUsed ? slots++ : trash,
      right: rightUsed ? slots++ : trash,
    });
  }
  const nodeSlots = new Uint16Array(layout.nodes);
  const nodeKeys = new Int8Array(layout.nodes).fill(127);
  forEachSplit(layout, ranked, (node) => {
    const column = columns[nodeColumns[node]!]!;
    nodeSlots[node] = (layout.slots[node]! & 1) === 0 ? column.left : column.right;
    nodeKeys[node] = ordered[nodeColumns[node]!]![nodePlaces[node]!]! - RANK_BIAS;
  });
  return { columns, slots: slots + 1, ranked, nodeSlots, nodeKeys };
}

/** Gives each split a column and, for now, the order in which its threshold came into it. */
function collectThresholds(
  layout: Layout,
  ranked: Uint8Array,
  nodeColumns: Int32Array,
  nodePlaces: Uint8Array,
): OpenColumn[] {
  const all: OpenColumn[] = [];
  const current = new Map<number, OpenColumn>();
  forEachSplit(layout, ranked, (node) => {
    const feature = layout.slots[node]! >> 1;
    const threshold = layout.thresholds[node]!;
    let column = current.get(feature);
    let place = column?.places.get(threshold);
    if (column === undefined || place === undefined) {
      if (column === undefined || column.places.size === MAX_THRESHOLDS) {
        column = { index: all.length, feature, places: new Map(), leftUsed: false, rightUsed: false };
        all.push(column);
        current.set(feature, column);
      }
      place = column.places.size;
      column.places.set(threshold, place);
    }
    nodeColumns[node] = column.index;
    nodePlaces[node] = place;
    if ((layout.slots[node]! & 1) === 0) {
      column.leftUsed = true;
    } else {
      column.rightUsed = true;
    }
  });
  return all;
}

/** Splits of the ranked trees. */
export function forEachSplit(layout: Layout, ranked: Uint8Array, visit: (node: number) => void): void {
  const { trees, treeOffsets, leftChildren } = layout;
  for (let t = 0; t < trees; t++) {
    const end = ranked[t] === 1 ? treeOffsets[t + 1]! : 0;
    for (let node = treeOffsets[t]!; node < end; node++) {
      if (leftChildren[node] !== node) {
        visit(node);
      }
    }
  }
}
