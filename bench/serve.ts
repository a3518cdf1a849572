/**
 * `npm run bench:serve`: online scoring as its clients see it. Twenty connections, each with one request at a time, to this package's
 * service and to the Python services that it takes the place of: the same model, the same rows, on the same machine, in turns. All
 * scores are compared with XGBoost's own before anything is timed.
 */
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { promisify } from "node:util";
import { differences } from "./serve/answers.ts";
import { chart } from "./serve/chart.ts";
import { cpuOf, type Memory, memoryOf } from "./serve/processes.ts";
import { type Cell, markdown, type Run, type Sample } from "./serve/report.ts";
import {
  type Running,
  type Server,
  type Setup,
  serversOf,
  startServer,
  stopServer,
} from "./serve/servers.ts";
import { FEATURES, type Form, isGrpc, loadFile, MODEL_NAME, model, values } from "./serve/workload.ts";

const CONNECTIONS = 20;

const setup = JSON.parse(process.argv[2]!) as Setup;
const TIMES = setup.quick ? { rounds: 1, warmUp: 0.5, seconds: 1 } : { rounds: 3, warmUp: 1.5, seconds: 4 };

/** What stands in a reply that is good, for those over HTTP/1.1. */
const EXPECTED: Readonly<Record<Form, string>> = {
  form: '"status":0',
  json: '"outputs"',
  grpc: "",
  named: "",
};

mkdirSync(`${setup.folder}models`, { recursive: true });
writeFileSync(`${setup.folder}models/${MODEL_NAME}.json`, model());
const { expected, versions } = expectedScores();
const servers = serversOf(setup);
const cells = new Map<string, Cell>();
const memory = new Map<string, Memory>();
const load: number[] = [];
const begin = performance.now();
for (let round = 0; round < TIMES.rounds; round++) {
  for (let turn = 0; turn < servers.length; turn++) {
    const server = servers[(round + turn) % servers.length]!;
    try {
      await measureServer(server, round);
    } catch (error) {
      setup.failures[server.label] = (error as Error).message;
      servers.splice(servers.indexOf(server), 1);
      turn--;
    }
  }
}
report();

/** XGBoost's own where Python is there; else those of this package, so that contenders are compared with each other at least. */
function expectedScores(): { expected: Float32Array | undefined; versions: Record<string, string> } {
  if (setup.python === "") {
    return { expected: undefined, versions: {} };
  }
  const [rows, out] = [`${setup.folder}rows.f32`, `${setup.folder}expected.f32`];
  writeFileSync(rows, new Uint8Array(Float32Array.from(values).buffer));
  const args = [`${setup.folder}models/${MODEL_NAME}.json`, rows, String(FEATURES), out];
  const printed = execFileSync(setup.python, [`${setup.sources}expected.py`, ...args], { encoding: "utf8" });
  return {
    expected: new Float32Array(new Uint8Array(readFileSync(out)).buffer),
    versions: JSON.parse(printed) as Record<string, string>,
  };
}

async function measureServer(server: Server, round: number): Promise<void> {
  console.log(`Starting ${server.label} …`);
  const running = await startServer(server, setup);
  try {
    const pids = running.processes.map(({ pid }) => pid!);
    for (const [form, rows] of server.cells) {
      const cell = cellOf(server, form, rows);
      if (round === 0 && server.kind !== "stub") {
        await check(running, form, rows, cell);
      }
      const sample = await measure(running, form, rows, pids);
      cell.samples.push(sample);
      const rate = Math.round(sample.requests / sample.seconds);
      console.log(`${server.label}, ${form}, ${rows}: ${rate} requests/s, ${sample.errors} errors`);
    }
    memory.set(server.name, memoryOf(pids));
    load.push(loadavg()[0]!);
  } finally {
    await stopServer(running);
  }
}

function cellOf(server: Server, form: Form, rows: number): Cell {
  const key = `${server.name} ${form} ${rows}`;
  const { name, label, kind } = server;
  const cell = cells.get(key) ?? { server: name, label, kind, form, rows, samples: [] };
  cells.set(key, cell);
  return cell;
}

async function check(running: Running, form: Form, rows: number, { label }: Cell): Promise<void> {
  if (expected === undefined) {
    return;
  }
  const different = await differences(running.ports[form]!, form, rows, expected);
  if (different > 0) {
    throw new Error(`${label}, ${form}: ${different} of ${expected.length} scores are not those of XGBoost`);
  }
}

async function measure(running: Running, form: Form, rows: number, pids: readonly number[]): Promise<Sample> {
  const file = `${setup.folder}${form}-${rows}`;
  writeFileSync(file, loadFile(form, rows));
  const before = cpuOf(pids);
  const { stdout } = await promisify(execFile)(setup.load, [
    `${running.ports[form]!}`,
    isGrpc(form) ? "h2" : "h1",
    ...[CONNECTIONS, TIMES.warmUp, TIMES.seconds].map(String),
    EXPECTED[form],
    file,
  ]);
  const { completed, cpu, ...sample } = JSON.parse(stdout) as Omit<Sample, "cpu" | "loadCpu"> & {
    readonly completed: number;
    readonly cpu: number;
  };
  return { ...sample, cpu: (cpuOf(pids) - before) / completed, loadCpu: cpu / completed };
}

function report(): void {
  const run: Run = {
    machine: {
      cpu: cpus()[0]?.model ?? "unknown",
      cores: availableParallelism(),
      load: [Math.min(...load), Math.max(...load)].map((each) => Number(each.toFixed(2))),
    },
    versions: { Node: process.version, ...versions, ...otherVersions() },
    connections: CONNECTIONS,
    ...TIMES,
    compared: expected !== undefined,
    minutes: Math.round((performance.now() - begin) / 6000) / 10,
    failures: setup.failures,
    cells: [...cells.values()].filter(({ samples }) => samples.length > 0),
    memory: Object.fromEntries(memory),
  };
  mkdirSync("bench/results", { recursive: true });
  const isRecord =
    !setup.quick && ["flask", "mlserver", "nginx"].every((each) => setup.rivals.includes(each));
  const file = `bench/results/${isRecord ? "serve" : "quick.serve"}`;
  writeFileSync(`${file}.json`, `${JSON.stringify(run, undefined, 1)}\n`);
  writeFileSync(`${file}.md`, markdown(run));
  writeFileSync(`${file}.svg`, chart(run));
  console.log(`\n${markdown(run)}\n${run.minutes} minutes`);
}

function otherVersions(): Record<string, string> {
  const versions: Record<string, string> = {};
  if (setup.nginx !== "") {
    // nginx says it on its standard error.
    const text = execFileSync("sh", ["-c", `${setup.nginx} -v 2>&1`], { encoding: "utf8" });
    versions["nginx"] = /nginx\/(\S+)/.exec(text)?.[1] ?? "";
  }
  if (setup.mlserver !== "") {
    const text = execFileSync(setup.mlserver, ["--version"], { encoding: "utf8" });
    versions["MLServer"] = /version (\S+)/.exec(text)?.[1] ?? "";
  }
  return versions;
}
