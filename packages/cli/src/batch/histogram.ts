/** The distribution of scores, drawn with characters. */

import { bar, grouped } from "../terminal/format.ts";
import { type BucketCounts, binsOf } from "./score-buckets.ts";

const MAX_BINS = 16;
const MAX_BAR = 50;

/** Lines of at most `width` characters, one a bin. */
export function drawHistogram(counts: BucketCounts, width: number): string[] {
  const bins = binsOf(counts, MAX_BINS);
  const most = Math.max(...bins.map(({ count }) => count));
  const labels = bins.map(({ begin, end }) => [edge(begin), edge(end)] as const);
  const places = Math.max(...labels.flat().map((label) => label.length));
  const numbers = bins.map(({ count }) => grouped(count));
  const digits = Math.max(...numbers.map((text) => text.length));
  const room = Math.min(MAX_BAR, width - (2 * places + 2 + digits + 6));
  return bins.map(({ count }, i) => {
    const [begin, end] = labels[i]!;
    const head = `  ${begin.padStart(places)}  ${end.padStart(places)}  ${numbers[i]!.padStart(digits)}`;
    return room < 4 ? head : `${head}  ${bar(count / most, room)}`.trimEnd();
  });
}

/** Multiples of a power of two, which have few digits where they are not tiny. */
function edge(value: number): string {
  return String(Number(value.toPrecision(6)));
}
