/**
 * `npm run bench:explain`: SHAP contributions of this package and its rivals on the same models and rows, in turns in one
 * run, one thread each. Contenders are processes that measure themselves (`bench/rivals/README.md`); their answers are
 * compared with XGBoost's. Without Python or Rust the others are measured all the same.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { modelText, WORKLOADS, type Workload, workloadRows } from "./workloads.ts";

const KINDS = ["single", "batch"] as const;
type Kind = (typeof KINDS)[number];

interface Setup {
  readonly python: string;
  /** With XGBoost 3.2. */
  readonly python32: string;
  readonly rust: string;
  readonly failures: Readonly<Record<string, string>>;
}

interface Result {
  readonly workload: string;
  readonly contender: string;
  readonly kind: Kind;
  /** Microseconds of CPU time a row, one a round. */
  readonly samples: number[];
  /** Values compared with XGBoost's, how many have its bits, and the largest difference; absent without XGBoost. */
  readonly checked?: { readonly values: number; readonly equal: number; readonly difference: number };
}

const QUICK = process.argv.includes("--quick");
const ROWS = QUICK ? 64 : 256;
const ROUNDS = QUICK ? 3 : 9;
const SAMPLE_S = QUICK ? 0.1 : 0.5;
const ANSWER_LIMIT_MS = 600_000;
const CACHE = resolve(".cache");
const setup = JSON.parse(process.argv[2] ?? "{}") as Setup;
const workloads = WORKLOADS.filter(({ name }) => !QUICK || name === "risk" || name === "small");

/**
 * Name, what it is called in the table, and the program. XGBoost comes first, as its answers are the measure of those that
 * follow; then once more with the rules of its releases before 3.3.
 */
const CONTENDERS: readonly (readonly [name: string, label: string, program: readonly string[]])[] = [
  ["xgboost-contribs", "XGBoost 3.4.1, DMatrix ready", [setup.python, resolve("bench/rivals/rivals.py")]],
  ["ours", "**xgboost-infer**", [process.execPath, `${CACHE}/explain-ours.mjs`]],
  ["ours-javascript", "xgboost-infer, engine: javascript", [process.execPath, `${CACHE}/explain-ours.mjs`]],
  ["hessboost-contribs", "hessboost 0.4.6, matrix ready", [setup.rust]],
  [
    "xgboost-contribs-3.2",
    "XGBoost 3.2.0, DMatrix ready",
    [setup.python32, resolve("bench/rivals/rivals.py")],
  ],
  ["ours-3.2", '**xgboost-infer**, rules: "3.2"', [process.execPath, `${CACHE}/explain-ours.mjs`]],
  [
    "ours-3.2-javascript",
    'xgboost-infer, rules: "3.2", engine: javascript',
    [process.execPath, `${CACHE}/explain-ours.mjs`],
  ],
];
const ONE_THREAD = { OMP_NUM_THREADS: "1", OMP_THREAD_LIMIT: "1", RAYON_NUM_THREADS: "1" };

/** The last core that this process may use, for all alike; nothing where that cannot be had. */
const core = /(\d+)\s*$/.exec(
  spawnSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" }).stdout ?? "",
)?.[1];

class Contender {
  readonly name: string;
  readonly #process;
  readonly #replies;

  constructor(name: string, program: readonly string[], folder: string) {
    this.name = name;
    const words = [...(core === undefined ? [] : ["taskset", "-c", core]), ...program, name, folder];
    this.#process = spawn(words[0]!, words.slice(1), {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...process.env, ...ONE_THREAD, PYTHONWARNINGS: "ignore" },
    });
    this.#process.on("error", () => undefined);
    this.#replies = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async ask(line: string): Promise<Record<string, unknown>> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), ANSWER_LIMIT_MS);
    this.#process.stdin.write(`${line}\n`);
    const { value, done } = await this.#replies.next();
    clearTimeout(timer);
    const reply = (done ? { error: "the process ended" } : JSON.parse(value)) as Record<string, unknown>;
    if (typeof reply["error"] === "string") {
      throw new Error(`${this.name}: ${reply["error"]}`);
    }
    return reply;
  }

  /** Microseconds of CPU time a row, by calls that take about as long as a sample shall. */
  async sample(kind: Kind): Promise<number> {
    const rows = kind === "batch" ? ROWS : 1;
    let calls = 1;
    for (;;) {
      const { wall, cpu } = await this.ask(`run ${kind} ${calls}`);
      if (Number(wall) >= SAMPLE_S / 2) {
        return (Number(cpu) / calls / rows) * 1e6;
      }
      calls *= 2;
    }
  }

  end(): void {
    this.#process.stdin.end("quit\n");
  }
}

function writeWorkload(workload: Workload): string {
  const folder = `${CACHE}/explain/${workload.name}`;
  const outputs = Math.max(1, workload.numClass) * (workload.features + 1);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/model.json`, modelText(workload));
  writeFileSync(`${folder}/rows.f32`, new Uint8Array(workloadRows(workload, ROWS).buffer));
  writeFileSync(
    `${folder}/meta.json`,
    JSON.stringify({ rows: ROWS, features: workload.features, outputs, objective: workload.objective }),
  );
  return folder;
}

function compare(answers: Float32Array, expected: Float32Array): NonNullable<Result["checked"]> {
  let equal = 0;
  let difference = 0;
  answers.forEach((value, i) => {
    equal += Object.is(value, expected[i]) ? 1 : 0;
    difference = Math.max(difference, Math.abs(value - expected[i]!));
  });
  return { values: answers.length, equal, difference };
}

const results: Result[] = [];
const failures: string[] = Object.entries(setup.failures).map(([what, why]) => `${what}: ${why}`);

for (const workload of workloads) {
  const folder = writeWorkload(workload);
  const expected = new Map<string, Float32Array>();
  const running: (readonly [Contender, Result[]])[] = [];
  for (const [name, , program] of CONTENDERS.filter(([, , program]) => program[0] !== "")) {
    const contender = new Contender(name, program, folder);
    try {
      await contender.ask("load");
      const own: Result[] = [];
      for (const kind of KINDS) {
        await contender.ask(`check ${kind} ${ROWS} ${folder}/answers.f32`);
        const answers = new Float32Array(new Uint8Array(readFileSync(`${folder}/answers.f32`)).buffer);
        const release = name.includes("-3.2") ? "3.2" : "latest";
        if (name.startsWith("xgboost") && !expected.has(release)) {
          expected.set(release, answers);
        }
        const wanted = expected.get(release);
        const checked = wanted === undefined ? {} : { checked: compare(answers, wanted) };
        own.push({ workload: workload.name, contender: name, kind, samples: [], ...checked });
      }
      running.push([contender, own]);
      results.push(...own);
    } catch (error) {
      failures.push(`${workload.name}, ${error instanceof Error ? error.message : error}`);
      contender.end();
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [contender, own] of running) {
      for (const result of own) {
        result.samples.push(await contender.sample(result.kind));
      }
    }
  }
  for (const [contender] of running) {
    contender.end();
  }
}

function middle(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[samples.length >> 1]!;
}

function cell(workload: string, contender: string, kind: Kind): string {
  const found = results.find(
    (one) => one.workload === workload && one.contender === contender && one.kind === kind,
  );
  return found === undefined
    ? "–"
    : `${middle(found.samples).toFixed(0)} (${Math.min(...found.samples).toFixed(0)})`;
}

function checkedText(contender: string): string {
  const checked = results.flatMap((one) => (one.contender === contender && one.checked ? [one.checked] : []));
  const [values, equal] = [
    checked.reduce((sum, one) => sum + one.values, 0),
    checked.reduce((sum, one) => sum + one.equal, 0),
  ];
  const share = equal === values ? "all" : `${((100 * equal) / values).toFixed(1)} %`;
  return values === 0
    ? "– | –"
    : `${share} | ${Math.max(...checked.map(({ difference }) => difference)).toPrecision(2)}`;
}

const columns = workloads.flatMap(({ name }) => KINDS.map((kind) => [name, kind] as const));
const load = loadavg()[0]!.toFixed(2);
const lines = [
  `SHAP contributions, microseconds a row: one row a call / ${ROWS} rows a call. One thread each, on the same core, in turns, ` +
    `${ROUNDS} rounds; median of the rounds, in brackets the least. CPU time.`,
  "",
  `${cpus()[0]!
    .model.trim()
    .replace(
      / \d+-Core.*/,
      "",
    )}, load ${load}, Node ${process.version}. \`npm run bench:explain${QUICK ? " -- --quick" : ""}\` makes this.`,
  "",
  `|  | ${columns.map(([name, kind]) => `${name} ${kind}`).join(" | ")} | bits equal | largest difference |`,
  `|---|${columns.map(() => "---:|").join("")}---:|---:|`,
  ...CONTENDERS.filter(([name]) => results.some((one) => one.contender === name)).map(
    ([name, label]) =>
      `| ${label} | ${columns.map(([workload, kind]) => cell(workload, name, kind)).join(" | ")} | ${checkedText(name)} |`,
  ),
  ...(failures.length > 0 ? ["", `Not measured: ${failures.join("; ")}.`] : []),
  "",
];
const target = `bench/results/${QUICK ? "quick." : ""}explain`;
mkdirSync("bench/results", { recursive: true });
writeFileSync(`${target}.md`, lines.join("\n"));
writeFileSync(
  `${target}.json`,
  `${JSON.stringify({ node: process.version, rows: ROWS, load, failures, results }, null, 1)}\n`,
);
console.log(lines.join("\n"));
