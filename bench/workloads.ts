/**
 * The four workloads of the benchmark: model documents and rows of the shapes that decide speed (trees, depth, leaves a
 * tree, features, missing values). Trees are drawn, not trained: what they predict means nothing, what they cost does.
 */
import { seededRandom } from "./random.ts";

export interface Workload {
  readonly name: "risk" | "deep" | "small" | "digits";
  readonly objective: string;
  readonly numClass: number;
  readonly trees: number;
  readonly maxDepth: number;
  /** Leaves a tree, on average. */
  readonly leaves: number;
  readonly features: number;
  /** Share of missing cells. */
  readonly missing: number;
  /** Different thresholds a feature can have, as `hist` makes them. */
  readonly cuts: number;
}

export const BATCH_ROWS = 10_000;

export const WORKLOADS: readonly Workload[] = [
  {
    name: "risk",
    objective: "binary:logistic",
    numClass: 0,
    trees: 500,
    maxDepth: 6,
    leaves: 60,
    features: 50,
    missing: 0.1,
    cuts: 255,
  },
  {
    name: "deep",
    objective: "reg:squarederror",
    numClass: 0,
    trees: 1000,
    maxDepth: 8,
    leaves: 221,
    features: 100,
    missing: 0,
    cuts: 255,
  },
  {
    name: "small",
    objective: "binary:logistic",
    numClass: 0,
    trees: 100,
    maxDepth: 6,
    leaves: 54,
    features: 28,
    missing: 0,
    cuts: 255,
  },
  {
    name: "digits",
    objective: "multi:softprob",
    numClass: 10,
    trees: 1000,
    maxDepth: 6,
    leaves: 5,
    features: 64,
    missing: 0,
    cuts: 16,
  },
];

interface TreeArrays {
  left_children: number[];
  right_children: number[];
  split_indices: number[];
  split_conditions: number[];
  default_left: number[];
  parents: number[];
  /** Halved at every split: some converters want to see how many rows a node had. */
  sum_hessian: number[];
  depth: number[];
  /** For each node and feature, the range of values that can arrive there. */
  range: Map<number, readonly [number, number]>[];
}

/** What XGBoost writes as the parent of a root. */
const NO_PARENT = 2 ** 31 - 1;

/** A model file's JSON text, with every field that XGBoost 3.4 itself reads. */
export function modelText(workload: Workload, seed = 2024): string {
  const random = seededRandom(seed);
  const trees = Array.from({ length: workload.trees }, (_, id) => treeDocument(workload, id, random));
  const groups = Math.max(1, workload.numClass);
  const document = {
    learner: {
      attributes: {},
      feature_names: [],
      feature_types: [],
      gradient_booster: {
        model: {
          cats: { enc: [], feature_segments: [], sorted_idx: [] },
          gbtree_model_param: { num_parallel_tree: "1", num_trees: String(workload.trees) },
          iteration_indptr: Array.from({ length: workload.trees / groups + 1 }, (_, round) => round * groups),
          tree_info: trees.map((_, t) => t % groups),
          trees,
        },
        name: "gbtree",
      },
      learner_model_param: {
        base_score: `[${new Array(groups).fill("5E-1").join(",")}]`,
        boost_from_average: "0",
        num_class: String(workload.numClass),
        num_feature: String(workload.features),
        num_target: "1",
      },
      objective:
        workload.numClass > 0
          ? {
              name: workload.objective,
              softmax_multiclass_param: { num_class: String(workload.numClass) },
            }
          : { name: workload.objective, reg_loss_param: { scale_pos_weight: "1" } },
    },
    version: [3, 4, 1],
  };
  const text = JSON.stringify(document, (key, value) =>
    FLOAT_ARRAYS.has(key) ? `floats ${(value as number[]).map(floatText).join(",")}` : value,
  );
  return text.replaceAll(/"floats ([^"]*)"/g, "[$1]");
}

/** Their numbers must not look like integers: XGBoost does not take those for floats. */
const FLOAT_ARRAYS: ReadonlySet<string> = new Set([
  "base_weights",
  "loss_changes",
  "split_conditions",
  "sum_hessian",
]);

/** The shortest decimal of at most nine digits that reads back to the same float32, as XGBoost writes it. */
function floatText(value: number): string {
  if (Number.isInteger(value)) {
    return `${value}E0`;
  }
  for (let digits = 6; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) {
      return String(short);
    }
  }
  return String(value);
}

/** Splits random leaves, within the depth, until the tree has its number of leaves. */
function treeDocument(workload: Workload, id: number, random: () => number): Record<string, unknown> {
  const tree: TreeArrays = {
    left_children: [-1],
    right_children: [-1],
    split_indices: [0],
    split_conditions: [0],
    default_left: [0],
    parents: [NO_PARENT],
    sum_hessian: [BATCH_ROWS],
    depth: [0],
    range: [new Map()],
  };
  const wanted = Math.max(2, Math.round(workload.leaves * (0.85 + 0.3 * random())));
  const open = [0];
  for (let leaves = 1; leaves < wanted && open.length > 0; leaves++) {
    const node = open.splice(Math.floor(random() * open.length), 1)[0]!;
    splitNode(tree, node, workload, random);
    for (const child of [tree.left_children[node]!, tree.right_children[node]!]) {
      if (tree.depth[child]! < workload.maxDepth) {
        open.push(child);
      }
    }
  }
  const { depth: _, range: __, ...arrays } = tree;
  const count = arrays.left_children.length;
  return {
    ...arrays,
    base_weights: arrays.split_conditions,
    categories: [],
    categories_nodes: [],
    categories_segments: [],
    categories_sizes: [],
    id,
    loss_changes: arrays.split_conditions,
    split_type: new Array(count).fill(0),
    tree_param: {
      num_deleted: "0",
      num_feature: String(workload.features),
      num_nodes: String(count),
      size_leaf_vector: "1",
    },
  };
}

/** A threshold from the middle of the values that reach the node, so that rows part at every split. */
function splitNode(tree: TreeArrays, node: number, workload: Workload, random: () => number): void {
  const feature = Math.floor(random() * workload.features);
  const [low, high] = tree.range[node]!.get(feature) ?? [0, 1];
  const place = low + (high - low) * (0.25 + 0.5 * random());
  const threshold = Math.fround(Math.max(1, Math.round(place * workload.cuts)) / workload.cuts);
  const left = tree.left_children.length;
  tree.left_children[node] = left;
  tree.right_children[node] = left + 1;
  tree.split_indices[node] = feature;
  tree.split_conditions[node] = threshold;
  tree.default_left[node] = random() < 0.5 ? 1 : 0;
  for (const bounds of [[low, threshold] as const, [threshold, high] as const]) {
    tree.left_children.push(-1);
    tree.right_children.push(-1);
    tree.split_indices.push(0);
    tree.split_conditions.push(Math.fround((random() - 0.5) * 0.1));
    tree.default_left.push(0);
    tree.parents.push(node);
    tree.sum_hessian.push(tree.sum_hessian[node]! / 2);
    tree.depth.push(tree.depth[node]! + 1);
    tree.range.push(new Map(tree.range[node]).set(feature, bounds));
  }
}

/** Dense rows, row-major, NaN for missing. */
export function workloadRows(workload: Workload, rows = BATCH_ROWS, seed = 7): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: rows * workload.features }, () => {
    const value = random();
    return random() < workload.missing ? Number.NaN : value;
  });
}
