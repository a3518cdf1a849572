/**
 * fast-check arbitraries for models and rows: valid by the rules of the builder, hostile in everything else. What is worth
 * shrinking (number of trees, splits, features, rounds) is drawn by fast-check; bulk numbers come from a seeded generator.
 */
import fc from "fast-check";
import type { ModelSpec, Node, TreeSpec } from "./model.ts";

/** Numbers in [0, 1), the same for the same seed on every machine (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/** The next float32 up (`step` 1) or down (-1); infinities and NaN stay. */
export function neighbour(value: number, step: 1 | -1): number {
  if (!Number.isFinite(value)) {
    return value;
  }
  if (value === 0) {
    return step * TINY;
  }
  floats[0] = value;
  bits[0]! += value > 0 ? step : -step;
  return floats[0]!;
}

export const TINY = 2 ** -149;
export const FLT_MAX = (2 - 2 ** -23) * 2 ** 127;
const HOSTILE = [
  ...[Number.NaN, 0, -0, Infinity, -Infinity, TINY, -TINY, FLT_MAX, -FLT_MAX],
  ...[2 ** -126, -(2 ** -126), 2 ** -126 - TINY, -1, -0.5, 0.5, 1, 1.5],
];
const ODD_CODES = [-1, -0.5, 0.5, 1.5, 31, 32, 33, 63.9, 2 ** 24 - 1, 2 ** 24, 1e9, -1e9];
const MAX_CATEGORY = 2 ** 24 - 1;

const float32 = fc.float().map((value) => (Object.is(value, -0) ? -0 : Math.fround(value)));
const threshold = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 3, arbitrary: fc.integer({ min: -8, max: 8 }).map((value) => value / 4) },
  { weight: 1, arbitrary: float32 },
);
const leaf = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: -1000, max: 1000 }).map((value) => Math.fround(value / 977)) },
  { weight: 2, arbitrary: fc.constantFrom(0, -0, TINY, -TINY, 2 ** -126, 3e38, -3e38) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity) },
);
const category = fc.oneof(
  { weight: 6, arbitrary: fc.nat(40) },
  { weight: 2, arbitrary: fc.nat(400) },
  { weight: 1, arbitrary: fc.integer({ min: MAX_CATEGORY - 40, max: MAX_CATEGORY }) },
);
/** One code, few codes, a dense run (a bit set), or scattered ones (a list). Order and repetition do not matter. */
const categories = fc.oneof(
  category.map((code) => [code]),
  fc.array(category, { minLength: 1, maxLength: 8 }),
  fc
    .tuple(fc.nat(200), fc.integer({ min: 2, max: 70 }))
    .map(([from, n]) => Array.from({ length: n }, (_, i) => from + i)),
);

/** How a tree grows: which of its leaves the next split takes. */
type Growth = "balanced" | "chain" | "lossguide";

interface Split {
  readonly pick: number;
  readonly feature: number;
  readonly threshold: number;
  readonly defaultLeft: boolean;
  readonly categories: readonly number[] | undefined;
}

interface TreeDraft {
  readonly growth: Growth;
  readonly splits: readonly Split[];
  /** Seed of a numbering of the nodes in which children need not be neighbours and nodes are deleted; 0: as grown. */
  readonly numbering: number;
  readonly seed: number;
}

interface TreeOptions {
  readonly maxSplits?: number;
  readonly categorical?: boolean;
}

function treeDraft({ maxSplits = 40, categorical = true }: TreeOptions): fc.Arbitrary<TreeDraft> {
  return fc.record({
    growth: fc.constantFrom<Growth>("balanced", "chain", "lossguide"),
    splits: fc.array(
      fc.record({
        pick: fc.nat(),
        feature: fc.nat(),
        threshold: fc.nat(),
        defaultLeft: fc.boolean(),
        categories: categorical ? fc.option(categories, { nil: undefined, freq: 3 }) : fc.constant(undefined),
      }),
      { maxLength: maxSplits, size: "max" },
    ),
    numbering: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1e6 })),
    seed: fc.nat(1e6),
  });
}

type Leaf = number | readonly number[];

/** Grows a tree: every split takes an open leaf and turns it into two. */
function growTree(
  draft: TreeDraft,
  numFeatures: number,
  palette: readonly number[],
  makeLeaf: (random: () => number) => Leaf,
): TreeSpec {
  const random = randomNumbers(draft.seed);
  const nodes: Node[] = [{ leaf: makeLeaf(random) }];
  const open = [0];
  for (const split of draft.splits) {
    const at =
      draft.growth === "balanced" ? 0 : draft.growth === "chain" ? open.length - 1 : split.pick % open.length;
    const [node] = open.splice(at, 1);
    const left = nodes.length;
    nodes[node!] = {
      feature: split.feature % numFeatures,
      threshold: split.categories ?? palette[split.threshold % palette.length]!,
      defaultLeft: split.defaultLeft,
      left,
      right: left + 1,
    };
    nodes.push({ leaf: makeLeaf(random) }, { leaf: makeLeaf(random) });
    // The side on which a chain goes on changes now and then.
    open.push(...(split.pick % 2 === 0 ? [left, left + 1] : [left + 1, left]));
  }
  return draft.numbering === 0 ? nodes : renumber(nodes, randomNumbers(draft.numbering), makeLeaf);
}

/** The same tree with its nodes in any order, the root first, and unreachable nodes among them. */
function renumber(nodes: TreeSpec, random: () => number, makeLeaf: (random: () => number) => Leaf): TreeSpec {
  const deleted = Math.floor(random() * 4);
  const size = nodes.length + deleted;
  const position = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 1; i--) {
    const j = 1 + Math.floor(random() * i);
    [position[i], position[j]] = [position[j]!, position[i]!];
  }
  const out: Node[] = Array.from({ length: size }, () => ({ leaf: makeLeaf(random) }));
  nodes.forEach((node, i) => {
    out[position[i]!] =
      "leaf" in node ? node : { ...node, left: position[node.left]!, right: position[node.right]! };
  });
  return out;
}

interface ObjectiveCase {
  readonly name: string;
  readonly kind: "class" | "target";
  readonly severalGroups: boolean | "always";
  /** Base scores that its link takes under the rules of every release. */
  readonly baseScores: readonly number[];
}

const ANY_BASE = [0.5, 0, -0, -3.25, 0.1, TINY, 1e20];
const PROBABILITIES = [0.5, 0.3, 0.1, 0.9, 0.52, 0.5199894, 0.999];
const POSITIVE = [0.5, 1, 3.25, 1e-6, 1e10];

function objectiveCase(
  name: string,
  baseScores: readonly number[],
  severalGroups: ObjectiveCase["severalGroups"] = true,
  kind: ObjectiveCase["kind"] = "target",
): ObjectiveCase {
  return { name, kind, severalGroups, baseScores };
}

export const OBJECTIVES: readonly ObjectiveCase[] = [
  objectiveCase("binary:hinge", ANY_BASE, false),
  objectiveCase("binary:logistic", PROBABILITIES),
  objectiveCase("binary:logitraw", PROBABILITIES),
  objectiveCase("count:poisson", POSITIVE),
  objectiveCase("multi:softmax", ANY_BASE, "always", "class"),
  objectiveCase("multi:softprob", ANY_BASE, "always", "class"),
  objectiveCase("rank:map", ANY_BASE, false),
  objectiveCase("rank:ndcg", ANY_BASE, false),
  objectiveCase("rank:pairwise", ANY_BASE, false),
  objectiveCase("reg:absoluteerror", ANY_BASE),
  objectiveCase("reg:expectileerror", ANY_BASE),
  objectiveCase("reg:gamma", POSITIVE),
  objectiveCase("reg:linear", ANY_BASE),
  objectiveCase("reg:logistic", PROBABILITIES),
  objectiveCase("reg:pseudohubererror", ANY_BASE),
  objectiveCase("reg:quantileerror", ANY_BASE),
  objectiveCase("reg:squarederror", ANY_BASE),
  objectiveCase("reg:squaredlogerror", ANY_BASE),
  objectiveCase("reg:tweedie", POSITIVE),
  objectiveCase("survival:aft", POSITIVE, false),
  objectiveCase("survival:cox", POSITIVE, false),
];

/** One release before and one after every change of a rule. */
export const RULES = [
  ...(["file", "latest", "0.90", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "2.0", "2.1"] as const),
  ...(["3.0", "3.1", "3.2", "3.3", "3.4"] as const),
];

export interface ModelOptions extends TreeOptions {
  readonly maxRounds?: number;
  readonly maxParallel?: number;
  readonly maxFeatures?: number;
  readonly booster?: "gbtree" | "dart" | "gblinear";
  readonly vectorLeaves?: boolean;
}

const releases = fc.constantFrom([3, 4, 1], [3, 2, 0], [2, 1, 4], [1, 7, 6], [1, 6, 2], [1, 3, 3], [1, 0, 2]);
const dartWeight = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 9 }).map((value) => Math.fround(value / 10)) },
  { weight: 2, arbitrary: fc.constantFrom(0, -0, 1, -1, -0.3, TINY, 1e30) },
);

/** Any model that the builder takes. */
export function arbitraryModel(options: ModelOptions = {}): fc.Arbitrary<ModelSpec> {
  const { maxRounds = 6, maxParallel = 3, maxFeatures = 8 } = options;
  const shape = fc.record({
    version: releases,
    booster: options.booster
      ? fc.constant(options.booster)
      : fc.constantFrom<ModelSpec["booster"]>("gbtree", "gbtree", "dart", "gblinear"),
    objective: fc.constantFrom(...OBJECTIVES),
    groups: fc.integer({ min: 2, max: 5 }),
    single: fc.boolean(),
    vectorLeaves: options.vectorLeaves === undefined ? fc.boolean() : fc.constant(options.vectorLeaves),
    numFeatures: fc.integer({ min: 1, max: maxFeatures }),
    rounds: fc.nat(maxRounds),
    parallel: fc.integer({ min: 1, max: maxParallel }),
    unevenRounds: fc.boolean(),
    baseScores: fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
    boostFromAverage: fc.boolean(),
    palette: fc.array(threshold, { minLength: 1, maxLength: 10 }),
    leaves: fc.array(leaf, { minLength: 1, maxLength: 40, size: "max" }),
    seed: fc.nat(1e6),
  });
  return shape.chain((drawn) => {
    const { objective, single } = drawn;
    const groups =
      objective.severalGroups === "always" || (objective.severalGroups && !single) ? drawn.groups : 1;
    const vectors = drawn.vectorLeaves && groups > 1;
    const perRound = drawn.parallel * (vectors ? 1 : groups);
    const numTrees = drawn.booster === "gblinear" ? 0 : drawn.rounds * perRound;
    return fc
      .record({
        trees: fc.array(treeDraft(options), { minLength: numTrees, maxLength: numTrees }),
        weights: fc.array(dartWeight, { minLength: numTrees, maxLength: numTrees }),
      })
      .map(({ trees, weights }): ModelSpec => {
        const random = randomNumbers(drawn.seed);
        const pick = (): number => drawn.leaves[Math.floor(random() * drawn.leaves.length)]!;
        const makeLeaf = vectors ? () => Array.from({ length: groups }, pick) : pick;
        const scores = Array.from(
          { length: drawn.baseScores.length > 1 ? groups : 1 },
          (_, g) =>
            objective.baseScores[
              drawn.baseScores[g % drawn.baseScores.length]! % objective.baseScores.length
            ]!,
        );
        return {
          version: drawn.version as [number, number, number],
          booster: numTrees === 0 && drawn.booster === "dart" ? "gbtree" : drawn.booster,
          objective: objective.name,
          numFeatures: drawn.numFeatures,
          groups,
          kind: objective.kind,
          baseScore: scores.map(Math.fround),
          boostFromAverage: drawn.boostFromAverage,
          trees: trees.map((draft) => growTree(draft, drawn.numFeatures, drawn.palette, makeLeaf)),
          // Forests are group-major: [0, 0, 1, 1] for two groups of two parallel trees.
          treeInfo: trees.map((_, t) => (vectors ? 0 : Math.floor(t / drawn.parallel) % groups)),
          iterationIndptr: drawn.unevenRounds
            ? unevenRounds(numTrees, drawn.rounds, random)
            : Array.from({ length: numTrees === 0 ? 1 : drawn.rounds + 1 }, (_, round) => round * perRound),
          ...(drawn.booster === "dart" && numTrees > 0 ? { weights: weights.map(Math.fround) } : {}),
          ...(drawn.booster === "gblinear"
            ? { linear: Float32Array.from({ length: (drawn.numFeatures + 1) * groups }, pick) }
            : {}),
        };
      });
  });
}

/** Rounds of any number of trees, also none. */
function unevenRounds(numTrees: number, rounds: number, random: () => number): number[] {
  const inner = Array.from({ length: Math.max(0, rounds - 1) }, () => Math.floor(random() * (numTrees + 1)));
  return numTrees === 0 ? [0] : [0, ...inner.sort((a, b) => a - b), numTrees];
}

/** Values that a model's rows may well hold: its thresholds and their neighbours, its categories, every odd number. */
export function hostileValues(model: ModelSpec): number[] {
  const values = new Set<number>([...HOSTILE, ...ODD_CODES]);
  for (const node of model.trees.flat()) {
    if ("leaf" in node) {
      continue;
    }
    if (typeof node.threshold === "number") {
      values.add(node.threshold).add(neighbour(node.threshold, 1)).add(neighbour(node.threshold, -1));
    } else {
      const largest = Math.max(...node.threshold);
      values
        .add(node.threshold[0]!)
        .add(node.threshold[0]! + 0.5)
        .add(largest)
        .add(largest + 1)
        .add(largest + 32);
    }
  }
  // A set takes -0 for 0.
  return [...values, -0].map(Math.fround);
}

/** `count` rows of a model, row-major: mostly hostile values, some of them missing, the rest ordinary numbers. */
export function hostileRows(model: ModelSpec, count: number, seed: number): Float32Array {
  const random = randomNumbers(seed);
  const pool = hostileValues(model);
  return Float32Array.from({ length: count * model.numFeatures }, () => {
    const kind = random();
    if (kind < 0.15) {
      return Number.NaN;
    }
    return kind < 0.8 ? pool[Math.floor(random() * pool.length)]! : (random() - 0.5) * 8;
  });
}

/** A model with finite numbers only, for comparisons in which NaN would hide a difference. */
export function isTame(model: ModelSpec): boolean {
  return model.trees.flat().every((node) => !("leaf" in node) || [node.leaf].flat().every(Number.isFinite));
}
