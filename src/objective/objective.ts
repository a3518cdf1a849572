/**
 * Objectives as inference sees them: a link from the base score to a margin, and a transform from margins to values.
 * All arithmetic is float32 in XGBoost's order; exponentials and logarithms are glibc's.
 */
import { describe, ModelFormatError, UnsupportedModelError } from "../errors.ts";
import type { Rules } from "../model/rules.ts";
import { expf, expm1f, expOfFloat, log1pf, logf } from "./libm.ts";

/** How a base score in prediction space becomes a margin. */
export type Link = "identity" | "logit" | "log" | "expectile" | "logitraw";

/** How the margins of a row become its values. */
export type Transform =
  | "identity"
  | "sigmoid"
  | "step"
  | "exp"
  | "aft"
  | "softmax"
  | "argmax"
  | "quantiles"
  | "expectiles";

export interface Objective {
  readonly name: string;
  readonly link: Link;
  readonly transform: Transform;
}

const OBJECTIVES: Readonly<Record<string, readonly [Link, Transform]>> = {
  "binary:hinge": ["identity", "step"],
  "binary:logistic": ["logit", "sigmoid"],
  "binary:logitraw": ["logitraw", "identity"],
  "count:poisson": ["log", "exp"],
  "multi:softmax": ["identity", "argmax"],
  "multi:softprob": ["identity", "softmax"],
  "rank:map": ["identity", "identity"],
  "rank:ndcg": ["identity", "identity"],
  "rank:pairwise": ["identity", "identity"],
  "reg:absoluteerror": ["identity", "identity"],
  "reg:expectileerror": ["expectile", "expectiles"],
  "reg:gamma": ["log", "exp"],
  "reg:linear": ["identity", "identity"],
  "reg:logistic": ["logit", "sigmoid"],
  "reg:pseudohubererror": ["identity", "identity"],
  "reg:quantileerror": ["identity", "quantiles"],
  "reg:squarederror": ["identity", "identity"],
  "reg:squaredlogerror": ["identity", "identity"],
  "reg:tweedie": ["log", "exp"],
  "survival:aft": ["log", "aft"],
  "survival:cox": ["log", "exp"],
};

/** Names of the objectives that can be loaded: those of XGBoost 3.4.1. */
export function objectiveNames(): string[] {
  return Object.keys(OBJECTIVES);
}

/** 0.90 had `gpu:` twins of some objectives, which differ from the plain ones in training only. */
export function findObjective(name: string): Objective {
  const plain = name.replace(/^gpu:(?=.*:)/, "");
  const found = Object.hasOwn(OBJECTIVES, plain) ? OBJECTIVES[plain] : undefined;
  if (found === undefined) {
    throw new UnsupportedModelError(
      `objective ${describe(name)}`,
      `its link and output transform are not known; expected one of ${objectiveNames().join(", ")}`,
    );
  }
  return { name, link: found[0], transform: found[1] };
}

const { fround } = Math;
const LOGISTIC_EDGE = fround(1e-6);
const LOGISTIC_TOP = fround(1 - 1e-6);
const SIGMOID_CLAMP = fround(88.7);
const EXPECTILE_GAP = fround(1e-6);

/** Margins of base scores, one for each of them. */
export function baseMargins(baseScore: Float32Array, objective: Objective, rules: Rules): Float32Array {
  const link = objective.link === "logitraw" ? rules.logitrawLink : objective.link;
  switch (link) {
    case "identity":
      return baseScore.slice();
    case "logit":
      return baseScore.map((p) => logit(p, rules));
    case "log":
      return baseScore.map(logf);
    case "expectile":
      return baseScore.map((p, j) => (j === 0 ? p : inverseSoftplus(fround(p - baseScore[j - 1]!))));
  }
}

function logit(p: number, rules: Rules): number {
  if (rules.logisticBaseScore !== "clamped" && !(p > 0 && p < 1)) {
    throw new ModelFormatError("base_score", `is ${p}, expected a probability between 0 and 1`);
  }
  const inside = Math.min(Math.max(p, LOGISTIC_EDGE), LOGISTIC_TOP);
  return -logf(fround(fround(1 / (rules.logisticBaseScore === "clamped" ? inside : p)) - 1));
}

/** The margin whose softplus, plus the least gap between expectiles, is `difference`. */
function inverseSoftplus(difference: number): number {
  const z = Math.max(fround(difference - EXPECTILE_GAP), EXPECTILE_GAP);
  return fround(z + logf(-expm1f(-z)));
}

/** Values a row has after the transform. */
export function outputsPerRow(transform: Transform, groups: number): number {
  return transform === "argmax" ? 1 : groups;
}

/**
 * Replaces margins by values, in place; `margins` holds rows × groups. Where a row has fewer values than margins
 * (argmax), they move to the front of the array.
 */
export function transformMargins(
  margins: Float32Array,
  groups: number,
  transform: Transform,
  rules: Rules,
): void {
  if (transform === "aft") {
    (rules.aftExponential === "double" ? doubleExponential : exponential)(margins);
  } else if (transform === "sigmoid") {
    sigmoid(margins, rules.sigmoid === "clamped" ? SIGMOID_CLAMP : Infinity);
  } else if (transform !== "quantiles" || rules.quantiles === "ascending") {
    TRANSFORMS[transform](margins, groups);
  }
}

const TRANSFORMS = {
  identity: noTransform,
  step,
  exp: exponential,
  softmax,
  argmax,
  quantiles: sortRows,
  expectiles,
};

function noTransform(): void {
  // Margins are the values.
}

/** 1 / (exp(min(-m, clamp)) + 1), each operation in float32. */
function sigmoid(margins: Float32Array, clamp: number): void {
  for (let i = 0; i < margins.length; i++) {
    const negated = -margins[i]!;
    const e = expf(negated > clamp ? clamp : negated);
    margins[i] = 1 / fround(e + 1);
  }
}

function step(margins: Float32Array): void {
  for (let i = 0; i < margins.length; i++) {
    margins[i] = margins[i]! > 0 ? 1 : 0;
  }
}

function exponential(margins: Float32Array): void {
  for (let i = 0; i < margins.length; i++) {
    margins[i] = expf(margins[i]!);
  }
}

function doubleExponential(margins: Float32Array): void {
  for (let i = 0; i < margins.length; i++) {
    margins[i] = expOfFloat(margins[i]!);
  }
}

/** exp(m - max) in float32, summed in double in order, divided in float32. */
function softmax(margins: Float32Array, groups: number): void {
  for (let start = 0; start < margins.length; start += groups) {
    const end = start + groups;
    let largest = margins[start]!;
    for (let k = start + 1; k < end; k++) {
      largest = greater(largest, margins[k]!);
    }
    let sum = 0;
    for (let k = start; k < end; k++) {
      const e = expf(fround(margins[k]! - largest));
      margins[k] = e;
      sum += e;
    }
    const divisor = fround(sum);
    for (let k = start; k < end; k++) {
      margins[k] = margins[k]! / divisor;
    }
  }
}

/** C's fmaxf: the greater of two numbers, and the other one where one is NaN. */
function greater(a: number, b: number): number {
  return a >= b || Number.isNaN(b) ? a : b;
}

/** Index of the first greatest margin. */
function argmax(margins: Float32Array, groups: number): void {
  for (let row = 0, start = 0; start < margins.length; row++, start += groups) {
    let best = 0;
    for (let k = 1; k < groups; k++) {
      best = margins[start + k]! > margins[start + best]! ? k : best;
    }
    margins[row] = best;
  }
}

/**
 * Insertion sort by `<` alone, as the C++ library sorts up to 16 values: -0 and 0 keep their order, NaN stays where the
 * comparisons leave it.
 */
function sortRows(margins: Float32Array, groups: number): void {
  for (let start = 0; start < margins.length; start += groups) {
    for (let i = start + 1; i < start + groups; i++) {
      const value = margins[i]!;
      let to = i;
      if (value < margins[start]!) {
        to = start;
      } else {
        while (value < margins[to - 1]!) {
          to--;
        }
      }
      margins.copyWithin(to + 1, to, i);
      margins[to] = value;
    }
  }
}

/** The first margin, then a running sum of gap + softplus, so that expectiles never cross. */
function expectiles(margins: Float32Array, groups: number): void {
  for (let start = 0; start < margins.length; start += groups) {
    for (let j = start + 1; j < start + groups; j++) {
      margins[j] = margins[j - 1]! + fround(EXPECTILE_GAP + softplus(margins[j]!));
    }
  }
}

function softplus(x: number): number {
  return x > 0 ? fround(x + log1pf(expf(-x))) : log1pf(expf(x));
}
