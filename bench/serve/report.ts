/** What `npm run bench:serve` found, as tables in Markdown. */
import type { Memory } from "./processes.ts";
import type { Form } from "./workload.ts";

/** One run of the load; times in microseconds. */
export interface Sample {
  /** That were answered well. */
  readonly requests: number;
  readonly errors: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Bytes a request and a reply, with headers and frames. */
  readonly sent: number;
  readonly received: number;
  /** CPU seconds a request: of all processes of the server, and of the load. */
  readonly cpu: number;
  readonly loadCpu: number;
}

export interface Cell {
  readonly server: string;
  readonly label: string;
  readonly kind: "ours" | "rival" | "stub";
  readonly form: Form;
  readonly rows: number;
  readonly samples: Sample[];
}

export interface Run {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly load: readonly number[] };
  readonly versions: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly rounds: number;
  readonly seconds: number;
  /** Whether all scores were compared with XGBoost's own. */
  readonly compared: boolean;
  readonly minutes: number;
  readonly failures: Readonly<Record<string, string>>;
  readonly cells: readonly Cell[];
  /** By server. */
  readonly memory: Readonly<Record<string, Memory>>;
}

/** What the others are measured by: the service that is replaced, with as many processes as there are cores. */
const REFERENCE = "flask-2";

const FORM_NAMES: Readonly<Record<Form, string>> = {
  form: "HTTP, form",
  json: "HTTP, OIP JSON",
  grpc: "gRPC, OIP raw",
  named: "gRPC, named features",
};

export function median(cell: Cell, of: (sample: Sample) => number): number {
  const sorted = cell.samples.map(of).sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

export const rateOf = ({ requests, seconds }: Sample): number => requests / seconds;

export function formName(form: Form): string {
  return FORM_NAMES[form];
}

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
const milliseconds = (micro: number): string => (micro / 1000).toFixed(micro < 10_000 ? 2 : 1);
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

export function referenceOf({ cells }: Run, rows: number): Cell | undefined {
  return cells.find((cell) => cell.server === REFERENCE && cell.rows === rows);
}

export function markdown(run: Run): string {
  const { machine, versions } = run;
  const tools = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const [least, most] = machine.load;
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, load ${least} to ${most}; ${tools.join(", ")}. A model of 100 trees on 30 features; ` +
      `${run.connections} connections, each with one request at a time; ${run.rounds} rounds of ${run.seconds} s in turns: the median of ` +
      `each figure. The program that makes the requests runs on the same cores. ${run.compared ? "All scores of all contenders are XGBoost’s own, to the bit." : "There was no Python: scores were not compared."}`,
    "",
    ...[1, 100].flatMap((rows) => [...timesTable(run, rows), ""]),
    "Memory of all processes together, after these requests (PSS: what processes share counts once):",
    "",
    ...memoryTable(run),
    "",
    "Bytes on the wire, request and reply, with headers and frames:",
    "",
    ...bytesTable(run),
    "",
    ...remarks(run),
  ];
  return `${lines.join("\n")}\n`;
}

function timesTable(run: Run, rows: number): string[] {
  const reference = referenceOf(run, rows);
  const cells = run.cells.filter((cell) => cell.rows === rows && cell.kind !== "stub");
  return [
    row([
      rows === 1 ? "one row a request" : `${rows} rows a request`,
      "",
      "requests/s",
      ...(reference === undefined ? [] : ["times Flask (2)"]),
      "p50 ms",
      "p99 ms",
      "p99.9 ms",
      "CPU µs a request",
    ]),
    `|---|---|${"---:|".repeat(reference === undefined ? 5 : 6)}`,
    ...cells.map((cell) => {
      const rate = median(cell, rateOf);
      const errors = cell.samples.reduce((sum, each) => sum + each.errors, 0);
      return row([
        cell.kind === "ours" ? `**${cell.label}**` : cell.label,
        FORM_NAMES[cell.form],
        whole(rate) + (errors > 0 ? ` (${errors} errors)` : ""),
        ...(reference === undefined ? [] : [(rate / median(reference, rateOf)).toFixed(1)]),
        milliseconds(median(cell, ({ p50 }) => p50)),
        milliseconds(median(cell, ({ p99 }) => p99)),
        milliseconds(median(cell, ({ p999 }) => p999)),
        whole(median(cell, ({ cpu }) => cpu * 1e6)),
      ]);
    }),
  ];
}

function labelsOf(run: Run): Map<string, string> {
  return new Map(run.cells.map(({ server, label }) => [server, label]));
}

function memoryTable(run: Run): string[] {
  const labels = labelsOf(run);
  return [
    row(["", "processes", "RSS MB", "PSS MB"]),
    "|---|---:|---:|---:|",
    ...Object.entries(run.memory)
      .filter(([server]) => server !== "stub")
      .map(([server, { processes, rss, pss }]) =>
        row([labels.get(server) ?? server, String(processes), megabytes(rss), megabytes(pss)]),
      ),
  ];
}

/** Each form as ours answers it; that of Flask with many rows is its own. */
function bytesTable(run: Run): string[] {
  const found = (form: Form, rows: number) =>
    run.cells.find((cell) => cell.form === form && cell.rows === rows && cell.server === "ours");
  const text = (cell: Cell | undefined) =>
    cell === undefined
      ? "–"
      : `${whole(median(cell, ({ sent }) => sent))} / ${whole(median(cell, ({ received }) => received))}`;
  return [
    row(["", "one row", "100 rows"]),
    "|---|---:|---:|",
    ...(["form", "json", "named", "grpc"] as const).map((form) =>
      row([FORM_NAMES[form], text(found(form, 1)), text(found(form, 100))]),
    ),
  ];
}

function remarks(run: Run): string[] {
  const stub = run.cells.find(({ kind }) => kind === "stub");
  const lines = [
    "- Flask: as the original was, each process loads the model, 3 s for a request, a buffer of 1 MiB; `inplace_predict` in one thread; " +
      "a list of dicts for many rows is an addition. uWSGI logs nothing, nginx and xgboost-infer-serve log each request.",
    "- MLServer: with `OMP_NUM_THREADS=1`, without debugging, and without a process of its own for models (which costs each request a way more).",
  ];
  if (stub !== undefined) {
    const made = median(stub, ({ loadCpu }) => loadCpu * 1e6);
    lines.push(
      `- The ceiling: ${stub.label} got ${whole(median(stub, rateOf))} requests/s, at ${whole(median(stub, ({ cpu }) => cpu * 1e6))} µs of CPU each; ` +
        `making a request takes ${whole(made)} µs.`,
    );
  }
  const failures = Object.entries(run.failures).map(([what, why]) => `- Not there: ${what} (${why}).`);
  return [...lines, ...failures];
}
