/** Nodes, leaves and depths, counted a few trees at a time so that large models do not hold up the page. */
import { useEffect, useState } from "preact/hooks";
import type { Booster, TreeView } from "xgboost-infer";
import { count, percent } from "../../app/format.ts";

interface Structure {
  readonly trees: number;
  readonly nodes: number;
  readonly leaves: number;
  readonly depth: number;
  readonly categoricalSplits: number;
}

const NOTHING: Structure = { trees: 0, nodes: 0, leaves: 0, depth: 0, categoricalSplits: 0 };
/** Milliseconds at a time, which leave room for a frame. */
const TURN = 8;

export function StructureFacts({ booster }: { readonly booster: Booster }) {
  const [found, setFound] = useState(NOTHING);
  useEffect(() => countTrees(booster, setFound), [booster]);
  if (booster.numTrees === 0) {
    return null;
  }
  const isDone = found.trees === booster.numTrees;
  return (
    <article class="card" aria-labelledby="structure-title" aria-busy={!isDone}>
      <h3 id="structure-title">Trees</h3>
      {isDone ? null : <p class="quiet">Counted {percent(found.trees / booster.numTrees, 0)}</p>}
      <dl class="facts small">
        <div>
          <dt>Nodes</dt>
          <dd>{count(found.nodes)}</dd>
        </div>
        <div>
          <dt>Leaves</dt>
          <dd>{count(found.leaves)}</dd>
        </div>
        <div>
          <dt>Deepest</dt>
          <dd>{found.depth}</dd>
        </div>
        {found.categoricalSplits === 0 ? null : (
          <div>
            <dt>Categorical splits</dt>
            <dd>{count(found.categoricalSplits)}</dd>
          </div>
        )}
      </dl>
    </article>
  );
}

function countTrees(booster: Booster, report: (found: Structure) => void): () => void {
  let found = NOTHING;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turn = (): void => {
    const end = performance.now() + TURN;
    while (found.trees < booster.numTrees && performance.now() < end) {
      found = withTree(found, booster.tree(found.trees));
    }
    report(found);
    timer = found.trees < booster.numTrees ? setTimeout(turn) : undefined;
  };
  turn();
  return () => clearTimeout(timer);
}

function withTree(so: Structure, { nodes }: TreeView): Structure {
  const depths = new Map([[nodes[0]!.id, 0]]);
  let { leaves, depth, categoricalSplits } = so;
  for (const node of nodes) {
    const at = depths.get(node.id)!;
    if (node.kind === "leaf") {
      leaves++;
      depth = Math.max(depth, at);
    } else {
      depths.set(node.left, at + 1).set(node.right, at + 1);
      categoricalSplits += node.categories === undefined ? 0 : 1;
    }
  }
  return { trees: so.trees + 1, nodes: so.nodes + nodes.length, leaves, depth, categoricalSplits };
}
