/**
 * Counts of scores in buckets whose edges are fixed beforehand, so that counts of parts add up to those of the whole in any
 * order. A bucket is what float32 numbers with the same sign, exponent and first nine bits of the fraction have in common.
 */

/** Bits of the fraction that are kept. */
const FRACTION_BITS = 9;
const DROPPED_BITS = 23 - FRACTION_BITS;
const BUCKETS = 1 << (1 + 8 + FRACTION_BITS);

/** Pairs of bucket and count, sorted by bucket. */
export type BucketCounts = readonly (readonly [bucket: number, count: number])[];

/** Counts, for one block after the other. */
export class BucketCounter {
  readonly #counts = new Uint32Array(BUCKETS);
  readonly #bits = new Uint32Array(1);
  readonly #float = new Float32Array(this.#bits.buffer);

  /** NaN and infinities are left out. */
  count(values: Float32Array): BucketCounts {
    const used: number[] = [];
    for (const value of values) {
      if (Number.isFinite(value)) {
        // Adding zero makes -0 the same as 0.
        this.#float[0] = value + 0;
        const bucket = this.#bits[0]! >>> DROPPED_BITS;
        if (this.#counts[bucket]!++ === 0) {
          used.push(bucket);
        }
      }
    }
    return used
      .sort((a, b) => a - b)
      .map((bucket) => {
        const count = this.#counts[bucket]!;
        this.#counts[bucket] = 0;
        return [bucket, count] as const;
      });
  }
}

/** The number in a bucket that is nearest to zero. */
function innerEdge(bucket: number): number {
  const bits = new Uint32Array([(bucket << DROPPED_BITS) >>> 0]);
  return new Float32Array(bits.buffer)[0]!;
}

export interface Bin {
  readonly begin: number;
  readonly end: number;
  readonly count: number;
}

/**
 * Puts buckets together into at most `limit` bins of equal width. The width is a power of two and bins begin at its multiples:
 * then no bucket lies in two bins. A number between two bins is counted in the one farther from zero.
 */
export function binsOf(counts: BucketCounts, limit: number): Bin[] {
  if (counts.length === 0) {
    return [];
  }
  const edges = counts.map(([bucket]) => innerEdge(bucket));
  let width = smallestWidth(edges);
  let bins = edges.map((edge) => binOf(edge, width));
  let [first, last] = extremes(bins);
  while (last - first + 1 > limit) {
    width *= 2;
    bins = edges.map((edge) => binOf(edge, width));
    [first, last] = extremes(bins);
  }
  const sums = Array.from({ length: last - first + 1 }, () => 0);
  counts.forEach(([, count], i) => {
    sums[bins[i]! - first]! += count;
  });
  return sums.map((count, i) => ({ begin: (first + i) * width, end: (first + i + 1) * width, count }));
}

/** That of the widest bucket: narrower bins would part it. */
function smallestWidth(edges: readonly number[]): number {
  const largest = extremes(edges.map(Math.abs))[1];
  return 2 ** (Math.max(Math.floor(Math.log2(largest)), -126) - FRACTION_BITS);
}

/** Buckets below zero, -0 among them, end at their edge. */
function binOf(edge: number, width: number): number {
  return edge < 0 || Object.is(edge, -0) ? Math.ceil(edge / width) - 1 : Math.floor(edge / width);
}

function extremes(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** Adds counts of sorted buckets to a map. */
export function addBuckets(into: Map<number, number>, counts: BucketCounts): void {
  for (const [bucket, count] of counts) {
    into.set(bucket, (into.get(bucket) ?? 0) + count);
  }
}

/** The map as it is written down. */
export function sortedBuckets(counts: ReadonlyMap<number, number>): BucketCounts {
  return [...counts].sort(([a], [b]) => a - b);
}
