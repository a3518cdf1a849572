/**
 * Conditions of single rows: what splits of a forest have in common, (column, threshold, side of missing values), is decided once
 * a row, to a byte, and splits have its place. Those of a column stand together, in the order of their thresholds.
 */
import type { Layout } from "../compile/layout.ts";
import { type Column, forEachSplit, RANK_BIAS, type RankPlan } from "./ranks.ts";

/** They are decided two vectors at a time. */
const STRIDE = 32;
/** Places are u16. */
const MAX_SIZE = 2 ** 16;
/** Thresholds of a column, at most. */
const KEYS = 256;
/** A split's condition that the row goes right. */
export const RIGHT = 16;

/** The conditions of a column. */
export interface ColumnConditions {
  readonly column: Column;
  /** Whole strides. */
  readonly begin: number;
  readonly end: number;
  /** By rank: how many of them it fulfils. */
  readonly fulfilled: Uint16Array;
  /** What they are where the value is missing, from `begin` to `end`. */
  readonly missing: Uint8Array;
}

export class Conditions {
  /**
   * Those with as many conditions stand together, so that the end of a loop over them is foreseen: 0.7 µs a row became 0.4
   * (50 features).
   */
  readonly columns: readonly ColumnConditions[];
  /** Bytes of all. */
  readonly size: number;
  readonly #plan: RankPlan;
  /** By slot and key: its place. 0 where no split has it. */
  readonly #places: Uint16Array;

  private constructor(plan: RankPlan, places: Uint16Array) {
    this.#plan = plan;
    this.#places = places;
    // The first, which leaves have, never send a row right.
    let size = STRIDE;
    this.columns = plan.columns
      .map((column) => {
        const conditions = placeColumn(column, plan.slots, places, size);
        size = conditions.end;
        return conditions;
      })
      .sort((a, b) => a.end - a.begin - (b.end - b.begin));
    this.size = size;
  }

  /**
   * `undefined` where there are too many, or deciding them takes longer than the walks that look them up.
   * @param steps of all walks
   */
  static create(layout: Layout, plan: RankPlan, steps: number): Conditions | undefined {
    const places = new Uint16Array(plan.slots * KEYS);
    let count = 0;
    forEachSplit(layout, plan.ranked, (node) => {
      const at = placeOf(plan, node);
      count += 1 - places[at]!;
      places[at] = 1;
    });
    const most = count + STRIDE * (plan.columns.length + 1);
    return most <= Math.min(MAX_SIZE, STRIDE * steps) ? new Conditions(plan, places) : undefined;
  }

  /** 1 for each tree whose splits have one. */
  get ranked(): Uint8Array {
    return this.#plan.ranked;
  }

  /** Place of a split's condition. */
  of(node: number): number {
    return this.#plan.nodeKeys[node] === LEAF_KEY ? 0 : this.#places[placeOf(this.#plan, node)]!;
  }
}

/** No split has it: a rank exceeds every split's key. */
const LEAF_KEY = 127;

function placeOf(plan: RankPlan, node: number): number {
  return plan.nodeSlots[node]! * KEYS + plan.nodeKeys[node]! + RANK_BIAS;
}

/** Gives the conditions that are marked in `places` their places from `begin` on. */
function placeColumn(column: Column, slots: number, places: Uint16Array, begin: number): ColumnConditions {
  const fulfilled = new Uint16Array(column.thresholds.length + 1);
  const missing: number[] = [];
  for (let key = 0; key < column.thresholds.length; key++) {
    for (const [slot, side] of [
      [column.left, 0],
      [column.right, RIGHT],
    ] as const) {
      // Nothing asks for the last slot.
      if (slot < slots - 1 && places[slot * KEYS + key] === 1) {
        places[slot * KEYS + key] = begin + missing.length;
        missing.push(side);
      }
    }
    fulfilled[key + 1] = missing.length;
  }
  const end = begin + Math.ceil(missing.length / STRIDE) * STRIDE;
  return { column, begin, end, fulfilled, missing: Uint8Array.from(missing) };
}
