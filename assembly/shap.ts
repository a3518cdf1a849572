/**
 * SHAP values by quadrature (`src/shap/quadrature.ts` defines them), four rows at a time, in AssemblyScript; `npm run build`
 * compiles this into `src/shap/kernel.ts`. A vector holds one number of four rows, so that every operation is the one
 * that the definition has, in its order.
 *
 *   tree    24 bytes: address of the root, addresses of the first and behind the last of its features (8 bytes each: byte
 *           offset in their table, address of the sum), weight (float32), byte offsets of the output group in a leaf and in
 *           the sums.
 *   node    32 bytes, left child behind its parent. Split: flags, address of the right child, byte offset of the feature,
 *           threshold or address of four rows' decisions, shares of left and right, their inverses. Leaf: 0, address of
 *           its scales, one an output group.
 *   level   of the stack, 256 bytes: eight vectors of products on the way down, eight of sums on the way up.
 *   path    byte offsets of the features on the way down, 4 bytes each: for interactions.
 *   feature 48 bytes: values of the rows; factors, while the feature is on the path; sums of the tree.
 */

const TREE_BYTES: usize = 24;
const NODE_BYTES: usize = 32;
const LEVEL_BYTES: usize = 256;
const SUMS: usize = 128;
const FACTOR: usize = 16;
const PHI: usize = 32;

const SPLIT: u32 = 1;
const DEFAULT_LEFT: u32 = 2;
const REPEATED: u32 = 4;
const CATEGORICAL: u32 = 8;

/** Address of points and weights, a vector each. */
const POINTS: usize = 0;
const WEIGHTS: usize = 128;

let features: usize = 0;
let group: usize = 0;
/** Of interactions: number of features, addresses of the output group's sums and pairs, the tree's weight, end of the path. */
let count: usize = 0;
let groupSums: usize = 0;
let groupPairs: usize = 0;
let treeWeight: f32 = 0;
let path: usize = 0;
let pathEnd: usize = 0;

/** Adds trees to the sums of the staged rows, and with `pairs` to those of pairs: `featureCount` rows of as many vectors. */
export function explain(
  tree: usize,
  treeEnd: usize,
  stack: usize,
  featureTable: usize,
  sums: usize,
  pairs: usize,
  pathStart: usize,
  featureCount: usize,
): void {
  features = featureTable;
  count = featureCount;
  path = pathEnd = pathStart;
  for (; tree < treeEnd; tree += TREE_BYTES) {
    group = <usize>load<u32>(tree, 16);
    treeWeight = load<f32>(tree, 12);
    const offset = <usize>load<u32>(tree, 20);
    groupSums = sums + offset;
    groupPairs = pairs > 0 ? pairs + offset * featureCount : 0;
    below(<usize>load<u32>(tree), stack);
    if (pairs > 0) {
      continue;
    }
    const weight = f32x4.splat(treeWeight);
    const end = <usize>load<u32>(tree, 8);
    for (let at = <usize>load<u32>(tree, 4); at < end; at += 8) {
      const feature = featureTable + <usize>load<u32>(at);
      const sum = <usize>load<u32>(at, 4);
      v128.store(sum, f32x4.add(v128.load(sum), f32x4.mul(v128.load(feature, PHI), weight)));
      v128.store(feature, f32x4.splat(0), PHI);
    }
  }
}

function below(node: usize, level: usize): void {
  const flags = load<u32>(node);
  const feature = features + <usize>load<u32>(node, 8);
  const left = decide(node, flags, feature);
  step(node + NODE_BYTES, level, feature, flags, left, load<f32>(node, 16), load<f32>(node, 24), false);
  step(
    <usize>load<u32>(node, 4),
    level,
    feature,
    flags,
    v128.not(left),
    load<f32>(node, 20),
    load<f32>(node, 28),
    true,
  );
}

// @ts-ignore: decorator
@inline
function decide(node: usize, flags: u32, feature: usize): v128 {
  if (flags & CATEGORICAL) {
    return v128.load(<usize>load<u32>(node, 12));
  }
  const value = v128.load(feature);
  const left = f32x4.lt(value, f32x4.splat(load<f32>(node, 12)));
  return flags & DEFAULT_LEFT ? v128.or(left, f32x4.ne(value, value)) : left;
}

// @ts-ignore: decorator
@inline
function factor(difference: v128, q: usize): v128 {
  return f32x4.add(f32x4.splat(1), f32x4.mul(difference, v128.load(POINTS + 16 * q)));
}

// @ts-ignore: decorator
@inline
function down(level: usize, difference: v128, q: usize): v128 {
  return f32x4.mul(v128.load(level + 16 * q), factor(difference, q));
}

// @ts-ignore: decorator
@inline
function leafSum(product: v128, scale: v128, q: usize): v128 {
  return f32x4.mul(f32x4.mul(product, scale), v128.load(WEIGHTS + 16 * q));
}

// @ts-ignore: decorator
@inline
function part(difference: v128, sum: v128, q: usize): v128 {
  return f32x4.div(f32x4.mul(difference, sum), factor(difference, q));
}

// @ts-ignore: decorator
@inline
function give(level: usize, q: usize, sum: v128, isRight: bool): void {
  const at = level + 16 * q;
  v128.store(at, isRight ? f32x4.add(v128.load(at, SUMS), sum) : sum, SUMS);
}

function step(
  child: usize,
  level: usize,
  feature: usize,
  flags: u32,
  taken: v128,
  share: f32,
  inverse: f32,
  isRight: bool,
): void {
  const one = f32x4.splat(1);
  let old = one;
  let p = f32x4.splat(inverse);
  if (flags & REPEATED) {
    old = v128.load(feature, FACTOR);
    p = f32x4.div(old, f32x4.splat(share));
  }
  p = v128.and(p, taken);
  const change = f32x4.sub(p, one);
  let c0 = down(level, change, 0);
  let c1 = down(level, change, 1);
  let c2 = down(level, change, 2);
  let c3 = down(level, change, 3);
  let c4 = down(level, change, 4);
  let c5 = down(level, change, 5);
  let c6 = down(level, change, 6);
  let c7 = down(level, change, 7);
  const undone = f32x4.sub(old, one);
  if (flags & REPEATED) {
    c0 = f32x4.div(c0, factor(undone, 0));
    c1 = f32x4.div(c1, factor(undone, 1));
    c2 = f32x4.div(c2, factor(undone, 2));
    c3 = f32x4.div(c3, factor(undone, 3));
    c4 = f32x4.div(c4, factor(undone, 4));
    c5 = f32x4.div(c5, factor(undone, 5));
    c6 = f32x4.div(c6, factor(undone, 6));
    c7 = f32x4.div(c7, factor(undone, 7));
  }
  const next = level + LEVEL_BYTES;
  const isNew = groupPairs > 0 && !(flags & REPEATED);
  if (load<u32>(child) & SPLIT) {
    if (isNew) {
      store<u32>(pathEnd, <u32>(feature - features));
      pathEnd += 4;
    }
    v128.store(next, c0);
    v128.store(next, c1, 16);
    v128.store(next, c2, 32);
    v128.store(next, c3, 48);
    v128.store(next, c4, 64);
    v128.store(next, c5, 80);
    v128.store(next, c6, 96);
    v128.store(next, c7, 112);
    v128.store(feature, p, FACTOR);
    below(child, next);
    v128.store(feature, old, FACTOR);
    if (isNew) {
      pathEnd -= 4;
    }
    c0 = v128.load(next, SUMS);
    c1 = v128.load(next, SUMS + 16);
    c2 = v128.load(next, SUMS + 32);
    c3 = v128.load(next, SUMS + 48);
    c4 = v128.load(next, SUMS + 64);
    c5 = v128.load(next, SUMS + 80);
    c6 = v128.load(next, SUMS + 96);
    c7 = v128.load(next, SUMS + 112);
  } else {
    const scale = f32x4.splat(load<f32>(<usize>load<u32>(child, 4) + group));
    c0 = leafSum(c0, scale, 0);
    c1 = leafSum(c1, scale, 1);
    c2 = leafSum(c2, scale, 2);
    c3 = leafSum(c3, scale, 3);
    c4 = leafSum(c4, scale, 4);
    c5 = leafSum(c5, scale, 5);
    c6 = leafSum(c6, scale, 6);
    c7 = leafSum(c7, scale, 7);
    if (groupPairs > 0) {
      v128.store(next, c0, SUMS);
      v128.store(next, c1, SUMS + 16);
      v128.store(next, c2, SUMS + 32);
      v128.store(next, c3, SUMS + 48);
      v128.store(next, c4, SUMS + 64);
      v128.store(next, c5, SUMS + 80);
      v128.store(next, c6, SUMS + 96);
      v128.store(next, c7, SUMS + 112);
    }
  }
  give(level, 0, c0, isRight);
  give(level, 1, c1, isRight);
  give(level, 2, c2, isRight);
  give(level, 3, c3, isRight);
  give(level, 4, c4, isRight);
  give(level, 5, c5, isRight);
  give(level, 6, c6, isRight);
  give(level, 7, c7, isRight);
  let delta = part(change, c0, 0);
  delta = f32x4.add(delta, part(change, c1, 1));
  delta = f32x4.add(delta, part(change, c2, 2));
  delta = f32x4.add(delta, part(change, c3, 3));
  delta = f32x4.add(delta, part(change, c4, 4));
  delta = f32x4.add(delta, part(change, c5, 5));
  delta = f32x4.add(delta, part(change, c6, 6));
  delta = f32x4.add(delta, part(change, c7, 7));
  // A factor of 1 changes nothing, even where the sums are not finite.
  delta = v128.and(delta, f32x4.ne(p, one));
  if (flags & REPEATED) {
    let less = f32x4.sub(delta, part(undone, c0, 0));
    less = f32x4.sub(less, part(undone, c1, 1));
    less = f32x4.sub(less, part(undone, c2, 2));
    less = f32x4.sub(less, part(undone, c3, 3));
    less = f32x4.sub(less, part(undone, c4, 4));
    less = f32x4.sub(less, part(undone, c5, 5));
    less = f32x4.sub(less, part(undone, c6, 6));
    less = f32x4.sub(less, part(undone, c7, 7));
    delta = v128.bitselect(less, delta, f32x4.ne(old, one));
  }
  if (groupPairs > 0) {
    const sum = groupSums + (feature - features) / 3;
    v128.store(sum, f32x4.add(v128.load(sum), f32x4.mul(f32x4.splat(treeWeight), delta)));
    addPairs(feature - features, next, change, undone);
  } else {
    v128.store(feature, f32x4.add(v128.load(feature, PHI), delta), PHI);
  }
}

/** Adds a step's effects on its feature with each other one of the path. `next` has the sums, and room for eight vectors. */
function addPairs(feature: usize, next: usize, change: v128, undone: v128): void {
  const one = f32x4.splat(1);
  const weight = f32x4.splat(treeWeight);
  for (let q: usize = 0; q < 8; q++) {
    const edge = f32x4.div(change, factor(change, q));
    // A factor of 1 before leaves the edge as it is.
    v128.store(next + 16 * q, f32x4.sub(edge, f32x4.div(undone, factor(undone, q))));
  }
  for (let at = path; at < pathEnd; at += 4) {
    const other = <usize>load<u32>(at);
    if (other === feature) {
      continue;
    }
    const p = v128.load(features + other, FACTOR);
    const less = f32x4.sub(p, one);
    let sum = f32x4.splat(0);
    for (let q: usize = 0; q < 8; q++) {
      const product = f32x4.mul(f32x4.mul(less, v128.load(next + 16 * q, SUMS)), v128.load(next + 16 * q));
      sum = f32x4.add(sum, f32x4.div(product, factor(less, q)));
    }
    sum = f32x4.mul(weight, v128.and(sum, f32x4.ne(p, one)));
    const pair = groupPairs + (feature * count + other) / 3;
    v128.store(pair, f32x4.add(v128.load(pair), sum));
  }
}
