/** What `bench:scaling` found, as Markdown and as a picture. */
import type { CostPoint } from "./scaling-cost.ts";
import type { LoadSection } from "./scaling-load.ts";
import type { MemoryResult } from "./scaling-memory.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly load: readonly number[];
  readonly node: string;
  readonly platform: string;
}

export interface ScalingRun {
  readonly command: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly byRows: readonly CostPoint[];
  readonly byTrees: readonly CostPoint[];
  readonly loading: LoadSection;
  readonly memory: readonly MemoryResult[];
}

/** The cost of so much work, in microseconds. */
interface Point {
  readonly x: number;
  readonly y: number;
}

interface Series {
  readonly name: string;
  readonly kind: "batch" | "single";
  readonly points: readonly Point[];
}

interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly Series[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

const count = (value: number): string => value.toLocaleString("en-US");
const short = (value: number): string =>
  value >= 1e4 ? count(Math.round(value)) : value >= 99.5 ? value.toFixed(0) : value.toPrecision(2);

function byRows(run: ScalingRun): Series {
  return {
    name: "one call",
    kind: "batch",
    points: run.byRows.map(({ rows, times }) => ({ x: rows, y: Math.min(...times) })),
  };
}

function byTrees(run: ScalingRun): Series[] {
  const rowCounts = [...new Set(run.byTrees.map(({ rows }) => rows))].sort((a, b) => a - b);
  return rowCounts.map((rows) => ({
    name: rows === 1 ? "one row a call" : `${count(rows)} rows a call`,
    kind: rows === 1 ? "single" : "batch",
    points: run.byTrees
      .filter((point) => point.rows === rows)
      .map(({ trees, times }) => ({ x: trees, y: Math.min(...times) / rows })),
  }));
}

/** The exponent b of y = a × x^b, by least squares of the logarithms. */
export function exponent(points: readonly Point[]): number {
  const logs = points.map(({ x, y }) => [Math.log(x), Math.log(y)] as const);
  const mean = (of: 0 | 1): number => logs.reduce((sum, log) => sum + log[of], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return covariance / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

/** How much dearer a unit of work is at the end of the range than at its beginning. */
function unitRatio(points: readonly Point[]): number {
  const [first, last] = [points[0]!, points[points.length - 1]!];
  return last.y / last.x / (first.y / first.x);
}

export function markdown(run: ScalingRun): string {
  const { machine } = run;
  return [
    `${machine.cpu}, ${machine.cores} cores, load ${machine.load.map((each) => each.toFixed(2)).join(" to ")}; Node ` +
      `${machine.node}. \`${run.command}\` makes this.`,
    "",
    ...costTables(run),
    ...loadTable(run.loading),
    ...memoryTables(run.memory),
  ].join("\n");
}

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const header = (cells: readonly string[]): string[] => [row(cells), `|${cells.map(() => "---:|").join("")}`];

function costTables(run: ScalingRun): string[] {
  const rows = byRows(run);
  const trees = byTrees(run);
  const many = rows.points.filter(({ x }) => x >= 100);
  return [
    "## Rows",
    "",
    "500 trees of depth 6 on 50 features, one thread; the least of the rounds.",
    "",
    ...header(["rows", "µs a call", "µs a row"]),
    ...rows.points.map(({ x, y }) => row([count(x), short(y), short(y / x)])),
    "",
    `Cost grows with rows to the power of ${exponent(rows.points).toFixed(3)} over the whole range, and of ` +
      `${exponent(many).toFixed(3)} from 100 rows on, where a row of the largest batch costs ` +
      `${unitRatio(many).toFixed(2)} times what one of the smallest does.`,
    "",
    "## Trees",
    "",
    "Trees of the same shape; the least of the rounds.",
    "",
    ...header(["trees", ...trees.map(({ name }) => `µs a row, ${name}`)]),
    ...(trees[0]?.points ?? []).map(({ x }, i) =>
      row([count(x), ...trees.map(({ points }) => short(points[i]!.y))]),
    ),
    "",
    ...trees.map(
      ({ name, points }) =>
        `Cost grows with trees to the power of ${exponent(points).toFixed(3)} with ${name}; a tree of the largest forest ` +
        `costs ${unitRatio(points).toFixed(2)} times what one of the smallest does.`,
    ),
    "",
  ];
}

function loadTable({ xgboost, results }: LoadSection): string[] {
  const cell = (times: readonly number[]): string =>
    times.length === 0 ? "–" : `${short(median(times))} (${short(Math.min(...times))})`;
  const ratio = (over: readonly number[], under: readonly number[]): string =>
    over.length === 0 || under.length === 0
      ? "–"
      : `${(median(over) / median(under)).toFixed(2)} (${(Math.min(...over) / Math.min(...under)).toFixed(2)})`;
  return [
    "## Loading",
    "",
    `Milliseconds from the bytes of a file to a model, one thread, in turns with ${xgboost === undefined ? "nobody: XGBoost was not at hand" : `XGBoost ${xgboost} in Python`}; ` +
      "median, in brackets the least. The first load of a process runs code that is not compiled yet.",
    "",
    ...header([
      "model",
      "file",
      "MB",
      "xgboost-infer",
      "and one row scored",
      "first load of a process",
      "XGBoost",
      "ours ÷ XGBoost's",
    ]),
    ...results.map((each) =>
      row([
        each.workload,
        each.format === "json" ? "JSON" : "UBJSON",
        (each.bytes / 1e6).toFixed(1),
        cell(each.ours),
        cell(each.oursAndRow),
        cell(each.first),
        cell(each.xgboost),
        ratio(each.ours, each.xgboost),
      ]),
    ),
    "",
  ];
}

/** Loading has costs that do not grow with the file: compiled code, the young generation of the heap. */
export function peakGrowth(results: readonly MemoryResult[]): number {
  const [small, large] = [results[0]!, results[results.length - 1]!];
  return 1 + (large.extraPeak - small.extraPeak) / (large.file - small.file);
}

export function filesOfOneShape(memory: readonly MemoryResult[]): MemoryResult[][] {
  const groups = new Map<string, MemoryResult[]>();
  for (const each of memory) {
    const key = `${each.workload} ${each.format}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()];
}

function memoryTables(memory: readonly MemoryResult[]): string[] {
  const mb = (bytes: number): string => (bytes / 1e6).toFixed(2);
  const groups = filesOfOneShape(memory).filter((group) => group.length > 1);
  return [
    "## Memory",
    "",
    "Megabytes. Tables: the compiled forest (docs/layout-format.md). Kept: all that goes when the model goes, heap and " +
      "buffers, before any row is scored; and after a batch and a single row, with the engine's own tables, which count as " +
      "tables then. Peak: most memory of a process that loads the file, less that of one which only reads it, and the file; pages of the program's own file, which all processes share, are not among it. " +
      "The loader's own: the same of processes that have loaded a small model, without V8's optimising compilers and with a young generation of a fixed size. Loading a model of 1 kB takes 0.8 MB, once a process.",
    "",
    ...header([
      "model",
      "trees",
      "file",
      "size",
      "tables",
      "kept ÷ tables",
      "engine's tables",
      "kept ÷ all tables",
      "peak",
      "peak ÷ file",
      "the loader's own ÷ file",
    ]),
    ...memory.map((each) =>
      row([
        each.workload,
        count(each.trees),
        each.format === "json" ? "JSON" : "UBJSON",
        mb(each.file),
        mb(each.tables),
        (each.loaded / each.tables).toFixed(2),
        mb(each.engineTables),
        (each.scored / (each.tables + each.engineTables)).toFixed(2),
        mb(each.extraPeak + each.file),
        ((each.extraPeak + each.file) / each.file).toFixed(2),
        ((each.ownPeak + each.file) / each.file).toFixed(2),
      ]),
    ),
    "",
    ...groups.map(
      (group) =>
        `From the smaller to the larger file of ${group[0]!.workload} (${group[0]!.format === "json" ? "JSON" : "UBJSON"}) the ` +
        `peak grows by ${peakGrowth(group).toFixed(2)} bytes a byte.`,
    ),
    "",
  ];
}

const WIDTH = 960;
const HEIGHT = 470;
const TOP = 104;
const BOTTOM = 58;
const LEFT = 62;
const GAP = 88;
const RIGHT = 30;

const STYLE = `
text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
.back { fill: #ffffff; }
.title { font-size: 19px; font-weight: 600; }
.head { font-size: 14px; font-weight: 600; }
.soft { fill: #59636e; }
.axis { font-size: 10.5px; fill: #59636e; }
.grid { stroke: #d8dee4; stroke-width: 1; }
.ideal { stroke: #59636e; stroke-width: 1.2; stroke-dasharray: 4 4; fill: none; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.batch.line { stroke: #d1480f; } .batch.dot { fill: #d1480f; } text.batch { fill: #b03a08; }
.single.line { stroke: #2f6fab; } .single.dot { fill: #2f6fab; } text.single { fill: #2f6fab; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .back { fill: #0d1117; }
  .soft, .axis { fill: #9aa4af; }
  .grid { stroke: #2b323b; }
  .ideal { stroke: #9aa4af; }
  .batch.line { stroke: #ff8a4c; } .batch.dot { fill: #ff8a4c; } text.batch { fill: #ff8a4c; }
  .single.line { stroke: #6cb0ee; } .single.dot { fill: #6cb0ee; } text.single { fill: #6cb0ee; }
}
`;

const xml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const at = (value: number): string => String(Math.round(value * 10) / 10);

/** Two panels on logarithmic scales; a straight line of slope 1 is cost in proportion to the work. */
export function chart(run: ScalingRun): string {
  const panels: readonly Panel[] = [
    { title: "Rows: microseconds a call, 500 trees", xLabel: "rows a call", series: [byRows(run)] },
    { title: "Trees: microseconds a row", xLabel: "trees", series: byTrees(run) },
  ];
  const wide = (WIDTH - LEFT - GAP - RIGHT) / 2;
  const described = panels
    .flatMap(({ xLabel, series }) =>
      series.map(({ name, points }) => {
        const [first, last] = [points[0]!, points[points.length - 1]!];
        return (
          `${name}: from ${short(first.y)} µs at ${count(first.x)} ${xLabel} to ${short(last.y)} µs at ${count(last.x)}, ` +
          `exponent ${exponent(points).toFixed(2)}`
        );
      }),
    )
    .join("; ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title description">`,
    '<title id="title">Cost of scoring against rows and trees, one thread</title>',
    `<desc id="description">${xml(described)}.</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="back" width="${WIDTH}" height="${HEIGHT}" rx="8"/>`,
    `<text class="title" x="${LEFT - 30}" y="38">Cost grows in proportion to rows and to trees</text>`,
    `<text class="soft" x="${LEFT - 30}" y="60">One thread; logarithmic scales. Dashed: exact proportion. ${xml(run.machine.cpu)}, Node ${xml(run.machine.node)}.</text>`,
    ...panels.flatMap((panel, p) => drawPanel(panel, LEFT + p * (wide + GAP), wide)),
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel({ title, xLabel, series }: Panel, left: number, wide: number): string[] {
  const points = series.flatMap((each) => each.points);
  const [xLow, xHigh] = decades(points.map(({ x }) => x));
  const [yLow, yHigh] = decades(points.map(({ y }) => y));
  const bottom = HEIGHT - BOTTOM;
  const toX = (x: number): number => left + ((Math.log10(x) - xLow) / (xHigh - xLow)) * wide;
  const toY = (y: number): number => bottom - ((Math.log10(y) - yLow) / (yHigh - yLow)) * (bottom - TOP);
  const parts = [`<text class="head" x="${at(left - 30)}" y="${TOP - 16}">${xml(title)}</text>`];
  for (let power = xLow; power <= xHigh; power++) {
    const x = at(toX(10 ** power));
    parts.push(
      `<line class="grid" x1="${x}" y1="${TOP}" x2="${x}" y2="${bottom}"/>`,
      `<text class="axis" x="${x}" y="${bottom + 16}" text-anchor="middle">${count(10 ** power)}</text>`,
    );
  }
  for (let power = yLow; power <= yHigh; power++) {
    const y = toY(10 ** power);
    parts.push(
      `<line class="grid" x1="${at(left)}" y1="${at(y)}" x2="${at(left + wide)}" y2="${at(y)}"/>`,
      `<text class="axis" x="${at(left - 7)}" y="${at(y + 4)}" text-anchor="end">${power < 0 ? 10 ** power : count(10 ** power)}</text>`,
    );
  }
  parts.push(
    `<text class="axis" x="${at(left + wide / 2)}" y="${bottom + 36}" text-anchor="middle">${xml(xLabel)}</text>`,
  );
  series.forEach((each, s) => {
    const { name, kind, points: line } = each;
    const last = line[line.length - 1]!;
    const first = line[0]!;
    // The end of the range has the least to do with fixed costs.
    const ideal = (last.y / last.x) * first.x;
    const [fromX, fromY] =
      ideal >= 10 ** yLow ? [first.x, ideal] : [(10 ** yLow * last.x) / last.y, 10 ** yLow];
    parts.push(
      `<path class="ideal" d="M${at(toX(fromX))} ${at(toY(fromY))}L${at(toX(last.x))} ${at(toY(last.y))}"/>`,
      `<path class="line ${kind}" d="M${line.map(({ x, y }) => `${at(toX(x))} ${at(toY(y))}`).join("L")}"/>`,
      ...line.map(
        ({ x, y }) => `<circle class="dot ${kind}" cx="${at(toX(x))}" cy="${at(toY(y))}" r="3.2"/>`,
      ),
      `<text class="${kind}" x="${at(left + 12)}" y="${TOP + 18 + 18 * s}">● ${xml(name)}: exponent ${exponent(line).toFixed(2)}</text>`,
    );
  });
  return parts;
}

/** The powers of ten that hold all values. */
function decades(values: readonly number[]): readonly [low: number, high: number] {
  return [
    Math.floor(Math.log10(Math.min(...values)) + 1e-9),
    Math.ceil(Math.log10(Math.max(...values)) - 1e-9),
  ];
}
