/** Scores the breast cancer data set that scikit-learn ships, with a model that XGBoost trained on nine tenths of it. */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { root } from "./run.mjs";

// By address, so that the types of this file can be checked before anything is built.
const { Booster } = await import(new URL("../dist/index.js", import.meta.url).href);

const CASE = "3.4.1/breast-cancer";
const SHOWN_ROWS = 8;
const SHOWN_FEATURES = ["mean radius", "worst perimeter", "worst concave points"];

/** @param {string} path */
function floats(path) {
  return new Float32Array(new Uint8Array(readFileSync(`${root}fixtures/${path}`)).buffer);
}

function loadCase() {
  const { cases } = JSON.parse(readFileSync(`${root}fixtures/manifest.json`, "utf8"));
  const found = cases.find((/** @type {{ name: string }} */ each) => each.name === CASE);
  const call = found.calls.find((/** @type {{ id: string }} */ each) => each.id === "value");
  const [offset, length] = call.expect["*"].file.at;
  const { rows, cols, path } = found.inputs[call.input];
  const file = found.files.find((/** @type {{ kind: string }} */ each) => each.kind === "ubj").path;
  return {
    file,
    rows,
    cols,
    data: floats(path),
    python: floats(found.expected).subarray(offset, offset + length),
  };
}

/** Prints table and summary; returns whether every value has Python's bits. */
export function scoreShowcase() {
  const { file, rows, cols, data, python } = loadCase();
  const bytes = readFileSync(`${root}fixtures/${file}`);
  const start = performance.now();
  const booster = Booster.load(bytes);
  const loaded = performance.now() - start;
  const { data: scores } = booster.predict({ data, rows, cols });
  const equal = scores.reduce(
    (/** @type {number} */ sum, /** @type {number} */ score, /** @type {number} */ row) =>
      sum + Number(Object.is(score, python[row])),
    0,
  );

  console.log(`
Breast cancer, ${rows} patients × ${cols} measurements; ${booster.objective}, ${booster.numBoostedRounds} rounds,
trained by XGBoost ${booster.version.join(".")}; ${bytes.length.toLocaleString("en")} bytes loaded in ${loaded.toFixed(1)} ms.
`);
  printTable(booster.featureNames ?? [], data, cols, scores, python);
  console.log(`
${equal} of ${rows} predictions equal Python's to the bit.
${Math.round(throughput(booster, { data, rows, cols })).toLocaleString("en")} rows a second on one thread (${booster.engine} engine).
`);
  return equal === rows;
}

/**
 * @param {readonly string[]} names
 * @param {Float32Array} data
 * @param {number} cols
 * @param {Float32Array} scores
 * @param {Float32Array} python
 */
function printTable(names, data, cols, scores, python) {
  const columns = SHOWN_FEATURES.map((name) => names.indexOf(name));
  const head = ["row", ...SHOWN_FEATURES, "xgboost-infer", "Python XGBoost", "bits"];
  const body = Array.from({ length: SHOWN_ROWS }, (_, i) => {
    const row = i * 71;
    return [
      String(row),
      ...columns.map((c) => String(Number((data[row * cols + c] ?? Number.NaN).toPrecision(6)))),
      shortest(scores[row]),
      shortest(python[row]),
      Object.is(scores[row], python[row]) ? "equal" : "DIFFER",
    ];
  });
  const widths = head.map((name, c) => Math.max(name.length, ...body.map((row) => (row[c] ?? "").length)));
  const line = (/** @type {string[]} */ cells) =>
    cells.map((cell, c) => cell.padStart(widths[c] ?? 0)).join("  ");
  console.log(line(head));
  console.log(widths.map((width) => "─".repeat(width)).join("──"));
  for (const row of body) {
    console.log(line(row));
  }
}

/**
 * The shortest decimal that reads back to the same float32.
 * @param {number | undefined} value
 */
function shortest(value = Number.NaN) {
  for (let digits = 1; digits < 9; digits++) {
    if (Math.fround(Number(value.toPrecision(digits))) === value) {
      return value.toPrecision(digits);
    }
  }
  return value.toPrecision(9);
}

/**
 * Rows a second, over half a second after as much warm-up.
 * @param {{ predict(data: object): { data: Float32Array } }} booster
 * @param {{ data: Float32Array, rows: number, cols: number }} table
 */
function throughput(booster, table) {
  let scored = 0;
  let start = 0;
  for (const phase of ["warm-up", "measured"]) {
    scored = 0;
    start = performance.now();
    while (performance.now() - start < 500) {
      scored += booster.predict(table).data.length;
    }
    if (phase === "measured") {
      break;
    }
  }
  return (scored / (performance.now() - start)) * 1000;
}
