/** A tree as columns: cheap to hand between threads, quick to lay out, whatever its depth. */
import type { TreeView } from "xgboost-infer";

/** Nodes in breadth-first order, so that parents come before their children; places are indices into the columns. */
export interface TreeTable {
  readonly index: number;
  readonly round: number;
  /** Output group whose margin the tree adds to. */
  readonly group: number;
  /** DART's weight of the tree; 1 elsewhere. */
  readonly weight: number;
  readonly size: number;
  readonly leaves: number;
  /** Levels below the root. */
  readonly depth: number;
  /** Node ids as `predLeaf` gives them. */
  readonly ids: Int32Array;
  /** -1 for leaves. */
  readonly feature: Int32Array;
  /** NaN on leaves and categorical splits. */
  readonly threshold: Float32Array;
  /** Codes that go right, by place of the split. */
  readonly categories: ReadonlyMap<number, readonly number[]>;
  /** Places of the children, -1 on leaves. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Place of the parent, -1 for the root. */
  readonly parent: Int32Array;
  readonly level: Int32Array;
  readonly missingLeft: Uint8Array;
  /** NaN where the file does not say. */
  readonly gain: Float32Array;
  readonly cover: Float32Array;
  /** Leaf values, `leafSize` a node; the weight is not applied. */
  readonly values: Float32Array;
  readonly leafSize: number;
  /** Nodes of the subtree, itself included. */
  readonly below: Int32Array;
  /** Least and greatest first leaf value of the subtree. */
  readonly least: Float32Array;
  readonly greatest: Float32Array;
}

export function tableOf(tree: TreeView): TreeTable {
  const size = tree.nodes.length;
  const places = new Map(tree.nodes.map(({ id }, place) => [id, place]));
  const leafSize = tree.nodes.reduce(
    (most, node) => (node.kind === "leaf" ? Math.max(most, node.value.length) : most),
    1,
  );
  const categories = new Map<number, readonly number[]>();
  const ints = (fill: number): Int32Array => new Int32Array(size).fill(fill);
  const floats = (): Float32Array => new Float32Array(size).fill(Number.NaN);
  const [ids, feature, left, right, parent, level] = [
    ints(0),
    ints(-1),
    ints(-1),
    ints(-1),
    ints(-1),
    ints(0),
  ];
  const [threshold, gain, cover, least, greatest] = [floats(), floats(), floats(), floats(), floats()];
  const values = new Float32Array(size * leafSize).fill(Number.NaN);
  const missingLeft = new Uint8Array(size);
  const below = ints(1);
  let leaves = 0;
  tree.nodes.forEach((node, place) => {
    ids[place] = node.id;
    cover[place] = node.cover ?? Number.NaN;
    if (node.kind === "leaf") {
      leaves++;
      values.set(node.value, place * leafSize);
      least[place] = greatest[place] = node.value[0] ?? Number.NaN;
      return;
    }
    feature[place] = node.feature;
    gain[place] = node.gain ?? Number.NaN;
    missingLeft[place] = node.missing === "left" ? 1 : 0;
    if (node.categories === undefined) {
      threshold[place] = node.threshold ?? Number.NaN;
    } else {
      categories.set(place, node.categories);
    }
    left[place] = places.get(node.left)!;
    right[place] = places.get(node.right)!;
    for (const child of [left[place]!, right[place]!]) {
      parent[child] = place;
      level[child] = level[place]! + 1;
    }
  });
  for (let place = size - 1; place >= 0; place--) {
    if (feature[place] === -1) {
      continue;
    }
    const [l, r] = [left[place]!, right[place]!];
    below[place] = 1 + below[l]! + below[r]!;
    least[place] = Math.min(least[l]!, least[r]!);
    greatest[place] = Math.max(greatest[l]!, greatest[r]!);
  }
  return {
    index: tree.index,
    round: tree.round,
    group: tree.group,
    weight: tree.weight,
    size,
    leaves,
    depth: level[size - 1] ?? 0,
    ids,
    feature,
    threshold,
    categories,
    left,
    right,
    parent,
    level,
    missingLeft,
    gain,
    cover,
    values,
    leafSize,
    below,
    least,
    greatest,
  };
}

/** Buffers that can be handed to another thread instead of being copied. */
export function buffersOf(table: TreeTable): ArrayBuffer[] {
  return Object.values(table)
    .filter((each): each is Float32Array<ArrayBuffer> => ArrayBuffer.isView(each))
    .map(({ buffer }) => buffer);
}

/** Places from the root to a node. */
export function pathTo(table: TreeTable, place: number): number[] {
  const path: number[] = [];
  for (let at = place; at >= 0; at = table.parent[at]!) {
    path.unshift(at);
  }
  return path;
}

/** The place of a node by its id, -1 where there is none. */
export function placeOf(table: TreeTable, id: number): number {
  return table.ids.indexOf(id);
}

/** Which way a value goes at a split, as the model file says it; for the words beside a path, which comes from `predLeaf`. */
export type Side = "left" | "right";

export function sideOf(table: TreeTable, parent: number, child: number): Side {
  return table.left[parent] === child ? "left" : "right";
}
