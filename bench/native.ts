/**
 * `npm run bench:native`: this package and its rivals on the same models and rows, interleaved in one run, one thread
 * each. Every contender is a process of its own, which measures itself (`bench/rivals/README.md`): start-up and loading
 * do not count. Answers are compared with XGBoost's own. See `tools/bench-native.mjs` for the options.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, homedir, loadavg, totalmem } from "node:os";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { COMPILED, CONTENDERS, type Contender, type Prepared } from "./native-contenders.ts";
import {
  type Cell,
  type Checked,
  chart,
  type Failure,
  KINDS,
  type Kind,
  markdown,
  type Run,
  type Sample,
} from "./native-report.ts";
import { BATCH_ROWS, modelText, WORKLOADS, type Workload, workloadRows } from "./workloads.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    workloads: { type: "string" },
    rivals: { type: "string" },
    "compile-limit": { type: "string" },
  },
});
const QUICK = options.quick;
const ROUNDS = QUICK ? 3 : 15;
/** A contender whose call takes longer than this takes part in every third round only. */
const SLOW_CALL_S = 0.4;
const SAMPLE_S = QUICK ? 0.015 : 0.06;
const WARM_UP_S = QUICK ? 0.15 : 1;
const CHECKED_SINGLES = QUICK ? 500 : BATCH_ROWS;
const ANSWER_LIMIT_S = 600;
const COMPILE_LIMIT_S = Number(options["compile-limit"] ?? (QUICK ? 120 : 600));

interface Setup {
  readonly python: string;
  readonly xgboostLibrary: string;
  readonly rust: string;
  readonly c: string;
  readonly node: string;
  readonly failures: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
}

const CACHE = resolve(".cache");
const setup = JSON.parse(readFileSync(`${CACHE}/native/setup.json`, "utf8")) as Setup;
const chosen = <T extends { readonly name: string }>(all: readonly T[], list: string | undefined): T[] => {
  const names = list?.split(",");
  const unknown = names?.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined) {
    throw new Error(`${unknown} is not one of ${all.map(({ name }) => name).join(", ")}`);
  }
  return all.filter(({ name }) => names === undefined || names.includes(name));
};
const workloads = chosen(WORKLOADS, options.workloads);
const rivals = chosen(CONTENDERS, options.rivals);
const contenders = CONTENDERS.filter((one) => one.kind === "ours" || rivals.includes(one));

/** The last core that this process may use, for all contenders alike; nothing where that cannot be had. */
const core = pinnedCore();

function pinnedCore(): string | undefined {
  const probe = spawnSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" });
  return probe.status === 0 ? /(\d+)\s*$/.exec(probe.stdout)?.[1] : undefined;
}

/** One thread for everything that can have more. */
const ONE_THREAD = Object.fromEntries(
  [
    "OMP_NUM_THREADS",
    "OMP_THREAD_LIMIT",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "TBB_NUM_THREADS",
  ].map((name) => [name, "1"]),
);

/** What starts a contender; nothing if its part was not set up. */
function command(contender: Contender, folder: string): string[] {
  const tail = [contender.name, folder];
  switch (contender.program) {
    case "ours":
      return [process.execPath, `${CACHE}/native-ours.mjs`, ...tail];
    case "node":
      return setup.node === "" ? [] : [process.execPath, `${CACHE}/native-rivals.mjs`, ...tail];
    case "python":
      return [setup.python, resolve("bench/rivals/rivals.py"), ...tail];
    case "rust":
      return setup.rust === "" ? [] : [setup.rust, ...tail];
    case "c":
      return setup.c === "" ? [] : [setup.c, ...tail];
  }
}

/** A reason as it may stand in a committed file: one line, without paths and addresses of this machine. */
function tidy(reason: string): string {
  return reason
    .split("\n")[0]!
    .replaceAll(resolve("."), ".")
    .replaceAll(homedir(), "~")
    .replaceAll(/\bhttps?:\/\/\S+/g, "(address)")
    .replaceAll(/(?<![\w.])\/[\w.+-]+(?:\/[\w.+-]+)+\//g, "…/")
    .slice(0, 200);
}

/** A contender's process. */
class Child {
  readonly contender: Contender;
  readonly #process: ChildProcess;
  readonly #replies: AsyncIterator<string>;
  #complaint = "";
  version = "";
  note: string | undefined;

  constructor(contender: Contender, folder: string) {
    this.contender = contender;
    const words = command(contender, folder);
    const [program = "", ...args] = core === undefined ? words : ["taskset", "-c", core, ...words];
    this.#process = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...process.env,
        ...ONE_THREAD,
        XGBOOST_LIBRARY: setup.xgboostLibrary,
        RIVALS_NODE: setup.node,
        PYTHONWARNINGS: "ignore",
      },
    });
    this.#process.on("error", (error) => {
      this.#complaint = error.message;
    });
    this.#process.stdin!.on("error", () => undefined);
    this.#process.stderr!.on("data", (text: Buffer) => {
      this.#complaint = text.toString().trim().split("\n").at(-1) || this.#complaint;
    });
    this.#replies = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  async ask(line: string): Promise<Record<string, unknown>> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), ANSWER_LIMIT_S * 1000);
    this.#process.stdin!.write(`${line}\n`);
    const { value, done } = await this.#replies.next();
    clearTimeout(timer);
    if (done) {
      const how = this.#process.signalCode ?? `status ${this.#process.exitCode}`;
      throw new Error(`the process ended (${how}) on "${line.split(" ", 2).join(" ")}": ${this.#complaint}`);
    }
    const reply = JSON.parse(value) as Record<string, unknown>;
    if (typeof reply["error"] === "string") {
      throw new Error(reply["error"]);
    }
    return reply;
  }

  async load(): Promise<void> {
    const reply = await this.ask("load");
    this.version = String(reply["version"]);
    this.note = typeof reply["note"] === "string" ? reply["note"] : undefined;
  }

  async run(kind: Kind, calls: number): Promise<Sample> {
    const { wall, cpu } = await this.ask(`run ${kind} ${calls}`);
    return { calls, wall: Number(wall), cpu: Number(cpu) };
  }

  end(): void {
    this.#process.stdin!.end("quit\n");
    setTimeout(() => this.#process.kill("SIGKILL"), 5000).unref();
  }
}

/** Writes model and rows, if they are not there; files made from another model are removed. */
function writeWorkload(workload: Workload): string {
  const folder = `${CACHE}/native/${workload.name}`;
  const model = modelText(workload);
  const rows = workloadRows(workload);
  const hash = createHash("sha256").update(model).update(new Uint8Array(rows.buffer));
  const requirements = readFileSync("bench/rivals/requirements.txt");
  const stamp = hash.update(requirements).digest("hex");
  if (!existsSync(`${folder}/stamp`) || readFileSync(`${folder}/stamp`, "utf8") !== stamp) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/model.json`, model);
    writeFileSync(`${folder}/rows.f32`, new Uint8Array(rows.buffer));
    const meta = {
      rows: BATCH_ROWS,
      features: workload.features,
      outputs: Math.max(1, workload.numClass),
      objective: workload.objective,
    };
    writeFileSync(`${folder}/meta.json`, JSON.stringify(meta));
    writeFileSync(`${folder}/stamp`, stamp);
  }
  return folder;
}

/** Makes a file that contenders need. @returns the reason why not, or nothing */
async function prepare(folder: string, what: Prepared): Promise<string> {
  const limit = COMPILED.has(what) ? COMPILE_LIMIT_S : ANSWER_LIMIT_S;
  // Compiling that once took too long is not tried again with no more time.
  const gaveUp = `${folder}/${what}.gave-up`;
  const before = existsSync(gaveUp) ? Number(readFileSync(gaveUp, "utf8")) : 0;
  if (before >= limit) {
    return `compiling it was stopped after ${before} s`;
  }
  const child = spawn(setup.python, [resolve("bench/rivals/rivals.py"), "prepare", folder, what], {
    stdio: ["ignore", "pipe", "ignore"],
    // Its own group, so that the compilers that it starts can be ended with it.
    detached: true,
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid!, "SIGKILL");
  }, limit * 1000);
  let output = "";
  child.stdout.on("data", (text: Buffer) => {
    output += text.toString();
  });
  const status = await new Promise<number | null>((done) => child.on("close", done));
  clearTimeout(timer);
  if (late) {
    writeFileSync(gaveUp, String(limit));
    return `compiling it was stopped after ${limit} s`;
  }
  if (status === 0) {
    return "";
  }
  const last = output.trim().split("\n").at(-1) ?? "";
  return last.startsWith("{") ? (JSON.parse(last) as { error: string }).error : `making ${what} failed`;
}

function readFloats(path: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(path)).buffer);
}

/** Compares with XGBoost's own values, of which `answers` may have the first ones only. */
function compare(answers: Float32Array, expected: Float32Array, count: number): Checked {
  if (answers.length !== count) {
    throw new Error(`gave ${answers.length} values where XGBoost gives ${count}`);
  }
  const bits = new Uint32Array(answers.buffer);
  const wanted = new Uint32Array(expected.buffer);
  let equal = 0;
  let difference = 0;
  for (let i = 0; i < count; i++) {
    equal += bits[i] === wanted[i] ? 1 : 0;
    const apart = Math.abs(answers[i]! - expected[i]!);
    difference = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(difference, apart);
  }
  return { values: count, equal, difference };
}

const failures: Failure[] = [];
const cells: Cell[] = [];
const versions = new Map<string, string>();

function fail(workload: string, contender: Contender, error: unknown): void {
  const reason = tidy(error instanceof Error ? error.message : String(error));
  console.log(`  ${contender.name}: ${reason}`);
  failures.push({ workload, contender: contender.name, reason });
}

async function start(workload: Workload, folder: string): Promise<Child[]> {
  const reasons = new Map<Prepared, string>();
  for (const what of new Set(contenders.map(({ needs }) => needs))) {
    if (what !== undefined) {
      reasons.set(what, await prepare(folder, what));
    }
  }
  const expected = readFloats(`${folder}/expected.f32`);
  const children: Child[] = [];
  for (const contender of contenders) {
    const missing =
      (contender.needs && reasons.get(contender.needs)) ||
      (command(contender, folder).length === 0 ? `not set up: ${setup.failures[contender.program]}` : "");
    if (missing) {
      fail(workload.name, contender, missing);
      continue;
    }
    const child = new Child(contender, folder);
    try {
      await child.load();
      versions.set(contender.name, child.version);
      for (const kind of KINDS) {
        const rows = kind === "single" ? CHECKED_SINGLES : BATCH_ROWS;
        const path = `${folder}/answers.f32`;
        await child.ask(`check ${kind} ${rows} ${path}`);
        const checked = compare(readFloats(path), expected, (rows * expected.length) / BATCH_ROWS);
        const note = child.note === undefined ? {} : { note: child.note };
        cells.push({
          workload: workload.name,
          contender: contender.name,
          kind,
          checked,
          ...note,
          samples: [],
        });
      }
      children.push(child);
    } catch (error) {
      fail(workload.name, contender, error);
      child.end();
    }
  }
  return children;
}

/** Until the compilers of a contender must be done. @returns seconds a call */
async function warmUp(child: Child, kind: Kind): Promise<number> {
  let calls = 1;
  for (let spent = 0; ; calls *= 2) {
    const sample = await child.run(kind, calls);
    spent += sample.wall;
    if (spent >= WARM_UP_S) {
      return sample.wall / sample.calls;
    }
  }
}

async function measure(workload: Workload, children: readonly Child[], kind: Kind): Promise<void> {
  const entries: { child: Child; calls: number; every: number; samples: Sample[] }[] = [];
  for (const child of children) {
    const cell = cells.find(
      (one) => one.workload === workload.name && one.contender === child.contender.name && one.kind === kind,
    )!;
    const seconds = await warmUp(child, kind);
    const calls = Math.max(1, Math.round(SAMPLE_S / seconds));
    entries.push({ child, calls, every: seconds > SLOW_CALL_S ? 3 : 1, samples: cell.samples });
  }
  for (let round = 0; round < ROUNDS; round++) {
    // Another one begins each round, so that nobody always follows the same neighbour.
    const order = entries.map((_, i) => entries[(i + round) % entries.length]!);
    for (const entry of order) {
      if (round % entry.every === 0) {
        entry.samples.push({ round, ...(await entry.child.run(kind, entry.calls)) });
      }
    }
  }
}

const load: number[] = [loadavg()[0]!];
for (const workload of workloads) {
  console.log(`${workload.name}: preparing, loading and checking`);
  const folder = writeWorkload(workload);
  const reason = await prepare(folder, "expected");
  if (reason !== "") {
    throw new Error(`XGBoost does not score ${workload.name}: ${reason}`);
  }
  const children = await start(workload, folder);
  for (const kind of KINDS) {
    console.log(`${workload.name}: ${kind}, ${ROUNDS} rounds of ${children.length} contenders`);
    await measure(workload, children, kind);
    load.push(loadavg()[0]!);
  }
  for (const child of children) {
    child.end();
  }
}

const whole = !QUICK && options.workloads === undefined && options.rivals === undefined;
const result: Run = {
  command: `npm run bench:native${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(" ")}` : ""}`,
  machine: {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    pinned: core !== undefined,
    load,
  },
  versions: { node: process.version, ...setup.versions, ...Object.fromEntries(versions) },
  rounds: ROUNDS,
  workloads: workloads.map(({ name }) => name),
  contenders: contenders.map(({ name }) => name),
  setupFailures: Object.fromEntries(Object.entries(setup.failures).map(([part, why]) => [part, tidy(why)])),
  failures,
  cells,
};
mkdirSync("bench/results", { recursive: true });
const name = `bench/results/${whole ? "native" : "quick.native"}`;
const table = markdown(result);
// A sample a line.
const record = JSON.stringify(result, null, 1).replaceAll(/\{\s*"round"[^}]*\}/g, (sample) =>
  sample.replaceAll(/\s+/g, " "),
);
writeFileSync(`${name}.json`, `${record}\n`);
writeFileSync(`${name}.md`, table);
writeFileSync(`${name}.svg`, chart(result));
console.log(`\n${table}`);
