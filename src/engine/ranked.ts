/**
 * The ranked engine: values become ranks, then all comparisons are of small integers (`ranks.ts`). Batches compare 16 rows
 * at a time with SIMD (`ranked-batch.ts`), single rows decide all splits, then walk eight trees at a time (`ranked-row.ts`). Tables for either are
 * made when first wanted.
 */
import type { Layout } from "../compile/layout.ts";
import { allocateMemory, compileKernel } from "../wasm/platform.ts";
import { Conditions } from "./conditions.ts";
import type { Engine, EngineName, RowSum } from "./engine.ts";
import { type Run, runsOf } from "./lockstep.ts";
import { walkOneByOne } from "./one-by-one.ts";
import { GROUP_ROWS, RankedBatch } from "./ranked-batch.ts";
import { RANKED_KERNEL } from "./ranked-kernel.ts";
import { RankedRow } from "./ranked-row.ts";
import { planRanks, type RankPlan } from "./ranks.ts";

/** Up to so many rows left over are scored one by one; more fill a group whose other lanes idle. */
const MAX_SINGLE_ROWS = 13;
/** Ranking a value costs as much as so many steps of a walk. */
const STEPS_PER_COLUMN = 4;

/**
 * The engine; `undefined` without WebAssembly or SIMD, and where no tree can be ranked.
 * @param forced also where ranking would not pay
 * @param fallback makes the engine for leaves, and for all where memory is lacking
 */
export function createRankedEngine(
  layout: Layout,
  forced: boolean,
  fallback: () => Engine,
): RankedEngine | undefined {
  const module = layout.trees === 0 ? undefined : compileKernel(RANKED_KERNEL);
  const plan = module === undefined ? undefined : planRanks(layout);
  if (module === undefined || plan === undefined || allocateMemory(0) === undefined) {
    return undefined;
  }
  const steps = stepsOf(layout, plan);
  const pays = plan.columns.length * STEPS_PER_COLUMN <= steps;
  if (steps === 0 || !(pays || forced)) {
    return undefined;
  }
  return new RankedEngine(layout, plan, module, fallback);
}

/** Of the walks through all ranked trees. */
function stepsOf({ treeDepths }: Layout, { ranked }: RankPlan): number {
  return ranked.reduce((sum, isRanked, t) => sum + isRanked * treeDepths[t]!, 0);
}

export class RankedEngine implements Engine {
  readonly plan: RankPlan;
  /** Made when first wanted. */
  batch: RankedBatch | undefined;
  row: RankedRow | undefined;
  readonly #layout: Layout;
  readonly #module: object;
  readonly #runs: readonly Run[];
  readonly #makeFallback: () => Engine;
  #fallback: Engine | undefined;
  #lacksMemory = false;
  #suitsRows = true;

  constructor(layout: Layout, plan: RankPlan, module: object, fallback: () => Engine) {
    this.#layout = layout;
    this.plan = plan;
    this.#module = module;
    this.#runs = runsOf(plan.ranked);
    this.#makeFallback = fallback;
  }

  /** That of the other engine once memory was lacking. */
  get name(): EngineName {
    return this.#lacksMemory ? this.#useFallback().name : "wasm";
  }

  addTrees(
    rows: Float32Array,
    numRows: number,
    margins: Float32Array,
    treeBegin: number,
    treeEnd: number,
  ): void {
    const left = numRows % GROUP_ROWS;
    const grouped = numRows - (left <= MAX_SINGLE_ROWS ? left : 0);
    if (grouped > 0) {
      this.#addBatch(rows, grouped, margins, treeBegin, treeEnd);
    }
    if (grouped < numRows) {
      this.#addRows(rows, grouped, numRows, margins, treeBegin, treeEnd);
    }
  }

  rowSum(): RowSum | undefined {
    const { groups } = this.#layout;
    return groups === 1 && this.plan.ranked.every((isRanked) => isRanked) ? this.#useRow() : undefined;
  }

  writeLeaves(rows: Float32Array, numRows: number, leaves: Float32Array, treeEnd: number): void {
    this.#useFallback().writeLeaves(rows, numRows, leaves, treeEnd);
  }

  #addBatch(
    rows: Float32Array,
    numRows: number,
    margins: Float32Array,
    treeBegin: number,
    treeEnd: number,
  ): void {
    const batch = this.#useBatch();
    if (batch === undefined) {
      this.#useFallback().addTrees(rows, numRows, margins, treeBegin, treeEnd);
      return;
    }
    const { groups } = this.#layout;
    for (let first = 0; first < numRows; first += batch.blockRows) {
      const count = Math.min(batch.blockRows, numRows - first);
      batch.rank(rows, first, count);
      for (const run of this.#runs) {
        const begin = Math.max(run.begin, treeBegin);
        const end = Math.min(run.end, treeEnd);
        if (begin >= end) {
          continue;
        }
        if (run.lockstep) {
          batch.add(margins, first, count, begin, end);
        } else {
          walkOneByOne(this.#layout, rows, first, count, begin, end, margins, groups, false);
        }
      }
    }
  }

  /** Rows `first … last)`, one by one. */
  #addRows(
    rows: Float32Array,
    first: number,
    last: number,
    margins: Float32Array,
    treeBegin: number,
    treeEnd: number,
  ): void {
    const single = this.#useRow();
    const { groups, features } = this.#layout;
    if (single === undefined) {
      const some = rows.subarray(first * features, last * features);
      const sums = margins.subarray(first * groups, last * groups);
      this.#useFallback().addTrees(some, last - first, sums, treeBegin, treeEnd);
      return;
    }
    for (let row = first; row < last; row++) {
      single.decide(rows, row);
      for (const run of this.#runs) {
        const begin = Math.max(run.begin, treeBegin);
        const end = Math.min(run.end, treeEnd);
        if (begin >= end) {
          continue;
        }
        if (run.lockstep) {
          single.add(margins, row * groups, begin, end);
        } else {
          walkOneByOne(this.#layout, rows, row, 1, begin, end, margins, groups, false);
        }
      }
    }
  }

  #useBatch(): RankedBatch | undefined {
    if (this.batch === undefined && !this.#lacksMemory) {
      this.batch = RankedBatch.create(this.#layout, this.plan, this.#module);
      this.#lacksMemory = this.batch === undefined;
    }
    return this.batch;
  }

  #useRow(): RankedRow | undefined {
    if (this.row === undefined && this.#suitsRows && !this.#lacksMemory) {
      const conditions = Conditions.create(this.#layout, this.plan, stepsOf(this.#layout, this.plan));
      this.#suitsRows = conditions !== undefined;
      if (conditions !== undefined) {
        this.row = RankedRow.create(this.#layout, conditions, this.#module);
        this.#lacksMemory = this.row === undefined;
      }
    }
    return this.row;
  }

  #useFallback(): Engine {
    this.#fallback ??= this.#makeFallback();
    return this.#fallback;
  }
}
