/**
 * `npm run bench`: load, single row and batch of this package, in every engine, on the four workloads. Seeded data,
 * warm-up, results summed into a sink, median and spread; one JSON record and one table in Markdown.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Bench } from "tinybench";
import { Booster, type EngineOption } from "../src/index.ts";
import { BATCH_ROWS, modelText, WORKLOADS, workloadRows } from "./workloads.ts";

const ENGINES: readonly EngineOption[] = ["wasm", "javascript", "reference"];
const QUICK = process.argv.includes("--quick");
const TIME_MS = QUICK ? 200 : 2000;
/** The reference engine is there to be right: it gets fewer rows. */
const REFERENCE_ROWS = 1000;

interface Result {
  readonly workload: string;
  readonly engine: string;
  readonly measure: "load JSON" | "single row" | "batch";
  /** Rows a call; 1 for loading. */
  readonly rows: number;
  /** Microseconds a row (milliseconds a load): median, least, and 75th percentile of all calls. */
  readonly median: number;
  readonly least: number;
  readonly p75: number;
  readonly calls: number;
}

const results: Result[] = [];
let sink = 0;

for (const workload of WORKLOADS) {
  const bytes = new TextEncoder().encode(modelText(workload));
  const data = workloadRows(workload);
  const rows = Array.from({ length: BATCH_ROWS }, (_, r) =>
    data.subarray(r * workload.features, (r + 1) * workload.features),
  );
  console.log(`${workload.name}: ${workload.trees} trees, ${(bytes.length / 1e6).toFixed(1)} MB of JSON`);
  await measure(workload.name, "javascript", "load JSON", 1, 1e-3, () => {
    sink += Booster.load(bytes).numFeatures;
  });
  for (const engine of ENGINES) {
    const booster = Booster.load(bytes, { engine });
    let next = 0;
    await measure(workload.name, engine, "single row", 1, 1, () => {
      sink += booster.predictRow(rows[next]!)[0]!;
      next = next + 1 === BATCH_ROWS ? 0 : next + 1;
    });
    const count = engine === "reference" ? REFERENCE_ROWS : BATCH_ROWS;
    const batch = { data: data.subarray(0, count * workload.features), rows: count, cols: workload.features };
    const out = new Float32Array(count * booster.numOutputGroups);
    await measure(workload.name, engine, "batch", count, 1, () => {
      booster.predictInto(batch, out);
      sink += out[0]!;
    });
  }
}

report();

async function measure(
  workload: string,
  engine: string,
  what: Result["measure"],
  rows: number,
  scale: number,
  call: () => void,
): Promise<void> {
  const bench = new Bench({ time: TIME_MS, warmupTime: TIME_MS / 4 });
  bench.add(what, call);
  const [task] = await bench.run();
  const result = task?.result;
  if (result === undefined || result.state !== "completed") {
    throw new Error(`${workload}, ${engine}, ${what}: the benchmark did not complete`);
  }
  const { latency } = result;
  // tinybench gives milliseconds a call.
  const perRow = (milliseconds: number): number => (milliseconds * 1000 * scale) / rows;
  results.push({
    workload,
    engine,
    measure: what,
    rows,
    median: perRow(latency.p50),
    least: perRow(latency.min),
    p75: perRow(latency.p75),
    calls: latency.samplesCount,
  });
  const last = results[results.length - 1]!;
  const unit = what === "load JSON" ? "ms" : "µs a row";
  console.log(`  ${engine.padEnd(10)} ${what.padEnd(10)} ${last.median.toFixed(2).padStart(9)} ${unit}`);
}

function report(): void {
  const machine = { cpu: cpus()[0]?.model ?? "unknown", node: process.version, platform: process.platform };
  const lines = [
    `${machine.cpu}, Node ${machine.node}, one thread; medians, in brackets the 75th percentile.`,
    "",
    "| workload | engine | load JSON, ms | single row, µs | batch of 10,000, µs a row |",
    "|---|---|---:|---:|---:|",
  ];
  for (const workload of WORKLOADS) {
    for (const engine of ENGINES) {
      const cells = (["load JSON", "single row", "batch"] as const).map((what) =>
        cell(workload.name, engine, what),
      );
      lines.push(`| ${workload.name} | ${engine} | ${cells.join(" | ")} |`);
    }
  }
  lines.push(
    "",
    `The reference engine scored batches of ${REFERENCE_ROWS}. \`npm run bench\` makes this table.`,
    "",
  );
  mkdirSync("bench/results", { recursive: true });
  const name = QUICK ? "quick" : "latest";
  writeFileSync(
    `bench/results/${name}.json`,
    `${JSON.stringify({ machine, quick: QUICK, results }, null, 1)}\n`,
  );
  writeFileSync(`bench/results/${name}.md`, lines.join("\n"));
  console.log(`\n${lines.join("\n")}`);
  // Printed, so that nothing that was computed can be optimised away.
  console.log(`sink ${sink}`);
}

function cell(workload: string, engine: string, what: Result["measure"]): string {
  const result = results.find((r) => r.workload === workload && r.engine === engine && r.measure === what);
  return result === undefined ? "" : `${result.median.toFixed(2)} (${result.p75.toFixed(2)})`;
}
