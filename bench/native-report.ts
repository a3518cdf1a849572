/** What `npm run bench:native` found, as a table in Markdown and a chart in SVG. */
import { CONTENDERS, type Contender, NOT_MEASURED } from "./native-contenders.ts";

export type Kind = "single" | "batch";

export const KINDS: readonly Kind[] = ["single", "batch"];

/** Some calls in a row. Seconds, of all of them together; CPU time is that of all threads of the process. */
export interface Sample {
  readonly round?: number;
  readonly calls: number;
  readonly wall: number;
  readonly cpu: number;
}

/** Answers against XGBoost's own. */
export interface Checked {
  readonly values: number;
  /** To the bit. */
  readonly equal: number;
  /** The largest. */
  readonly difference: number;
}

export interface Cell {
  readonly workload: string;
  readonly contender: string;
  readonly kind: Kind;
  readonly note?: string;
  readonly checked: Checked;
  readonly samples: Sample[];
}

export interface Failure {
  readonly workload: string;
  readonly contender: string;
  readonly reason: string;
}

export interface Run {
  readonly command: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly platform: string;
    readonly pinned: boolean;
    /** Load of the machine over one minute, at the start and after each group of measurements. */
    readonly load: readonly number[];
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly workloads: readonly string[];
  readonly contenders: readonly string[];
  readonly setupFailures: Readonly<Record<string, string>>;
  readonly failures: readonly Failure[];
  readonly cells: readonly Cell[];
}

const BATCH = 10_000;
/** Answers further off than this are wrong, not rounded: they cannot be the fastest. */
const TOLERANCE = 1e-4;

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  return below + ((sorted[Math.ceil(at)] ?? Number.NaN) - below) * (at % 1);
}

/** CPU time a row in microseconds, of each sample. */
function microseconds(cell: Cell): number[] {
  const rows = cell.kind === "batch" ? BATCH : 1;
  return cell.samples.map(({ cpu, calls }) => (cpu * 1e6) / calls / rows);
}

const median = (cell: Cell): number => quantile(microseconds(cell), 0.5);
const least = (cell: Cell): number => Math.min(...microseconds(cell));

/** Two or three digits that matter. */
function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}

interface Column {
  readonly workload: string;
  readonly kind: Kind;
}

function columnsOf(run: Run): Column[] {
  return run.workloads.flatMap((workload) => KINDS.map((kind) => ({ workload, kind })));
}

function find(run: Run, column: Column, contender: string): Cell | undefined {
  return run.cells.find(
    (cell) =>
      cell.workload === column.workload &&
      cell.kind === column.kind &&
      cell.contender === contender &&
      cell.samples.length > 0,
  );
}

function contendersOf(run: Run): Contender[] {
  return CONTENDERS.filter(({ name }) => run.contenders.includes(name));
}

const isRight = (cell: Cell): boolean => cell.checked.difference <= TOLERANCE;

/** The fastest native contender whose answers are right. */
function fastestNative(run: Run, column: Column): Cell | undefined {
  return contendersOf(run)
    .filter(({ kind }) => kind === "native")
    .map(({ name }) => find(run, column, name))
    .filter((cell) => cell !== undefined && isRight(cell))
    .sort((a, b) => median(a!) - median(b!))[0];
}

/** One time over another, by medians and, in brackets, by the least of each. */
function ratio(of: Cell | undefined, to: Cell | undefined): string {
  if (of === undefined || to === undefined) {
    return "";
  }
  return `${short(median(of) / median(to))} (${short(least(of) / least(to))})`;
}

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

function labelOf(name: string): string {
  return CONTENDERS.find((one) => one.name === name)?.label ?? name;
}

/** All answers of a contender in one line: the share of equal bits and the largest difference. */
function answers(run: Run, contender: string): readonly [equal: string, difference: string] {
  const checked = run.cells.filter((cell) => cell.contender === contender).map((cell) => cell.checked);
  if (checked.length === 0) {
    return ["", ""];
  }
  const values = checked.reduce((sum, one) => sum + one.values, 0);
  const equal = checked.reduce((sum, one) => sum + one.equal, 0);
  const difference = Math.max(...checked.map((one) => one.difference));
  // Rounded down: 100 % is for nothing but all.
  const share = equal === values ? "all" : `${(Math.floor((equal / values) * 1000) / 10).toFixed(1)} %`;
  return [share, difference === 0 ? "0" : difference.toExponential(1)];
}

export function markdown(run: Run): string {
  const columns = columnsOf(run);
  const contenders = contendersOf(run);
  const { machine } = run;
  const load = `${short(Math.min(...machine.load))} to ${short(Math.max(...machine.load))}`;
  const waits = run.cells.flatMap((cell) => cell.samples.map(({ wall, cpu }) => wall / cpu));
  const waiting = Math.round((quantile(waits, 0.5) - 1) * 100);
  const { node, python, rust, gcc } = run.versions;
  const tools = [`Node ${node}`, `Python ${python}`, rust, gcc && `gcc ${gcc}`].filter((tool) => tool);
  const lines = [
    `Microseconds a row: one row a call / ${BATCH.toLocaleString("en-US")} rows a call. One thread each, ` +
      `${machine.pinned ? "all on the same core, " : ""}in turns, ${run.rounds} rounds; median of the rounds, in brackets ` +
      "the least. CPU time, so that other work on the machine counts little: the clock on the wall showed " +
      `${Math.max(0, waiting)} % more.`,
    "",
    `${machine.cpu}, ${machine.cores} cores, load ${load}; ${tools.join(", ")}. \`${run.command}\` makes this.`,
    "",
    row([
      "",
      ...columns.map(({ workload, kind }) => `${workload} ${kind}`),
      "bits equal",
      "largest difference",
    ]),
    `|---|${"---:|".repeat(columns.length + 2)}`,
  ];
  for (const contender of contenders) {
    const times = columns.map((column) => {
      const cell = find(run, column, contender.name);
      if (cell === undefined) {
        return "–";
      }
      const text = `${short(median(cell))} (${short(least(cell))})`;
      return isRight(cell) ? text : `wrong: ${text}`;
    });
    const label = contender.kind === "ours" ? `**${contender.label}**` : contender.label;
    lines.push(row([label, ...times, ...answers(run, contender.name)]));
  }
  lines.push("", "As ratios of these times, by medians and in brackets by the least of the rounds:", "");
  const fastest = columns.map((column) => fastestNative(run, column));
  lines.push(row(["", ...columns.map(({ workload, kind }) => `${workload} ${kind}`)]));
  lines.push(`|---|${"---:|".repeat(columns.length)}`);
  lines.push(
    row([
      "**xgboost-infer ÷ the fastest native engine**",
      ...columns.map((column, c) => ratio(find(run, column, "ours"), fastest[c])),
    ]),
    row(["the fastest native engine", ...fastest.map((cell) => (cell ? labelOf(cell.contender) : ""))]),
    row([
      "XGBoost inplace_predict ÷ xgboost-infer",
      ...columns.map((column) => ratio(find(run, column, "xgboost-inplace"), find(run, column, "ours"))),
    ]),
    row([
      "XGBoost, C API ÷ xgboost-infer",
      ...columns.map((column) => ratio(find(run, column, "xgboost-c"), find(run, column, "ours"))),
    ]),
  );
  lines.push("", ...remarks(run, contenders), "");
  return lines.join("\n");
}

function remarks(run: Run, contenders: readonly Contender[]): string[] {
  const lines = contenders.map(({ name, label, note }) => {
    const engines = new Set(run.cells.flatMap((cell) => (cell.contender === name ? (cell.note ?? []) : [])));
    const parts = [run.versions[name], ...engines, note].filter((part) => part !== undefined);
    return run.versions[name] === undefined ? "" : `- ${label}: ${parts.join("; ")}.`;
  });
  const out = ["Who took part:", "", ...lines.filter((line) => line !== "")];
  const missing = [
    ...Object.entries(run.setupFailures).map(([part, why]) => `- ${part} (set-up): ${why}`),
    ...run.failures.map(
      ({ workload, contender, reason }) => `- ${labelOf(contender)}, ${workload}: ${reason}`,
    ),
    ...NOT_MEASURED.map(([name, why]) => `- ${name}: ${why}`),
  ];
  out.push("", "Who did not, and why:", "", ...missing);
  return out;
}

const WIDTH = 960;
const LABELS = 176;
const PANEL_GAP = 32;
const BAR = 19;
const HEAD = 46;
const TOP = 92;

const STYLE = `
text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
.back { fill: #ffffff; }
.title { font-size: 19px; font-weight: 600; }
.head { font-size: 14px; font-weight: 600; }
.soft { fill: #59636e; }
.strong { font-weight: 700; }
.plain { font-weight: 400; fill: #59636e; }
/* Keeps the grid out of the figures. */
.value { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; }
.axis { font-size: 10.5px; fill: #59636e; }
.grid { stroke: #d8dee4; stroke-width: 1; }
.ours { fill: #d1480f; }
.second { fill: #e9925f; }
.native { fill: #6e89a8; }
.javascript { fill: #b99a3a; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .back { fill: #0d1117; }
  .soft, .axis, .plain { fill: #9aa4af; }
  .value { stroke: #0d1117; }
  .grid { stroke: #2b323b; }
  .ours { fill: #ff8a4c; }
  .second { fill: #a65a34; }
  .native { fill: #6d8fb5; }
  .javascript { fill: #c7aa4d; }
}
`;

const xml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

const round = (value: number): string => String(Math.round(value * 10) / 10);

/** Bars of one cell, the fastest first, on a logarithmic scale. */
export function chart(run: Run): string {
  const shown = contendersOf(run).filter(({ chart }) => chart !== undefined);
  const panels = columnsOf(run).map((column) => ({
    column,
    missing: shown.filter(({ name }) => find(run, column, name) === undefined),
    bars: shown
      .flatMap((contender) => {
        const cell = find(run, column, contender.name);
        return cell === undefined ? [] : [{ contender, cell, time: median(cell) }];
      })
      .sort((a, b) => a.time - b.time),
  }));
  const times = panels.flatMap(({ bars }) => bars.map(({ time }) => time));
  const low = Math.floor(Math.log10(Math.min(...times, 1)) - 0.1);
  const high = Math.ceil(Math.log10(Math.max(...times, 10)));
  const column = (WIDTH - PANEL_GAP * 3) / 2;
  const scale = column - LABELS - 52;
  const place = (time: number): number => ((Math.log10(time) - low) / (high - low)) * scale;
  const parts: string[] = [];
  let y = TOP;
  for (let p = 0; p < panels.length; p += 2) {
    const pair = panels.slice(p, p + 2);
    const tall =
      Math.max(...pair.map(({ bars, missing }) => bars.length + (missing.length > 0 ? 1 : 0))) * BAR;
    for (const [side, { column: which, bars, missing }] of pair.entries()) {
      const x = PANEL_GAP + side * (column + PANEL_GAP);
      const zero = x + LABELS;
      const kind =
        which.kind === "single" ? "one row a call" : `${BATCH.toLocaleString("en-US")} rows a call`;
      parts.push(
        `<text class="head" x="${round(x)}" y="${y + 14}">${which.workload}<tspan class="plain" dx="5">${kind}</tspan></text>`,
      );
      for (let power = low; power <= high; power++) {
        const at = round(zero + place(10 ** power));
        parts.push(
          `<line class="grid" x1="${at}" y1="${y + HEAD - 8}" x2="${at}" y2="${y + HEAD + tall}"/>`,
          `<text class="axis" x="${at}" y="${y + HEAD - 12}" text-anchor="middle">${10 ** power}${power === high ? " µs" : ""}</text>`,
        );
      }
      for (const [b, { contender, cell, time }] of bars.entries()) {
        const line = y + HEAD + b * BAR;
        const weight = contender.kind === "ours" ? ' class="strong"' : "";
        const fill =
          contender.name === "ours" ? "ours" : contender.kind === "ours" ? "second" : contender.kind;
        const right = cell.checked.equal === cell.checked.values;
        const mark = right ? "" : isRight(cell) ? " ≈" : " ✗";
        parts.push(
          `<text${weight} x="${round(zero - 7)}" y="${line + 13}" text-anchor="end">${xml(contender.chart ?? "")}${mark}</text>`,
          `<rect class="${fill}" x="${round(zero)}" y="${line + 2}" width="${round(Math.max(1, place(time)))}" height="${BAR - 5}" rx="2"/>`,
          `<text class="value${contender.kind === "ours" ? " strong" : ""}" x="${round(zero + Math.max(1, place(time)) + 5)}" y="${line + 13}">${short(time)}</text>`,
        );
      }
      if (missing.length > 0) {
        const names = missing.map((contender) => contender.chart).join("; ");
        const line = y + HEAD + bars.length * BAR + 13;
        parts.push(`<text class="value axis" x="${round(x)}" y="${line}">no result: ${xml(names)}</text>`);
      }
    }
    y += HEAD + tall + 26;
  }
  const height = y + 22;
  const described = columnsOf(run)
    .map((one) => {
      const ours = find(run, one, "ours");
      const native = fastestNative(run, one);
      const rival = native ? `, ${labelOf(native.contender)} ${short(median(native))}` : "";
      return ours ? `${one.workload} ${one.kind}: xgboost-infer ${short(median(ours))}${rival}` : "";
    })
    .filter((text) => text !== "")
    .join("; ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title description">`,
    '<title id="title">Time to score a row, one thread</title>',
    `<desc id="description">${xml(`Microseconds a row of xgboost-infer and the fastest native engine. ${described}.`)}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="back" width="${WIDTH}" height="${height}" rx="8"/>`,
    `<text class="title" x="${PANEL_GAP}" y="38">Time to score a row, in microseconds, one thread (shorter is better)</text>`,
    `<text class="soft" x="${PANEL_GAP}" y="60">Logarithmic scale: each line is ten times the one before. ${xml(run.machine.cpu)}; the same models and rows, in turns.</text>`,
    `<text class="soft" x="${PANEL_GAP}" y="77">Unmarked: the bits of XGBoost’s own answers. ≈ rounded differently. ✗ wrong answers.</text>`,
    ...parts,
    legend(height - 16),
    "</svg>",
    "",
  ].join("\n");
}

function legend(y: number): string {
  const entries = [
    ["ours", "this package"],
    ["second", "its JavaScript engine"],
    ["native", "native engines (C, C++, Rust)"],
    ["javascript", "other JavaScript or WebAssembly"],
  ] as const;
  let x = PANEL_GAP;
  return entries
    .map(([kind, text]) => {
      const at = x;
      x += 42 + text.length * 6.4;
      return `<rect class="${kind}" x="${round(at)}" y="${y - 10}" width="14" height="11" rx="2"/><text class="soft" x="${round(at + 20)}" y="${y}">${text}</text>`;
    })
    .join("");
}
