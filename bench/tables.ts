/**
 * `npm run bench:tables`: a table of 1,000,000 × 50 scored from file to file by `xgboost-infer predict`, and by the Python that it
 * replaces: pandas `read_csv`, or pyarrow for Parquet, and XGBoost's `inplace_predict`. Every run is a process of its own, from
 * its start to its end; contenders take turns. The scores of all are compared, bit for bit.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { seededRandom } from "./random.ts";
import { modelText, WORKLOADS, type Workload } from "./workloads.ts";

interface Setup {
  /** Nothing where Python could not be set up. */
  readonly python: string;
  readonly failures: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly rivals: string;
  readonly command: string;
}

interface Contender {
  readonly name: string;
  readonly table: "CSV" | "Parquet";
  readonly command: string;
  readonly args: readonly string[];
  readonly out: string;
  readonly runs: Run[];
}

interface Run {
  readonly seconds: number;
  /** CPU seconds of all threads. */
  readonly cpu: number;
  /** Most memory that the process had, bytes. */
  readonly peak: number;
  /** What the contender printed on standard output. */
  readonly printed: string;
}

const DEFAULT_ROWS = 1_000_000;
const ROUNDS = 3;
const FEATURES = 50;
/** How often the memory of a process is looked at; the kernel keeps its peak, so the last look counts. */
const LOOK_MS = 20;

const setup = JSON.parse(process.argv[2]!) as Setup;
const rowsAt = process.argv.indexOf("--rows");
const rows = rowsAt < 0 ? DEFAULT_ROWS : Number(process.argv[rowsAt + 1]);

/** Models of two sizes on the same table: with the large one scoring takes its time, with the small one reading does. */
const MODELS: readonly Workload[] = ["risk", "small"].map((name) => ({
  ...WORKLOADS.find((each) => each.name === name)!,
  features: FEATURES,
}));

const csv = `${setup.folder}${rows}.csv`;
const parquet = `${setup.folder}${rows}.parquet`;
if (!existsSync(csv)) {
  console.log(`Writing ${rows} rows …`);
  await writeTable(csv);
}
if (setup.python !== "" && !existsSync(parquet)) {
  execFileSync(setup.python, [`${setup.rivals}tables_data.py`, csv, parquet]);
}

const sections: { readonly model: string; readonly contenders: Contender[] }[] = [];
for (const workload of MODELS) {
  const model = `${setup.folder}${workload.name}.json`;
  writeFileSync(model, modelText(workload));
  const contenders = contendersOf(workload.name, model);
  for (let round = 0; round < ROUNDS; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(round + turn) % contenders.length]!;
      contender.runs.push(await measure(contender));
      console.log(`${workload.name}, ${contender.name}: ${contender.runs.at(-1)!.seconds.toFixed(2)} s`);
    }
  }
  compareScores(contenders);
  sections.push({ model: workload.name, contenders });
}
report();

function contendersOf(name: string, model: string): Contender[] {
  const contender = (
    title: string,
    table: Contender["table"],
    command: string,
    argsFor: (data: string, out: string) => string[],
  ): Contender => {
    const [data, extension] = table === "CSV" ? [csv, "csv"] : [parquet, "parquet"];
    const out = `${setup.folder}${name}-${title.replaceAll(/\W+/g, "-")}.${extension}`;
    return { name: title, table, command, args: argsFor(data, out), out, runs: [] };
  };
  const ours = (title: string, table: Contender["table"], more: readonly string[] = []): Contender =>
    contender(title, table, process.execPath, (data, out) => [
      setup.command,
      "predict",
      ...["--model", model, "--data", data, "--out", out],
      ...more,
    ]);
  const python = (title: string, table: Contender["table"], reader: string): Contender =>
    contender(title, table, setup.python, (data, out) => [
      `${setup.rivals}tables.py`,
      ...[reader, model, data, out],
    ]);
  const all = [
    ours("xgboost-infer, CSV", "CSV"),
    ours("xgboost-infer, CSV, one thread", "CSV", ["--workers", "0"]),
  ];
  if (setup.python !== "") {
    all.push(
      python("pandas and XGBoost", "CSV", "pandas"),
      python("pandas (pyarrow) and XGBoost", "CSV", "pandas-pyarrow"),
      ours("xgboost-infer, Parquet", "Parquet"),
      python("pyarrow and XGBoost", "Parquet", "pyarrow"),
    );
  }
  return all;
}

/** A header and rows of seven-digit numbers, a tenth of them missing. */
async function writeTable(path: string): Promise<void> {
  const random = seededRandom(11);
  const stream = createWriteStream(path);
  stream.write(`${Array.from({ length: FEATURES }, (_, i) => `f${i}`).join()}\n`);
  for (let begin = 0; begin < rows; begin += 1000) {
    const lines: string[] = [];
    for (let row = begin; row < Math.min(begin + 1000, rows); row++) {
      const fields: (number | string)[] = [];
      for (let feature = 0; feature < FEATURES; feature++) {
        const value = Math.round(random() * 1e7) / 1e7;
        fields.push(random() < 0.1 ? "" : value);
      }
      lines.push(`${fields.join()}\n`);
    }
    if (!stream.write(lines.join(""))) {
      await once(stream, "drain");
    }
  }
  stream.end();
  await once(stream, "close");
}

async function measure({ name, command, args }: Contender): Promise<Run> {
  const begin = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const printed: Buffer[] = [];
  const complaints: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
  let usage = { peak: 0, cpu: 0 };
  const timer = setInterval(() => {
    usage = look(child.pid!) ?? usage;
  }, LOOK_MS);
  const [status] = (await once(child, "close")) as [number | null];
  clearInterval(timer);
  if (status !== 0) {
    throw new Error(`${name} ended with ${status}: ${Buffer.concat(complaints)}`);
  }
  return {
    seconds: (performance.now() - begin) / 1000,
    ...usage,
    printed: Buffer.concat(printed).toString(),
  };
}

/** Peak memory and CPU seconds of a process, as Linux keeps them. */
function look(pid: number): { peak: number; cpu: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const times = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const kib = Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1]);
    return Number.isNaN(kib)
      ? undefined
      : { peak: kib * 1024, cpu: (Number(times[11]) + Number(times[12])) / 100 };
  } catch {
    return undefined;
  }
}

/** Stops the benchmark where a contender's scores are not those of the first one. */
function compareScores(contenders: readonly Contender[]): void {
  if (setup.python === "") {
    return;
  }
  const bits = contenders.map(({ out }) => {
    const raw = `${out}.f32`;
    execFileSync(setup.python, [`${setup.rivals}tables_data.py`, "--bits", out, raw]);
    return readFileSync(raw);
  });
  contenders.forEach(({ name }, i) => {
    const [ours, theirs] = [bits[0]!, bits[i]!].map((each) => new Uint32Array(new Uint8Array(each).buffer));
    const different =
      theirs!.length === rows ? theirs!.filter((value, row) => value !== ours![row]).length : rows;
    if (different > 0) {
      throw new Error(`${name}: ${different} of ${rows} scores differ from those of ${contenders[0]!.name}`);
    }
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

function report(): void {
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    parallelism: availableParallelism(),
    load: Number(loadavg()[0]!.toFixed(2)),
    node: process.version,
  };
  const size = (path: string): string =>
    existsSync(path) ? `${(statSync(path).size / 1e6).toFixed(0)} MB` : "absent";
  const lines = [
    `${machine.cpu}, ${machine.parallelism} cores, load ${machine.load}; Node ${machine.node}${versions()}. A table of ` +
      `${rows.toLocaleString("en")} × ${FEATURES} (CSV ${size(csv)}, Parquet ${size(parquet)}), scored from file to file; whole ` +
      `processes, ${ROUNDS} rounds in turns: median, in brackets the least. All scores are equal to the bit.`,
    "",
    "| model | | seconds | CPU seconds | peak memory |",
    "|---|---|---:|---:|---:|",
    ...sections.flatMap(({ model, contenders }) =>
      contenders.map(({ name, runs }) => {
        const seconds = runs.map((each) => each.seconds);
        return (
          `| ${model} | ${name} | ${median(seconds).toFixed(1)} (${Math.min(...seconds).toFixed(1)}) | ` +
          `${median(runs.map((each) => each.cpu)).toFixed(1)} | ` +
          `${(Math.max(...runs.map((each) => each.peak)) / 1e6).toFixed(0)} MB |`
        );
      }),
    ),
    "",
    ...Object.entries(setup.failures).map(([what, why]) => `Not there: ${what} (${why}).`),
  ];
  mkdirSync("bench/results", { recursive: true });
  const file = `bench/results/${rows === DEFAULT_ROWS ? "tables" : "quick.tables"}`;
  const record = sections.map(({ model, contenders }) => ({
    model,
    contenders: contenders.map(({ name, table, runs }) => ({
      name,
      table,
      runs: runs.map(({ seconds, cpu, peak }) => ({ seconds, cpu, peak })),
    })),
  }));
  writeFileSync(`${file}.json`, `${JSON.stringify({ machine, rows, sections: record }, undefined, 1)}\n`);
  writeFileSync(`${file}.md`, lines.join("\n"));
  console.log(`\n${lines.join("\n")}`);
}

/** Versions that the Python side printed. */
function versions(): string {
  const printed = sections.flatMap(({ contenders }) => contenders.flatMap(({ runs }) => runs));
  const line = printed.map((each) => each.printed).find((text) => text.startsWith("{"));
  if (line === undefined) {
    return "";
  }
  const found = (JSON.parse(line) as { readonly versions: Record<string, string> }).versions;
  return `, ${Object.entries(found)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")}`;
}
