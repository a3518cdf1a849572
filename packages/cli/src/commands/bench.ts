/** `xgboost-infer bench`: how fast a model is on this machine. */
import { availableParallelism, cpus } from "node:os";
import type { Command } from "commander";
import { Booster, type EngineOption, type LoadOptions } from "xgboost-infer";
import { WorkerPool } from "xgboost-infer/node";
import { type Rounds, secondsPerCall, sink } from "../bench/measure.ts";
import { benchRows } from "../bench/rows.ts";
import { addModelOptions, loadOptions, type ModelFlags, wholeNumber } from "../model/dump-options.ts";
import { openModel } from "../model/open-model.ts";
import { modelPath, readBytes } from "../model/read-file.ts";
import type { Spread } from "../model/summary.ts";
import { byteSize, grouped } from "../terminal/format.ts";
import { bold, outputWidth, print } from "../terminal/output.ts";
import { tableText } from "../terminal/table.ts";

const HELP = `
Rows are drawn around the model's thresholds with a fixed seed, one value in twenty is missing. After warming up, each
figure is the median of several rounds, with the range of all of them: a wide range means that the machine had other
work. Predictions are those of the default output; all engines give the same bits.

Examples:
  xgboost-infer bench model.ubj
  xgboost-infer bench model.ubj --rows 1000000 --threads 8
  xgboost-infer bench model.ubj --engine wasm --reference --json
`;

interface Flags extends ModelFlags {
  readonly rows: number;
  readonly threads: number;
  readonly rounds: number;
  readonly roundMs: number;
  readonly engine?: string;
  readonly reference?: boolean;
  readonly json?: boolean;
}

interface Measurement {
  readonly what: "load" | "row" | "batch";
  readonly engine: string;
  readonly threads: number;
  readonly rows: number;
  /** Of one call. */
  readonly seconds: Spread;
}

export function addBench(program: Command): void {
  const command = program
    .command("bench")
    .summary("measures a model on this machine")
    .description(
      "Measures how fast a model loads and scores on this machine: single rows and batches, by engine and threads.",
    )
    .argument("<model>", "model file or model directory")
    .option("--rows <count>", "rows of a batch", (text) => wholeNumber(text, 1), 50_000)
    .option(
      "--threads <count>",
      "measure batches with 1 to so many threads",
      (text) => wholeNumber(text, 1),
      availableParallelism(),
    )
    .option("--rounds <count>", "rounds of each figure", (text) => wholeNumber(text, 3), 9)
    .option("--round-ms <count>", "least milliseconds of a round", (text) => wholeNumber(text, 1), 150)
    .option("--engine <name>", "only this one: wasm, javascript or reference")
    .option("--reference", "measure the reference engine too, which is slow on purpose")
    .option("--json", "as JSON");
  addModelOptions(command)
    .addHelpText("after", HELP)
    .action((path: string, flags: Flags) => bench(path, flags));
}

async function bench(path: string, flags: Flags): Promise<void> {
  const options = loadOptions(flags);
  const { booster, manifest } = openModel(path, options);
  const bytes = readBytes(modelPath(path, manifest.model));
  const data = benchRows(booster, flags.rows, 1);
  const measured: Measurement[] = [];
  const add = (measurement: Measurement): void => {
    measured.push(measurement);
    progress(measurement);
  };
  for (const engine of enginesOf(flags)) {
    await measureEngine(bytes, { ...options, engine }, data, flags, add);
  }
  await measureThreads(booster, data, flags, add);
  progress(undefined);
  const report = {
    machine: machine(),
    model: { path, bytes: bytes.length, trees: booster.numTrees, features: booster.numFeatures },
    measured,
  };
  print(flags.json === true ? JSON.stringify(report, undefined, 2) : reportText(report));
  if (Number.isNaN(sink.value)) {
    // Scores may be NaN: there is nothing to say then. What was measured is read here, so that it had to be computed.
    sink.value = 0;
  }
}

function enginesOf(flags: Flags): EngineOption[] {
  const { engine } = flags;
  if (engine !== undefined) {
    return [engine as EngineOption];
  }
  return flags.reference === true ? ["wasm", "javascript", "reference"] : ["wasm", "javascript"];
}

async function measureEngine(
  bytes: Uint8Array,
  options: LoadOptions,
  data: Float32Array,
  rounds: Flags,
  add: (measurement: Measurement) => void,
): Promise<void> {
  const booster = Booster.load(bytes, options);
  const { engine, numFeatures: cols } = booster;
  const load = (): number => Booster.load(bytes, options).numFeatures;
  add({ what: "load", engine, threads: 1, rows: 0, seconds: await secondsPerCall(load, rounds) });
  add({
    what: "row",
    engine,
    threads: 1,
    rows: 1,
    seconds: await secondsPerCall(rowScorer(booster, data), rounds),
  });
  const rows = cols === 0 ? rounds.rows : data.length / cols;
  const batch = { data, rows, cols };
  const out = new Float32Array(
    booster.predict({ data: data.subarray(0, cols), rows: 1, cols }).data.length * rows,
  );
  const score = (): number => {
    booster.predictInto(batch, out);
    return out[0]!;
  };
  add({ what: "batch", engine, threads: 1, rows, seconds: await secondsPerCall(score, rounds) });
}

/** Another row at each call, so that no branch is learnt by heart. */
function rowScorer(booster: Booster, data: Float32Array): () => number {
  const { numFeatures: cols } = booster;
  const count = cols === 0 ? 1 : Math.min(4096, data.length / cols);
  const rows = Array.from({ length: count }, (_, row) => data.slice(row * cols, (row + 1) * cols));
  let next = 0;
  return () => {
    next = next + 1 === count ? 0 : next + 1;
    return booster.predictRow(rows[next]!)[0]!;
  };
}

async function measureThreads(
  booster: Booster,
  data: Float32Array,
  flags: Flags,
  add: (measurement: Measurement) => void,
): Promise<void> {
  const { numFeatures: cols } = booster;
  if (booster.booster === "gblinear" || cols === 0) {
    // These are scored in the calling thread.
    return;
  }
  const shared = new Float32Array(new SharedArrayBuffer(data.byteLength));
  shared.set(data);
  const batch = { data: shared, rows: data.length / cols, cols };
  for (
    let threads = 2;
    threads <= flags.threads;
    threads = threads * 2 > flags.threads && threads < flags.threads ? flags.threads : threads * 2
  ) {
    await using pool = await WorkerPool.create(booster, { workers: threads });
    const score = async (): Promise<number> => (await pool.predict(batch)).data[0]!;
    const seconds = await secondsPerCall(score, flags satisfies Rounds);
    add({ what: "batch", engine: booster.engine, threads, rows: batch.rows, seconds });
  }
}

/** On a terminal, what was measured last. */
function progress(measurement: Measurement | undefined): void {
  if (process.stderr.isTTY) {
    const text =
      measurement === undefined
        ? ""
        : `measured: ${measurement.what}, ${measurement.engine}, ${measurement.threads} threads`;
    process.stderr.write(`\r\u001b[K${text}`);
  }
}

function machine(): { cpu: string; cores: number; node: string } {
  return { cpu: cpus()[0]?.model.trim() ?? "unknown", cores: availableParallelism(), node: process.version };
}

interface Report {
  readonly machine: ReturnType<typeof machine>;
  readonly model: {
    readonly path: string;
    readonly bytes: number;
    readonly trees: number;
    readonly features: number;
  };
  readonly measured: readonly Measurement[];
}

function reportText({ machine: { cpu, cores, node }, model, measured }: Report): string {
  const title = `${model.path}: ${grouped(model.trees)} trees, ${grouped(model.features)} features, ${byteSize(model.bytes)}`;
  const rows = measured.map(({ what, engine, threads, rows: count, seconds }) => [
    what === "load" ? "load the model" : what === "row" ? "one row" : `batch of ${grouped(count)} rows`,
    engine,
    String(threads),
    duration(seconds.median),
    `${duration(seconds.least)} to ${duration(seconds.greatest)}`,
    count === 0 ? "" : `${grouped(count / seconds.median)}`,
  ]);
  const columns = [
    { title: "what" },
    { title: "engine" },
    { title: "threads", right: true },
    { title: "median", right: true },
    { title: "range", right: true },
    { title: "rows/s", right: true },
  ];
  return `${bold(title)}\n${cpu}, ${cores} cores, Node ${node}\n\n${tableText(columns, rows, outputWidth())}`;
}

/** `1.23 µs`, `4.56 ms`, `7.89 s` */
function duration(seconds: number): string {
  for (const [unit, size] of [
    ["s", 1],
    ["ms", 1e-3],
    ["µs", 1e-6],
  ] as const) {
    if (seconds >= size) {
      return `${(seconds / size).toPrecision(3)} ${unit}`;
    }
  }
  return `${(seconds * 1e9).toPrecision(3)} ns`;
}
