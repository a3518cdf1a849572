/**
 * The neutral model: what a file says, whichever format it came in. Trees are structures of arrays, one entry a node,
 * in the file's own numbering. `buildModel` alone makes them, which checks everything that is promised here.
 */

/** One regression tree. All arrays have one entry a node; node 0 is the root. */
export interface Tree {
  readonly numNodes: number;
  /** Left child's node, or -1 for a leaf. Children of reachable nodes are in range and every node has one parent. */
  readonly leftChildren: Int32Array;
  /** Right child's node; meaningless on leaves. */
  readonly rightChildren: Int32Array;
  /** Feature of a split, below `numFeatures` on reachable splits; meaningless on leaves and deleted nodes. */
  readonly splitIndices: Int32Array;
  /** Threshold of a numerical split (`x < threshold` goes left), value of a leaf; meaningless on categorical splits. */
  readonly splitConditions: Float32Array;
  /** 1: a missing value goes left. */
  readonly defaultLeft: Uint8Array;
  /** For each node, the index into `categorySets` of a categorical split, else -1. Absent without categorical splits. */
  readonly categoryIndex: Int32Array | undefined;
  /** Categories that go right, ascending, without repetition, never empty. */
  readonly categorySets: readonly Int32Array[];
  /** Vector leaves: the values of leaf n are `leafVectors[leafVectorStart[n] … + leafSize)`. Absent on scalar trees. */
  readonly leafVectors: Float32Array | undefined;
  readonly leafVectorStart: Int32Array | undefined;
  /** Values a leaf holds: 1 for scalar trees, the number of output groups for vector leaves. */
  readonly leafSize: number;
  /** Node ids as XGBoost reports them in `pred_leaf`; absent where they equal the position. */
  readonly nodeIds: Int32Array | undefined;
  /** Gain and cover of each node; absent where the file does not say. */
  readonly lossChanges: Float32Array | undefined;
  readonly sumHessian: Float32Array | undefined;
  /** A statistic that documents carry and nothing reads; of the old binary format only. */
  readonly baseWeights: Float32Array | undefined;
}

/** A tree as it is read from a file. It is valid until the next one is read. */
export interface ReadTree extends Tree {
  /** Reachable nodes in breadth-first order: children of a node stand next to each other, left first. */
  readonly order: Int32Array;
}

/** Where the trees of a model file stand in it. */
export interface TreeSource {
  readonly bytes: Uint8Array;
  readonly format: "json" | "ubjson";
  /** Where each tree begins, in the order of the file. */
  readonly starts: Uint32Array;
  /** Behind the last one, or the list that it stands in. */
  readonly end: number;
}

/** Trees of a file, read one at a time and each time anew, so that they need not all be in memory. */
export interface TreeList<Each> {
  readonly length: number;
  /** Nodes of all trees, unreachable ones among them. */
  readonly numNodes: number;
  /** Where they stand, where that was found out. */
  readonly source?: TreeSource | undefined;
  /** Throws for a tree that is broken. */
  read(index: number): Each;
}

/** A gblinear model: `weights[f * groups + g]` for feature f and group g; the last `groups` entries are the biases. No weights: 0. */
export interface LinearModel {
  readonly weights: Float32Array;
  readonly boostedRounds: number;
}

/** Names of one feature's categories in the order of their codes. */
export interface CategoryNames {
  readonly kind: "string" | "integer";
  readonly names: readonly string[];
}

export type BoosterName = "gbtree" | "dart" | "gblinear";
export type Version = readonly [major: number, minor: number, patch: number];

export interface Model {
  /** Of the XGBoost that wrote the file; [0, 0, 0] before 1.0, `undefined` for dumps, which do not say. */
  readonly version: Version | undefined;
  readonly booster: BoosterName;
  /** Objective's name as in the file. */
  readonly objective: string;
  readonly numFeatures: number;
  /** True for dumps without feature names: the model may know more features than its trees use. */
  readonly numFeaturesIsLeast: boolean;
  /** Margins a row: max(1, num_class, num_target). */
  readonly numOutputGroups: number;
  /** One value, or one for each output group; in prediction space unless `baseScoreIsMargin`. */
  readonly baseScore: Float32Array;
  /** True for files from before 1.0, which store the margin itself. */
  readonly baseScoreIsMargin: boolean;
  readonly boostFromAverage: boolean;
  /** A model whose trees are compiled makes them anew here when they are asked for (`compile/packed-trees.ts`). */
  readonly trees: readonly Tree[];
  readonly hasVectorLeaves: boolean;
  /** Output group of each tree; 0 for trees with vector leaves. */
  readonly treeInfo: Int32Array;
  /** DART's weight of each tree; absent where all are 1. */
  readonly treeWeights: Float32Array | undefined;
  /** Trees of round r are `iterationIndptr[r] … iterationIndptr[r + 1])`. */
  readonly iterationIndptr: Int32Array;
  readonly linear: LinearModel | undefined;
  readonly featureNames: readonly string[] | undefined;
  readonly featureTypes: readonly string[] | undefined;
  /** Category names by feature index, where the file holds them (3.1 and later). */
  readonly categories: ReadonlyMap<number, CategoryNames>;
  readonly attributes: Readonly<Record<string, string>>;
  /** JSON text of the objective with its parameters, as the old binary format of 1.0 and later keeps it. Not checked. */
  readonly objectiveParameters: string | undefined;
}

/** A model whose trees are still to be read. */
export interface UnreadModel extends Omit<Model, "trees" | "hasVectorLeaves"> {
  readonly trees: TreeList<ReadTree>;
}

/** Boosting rounds. Linear models from before 1.5 do not say and have 0, for XGBoost too. */
export function boostedRounds(model: Model): number {
  return model.linear?.boostedRounds ?? model.iterationIndptr.length - 1;
}
