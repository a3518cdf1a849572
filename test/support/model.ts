/** Models as tests write them down, and their documents. */
import { type Document, floatText } from "./document.ts";

/** One node: a leaf, a numerical split, or a categorical split whose categories go right. */
export type Node =
  | { readonly leaf: number | readonly number[] }
  | {
      readonly feature: number;
      readonly threshold: number | readonly number[];
      readonly defaultLeft: boolean;
      readonly left: number;
      readonly right: number;
    };

/** Node 0 is the root. Nodes that no other node names are deleted ones. */
export type TreeSpec = readonly Node[];

export interface ModelSpec {
  readonly version: readonly [number, number, number];
  readonly booster: "gbtree" | "dart" | "gblinear";
  readonly objective: string;
  readonly numFeatures: number;
  /** Output groups, and what they are. */
  readonly groups: number;
  readonly kind: "class" | "target";
  readonly baseScore: readonly number[];
  readonly boostFromAverage: boolean;
  readonly trees: readonly TreeSpec[];
  readonly treeInfo: readonly number[];
  readonly iterationIndptr: readonly number[];
  readonly weights?: readonly number[];
  readonly linear?: Float32Array;
  readonly featureNames?: readonly string[];
  readonly featureTypes?: readonly string[];
  readonly cats?: Document;
  readonly attributes?: Readonly<Record<string, string>>;
}

export const PLAIN: ModelSpec = {
  version: [3, 4, 1],
  booster: "gbtree",
  objective: "reg:squarederror",
  numFeatures: 1,
  groups: 1,
  kind: "target",
  baseScore: [0.5],
  boostFromAverage: false,
  trees: [],
  treeInfo: [],
  iterationIndptr: [0],
};

/** A model of one scalar tree a round, the rest as given. */
export function modelOf(trees: readonly TreeSpec[], rest: Partial<ModelSpec> = {}): ModelSpec {
  return {
    ...PLAIN,
    trees,
    treeInfo: trees.map(() => 0),
    iterationIndptr: Array.from({ length: trees.length + 1 }, (_, round) => round),
    ...rest,
  };
}

export function leafSize(tree: TreeSpec): number {
  const leaf = tree.find((node) => "leaf" in node)!;
  return "leaf" in leaf && typeof leaf.leaf !== "number" ? leaf.leaf.length : 1;
}

const ROOT_PARENT = 2147483647;
const DELETED = 2147483647;

/** The document of a tree, in the schema of 3.4: vector leaves in `leaf_weights`, their slots in `right_children`. */
export function treeDocument(tree: TreeSpec, id: number, numFeatures: number): { [key: string]: Document } {
  const n = tree.length;
  const size = leafSize(tree);
  const left = new Int32Array(n).fill(-1);
  const right = new Int32Array(n).fill(-1);
  const parents = new Int32Array(n).fill(ROOT_PARENT);
  const features = new Int32Array(n);
  const conditions = new Float32Array(n);
  const defaultLeft = new Uint8Array(n);
  const splitTypes = new Uint8Array(n);
  const categoryNodes: number[] = [];
  const segments: number[] = [];
  const sizes: number[] = [];
  const categories: number[] = [];
  const leafWeights: number[] = [];
  tree.forEach((node, i) => {
    if ("leaf" in node) {
      if (typeof node.leaf === "number") {
        conditions[i] = node.leaf;
      } else {
        right[i] = leafWeights.length / size;
        leafWeights.push(...node.leaf);
      }
      return;
    }
    left[i] = node.left;
    right[i] = node.right;
    parents[node.left] = parents[node.right] = i;
    features[i] = node.feature;
    defaultLeft[i] = node.defaultLeft ? 1 : 0;
    if (typeof node.threshold === "number") {
      conditions[i] = node.threshold;
    } else {
      splitTypes[i] = 1;
      conditions[i] = Number.NaN;
      categoryNodes.push(i);
      segments.push(categories.length);
      sizes.push(node.threshold.length);
      for (const category of node.threshold) {
        categories.push(category);
      }
    }
  });
  let deleted = 0;
  for (let i = 1; i < n; i++) {
    if (parents[i] === ROOT_PARENT) {
      features[i] = DELETED;
      defaultLeft[i] = 1;
      deleted++;
    }
  }
  return {
    base_weights: new Float32Array(n),
    categories: Int32Array.from(categories),
    categories_nodes: Int32Array.from(categoryNodes),
    categories_segments: BigInt64Array.from(segments, BigInt),
    categories_sizes: BigInt64Array.from(sizes, BigInt),
    default_left: defaultLeft,
    id,
    ...(size > 1 ? { leaf_weights: Float32Array.from(leafWeights) } : {}),
    left_children: left,
    loss_changes: new Float32Array(n),
    parents,
    right_children: right,
    split_conditions: conditions,
    split_indices: features,
    split_type: splitTypes,
    sum_hessian: new Float32Array(n),
    tree_param: {
      num_deleted: `${deleted}`,
      num_feature: `${numFeatures}`,
      num_nodes: `${n}`,
      size_leaf_vector: `${size}`,
    },
  };
}

function baseScoreText(values: readonly number[]): string {
  return `[${values.map((value) => floatText(Math.fround(value))).join(",")}]`;
}

export function modelDocument(spec: ModelSpec): { [key: string]: Document } {
  const rounds = spec.iterationIndptr.length - 1;
  const booster: Document =
    spec.booster === "gblinear"
      ? { model: { boosted_rounds: rounds, weights: spec.linear ?? new Float32Array(0) }, name: "gblinear" }
      : {
          model: {
            ...(spec.cats === undefined ? {} : { cats: spec.cats }),
            gbtree_model_param: { num_parallel_tree: "1", num_trees: `${spec.trees.length}` },
            iteration_indptr: Array.from(spec.iterationIndptr),
            tree_info: Array.from(spec.treeInfo),
            trees: spec.trees.map((tree, id) => treeDocument(tree, id, spec.numFeatures)),
            ...(spec.weights === undefined ? {} : { weight_drop: Float32Array.from(spec.weights) }),
          },
          name: "gbtree",
        };
  return {
    learner: {
      attributes: spec.attributes ?? {},
      feature_names: spec.featureNames ?? [],
      feature_types: spec.featureTypes ?? [],
      gradient_booster: booster,
      learner_model_param: {
        base_score: baseScoreText(spec.baseScore),
        boost_from_average: spec.boostFromAverage ? "1" : "0",
        num_class: spec.kind === "class" && spec.groups > 1 ? `${spec.groups}` : "0",
        num_feature: `${spec.numFeatures}`,
        num_target: spec.kind === "target" ? `${spec.groups}` : "1",
      },
      objective: { name: spec.objective },
    },
    version: spec.version,
  };
}

/** The trees of rounds `begin … end)` alone, as `model[begin:end]` in Python. */
export function sliceRounds(spec: ModelSpec, begin: number, end: number): ModelSpec {
  const [first, last] = [spec.iterationIndptr[begin]!, spec.iterationIndptr[end]!];
  return {
    ...spec,
    trees: spec.trees.slice(first, last),
    treeInfo: spec.treeInfo.slice(first, last),
    iterationIndptr: spec.iterationIndptr.slice(begin, end + 1).map((at) => at - first),
    ...(spec.weights === undefined ? {} : { weights: spec.weights.slice(first, last) }),
  };
}

/** Reference §3.2 and §3.3 straight on the specification, by the rules of 3.4: the sum of leaves on top of `margins`. */
export function oracleMargins(spec: ModelSpec, row: ArrayLike<number>, base: readonly number[]): number[] {
  const margins = base.map(Math.fround);
  spec.trees.forEach((tree, t) => {
    const node = tree[oracleLeaf(tree, row)]!;
    const leaf = "leaf" in node ? node.leaf : Number.NaN;
    const weight = Math.fround(spec.weights?.[t] ?? 1);
    const values = typeof leaf === "number" ? [leaf] : leaf;
    values.forEach((value, j) => {
      const group = spec.treeInfo[t]! + j;
      margins[group] = Math.fround(margins[group]! + Math.fround(Math.fround(value) * weight));
    });
  });
  return margins;
}

export function oracleLeaf(tree: TreeSpec, row: ArrayLike<number>): number {
  let at = 0;
  for (;;) {
    const node = tree[at]!;
    if ("leaf" in node) {
      return at;
    }
    const value = Math.fround(row[node.feature]!);
    const { threshold } = node;
    let left: boolean;
    if (Number.isNaN(value)) {
      left = node.defaultLeft;
    } else if (typeof threshold === "number") {
      left = value < Math.fround(threshold);
    } else {
      left = value < 0 || value >= 2 ** 24 || !threshold.includes(Math.trunc(value));
    }
    at = left ? node.left : node.right;
  }
}
