/**
 * SHAP values since XGBoost 3.3, written down as they are defined. A feature's value is an integral over the share of
 * its coalitions, whose integrand is a polynomial; eight points of Gauss-Legendre quadrature take it, all in float32. One walk
 * of a tree carries the integrand's products down (`c`) and its sums up (`h`), a number a point.
 */
import type { Model, Tree } from "../model/model.ts";
import type { Rules } from "../model/rules.ts";
import { goesLeft } from "../model/walk.ts";
import { coverShare, leafValue } from "./means.ts";

const { fround } = Math;

export const POINTS = 8;
/** Points and weights by their bits: s² and 2·s·w for the point s and weight w of the rule on [0, 1]. */
export const NODES: Float32Array = fromBits(
  ...[0x39ceafd5, 0x3c2958df, 0x3d6685ba, 0x3e2ab207, 0x3eb34429, 0x3f14f1a6, 0x3f4e97b9, 0x3f75ef64],
);
export const WEIGHTS: Float32Array = fromBits(
  ...[0x3b03b886, 0x3cb93601, 0x3d986a77, 0x3e17a1a1, 0x3e5bc1bf, 0x3e750715, 0x3e4c911a, 0x3dcb3324],
);

function fromBits(...bits: number[]): Float32Array {
  return new Float32Array(Uint32Array.from(bits).buffer);
}

/** 1 + (p - 1)·x at point q. */
export function factor(p: number, q: number): number {
  return fround(1 + fround(fround(p - 1) * NODES[q]!));
}

/** What is told of each step down: its feature, the change of its factor, the sums below, and the path above. */
type Visitor = (feature: number, h: Float32Array, p: number, old: number, path: Path) => void;

/** Factors of the features on the way down, by feature, the newest last. */
type Path = Map<number, number>;

function walk(tree: Tree, row: Float32Array, group: number, rules: Rules, visit: Visitor): void {
  const path: Path = new Map();

  function below(node: number, c: Float32Array, weight: number): Float32Array {
    const { leftChildren, rightChildren, splitIndices } = tree;
    const left = leftChildren[node]!;
    if (left === -1) {
      const scale = fround(weight * leafValue(tree, node, group));
      return c.map((each, q) => fround(each * scale) * WEIGHTS[q]!);
    }
    const isLeft = goesLeft(tree, node, row[splitIndices[node]!]!, rules.outOfRangeCategory);
    const sums = step(node, left, isLeft, c, weight);
    const right = step(node, rightChildren[node]!, !isLeft, c, weight);
    return sums.map((each, q) => each + right[q]!);
  }

  function step(node: number, child: number, taken: boolean, c: Float32Array, weight: number): Float32Array {
    const share = coverShare(tree.sumHessian![child]!, tree.sumHessian![node]!);
    const feature = tree.splitIndices[node]!;
    const seen = path.get(feature);
    const old = seen ?? 1;
    const p = taken ? fround(old / share) : 0;
    const next = c.map((each, q) => {
      const product = fround(each * factor(p, q));
      return old !== 1 ? product / factor(old, q) : product;
    });
    path.delete(feature);
    path.set(feature, p);
    const h = below(child, next, fround(weight * share));
    path.delete(feature);
    visit(feature, h, p, old, path);
    if (seen !== undefined) {
      path.set(feature, seen);
    }
    return h;
  }

  below(0, new Float32Array(POINTS).fill(1), 1);
}

/** Integral of the change that a step makes to its feature's factor. */
function delta(h: Float32Array, p: number, old: number): number {
  let sum = 0;
  for (let q = 0; p !== 1 && q < POINTS; q++) {
    sum = fround(sum + fround(fround(fround(p - 1) * h[q]!) / factor(p, q)));
  }
  for (let q = 0; old !== 1 && q < POINTS; q++) {
    sum = fround(sum - fround(fround(fround(old - 1) * h[q]!) / factor(old, q)));
  }
  return sum;
}

/** The same for a pair: the step's feature, and another one on the path whose factor is `other`. */
function pairDelta(h: Float32Array, p: number, old: number, other: number): number {
  let sum = 0;
  for (let q = 0; other !== 1 && q < POINTS; q++) {
    let edge = fround(fround(p - 1) / factor(p, q));
    if (old !== 1) {
      edge = fround(edge - fround(fround(old - 1) / factor(old, q)));
    }
    const product = fround(fround(fround(other - 1) * h[q]!) * edge);
    sum = fround(sum + fround(product / factor(other, q)));
  }
  return sum;
}

/** Adds one tree's contributions to the features' columns of `out`, which start at `at`. */
export function addContributions(
  model: Model,
  t: number,
  group: number,
  row: Float32Array,
  rules: Rules,
  out: Float32Array,
  at: number,
): void {
  const phi = new Float32Array(model.numFeatures);
  const weight = model.treeWeights?.[t] ?? 1;
  walk(model.trees[t]!, row, group, rules, (feature, h, p, old) => {
    phi[feature]! += delta(h, p, old);
  });
  for (let f = 0; f < phi.length; f++) {
    out[at + f]! += fround(phi[f]! * weight);
  }
}

/** Adds one tree's effects: of features alone to `main`, of pairs to the matrix in `out` that starts at `at`. */
export function addInteractions(
  model: Model,
  t: number,
  group: number,
  row: Float32Array,
  rules: Rules,
  main: Float32Array,
  out: Float32Array,
  at: number,
): void {
  const columns = model.numFeatures + 1;
  const weight = model.treeWeights?.[t] ?? 1;
  walk(model.trees[t]!, row, group, rules, (feature, h, p, old, path) => {
    main[feature]! += fround(weight * delta(h, p, old));
    for (const [other, factorOfOther] of path) {
      out[at + feature * columns + other]! += fround(weight * pairDelta(h, p, old, factorOfOther));
    }
  });
}

/** Turns effects into interactions: both triangles their mean, the diagonal what a feature has left for itself. */
export function symmetrize(main: Float32Array, columns: number, out: Float32Array, at: number): void {
  for (let r = 0; r < columns; r++) {
    for (let c = r + 1; c < columns; c++) {
      const [upper, lower] = [at + r * columns + c, at + c * columns + r];
      out[upper] = out[lower] = 0.5 * fround(out[upper]! + out[lower]!);
    }
  }
  for (let r = 0; r < columns; r++) {
    let rest = main[r]!;
    for (let c = 0; c < columns; c++) {
      rest = c === r ? rest : fround(rest - out[at + r * columns + c]!);
    }
    out[at + r * columns + r] = rest;
  }
}
