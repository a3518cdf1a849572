/** A model of full trees: what a page must bear. */
import { repositoryFile } from "./browser.ts";

/** Two features in turn, thresholds that halve [0, 1) again and again, and leaves from -1 to 1. */
function fullTree(id: number, depth: number): object {
  const nodes = 2 ** (depth + 1) - 1;
  const splits = 2 ** depth - 1;
  const of = <T>(value: (node: number) => T): T[] => Array.from({ length: nodes }, (_, node) => value(node));
  const level = (node: number): number => Math.floor(Math.log2(node + 1));
  const place = (node: number): number => (node + 1 - 2 ** level(node) + 0.5) / 2 ** level(node);
  return {
    base_weights: of(() => 0),
    categories: [],
    categories_nodes: [],
    categories_segments: [],
    categories_sizes: [],
    default_left: of((node) => node % 2),
    id,
    left_children: of((node) => (node < splits ? 2 * node + 1 : -1)),
    right_children: of((node) => (node < splits ? 2 * node + 2 : -1)),
    parents: of((node) => (node === 0 ? 2 ** 31 - 1 : Math.floor((node - 1) / 2))),
    loss_changes: of((node) => (node < splits ? 1 + place(node) : 0)),
    split_conditions: of((node) =>
      node < splits ? Math.fround(place(node)) : Math.fround(2 * place(node) - 1),
    ),
    split_indices: of((node) => (node < splits ? level(node) % 30 : 0)),
    split_type: of(() => 0),
    sum_hessian: of((node) => 2 ** (depth - level(node))),
    tree_param: { num_deleted: "0", num_feature: "30", num_nodes: String(nodes), size_leaf_vector: "1" },
  };
}

interface Document {
  readonly learner: {
    readonly gradient_booster: {
      readonly model: {
        trees: object[];
        tree_info: number[];
        iteration_indptr: number[];
        readonly gbtree_model_param: { num_trees: string };
      };
    };
  };
}

/** The breast cancer model's names and objective, with full trees in place of its own. */
export function deepModel(trees: number, depth: number): string {
  const document = JSON.parse(
    repositoryFile("fixtures/3.4.1/breast-cancer/model.json").buffer.toString(),
  ) as Document;
  const { model } = document.learner.gradient_booster;
  model.trees = Array.from({ length: trees }, (_, id) => fullTree(id, depth));
  model.tree_info = new Array<number>(trees).fill(0);
  model.iteration_indptr = Array.from({ length: trees + 1 }, (_, i) => i);
  model.gbtree_model_param.num_trees = String(trees);
  return JSON.stringify(document);
}
