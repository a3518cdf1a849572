/** Over which values a feature can be moved: what its slider spans. */
import type { Booster } from "xgboost-infer";
import { responseCurve } from "xgboost-infer/explain";
import { columnOf, extentOf, type Matrix } from "./beeswarm.ts";

export interface NumericDomain {
  readonly kind: "numeric";
  /** Both finite, and not the same. */
  readonly least: number;
  readonly greatest: number;
  /** Whole numbers only, by XGBoost's feature type or since the table has no others. */
  readonly whole: boolean;
}

export interface CategoricalDomain {
  readonly kind: "categorical";
  readonly codes: readonly number[];
  readonly labels: readonly string[];
}

export type Domain = NumericDomain | CategoricalDomain;

/**
 * The domain of each feature: categories where the model has some, else the range of the table's values; without a table, and where
 * all its values are alike, that of the model's thresholds.
 * @param table rows of the model's features, NaN for missing
 */
export function domainsOf(booster: Booster, table: Matrix | undefined): Domain[] {
  const thresholds = thresholdRanges(booster);
  return Array.from({ length: booster.numFeatures }, (_, feature): Domain => {
    const codes = codesOf(booster, feature, thresholds);
    if (codes !== undefined) {
      return codes;
    }
    const column = table === undefined ? undefined : columnOf(table, feature);
    const found = [...(extentOf(column ?? []) ?? []), ...(thresholds.ranges[feature] ?? [])];
    const range = column === undefined || !isSpread(extentOf(column)) ? extentOf(found) : extentOf(column);
    return numericDomain(range, isWhole(booster.featureTypes?.[feature], column));
  });
}

function isSpread(extent: readonly [number, number] | undefined): boolean {
  return extent !== undefined && extent[0] < extent[1];
}

function numericDomain(range: readonly [number, number] | undefined, whole: boolean): NumericDomain {
  const [low, high] = range ?? [0, 1];
  if (low < high) {
    return { kind: "numeric", least: low, greatest: high, whole };
  }
  const room = whole ? Math.max(1, Math.round(Math.abs(low) / 2)) : Math.max(1, Math.abs(low)) / 2;
  return { kind: "numeric", least: low - room, greatest: low + room, whole };
}

function isWhole(type: string | undefined, column: Float32Array | undefined): boolean {
  if (type === "int" || type === "i") {
    return true;
  }
  const known = column?.filter((value) => !Number.isNaN(value));
  return known !== undefined && known.length > 0 && known.every(Number.isInteger);
}

interface Asked {
  /** Least and greatest finite threshold by feature. */
  readonly ranges: readonly (readonly [number, number] | undefined)[];
  /** Features that categorical splits ask about. */
  readonly categorical: ReadonlySet<number>;
}

function thresholdRanges(booster: Booster): Asked {
  const ranges: ([number, number] | undefined)[] = new Array(booster.numFeatures).fill(undefined);
  const categorical = new Set<number>();
  for (let t = 0; t < booster.numTrees; t++) {
    for (const node of booster.tree(t).nodes) {
      if (node.kind === "leaf") {
        continue;
      }
      if (node.categories !== undefined) {
        categorical.add(node.feature);
      } else if (Number.isFinite(node.threshold)) {
        const range = ranges[node.feature] ?? [node.threshold!, node.threshold!];
        ranges[node.feature] = [Math.min(range[0], node.threshold!), Math.max(range[1], node.threshold!)];
      }
    }
  }
  return { ranges, categorical };
}

function codesOf(booster: Booster, feature: number, asked: Asked): CategoricalDomain | undefined {
  const names = booster.categoryNames(feature);
  if (names !== undefined) {
    return { kind: "categorical", codes: names.map((_, code) => code), labels: names };
  }
  if (!asked.categorical.has(feature) || booster.booster === "gblinear") {
    return undefined;
  }
  const { axis } = responseCurve(booster, new Float32Array(booster.numFeatures).fill(Number.NaN), feature);
  return axis.kind === "categorical"
    ? { kind: "categorical", codes: Array.from(axis.codes), labels: axis.labels }
    : undefined;
}
