/** What is in a model, as data: the keys of `inspect --json`. */
import { statSync } from "node:fs";
import type { Booster, ImportanceType } from "xgboost-infer";
import { modelFileFormat } from "xgboost-infer/convert";
import type { ModelExecutor } from "xgboost-infer/executor";
import { modelPath, readBytes } from "./read-file.ts";

export interface FeatureSummary {
  readonly index: number;
  readonly name: string;
  /** XGBoost's: q, float, int, i, c; null where the file does not say. */
  readonly type: string | null;
  /** Names of its categories, where the file has them. */
  readonly categories: readonly string[] | null;
  /** Splits on it. */
  readonly splits: number;
}

/** Least, median and greatest. */
export interface Spread {
  readonly least: number;
  readonly median: number;
  readonly greatest: number;
}

export interface TreeSummary {
  readonly nodes: number;
  readonly leaves: number;
  readonly categoricalSplits: number;
  /** Splits from the root to the deepest leaf, by tree. */
  readonly depth: Spread;
  readonly leavesPerTree: Spread;
  /** Of leaves, before weights of trees. */
  readonly leafValue: Spread;
}

export interface ModelSummary {
  readonly path: string;
  readonly format: string;
  readonly bytes: number;
  readonly objective: string;
  readonly booster: string;
  readonly rounds: number;
  readonly trees: number;
  readonly outputGroups: number;
  /** Of the XGBoost that wrote the file; null where it does not say: dumps, and before 1.0. */
  readonly version: string | null;
  readonly baseScore: readonly number[];
  readonly bestIteration: number | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly features: readonly FeatureSummary[];
  /** Null for gblinear. */
  readonly structure: TreeSummary | null;
  /** By type, as `get_score`: what the model has statistics for. */
  readonly importance: Readonly<
    Partial<Record<ImportanceType, Readonly<Record<string, number | readonly number[]>>>>
  >;
  /** Engine in use here; all give the same bits. */
  readonly engine: string;
  /** Of a model directory; null for a file. */
  readonly manifest: object | null;
}

const TYPES: readonly ImportanceType[] = ["weight", "gain", "cover", "total_gain", "total_cover"];

export function summarise(path: string, executor: ModelExecutor): ModelSummary {
  const { booster, manifest } = executor;
  const isDirectory = statSync(path).isDirectory();
  const bytes = readBytes(modelPath(path, manifest.model));
  const format = modelFileFormat(bytes);
  const trees = surveyTrees(booster);
  return {
    path,
    format,
    bytes: bytes.length,
    objective: booster.objective,
    booster: booster.booster,
    rounds: booster.numBoostedRounds,
    trees: booster.numTrees,
    outputGroups: booster.numOutputGroups,
    version:
      format.endsWith("dump") || booster.version[0] === 0 ? null : versionText(booster.version, format),
    baseScore: booster.baseScore.map(shortest),
    bestIteration: booster.bestIteration ?? null,
    attributes: { ...booster.attributes },
    features: executor.features.map((name, index) => ({
      index,
      name,
      type: booster.featureTypes?.[index] ?? null,
      categories: booster.categoryNames(index) ?? null,
      splits: trees.splits[index] ?? 0,
    })),
    structure: booster.numTrees === 0 ? null : trees.summary,
    importance: importanceOf(booster),
    engine: booster.engine,
    manifest: isDirectory ? { ...manifest } : null,
  };
}

/** The old binary format knows no third number. */
function versionText(version: readonly number[], format: string): string {
  return version.slice(0, format === "binary" || format === "snapshot" ? 2 : 3).join(".");
}

/** A float32 as the shortest number that reads back to it, so that 0.3 is not 0.30000001192092896. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) {
      return text;
    }
  }
  return Number(value.toPrecision(9));
}

interface Survey {
  readonly splits: Float64Array;
  readonly summary: TreeSummary;
}

function surveyTrees(booster: Booster): Survey {
  const splits = new Float64Array(booster.numFeatures);
  const depths: number[] = [];
  const leafCounts: number[] = [];
  const values: number[] = [];
  let [nodes, categoricalSplits] = [0, 0];
  for (let index = 0; index < booster.numTrees; index++) {
    const tree = booster.tree(index);
    const depthOf = new Map([[tree.nodes[0]!.id, 0]]);
    let [deepest, leaves] = [0, 0];
    for (const node of tree.nodes) {
      const depth = depthOf.get(node.id)!;
      nodes++;
      if (node.kind === "leaf") {
        leaves++;
        deepest = Math.max(deepest, depth);
        values.push(...node.value);
      } else {
        splits[node.feature]!++;
        categoricalSplits += node.categories === undefined ? 0 : 1;
        depthOf.set(node.left, depth + 1).set(node.right, depth + 1);
      }
    }
    depths.push(deepest);
    leafCounts.push(leaves);
  }
  const leaves = leafCounts.reduce((sum, each) => sum + each, 0);
  return {
    splits,
    summary: {
      nodes,
      leaves,
      categoricalSplits,
      depth: spreadOf(depths),
      leavesPerTree: spreadOf(leafCounts),
      leafValue: spreadOf(values),
    },
  };
}

export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = Float64Array.from(numbers).sort();
  const middle = sorted.length >> 1;
  return {
    least: sorted[0] ?? Number.NaN,
    median: sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2,
    greatest: sorted[sorted.length - 1] ?? Number.NaN,
  };
}

function importanceOf(booster: Booster): ModelSummary["importance"] {
  const found: Partial<Record<ImportanceType, Record<string, number | readonly number[]>>> = {};
  for (const importanceType of TYPES) {
    try {
      found[importanceType] = { ...booster.getScore<number | readonly number[]>({ importanceType }) };
    } catch {
      // The model has no such statistic, which its absence says.
    }
  }
  return found;
}
