/**
 * SHAP values by TreeSHAP's paths (`src/shap/paths.ts` defines them), in AssemblyScript; `npm run build` compiles this into
 * `src/shap/path-kernel.ts`. One row a call, the child that it goes to first, as the sums of features depend on that order. A
 * vector holds four entries of the path: each one's sum over the weights takes the same steps, in the definition's order.
 *
 *   tree    16 bytes: address of the root, addresses of the first and behind the last of its features (8 bytes each: address
 *           of the feature, address of the sum), weight (float32).
 *   node    32 bytes, left child behind its parent. Split: flags, address of the right child, address of the feature,
 *           threshold or address of the row's decision, shares of left and right. Leaf: 0, value.
 *   feature 8 bytes: value of the row; sum of the tree.
 *   level   of the stack: weights of the path, one more than it has entries (there is one for none), then groups of four
 *           entries: shares of rows that pass without the feature (`zeros`), whether this row passes (`ones`), features; and a
 *           vector for what a leaf adds.
 */

const TREE_BYTES: usize = 16;
const NODE_BYTES: usize = 32;
const GROUP_BYTES: usize = 64;
const ONES: usize = 16;
const FEATURES: usize = 32;
const PARTS: usize = 48;

const SPLIT: u32 = 1;
const DEFAULT_LEFT: u32 = 2;
const REPEATED: u32 = 4;
const CATEGORICAL: u32 = 8;

let levelBytes: usize = 0;
/** From a level's start to its groups. */
let entries: usize = 0;
/** Numbers i + 1, and then (length - i) / (length + 1), by length and i. */
let counts: usize = 0;
let countBytes: usize = 0;
/** The feature that is held on or off; 0 for none. */
let condition: usize = 0;
let isOn: bool = false;

/** Adds trees to the sums of the staged row. `levels` is how many entries a path can have, and one. */
export function explain(
  tree: usize,
  treeEnd: usize,
  stack: usize,
  tables: usize,
  levels: usize,
  heldFeature: usize,
  held: bool,
  inOneSum: bool,
): void {
  counts = tables;
  countBytes = levels << 2;
  entries = ((levels + 4) >> 2) << 4;
  levelBytes = entries + ((levels + 3) >> 2) * GROUP_BYTES;
  condition = heldFeature;
  isOn = held;
  for (; tree < treeEnd; tree += TREE_BYTES) {
    const start = <usize>load<u32>(tree, 4);
    const end = <usize>load<u32>(tree, 8);
    const weight = load<f32>(tree, 12);
    for (let at = start; at < end; at += 8) {
      store<f32>(<usize>load<u32>(at), inOneSum ? load<f32>(<usize>load<u32>(at, 4)) : 0, 4);
    }
    v128.store(stack, f32x4(1, 0, 0, 0));
    below(<usize>load<u32>(tree), stack, 0, 1);
    for (let at = start; at < end; at += 8) {
      const sum = <usize>load<u32>(at, 4);
      const phi = load<f32>(<usize>load<u32>(at), 4);
      store<f32>(sum, inOneSum ? phi : load<f32>(sum) + phi * weight);
    }
  }
}

/** `length`: entries of the path at `level`. */
function below(node: usize, level: usize, length: u32, fraction: f32): void {
  const flags = load<u32>(node);
  if (!(flags & SPLIT)) {
    finish(level, length, load<f32>(node, 4), fraction);
    return;
  }
  const feature = <usize>load<u32>(node, 8);
  const isLeft = decide(node, flags, load<f32>(feature));
  const left = node + NODE_BYTES;
  const right = <usize>load<u32>(node, 4);
  const hot = isLeft ? left : right;
  const cold = isLeft ? right : left;
  const leftShare = load<f32>(node, 16);
  const rightShare = load<f32>(node, 20);
  const hotShare = isLeft ? leftShare : rightShare;
  const coldShare = isLeft ? rightShare : leftShare;
  if (feature === condition) {
    const hotFraction: f32 = isOn ? fraction : fraction * hotShare;
    const coldFraction: f32 = isOn ? 0 : fraction * coldShare;
    if (hotFraction !== 0) {
      below(hot, level, length, hotFraction);
    }
    if (coldFraction !== 0) {
      below(cold, level, length, coldFraction);
    }
    return;
  }
  let base = level;
  let zero: f32 = 1;
  let one: f32 = 1;
  if (flags & REPEATED) {
    const index = find(level, feature);
    const entry = entryOf(level, index);
    zero = load<f32>(entry);
    one = load<f32>(entry, ONES);
    base += levelBytes;
    unwind(level, base, length, index);
    length--;
  }
  const next = base + levelBytes;
  extend(base, next, length, hotShare * zero, one, feature);
  below(hot, next, length + 1, fraction);
  extend(base, next, length, coldShare * zero, 0, feature);
  below(cold, next, length + 1, fraction);
}

// @ts-ignore: decorator
@inline
function decide(node: usize, flags: u32, value: f32): bool {
  if (flags & CATEGORICAL) {
    return load<u32>(<usize>load<u32>(node, 12)) !== 0;
  }
  return value < load<f32>(node, 12) || ((flags & DEFAULT_LEFT) !== 0 && value !== value);
}

// @ts-ignore: decorator
@inline
function entryOf(level: usize, index: u32): usize {
  return level + entries + <usize>(index >> 2) * GROUP_BYTES + <usize>(index & 3) * 4;
}

function find(level: usize, feature: usize): u32 {
  let index: u32 = 0;
  while (<usize>load<u32>(entryOf(level, index), FEATURES) !== feature) {
    index++;
  }
  return index;
}

// @ts-ignore: decorator
@inline
function splat(value: u32): v128 {
  return f32x4.splat(<f32>value);
}

/** Writes to `next` the path at `level`, whose entries are `length`, and one more. */
function extend(level: usize, next: usize, length: u32, zero: f32, one: f32, feature: usize): void {
  // The weight i of the longer path: (zero · weight i · (d - i) + one · weight i-1 · i) / (d + 1), d its length.
  const longer = length + 1;
  const divisor = splat(longer + 1);
  const zeros = f32x4.splat(zero);
  const ones = f32x4.splat(one);
  let index = f32x4(0, 1, 2, 3);
  let rest = f32x4.sub(splat(longer), index);
  let before = f32x4.splat(0);
  // Nothing is added to the first weight, which -0 stands for.
  let sign = i32x4(i32.MIN_VALUE, 0, 0, 0);
  for (let at: usize = 0; at <= <usize>longer << 2; at += 16) {
    const weights = v128.load(level + at);
    const shrunk = f32x4.div(f32x4.mul(f32x4.mul(weights, zeros), rest), divisor);
    const shifted = v128.shuffle<f32>(before, weights, 3, 4, 5, 6);
    let grown = f32x4.mul(shifted, ones);
    if (one !== 0) {
      grown = f32x4.div(f32x4.mul(grown, index), divisor);
    }
    grown = v128.or(v128.and(grown, f32x4.gt(index, f32x4.splat(0))), sign);
    // The path had no weight for its new length.
    const kept = v128.and(shrunk, f32x4.gt(rest, f32x4.splat(0)));
    v128.store(next + at, f32x4.add(kept, grown));
    before = weights;
    sign = i32x4.splat(0);
    index = f32x4.add(index, f32x4.splat(4));
    rest = f32x4.sub(rest, f32x4.splat(4));
  }
  const from = level + entries;
  const to = next + entries;
  const last = <usize>(length >> 2) * GROUP_BYTES;
  for (let at: usize = 0; at < last; at += GROUP_BYTES) {
    v128.store(to + at, v128.load(from + at));
    v128.store(to + at, v128.load(from + at, ONES), ONES);
    v128.store(to + at, v128.load(from + at, FEATURES), FEATURES);
  }
  // Vectors again, because one that was stored in parts is slow to load.
  const isNew = i32x4.eq(i32x4.splat(length & 3), i32x4(0, 1, 2, 3));
  v128.store(to + last, v128.bitselect(zeros, v128.load(from + last), isNew));
  v128.store(to + last, v128.bitselect(ones, v128.load(from + last, ONES), isNew), ONES);
  const features = i32x4.splat(<i32>feature);
  v128.store(to + last, v128.bitselect(features, v128.load(from + last, FEATURES), isNew), FEATURES);
}

/** Writes to `next` the path at `level`, whose entries are `length`, without the entry `index`. */
function unwind(level: usize, next: usize, length: u32, index: u32): void {
  const entry = entryOf(level, index);
  const zero = load<f32>(entry);
  const isHot = load<f32>(entry, ONES) !== 0;
  const longer = <f32>(length + 1);
  let weight = load<f32>(level + (<usize>length << 2));
  for (let i: i32 = length - 1; i >= 0; i--) {
    const old = load<f32>(level + (<usize>i << 2));
    const rest = <f32>(length - i);
    let grown: f32;
    if (isHot) {
      grown = (weight * longer) / <f32>(i + 1);
      weight = old - (grown * zero * rest) / longer;
    } else {
      grown = (old * longer) / (zero * rest);
    }
    store<f32>(next + (<usize>i << 2), grown);
  }
  for (let i: u32 = 0; i < length - 1; i++) {
    const from = entryOf(level, i + u32(i >= index));
    const to = entryOf(next, i);
    store<f32>(to, load<f32>(from));
    store<f32>(to, load<f32>(from, ONES), ONES);
    store<u32>(to, load<u32>(from, FEATURES), FEATURES);
  }
}

/** Adds a leaf to the sums of the path's features: two groups at a time, whose long chains of operations overlap. */
function finish(level: usize, length: u32, value: f32, fraction: f32): void {
  const start = level + entries;
  const end = start + <usize>((length + 3) >> 2) * GROUP_BYTES;
  let group = start;
  for (; group + GROUP_BYTES < end; group += 2 * GROUP_BYTES) {
    unwoundSums(level, length, group, true);
  }
  if (group < end) {
    unwoundSums(level, length, group, false);
  }
  let left = length;
  for (group = start; left > 0; group += GROUP_BYTES) {
    const zeros = v128.load(group);
    const change = f32x4.sub(v128.load(group, ONES), zeros);
    const parts = f32x4.mul(f32x4.mul(v128.load(group, PARTS), change), f32x4.splat(value));
    const scaled = f32x4.mul(parts, f32x4.splat(fraction));
    add(<usize>load<u32>(group, FEATURES), f32x4.extract_lane(scaled, 0));
    if (left > 1) {
      add(<usize>load<u32>(group, FEATURES + 4), f32x4.extract_lane(scaled, 1));
    }
    if (left > 2) {
      add(<usize>load<u32>(group, FEATURES + 8), f32x4.extract_lane(scaled, 2));
    }
    if (left > 3) {
      add(<usize>load<u32>(group, FEATURES + 12), f32x4.extract_lane(scaled, 3));
    }
    left -= min(left, 4);
  }
}

// @ts-ignore: decorator
@inline
function add(feature: usize, part: f32): void {
  store<f32>(feature, load<f32>(feature, 4) + part, 4);
}

/** Sums of the weights that the path would have without each entry of one group or two. */
// @ts-ignore: decorator
@inline
function unwoundSums(level: usize, length: u32, group: usize, isPair: bool): void {
  const none = f32x4.splat(0);
  const longer = splat(length + 1);
  const shares = counts + <usize>(length + 1) * countBytes;
  const zeros = v128.load(group);
  const zeros2 = v128.load(group, GROUP_BYTES);
  let next = v128.load_splat<f32>(level + (<usize>length << 2));
  let next2 = next;
  let hot = none;
  let hot2 = none;
  let cold = none;
  let cold2 = none;
  for (let at: isize = (<isize>length - 1) << 2; at >= 0; at -= 4) {
    const weights = v128.load_splat<f32>(level + at);
    const share = v128.load_splat<f32>(shares + at);
    const count = v128.load_splat<f32>(counts + at);
    const grown = f32x4.div(f32x4.mul(next, longer), count);
    hot = f32x4.add(hot, grown);
    next = f32x4.sub(weights, f32x4.mul(f32x4.mul(grown, zeros), share));
    cold = f32x4.add(cold, f32x4.div(f32x4.div(weights, zeros), share));
    if (isPair) {
      const grown2 = f32x4.div(f32x4.mul(next2, longer), count);
      hot2 = f32x4.add(hot2, grown2);
      next2 = f32x4.sub(weights, f32x4.mul(f32x4.mul(grown2, zeros2), share));
      cold2 = f32x4.add(cold2, f32x4.div(f32x4.div(weights, zeros2), share));
    }
  }
  choose(group, zeros, hot, cold);
  if (isPair) {
    choose(group + GROUP_BYTES, zeros2, hot2, cold2);
  }
}

// @ts-ignore: decorator
@inline
function choose(group: usize, zeros: v128, hot: v128, cold: v128): void {
  const none = f32x4.splat(0);
  const kept = v128.and(cold, f32x4.ne(zeros, none));
  v128.store(group, v128.bitselect(hot, kept, f32x4.ne(v128.load(group, ONES), none)), PARTS);
}
