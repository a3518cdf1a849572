/** Where the nodes of a tree stand in a file: XGBoost walks to `left + 1`, so that children must stand side by side. */
import type { Tree } from "../model/model.ts";
import { breadthFirst } from "../model/walk.ts";

/** Deleted nodes that a tree of a dump may leave between its own: more are not worth their room. */
const MOST_GAPS = 16;

export interface NodeOrder {
  /** By place in the file: the tree's node, or -1 for a deleted one. */
  readonly nodes: Int32Array;
  /** By node of the tree: its place in the file; -1 for nodes that nothing leads to, where they lose their place. */
  readonly places: Int32Array;
  /** Whether leaf ids stay what they were. */
  readonly keepsIds: boolean;
}

/** The order that keeps the ids of nodes, where there is one; else breadth first. */
export function orderNodes(tree: Tree): NodeOrder {
  return byId(tree) ?? breadth(tree);
}

function byId(tree: Tree): NodeOrder | undefined {
  const { numNodes, nodeIds } = tree;
  const ids = nodeIds ?? Int32Array.from({ length: numNodes }, (_, node) => node);
  const size = ids.reduce((greatest, id) => Math.max(greatest, id), 0) + 1;
  if (size > MOST_GAPS * (numNodes + MOST_GAPS) || ids[0] !== 0) {
    return undefined;
  }
  const nodes = new Int32Array(size).fill(-1);
  ids.forEach((id, node) => {
    nodes[id] = node;
  });
  for (const node of breadthFirst(tree)) {
    const left = tree.leftChildren[node]!;
    if (left !== -1 && ids[tree.rightChildren[node]!] !== ids[left]! + 1) {
      return undefined;
    }
  }
  return { nodes, places: ids, keepsIds: true };
}

function breadth(tree: Tree): NodeOrder {
  const nodes = breadthFirst(tree);
  const places = new Int32Array(tree.numNodes).fill(-1);
  nodes.forEach((node, place) => {
    places[node] = place;
  });
  return { nodes, places, keepsIds: false };
}
