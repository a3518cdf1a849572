/**
 * `npm run sizes`: what the entries, and usual combinations of them, weigh in a page that is bundled by esbuild; writes the table in README.md.
 * The build prints the same and fails where one is over its limit.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { root } from "./run.mjs";

const DOCUMENT = `${root}README.md`;

/**
 * Gzipped bytes of each entry. All but the root entry come on top of it. Of the latter, contributions have 11,400, which `predict`
 * gives without waiting and which cannot be loaded later therefore: a kernel
 * with its tables for each of XGBoost's two algorithms, as files of all releases before 3.3 want the older one. Ranks with
 * their kernel have 5,500; Arrow tables 1,200, as those who have one would otherwise copy it to hand it over; reading trees one at a
 * time 700, which halves the memory that loading takes; and the kernel that reads them, with its memory, 6,000, which makes loading JSON four
 * times as fast, and UBJSON twice. Of the executor, YAML has 30,000: a reader of half that size knows no lines.
 */
const ENTRY_LIMITS = { index: 59_200, explain: 34_000, executor: 37_000, convert: 9_000, certificate: 4_000 };

/** Modules of the root entry that other entries import. @type {Readonly<Record<string, string[]>>} */
const OF_ROOT = {
  explain: ["../errors.js"],
  executor: ["./errors.js", "./predict/*"],
  convert: ["../errors.js", "../model/*", "../objective/*", "../parse/*"],
  certificate: ["../errors.js", "../parse/text.js"],
};

const BOOSTER = 'export { Booster } from "xgboost-infer";';

/**
 * What a page imports, and the most that it may weigh, gzipped: each with some room for what is added.
 * @type {Readonly<Record<string, { code: string, limit: number }>>}
 */
const COMBINATIONS = {
  "`Booster`: any model, values, margins, leaves, contributions": { code: BOOSTER, limit: 59_200 },
  "`Booster` and all of `explain`": {
    code: `${BOOSTER} export * from "xgboost-infer/explain"`,
    limit: 92_500,
  },
  "`Booster` and `waterfall`": {
    code: `${BOOSTER} export { waterfall } from "xgboost-infer/explain"`,
    limit: 75_000,
  },
  "`Booster` and `responseCurve`": {
    code: `${BOOSTER} export { responseCurve } from "xgboost-infer/explain"`,
    limit: 60_900,
  },
  "`ModelExecutor`: model directories (YAML is 30 kB of it)": {
    code: 'export { ModelExecutor } from "xgboost-infer/executor"',
    limit: 95_200,
  },
  "`Booster` and the pool of `browser`, the page's part": {
    code: `${BOOSTER} export { WorkerPool } from "xgboost-infer/browser"`,
    limit: 62_300,
  },
  "the pool's worker": { code: 'import "xgboost-infer/browser/worker"', limit: 29_000 },
  "`Booster` and `convert`": { code: `${BOOSTER} export * from "xgboost-infer/convert"`, limit: 66_600 },
  "`Booster` and `transfer`": { code: `${BOOSTER} export * from "xgboost-infer/transfer"`, limit: 60_000 },
  "`convert` alone": { code: 'export * from "xgboost-infer/convert"', limit: 24_800 },
  "`certificate` alone": { code: 'export * from "xgboost-infer/certificate"', limit: 4_000 },
  "`waterfall` alone": { code: 'export { waterfall } from "xgboost-infer/explain"', limit: 18_000 },
  "`responseCurve` alone": { code: 'export { responseCurve } from "xgboost-infer/explain"', limit: 3_000 },
  "`InputError` alone": { code: 'export { InputError } from "xgboost-infer"', limit: 300 },
};

/**
 * A page's code as a bundler makes it.
 * @param {string} code
 * @param {readonly string[]} [external]
 */
export async function bundlePage(code, external = []) {
  const { build: bundle } = await import("esbuild");
  const { outputFiles } = await bundle({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    write: false,
    legalComments: "none",
    external: [...external],
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

/** @param {Uint8Array} code */
function weigh(code) {
  return {
    minified: code.length,
    gzipped: gzipSync(code, { level: 9 }).length,
    brotli: brotliCompressSync(code).length,
  };
}

/** @param {keyof typeof ENTRY_LIMITS} entry */
export async function measureSize(entry = "index") {
  const code = await bundlePage(`export * from "./dist/${entry}.js"`, OF_ROOT[entry]);
  return { ...weigh(code), limit: ENTRY_LIMITS[entry] };
}

/** @type {Promise<({ name: string, limit: number } & ReturnType<typeof weigh>)[]> | undefined} measured once: takes seconds */
let combinations;

export function measureCombinations() {
  combinations ??= Promise.all(
    Object.entries(COMBINATIONS).map(async ([name, { code, limit }]) => ({
      name,
      ...weigh(await bundlePage(code)),
      limit,
    })),
  );
  return combinations;
}

/** Prints all sizes. @returns whether all are within their limits */
export async function checkSizes() {
  const names = /** @type {(keyof typeof ENTRY_LIMITS)[]} */ (Object.keys(ENTRY_LIMITS));
  const entries = names.map(async (name) => ({ name: `dist/${name}.js`, ...(await measureSize(name)) }));
  const sizes = [...(await Promise.all(entries)), ...(await measureCombinations())];
  for (const { name, minified, gzipped, brotli, limit } of sizes) {
    const over = gzipped > limit ? " OVER ITS LIMIT" : "";
    console.log(
      `${name}: ${minified} bytes minified, ${gzipped} gzipped (limit ${limit}), ${brotli} by brotli${over}`,
    );
  }
  return sizes.every(({ gzipped, limit }) => gzipped <= limit);
}

/**
 * The document with the table made anew.
 * @param {string} document
 */
export async function withSizes(document) {
  const rows = (await measureCombinations()).map(
    ({ name, minified, gzipped, brotli }) =>
      `| ${[name, ...[minified, gzipped, brotli].map(kilobytes)].join(" | ")} |`,
  );
  const [begin, end] = ["<!-- sizes -->", "<!-- end of sizes -->"];
  const [start, stop] = [document.indexOf(begin), document.indexOf(end)];
  if (start < 0 || stop < start) {
    throw new Error("README.md has no section sizes");
  }
  const head = "| imported | minified | gzip | brotli |\n|---|--:|--:|--:|";
  return `${document.slice(0, start + begin.length)}\n${head}\n${rows.join("\n")}\n${document.slice(stop)}`;
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(DOCUMENT, await withSizes(readFileSync(DOCUMENT, "utf8")));
  process.exitCode = (await checkSizes()) ? 0 : 1;
}
