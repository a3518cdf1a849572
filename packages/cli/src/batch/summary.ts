/** What is told at the end of a run. */

import { compact, duration, grouped, percent, printable, someNames } from "../terminal/format.ts";
import { drawHistogram } from "./histogram.ts";
import { sortedBuckets } from "./score-buckets.ts";
import type { ScoreRange, Statistics } from "./statistics.ts";

/** Facts of the run that are not of the rows. */
export interface RunFacts {
  readonly features: readonly string[];
  /** Names of the columns that predictions go to. */
  readonly outputs: readonly string[];
  /** Features that the table has no column for. */
  readonly absent: readonly string[];
  readonly unused: readonly string[];
  readonly output: string;
  readonly rejects: string | undefined;
  readonly engine: string;
  readonly workers: number;
  readonly seconds: number;
  /** Rows of this run alone, where it was resumed. */
  readonly rowsNow: number;
  readonly resumed: boolean;
  /** Bytes. */
  readonly peakMemory: number;
}

const MAX_REASONS = 5;
const MAX_FEATURES = 5;
const MAX_OUTPUTS = 10;

/** One line, for logs. */
export function shortSummary(statistics: Statistics, facts: RunFacts): string {
  const parts = [
    `${grouped(statistics.rows)} rows`,
    `${grouped(statistics.refused)} refused`,
    duration(facts.seconds),
    `${compact(facts.rowsNow / facts.seconds)} rows/s`,
    machine(facts),
  ];
  if (facts.resumed) {
    parts.push(`resumed after ${grouped(statistics.rows - facts.rowsNow)} rows`);
  }
  if (facts.absent.length > 0) {
    parts.push(`features without a column: ${someNames(facts.absent)}`);
  }
  if (facts.unused.length > 0) {
    parts.push(`columns not used: ${someNames(facts.unused)}`);
  }
  return printable(parts.join(", "));
}

/** Several lines of at most `width` characters, but for names that are longer. */
export function longSummary(statistics: Statistics, facts: RunFacts, width: number): string {
  const { rows, refused } = statistics;
  const lines = [
    entry("rows", `${grouped(rows)}, of these ${grouped(rows - refused)} scored${into(facts)}`),
    ...refusedLines(statistics, facts),
    ...missingLines(statistics, facts),
    ...(facts.absent.length > 0 ? [entry("no column", someNames(facts.absent))] : []),
    ...(facts.unused.length > 0 ? [entry("not used", someNames(facts.unused))] : []),
    ...scoreLines(statistics, facts, width),
    entry("time", `${duration(facts.seconds)}, ${compact(facts.rowsNow / facts.seconds)} rows/s`),
    entry("with", machine(facts)),
  ];
  if (facts.resumed) {
    lines.push(entry("resumed", `after ${grouped(rows - facts.rowsNow)} rows; time is of this part`));
  }
  return lines.map(printable).join("\n");
}

function entry(name: string, text: string): string {
  return `${name.padEnd(10)}${text}`;
}

function into({ output }: RunFacts): string {
  return output === "" ? "" : ` → ${output}`;
}

function machine({ engine, workers, peakMemory }: RunFacts): string {
  const threads = workers === 0 ? "no workers" : workers === 1 ? "1 worker" : `${workers} workers`;
  return `${engine} engine, ${threads}, ${Math.round(peakMemory / 1e6)} MB at most`;
}

function refusedLines({ refused, rows, reasons }: Statistics, { rejects }: RunFacts): string[] {
  if (refused === 0) {
    return [entry("refused", "0")];
  }
  const place = rejects === undefined ? "" : ` → ${rejects}`;
  const top = [...reasons].sort(([, a], [, b]) => b - a);
  const more = top.slice(MAX_REASONS).reduce((sum, [, count]) => sum + count, 0);
  return [
    entry("refused", `${grouped(refused)} (${percent(refused / rows)})${place}`),
    ...top.slice(0, MAX_REASONS).map(([reason, count]) => entry("", `${grouped(count)} × ${reason}`)),
    ...(more > 0 ? [entry("", `${grouped(more)} × for other reasons`)] : []),
  ];
}

/** Features that the table has a column for, those that lack most often first. */
function missingLines({ missing, read }: Statistics, { features, absent }: RunFacts): string[] {
  const without = new Set(absent);
  const lacking = features
    .map((name, column) => ({ name, count: missing[column]! }))
    .filter(({ name, count }) => count > 0 && !without.has(name))
    .sort((a, b) => b.count - a.count);
  if (lacking.length === 0) {
    return [];
  }
  const shown = lacking
    .slice(0, MAX_FEATURES)
    .map(({ name, count }) => `${name} ${percent(count / read)}`)
    .join(", ");
  const more = lacking.length > MAX_FEATURES ? `, … (${lacking.length} features)` : "";
  return [entry("missing", shown + more)];
}

function scoreLines({ scores, buckets }: Statistics, { outputs }: RunFacts, width: number): string[] {
  const lines = scores
    .slice(0, MAX_OUTPUTS)
    .map((range, i) => entry(outputs[i]!, rangeText(range)))
    .concat(scores.length > MAX_OUTPUTS ? [entry("…", `${scores.length} columns`)] : []);
  const counts = sortedBuckets(buckets);
  return counts.length < 2 ? lines : [...lines, ...drawHistogram(counts, width)];
}

function rangeText({ count, min, max, sum }: ScoreRange): string {
  const show = (value: number) => String(Number(value.toPrecision(6)));
  return count === 0 ? "no finite numbers" : `${show(min)} to ${show(max)}, mean ${show(sum / count)}`;
}
