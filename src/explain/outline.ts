/** Which part of a tree is shown: pictures and texts of large trees stay readable. */
import { describe, InputError } from "../errors.ts";
import type { LeafView, SplitView, TreeNodeView, TreeView } from "../model/tree-view.ts";
import { featureName } from "./contributions.ts";
import { formatNumber, formatValue, plural } from "./numbers.ts";

/** What pictures and texts of a tree take. */
export interface OutlineOptions {
  /** Names of the features. Default: f0, f1, … */
  readonly names?: readonly string[] | undefined;
  /** Names of categories in the order of their codes, by feature; codes where there are none. */
  readonly categories?: ((feature: number) => readonly string[] | undefined) | undefined;
  /** Levels below the root that are shown; deeper subtrees become "… N more nodes". Default: 4. */
  readonly maxDepth?: number;
  /** Nodes that are shown at most. Default: 127. */
  readonly maxNodes?: number;
  /** Id of the leaf that a row reaches, as `predLeaf` gives it: its path is marked, and shown below `maxDepth` too. */
  readonly leaf?: number;
  /** The row itself, by feature index: its values are shown on the path. */
  readonly row?: ArrayLike<unknown>;
}

/** A node that is shown. A split without children stands for its whole subtree. */
export interface OutlineNode {
  readonly node: TreeNodeView;
  readonly children: readonly [OutlineNode, OutlineNode] | undefined;
  /** On the path of the row. */
  readonly onPath: boolean;
  /** What leads here: "< 3.5", "in {a, b}"; "" for the root. */
  readonly condition: string;
  /** Whether a missing value comes here. */
  readonly takesMissing: boolean;
  /** Of a subtree that is not shown: its nodes, and the least and greatest value of its leaves. */
  readonly hidden: Hidden | undefined;
}

export interface Hidden {
  readonly nodes: number;
  readonly least: number;
  readonly greatest: number;
}

/** Characters of a set of categories before it is abbreviated. */
const SET_LENGTH = 24;

interface Grown {
  readonly node: TreeNodeView;
  children: [Grown, Grown] | undefined;
}

export function outline(tree: TreeView, options: OutlineOptions): OutlineNode {
  const { maxDepth = 4, maxNodes = 127 } = options;
  checkLimit("maxDepth", maxDepth, 0);
  checkLimit("maxNodes", maxNodes, 1);
  if (typeof tree !== "object" || tree === null || !Array.isArray(tree.nodes) || tree.nodes.length === 0) {
    throw new InputError(`tree is ${describe(tree)}, expected what booster.tree(index) returns`);
  }
  const byId = new Map(tree.nodes.map((node) => [node.id, node]));
  const path = pathTo(tree, options.leaf);
  const root: Grown = { node: tree.nodes[0]!, children: undefined };
  grow(root, byId, path, maxDepth, maxNodes);
  return finish(root, byId, path, options, "", false);
}

function checkLimit(name: string, value: number, least: number): void {
  if (!(Number.isInteger(value) && value >= least && value <= 2000)) {
    throw new InputError(`${name} is ${describe(value)}, expected a whole number from ${least} to 2000`);
  }
}

/** Ids from the root to the leaf. */
function pathTo(tree: TreeView, leaf: number | undefined): Set<number> {
  if (leaf === undefined) {
    return new Set();
  }
  if (tree.nodes.find(({ id }) => id === leaf)?.kind !== "leaf") {
    throw new InputError(
      `leaf is ${describe(leaf)}, expected the id of a leaf of the tree, as predLeaf gives it`,
    );
  }
  const parents = new Map<number, number>();
  for (const node of tree.nodes) {
    if (node.kind === "split") {
      parents.set(node.left, node.id).set(node.right, node.id);
    }
  }
  const path = new Set<number>();
  for (let at: number | undefined = leaf; at !== undefined && !path.has(at); at = parents.get(at)) {
    path.add(at);
  }
  return path;
}

/** Opens splits while there is room: first those on the path, then level by level. */
function grow(
  root: Grown,
  byId: ReadonlyMap<number, TreeNodeView>,
  path: ReadonlySet<number>,
  maxDepth: number,
  maxNodes: number,
): void {
  let room = maxNodes - 1;
  const open = (grown: Grown): readonly Grown[] => {
    const { node } = grown;
    if (node.kind === "leaf") {
      return [];
    }
    if (grown.children === undefined && room >= 2) {
      room -= 2;
      grown.children = [
        { node: byId.get(node.left)!, children: undefined },
        { node: byId.get(node.right)!, children: undefined },
      ];
    }
    return grown.children ?? [];
  };
  for (let at: Grown | undefined = path.size > 0 ? root : undefined; at !== undefined; ) {
    at = open(at).find(({ node }) => path.has(node.id));
  }
  let level: readonly Grown[] = [root];
  for (let depth = 0; depth < maxDepth && level.length > 0; depth++) {
    level = level.flatMap(open);
  }
}

/** The path is as deep as `maxNodes` allows, 1000 levels at most: recursion is safe. */
function finish(
  { node, children }: Grown,
  byId: ReadonlyMap<number, TreeNodeView>,
  path: ReadonlySet<number>,
  options: OutlineOptions,
  condition: string,
  takesMissing: boolean,
): OutlineNode {
  const onPath = path.has(node.id);
  if (node.kind === "leaf" || children === undefined) {
    const hidden = node.kind === "leaf" ? undefined : summary(node, byId);
    return { node, children: undefined, onPath, condition, takesMissing, hidden };
  }
  const [left, right] = conditionsOf(node, options);
  return {
    node,
    children: [
      finish(children[0], byId, path, options, left, node.missing === "left"),
      finish(children[1], byId, path, options, right, node.missing === "right"),
    ],
    onPath,
    condition,
    takesMissing,
    hidden: undefined,
  };
}

/** Counts a subtree and finds its extreme leaves. */
function summary(root: TreeNodeView, byId: ReadonlyMap<number, TreeNodeView>): Hidden {
  const stack = [root];
  let [nodes, least, greatest] = [0, Infinity, -Infinity];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    nodes++;
    if (node.kind === "split") {
      stack.push(byId.get(node.left)!, byId.get(node.right)!);
    } else {
      for (const value of node.value) {
        least = value < least ? value : least;
        greatest = value > greatest ? value : greatest;
      }
    }
  }
  return { nodes, least, greatest };
}

/** What leads left, and what leads right. */
export function conditionsOf(split: SplitView, { categories }: OutlineOptions): readonly [string, string] {
  if (split.categories === undefined) {
    const threshold = formatNumber(split.threshold!, 6);
    return [`< ${threshold}`, `≥ ${threshold}`];
  }
  const names = categories?.(split.feature);
  const set = setText(split.categories.map((code) => names?.[code] ?? String(code)));
  return [
    split.categories.length === 1 ? `not ${set}` : "others",
    split.categories.length === 1 ? `is ${set}` : `in ${set}`,
  ];
}

function setText(names: readonly string[]): string {
  if (names.length === 1) {
    return names[0]!;
  }
  let shown = 0;
  for (
    let length = 0;
    shown < names.length && (shown === 0 || length + names[shown]!.length <= SET_LENGTH);
    shown++
  ) {
    length += names[shown]!.length + 2;
  }
  const more = names.length - shown;
  return `{${names.slice(0, shown).join(", ")}${more > 0 ? `, … ${more} more` : ""}}`;
}

/** "income", and on the path of a row "income = 29300". */
export function splitText(
  split: SplitView,
  onPath: boolean,
  options: OutlineOptions,
): readonly [string, string | undefined] {
  const name = featureName(options.names, split.feature);
  if (!onPath || options.row === undefined) {
    return [name, undefined];
  }
  const value = options.row[split.feature];
  const category =
    split.categories !== undefined && typeof value === "number"
      ? options.categories?.(split.feature)?.[value]
      : undefined;
  return [name, category ?? formatValue(value)];
}

/** A leaf's values, the first ones of many. */
export function leafText(leaf: LeafView): string {
  const shown = leaf.value.slice(0, 3).map((value) => formatNumber(value));
  const more = leaf.value.length - shown.length;
  return leaf.value.length === 1 ? shown[0]! : `[${shown.join(", ")}${more > 0 ? `, … ${more} more` : ""}]`;
}

export function hiddenText({ nodes, least, greatest }: Hidden): readonly [string, string] {
  return [
    `… ${plural(nodes, "more node", "more nodes")}`,
    `leaves ${formatNumber(least, 3)} to ${formatNumber(greatest, 3)}`,
  ];
}

/** "cover 123, gain 4.5", what the file says of it. */
export function statistics(node: TreeNodeView): string {
  const parts = [
    node.kind === "split" && node.gain !== undefined ? `gain ${formatNumber(node.gain, 3)}` : "",
    node.cover === undefined ? "" : `cover ${formatNumber(node.cover, 3)}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** "Tree 3 of round 1: 15 nodes, 8 leaves, depth 3." */
export function describeTree(tree: TreeView): string {
  const leaves = tree.nodes.filter(({ kind }) => kind === "leaf").length;
  const group = tree.group > 0 ? `, output group ${tree.group}` : "";
  const weight = tree.weight === 1 ? "" : `, weight ${formatNumber(tree.weight)}`;
  return `Tree ${tree.index} of round ${tree.round}${group}${weight}: ${plural(tree.nodes.length, "node")}, ${plural(leaves, "leaf", "leaves")}`;
}
