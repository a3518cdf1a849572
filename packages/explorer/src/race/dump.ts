/** A model's trees as XGBoost's `get_dump(dump_format="json")` gives them, for rivals that read nothing else. */
import type { Booster, TreeNodeView } from "xgboost-infer";

export type DumpNode =
  | {
      readonly nodeid: number;
      readonly split: string;
      readonly split_condition: number;
      readonly yes: number;
      readonly no: number;
      readonly missing: number;
      readonly children: readonly DumpNode[];
    }
  | { readonly nodeid: number; readonly leaf: number };

/** Features are called f0, f1, …; splits must be numerical. */
export function dumpOf(booster: Booster): DumpNode[] {
  return Array.from({ length: booster.numTrees }, (_, t) => {
    const { nodes, weight } = booster.tree(t);
    const byId = new Map(nodes.map((node) => [node.id, node]));
    return dumpNode(nodes[0]!, byId, weight);
  });
}

/** Recursion is as deep as the tree. */
function dumpNode(node: TreeNodeView, byId: ReadonlyMap<number, TreeNodeView>, weight: number): DumpNode {
  if (node.kind === "leaf") {
    return { nodeid: node.id, leaf: node.value[0]! * weight };
  }
  return {
    nodeid: node.id,
    split: `f${node.feature}`,
    split_condition: node.threshold!,
    yes: node.left,
    no: node.right,
    missing: node.missing === "left" ? node.left : node.right,
    children: [node.left, node.right].map((id) => dumpNode(byId.get(id)!, byId, weight)),
  };
}
