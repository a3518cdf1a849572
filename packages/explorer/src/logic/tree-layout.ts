/** Where the nodes of a tree stand: levels from left to right, one line a node without visible children. */
import type { TreeTable } from "./tree-table.ts";

/** Which nodes are drawn. A split that is not open stands for its whole subtree. */
export interface TreeLayout {
  /** Places of the visible nodes, parents before children. */
  readonly visible: Int32Array;
  /** By place: line of the node, counted from 0, in halves; NaN where it is hidden. */
  readonly line: Float32Array;
  /** Number of lines. */
  readonly lines: number;
  /** Deepest visible level. */
  readonly depth: number;
  /** By level: visible places from top to bottom, for drawing only those that can be seen. */
  readonly levels: readonly Int32Array[];
}

/** Splits that are open. */
export type Open = (place: number) => boolean;

export function layoutTree(table: TreeTable, open: Open): TreeLayout {
  const line = new Float32Array(table.size).fill(Number.NaN);
  const levels: number[][] = [];
  const order: number[] = [];
  const isOpen = (place: number): boolean => table.feature[place] !== -1 && open(place);
  let lines = 0;
  // Without recursion: trees may be thousands of levels deep. Left before right, so that levels fill from top to bottom.
  const stack = [0];
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    order.push(place);
    const level = table.level[place]!;
    levels[level] ??= [];
    levels[level].push(place);
    if (isOpen(place)) {
      stack.push(table.right[place]!, table.left[place]!);
    } else {
      line[place] = lines++;
    }
  }
  for (let i = order.length - 1; i >= 0; i--) {
    const place = order[i]!;
    if (Number.isNaN(line[place]!)) {
      line[place] = (line[table.left[place]!]! + line[table.right[place]!]!) / 2;
    }
  }
  return {
    visible: Int32Array.from(order),
    line,
    lines,
    depth: levels.length - 1,
    levels: levels.map((places) => Int32Array.from(places)),
  };
}

/** Splits that open by themselves: level by level from the root while there is room for `limit` lines. */
export function firstOpen(table: TreeTable, limit: number): Set<number> {
  const open = new Set<number>();
  let lines = 1;
  for (let place = 0; place < table.size && lines < limit; place++) {
    const parent = table.parent[place]!;
    if (table.feature[place] !== -1 && (parent === -1 || open.has(parent))) {
      open.add(place);
      lines++;
    }
  }
  return open;
}

/** The first and last index of a level's places whose lines touch `[top, bottom]`. */
export function visibleRange(
  layout: TreeLayout,
  level: number,
  top: number,
  bottom: number,
): readonly [number, number] {
  const places = layout.levels[level] ?? new Int32Array(0);
  return [firstAtLeast(places, layout.line, top), firstAtLeast(places, layout.line, bottom)];
}

function firstAtLeast(places: Int32Array, line: Float32Array, least: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (line[places[middle]!]! < least) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** What the arrow keys do: where the focus goes from a node. */
export type Step = "parent" | "left" | "right" | "above" | "below";

export function neighbour(table: TreeTable, layout: TreeLayout, place: number, step: Step): number {
  const shown = (other: number): number => (other >= 0 && !Number.isNaN(layout.line[other]!) ? other : place);
  switch (step) {
    case "parent":
      return shown(table.parent[place]!);
    case "left":
      return shown(table.left[place]!);
    case "right":
      return shown(table.right[place]!);
    default: {
      const places = layout.levels[table.level[place]!]!;
      const at = firstAtLeast(places, layout.line, layout.line[place]!);
      return places[at + (step === "above" ? -1 : 1)] ?? place;
    }
  }
}
