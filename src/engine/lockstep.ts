/**
 * Lockstep: several walks advance together, without a branch, each to the depth of its tree. Which trees can do that, and
 * which features they need, is the same for every engine that walks so; only the limits of its packed nodes differ.
 */
import { type Layout, TreeKind } from "../compile/layout.ts";

/** Every lane walks to the depth of its tree; beyond this depth most of the steps would be idle. */
const MAX_DEPTH = 32;
/** Memory stays in proportion to the model: wider ones (hashed features) walk one by one, without a table of features. */
const MAX_FEATURES_PER_NODE = 1024;
const SPARE_NODES = 64;

/** What an engine's packed node can hold. */
export interface LockstepLimits {
  /** Nodes from a node to its left child. */
  readonly maxDelta: number;
  /** Two for each feature that is used. */
  readonly maxSlots: number;
}

/** Neighbouring trees that are walked the same way. */
export interface Run {
  readonly begin: number;
  readonly end: number;
  readonly lockstep: boolean;
}

export interface LockstepPlan {
  readonly runs: readonly Run[];
  /** Features that lockstep trees split on, in the order of their slots. */
  readonly features: Int32Array;
  /** For each node of a lockstep tree: 2 × position of its feature + (1 where missing goes right); 0 on leaves. */
  readonly slots: Int32Array;
}

export function planLockstep(layout: Layout, limits: LockstepLimits): LockstepPlan {
  const { lockstep, features, position } = chooseTrees(layout, limits);
  return { runs: runsOf(lockstep), features, slots: lockstepSlots(layout, lockstep, position) };
}

/** Which trees can walk in lockstep, and the features that these use. */
function chooseTrees(
  layout: Layout,
  limits: LockstepLimits,
): {
  lockstep: Uint8Array;
  features: Int32Array;
  position: Int32Array;
} {
  const { trees, treeKinds, treeDepths, treeOffsets, leftChildren, slots } = layout;
  const lockstep = new Uint8Array(trees);
  const features: number[] = [];
  if (layout.features > MAX_FEATURES_PER_NODE * (layout.nodes + SPARE_NODES)) {
    return { lockstep, features: new Int32Array(0), position: new Int32Array(0) };
  }
  const position = new Int32Array(layout.features).fill(-1);
  for (let t = 0; t < trees; t++) {
    const odd = (treeKinds[t]! & (TreeKind.categorical | TreeKind.oddThreshold)) !== 0;
    if (odd || treeDepths[t]! > MAX_DEPTH) {
      continue;
    }
    const begin = treeOffsets[t]!;
    const end = treeOffsets[t + 1]!;
    let fits = true;
    for (let node = begin; node < end && fits; node++) {
      fits = leftChildren[node]! - node <= limits.maxDelta;
      const feature = slots[node]! >> 1;
      if (leftChildren[node] !== node && position[feature] === -1) {
        position[feature] = features.length;
        features.push(feature);
      }
    }
    lockstep[t] = fits && 2 * features.length <= limits.maxSlots ? 1 : 0;
  }
  return { lockstep, features: Int32Array.from(features.slice(0, limits.maxSlots / 2)), position };
}

/** Neighbours of one kind together; `lockstep` has 1 for each tree of one kind and 0 for each of the other. */
export function runsOf(lockstep: Uint8Array): Run[] {
  const runs: Run[] = [];
  for (let begin = 0; begin < lockstep.length; ) {
    let end = begin + 1;
    while (end < lockstep.length && lockstep[end] === lockstep[begin]) {
      end++;
    }
    runs.push({ begin, end, lockstep: lockstep[begin] === 1 });
    begin = end;
  }
  return runs;
}

function lockstepSlots(layout: Layout, lockstep: Uint8Array, position: Int32Array): Int32Array {
  const { treeOffsets, leftChildren, slots } = layout;
  const out = new Int32Array(layout.nodes);
  for (let t = 0; t < layout.trees; t++) {
    for (let node = treeOffsets[t]!; lockstep[t] === 1 && node < treeOffsets[t + 1]!; node++) {
      if (leftChildren[node] !== node) {
        out[node] = 2 * position[slots[node]! >> 1]! + (slots[node]! & 1);
      }
    }
  }
  return out;
}
