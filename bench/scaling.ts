/**
 * `npm run bench:scaling`: how cost grows with rows and trees; loading, beside XGBoost's where a Python with it is at hand; and
 * memory. Writes a record, tables and a picture to bench/results/. With --quick: less of each, and files that are not kept.
 * PYTHON names the program that has XGBoost.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FILE_FORMATS } from "./model-files.ts";
import { measureRows, measureTrees } from "./scaling-cost.ts";
import { measureLoading } from "./scaling-load.ts";
import { measureMemory } from "./scaling-memory.ts";
import { chart, markdown, type ScalingRun } from "./scaling-report.ts";
import { WORKLOADS } from "./workloads.ts";

const QUICK = process.argv.includes("--quick");
const ROUNDS = QUICK ? 3 : 15;
const ROWS = QUICK ? [1, 10, 100, 1000, 10_000] : [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
const TREES = QUICK ? [10, 100, 1000] : [10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const BATCH = QUICK ? 1000 : 10_000;

const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-scaling-"));
const loadBefore = loadavg()[0]!;
const byRows = measureRows(ROWS, ROUNDS);
const byTrees = measureTrees(TREES, BATCH, ROUNDS);
const loading = await measureLoading(
  folder,
  join(here, "load-child.js"),
  process.env["PYTHON"] ?? "",
  ROUNDS,
  QUICK ? WORKLOADS.filter(({ name }) => name !== "deep") : WORKLOADS,
);
const memory = measureMemory(
  folder,
  join(here, "memory-child.js"),
  QUICK ? 1 : 5,
  FILE_FORMATS,
  QUICK ? 1 : undefined,
);
rmSync(folder, { recursive: true });

const run: ScalingRun = {
  command: `npm run bench:scaling${QUICK ? " -- --quick" : ""}`,
  quick: QUICK,
  machine: {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    load: [loadBefore, loadavg()[0]!],
    node: process.version.slice(1),
    platform: process.platform,
  },
  byRows,
  byTrees,
  loading,
  memory,
};
const text = markdown(run);
const base = `bench/results/${QUICK ? "quick" : "scaling"}`;
mkdirSync("bench/results", { recursive: true });
writeFileSync(`${base}.json`, `${JSON.stringify(run, undefined, 1)}\n`);
writeFileSync(`${base}.md`, text);
writeFileSync(`${base}.svg`, chart(run));
console.log(`\n${text}`);
