/** Requests a second as bars, in SVG. */
import { type Cell, formName, median, type Run, rateOf } from "./report.ts";

const WIDTH = 960;
const PAD = 32;
const LABELS = 420;
const BAR = 20;
const HEAD = 34;
const TOP = 84;

const STYLE = `
text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
.back { fill: #ffffff; }
.title { font-size: 19px; font-weight: 600; }
.head { font-size: 14px; font-weight: 600; }
.soft { fill: #59636e; }
.strong { font-weight: 700; }
.ours { fill: #d1480f; }
.rival { fill: #6e89a8; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .back { fill: #0d1117; }
  .soft { fill: #9aa4af; }
  .ours { fill: #ff8a4c; }
  .rival { fill: #6d8fb5; }
}
`;

const xml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

export function chart(run: Run): string {
  const parts: string[] = [];
  let y = TOP;
  for (const rows of [1, 100]) {
    const cells = run.cells
      .filter((cell) => cell.rows === rows && cell.kind !== "stub")
      .sort((a, b) => median(b, rateOf) - median(a, rateOf));
    const title = rows === 1 ? "one row a request" : `${rows} rows a request`;
    parts.push(`<text class="head" x="${PAD}" y="${y + 14}">${title}</text>`);
    y += HEAD;
    const most = Math.max(1, ...cells.map((cell) => median(cell, rateOf)));
    for (const cell of cells) {
      parts.push(bar(cell, y, most));
      y += BAR;
    }
    y += 22;
  }
  const described = run.cells
    .filter(({ kind }) => kind !== "stub")
    .map(
      (cell) =>
        `${cell.label}, ${formName(cell.form)}, rows ${cell.rows}: ${Math.round(median(cell, rateOf))}`,
    )
    .join("; ");
  const { cpu, cores } = run.machine;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-labelledby="title description">`,
    '<title id="title">Requests a second of scoring services</title>',
    `<desc id="description">${xml(described)}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="back" width="${WIDTH}" height="${y}" rx="8"/>`,
    `<text class="title" x="${PAD}" y="38">Requests a second, ${run.connections} clients (longer is better)</text>`,
    `<text class="soft" x="${PAD}" y="60">${xml(cpu)}, ${cores} cores; the same model and rows, in turns. In brackets the 99th percentile of the time to answer.</text>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function bar(cell: Cell, y: number, most: number): string {
  const rate = median(cell, rateOf);
  const length = Math.max(1, (rate / most) * (WIDTH - 2 * PAD - LABELS - 120));
  const strong = cell.kind === "ours" ? ' class="strong"' : "";
  const p99 = (median(cell, (sample) => sample.p99) / 1000).toFixed(1);
  const from = PAD + LABELS;
  return [
    `<text${strong} x="${from - 7}" y="${y + 13}" text-anchor="end">${xml(`${cell.label}: ${formName(cell.form)}`)}</text>`,
    `<rect class="${cell.kind}" x="${from}" y="${y + 2}" width="${length.toFixed(1)}" height="${BAR - 5}" rx="2"/>`,
    `<text${strong} x="${(from + length + 5).toFixed(1)}" y="${y + 13}">${Math.round(rate).toLocaleString("en-US")} (${p99} ms)</text>`,
  ].join("");
}
