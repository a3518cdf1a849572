/** What the summary tells of the rows: figures of blocks, and their sum. Blocks are added in order, so that sums are the same every time. */
import type { RowRefusal } from "../tables/table.ts";
import { addBuckets, type BucketCounter, type BucketCounts, sortedBuckets } from "./score-buckets.ts";

/** Figures of one column of scores. */
export interface ScoreRange {
  /** Numbers that are finite; the rest of the figures are theirs. */
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

/** Figures of a block, as a worker sends them. */
export interface BlockStatistics {
  /** By feature: rows that lack it, among those that could be read. */
  readonly missing: Uint32Array;
  /** Rows that could be read. */
  readonly read: number;
  /** By column of scores; empty for leaves and explanations. */
  readonly scores: readonly ScoreRange[];
  /** Of the only column of scores; empty where there are more. */
  readonly buckets: BucketCounts;
}

/** Bits of a float32 without its sign, above which they are a NaN. */
const [MAGNITUDE, INFINITY] = [0x7fffffff, 0x7f800000];

/** Rows that are counted at a time, while they are in the nearest cache. */
const TILE_ROWS = 64;

/** Rows of `values` that lack each feature. A comparison a value takes three times as long: one in ten is foreseen wrongly. */
export function countMissing(values: Float32Array, rows: number, cols: number): Uint32Array {
  const missing = new Uint32Array(cols);
  const bits = new Int32Array(values.buffer, values.byteOffset, rows * cols);
  for (let begin = 0; begin < rows; begin += TILE_ROWS) {
    const end = Math.min(begin + TILE_ROWS, rows) * cols;
    for (let col = 0; col < cols; col++) {
      let count = 0;
      for (let at = begin * cols + col; at < end; at += cols) {
        count += (INFINITY - (bits[at]! & MAGNITUDE)) >>> 31;
      }
      missing[col]! += count;
    }
  }
  return missing;
}

/** Figures of each column of row-major scores. */
export function scoreStatistics(
  scores: Float32Array,
  width: number,
  counter: BucketCounter,
): { readonly scores: readonly ScoreRange[]; readonly buckets: BucketCounts } {
  const ranges = Array.from({ length: width }, (_, column) => rangeOfColumn(scores, column, width));
  return { scores: ranges, buckets: width === 1 ? counter.count(scores) : [] };
}

function rangeOfColumn(scores: Float32Array, column: number, width: number): ScoreRange {
  let [count, min, max, sum] = [0, 0, 0, 0];
  for (let at = column; at < scores.length; at += width) {
    const score = scores[at]!;
    if (Number.isFinite(score)) {
      min = count === 0 || score < min ? score : min;
      max = count === 0 || score > max ? score : max;
      sum += score;
      count++;
    }
  }
  return { count, min, max, sum };
}

/** Plain JSON. */
export interface StatisticsState {
  readonly rows: number;
  readonly refused: number;
  readonly read: number;
  readonly missing: readonly number[];
  readonly scores: readonly ScoreRange[];
  readonly buckets: BucketCounts;
  readonly reasons: readonly (readonly [reason: string, count: number])[];
  readonly examples: readonly Refusal[];
}

/** A refused row of the table. */
export interface Refusal {
  /** Counted from 1, as people count rows of data. */
  readonly row: number;
  /** Line of the file, counted from 1. */
  readonly line: number | undefined;
  readonly column: string | undefined;
  readonly reason: string;
}

/** Reasons that are counted apart; a hostile table has as many as rows. */
const MAX_REASONS = 100;
const MAX_REASON_LENGTH = 160;
export const OTHER_REASONS = "other reasons";

/** Refused rows that are shown where no file takes them. */
const MAX_EXAMPLES = 5;

/** Sums of blocks. */
export class Statistics {
  rows = 0;
  refused = 0;
  /** Rows that could be read, whether the check lets them pass or not. */
  read = 0;
  readonly missing: Float64Array;
  scores: ScoreRange[] = [];
  readonly buckets = new Map<number, number>();
  readonly reasons = new Map<string, number>();
  readonly examples: Refusal[] = [];

  constructor(features: number) {
    this.missing = new Float64Array(features);
  }

  add(rows: number, block: BlockStatistics, refusals: readonly Refusal[]): void {
    this.rows += rows;
    this.refused += refusals.length;
    this.read += block.read;
    block.missing.forEach((count, feature) => {
      this.missing[feature]! += count;
    });
    this.scores = block.scores.map((range, i) => joined(this.scores[i], range));
    addBuckets(this.buckets, block.buckets);
    for (const refusal of refusals) {
      this.#addReason(refusal);
    }
  }

  #addReason(refusal: Refusal): void {
    const text =
      refusal.column === undefined ? refusal.reason : `column ${refusal.column}: ${refusal.reason}`;
    const reason = shorten(text);
    const known = this.reasons.has(reason) || this.reasons.size < MAX_REASONS ? reason : OTHER_REASONS;
    this.reasons.set(known, (this.reasons.get(known) ?? 0) + 1);
    if (this.examples.length < MAX_EXAMPLES) {
      this.examples.push({ ...refusal, reason: shorten(refusal.reason) });
    }
  }

  state(): StatisticsState {
    return {
      rows: this.rows,
      refused: this.refused,
      read: this.read,
      missing: Array.from(this.missing),
      scores: this.scores,
      buckets: sortedBuckets(this.buckets),
      reasons: [...this.reasons],
      examples: this.examples,
    };
  }

  static restored(state: StatisticsState): Statistics {
    const statistics = new Statistics(state.missing.length);
    statistics.rows = state.rows;
    statistics.refused = state.refused;
    statistics.read = state.read;
    statistics.missing.set(state.missing);
    statistics.scores = [...state.scores];
    addBuckets(statistics.buckets, state.buckets);
    for (const [reason, count] of state.reasons) {
      statistics.reasons.set(reason, count);
    }
    statistics.examples.push(...state.examples);
    return statistics;
  }
}

function joined(sum: ScoreRange | undefined, block: ScoreRange): ScoreRange {
  if (sum === undefined || sum.count === 0) {
    return block;
  }
  if (block.count === 0) {
    return sum;
  }
  return {
    count: sum.count + block.count,
    min: Math.min(sum.min, block.min),
    max: Math.max(sum.max, block.max),
    sum: sum.sum + block.sum,
  };
}

function shorten(text: string): string {
  return text.length > MAX_REASON_LENGTH ? `${text.slice(0, MAX_REASON_LENGTH - 1)}…` : text;
}

/** A refusal of a block as one of the table. */
export function refusalInTable(
  refusal: RowRefusal,
  before: { readonly rows: number; readonly lines: number },
): Refusal {
  return {
    row: before.rows + refusal.row + 1,
    line: refusal.line === undefined ? undefined : before.lines + refusal.line + 1,
    column: refusal.column,
    reason: refusal.reason,
  };
}
