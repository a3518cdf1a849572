/** `node tools/pipeline-picture.mjs`: draws docs/pipeline.svg, the way from bytes to values. */
import { writeFileSync } from "node:fs";
import { root } from "./run.mjs";

const STAGES = [
  ["bytes", "JSON, UBJSON,", "binary, dump", ""],
  ["parts", "what the reader", "found", "src/parse"],
  ["model", "checked, neutral", "trees", "src/model"],
  ["layout", "one buffer of", "flat tables", "src/compile"],
  ["margins", "float32 sums in", "file order", "src/engine"],
  ["values", "sigmoid, softmax,", "exp, …", "src/objective"],
];
const WIDTH = 130;
const GAP = 34;
const TOP = 84;
const HEIGHT = 88;
const total = STAGES.length * WIDTH + (STAGES.length - 1) * GAP + 40;

/** @param {number} i */
const left = (i) => 20 + i * (WIDTH + GAP);

const boxes = STAGES.map(([name, first, second, folder], i) => {
  const center = left(i) + WIDTH / 2;
  return `  <g>
    <rect x="${left(i)}" y="${TOP}" width="${WIDTH}" height="${HEIGHT}" rx="8" class="box"/>
    <text x="${center}" y="${TOP + 27}" class="name">${name}</text>
    <text x="${center}" y="${TOP + 50}" class="what">${first}</text>
    <text x="${center}" y="${TOP + 67}" class="what">${second}</text>
    <text x="${center}" y="${TOP + HEIGHT + 20}" class="folder">${folder}</text>
  </g>`;
});
const arrows = STAGES.slice(1).map((_, i) => {
  const x = left(i) + WIDTH;
  const y = TOP + HEIGHT / 2;
  return `  <path d="M ${x + 4} ${y} H ${x + GAP - 6}" class="arrow" marker-end="url(#head)"/>`;
});
const rows = left(4) + WIDTH / 2;

writeFileSync(
  `${root}docs/pipeline.svg`,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total} 210" role="img" aria-labelledby="title">
  <title id="title">From bytes to values: bytes, parts, model, layout, margins, values; rows enter at the margins</title>
  <style>
    text { font: 13px system-ui, sans-serif; text-anchor: middle; fill: #1f2937; }
    .name { font-weight: 600; font-size: 16px; }
    .what { fill: #4b5563; }
    .folder { font: 12px ui-monospace, monospace; fill: #6b7280; }
    .box { fill: #f3f4f6; stroke: #9ca3af; }
    .rows { fill: #dbeafe; stroke: #60a5fa; }
    .arrow { stroke: #374151; stroke-width: 1.5; fill: none; }
    .head { fill: #374151; }
    @media (prefers-color-scheme: dark) {
      text, .name { fill: #e5e7eb; } .what { fill: #d1d5db; } .folder { fill: #9ca3af; }
      .box { fill: #1f2937; stroke: #6b7280; } .rows { fill: #1e3a8a; stroke: #60a5fa; }
      .arrow { stroke: #d1d5db; } .head { fill: #d1d5db; }
    }
  </style>
  <marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">
    <path d="M 0 0 L 8 4 L 0 8 z" class="head"/>
  </marker>
${boxes.join("\n")}
${arrows.join("\n")}
  <rect x="${rows - 85}" y="8" width="170" height="42" rx="8" class="rows"/>
  <text x="${rows}" y="26">rows as float32,</text>
  <text x="${rows}" y="42">NaN for missing</text>
  <path d="M ${rows} 54 V ${TOP - 7}" class="arrow" marker-end="url(#head)"/>
</svg>
`,
);
