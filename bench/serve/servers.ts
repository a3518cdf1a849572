/** The servers that take part: how each is started, and where it answers. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { type Form, MODEL_NAME, requestFor } from "./workload.ts";

export interface Setup {
  readonly load: string;
  readonly rivals: readonly string[];
  readonly quick: boolean;
  /** These are empty where they could not be set up. */
  readonly python: string;
  readonly uwsgi: string;
  readonly mlserver: string;
  readonly nginx: string;
  readonly failures: Record<string, string>;
  readonly folder: string;
  readonly sources: string;
  readonly command: string;
}

export interface Running {
  readonly ports: Readonly<Partial<Record<Form, number>>>;
  /** Processes that were started; those that they started belong to them. */
  readonly processes: readonly ChildProcess[];
}

export interface Server {
  readonly name: string;
  readonly label: string;
  readonly kind: "ours" | "rival" | "stub";
  /** What is asked of it: forms, and rows a request. */
  readonly cells: readonly (readonly [form: Form, rows: number])[];
  start(folder: string): Promise<Running>;
}

const SINGLE_AND_BATCH = [1, 100];

/** Time that a server has to start: twenty processes that import XGBoost take ten seconds and more on two cores. */
const START_MILLISECONDS = 120_000;

function cellsOf(...forms: readonly Form[]): (readonly [Form, number])[] {
  return forms.flatMap((form) => SINGLE_AND_BATCH.map((rows) => [form, rows] as const));
}

/** The contract of a form takes one row a request. */
const OUR_CELLS = [["form", 1] as const, ...cellsOf("json", "grpc", "named")];

export function serversOf(setup: Setup): Server[] {
  const servers: Server[] = [ours(setup, 1)];
  const hasWorkers = execFileSync(process.execPath, [setup.command, "--help"], { encoding: "utf8" }).includes(
    "--workers",
  );
  if (hasWorkers) {
    servers.push(ours(setup, 2));
  }
  const wants = (rival: string) => setup.rivals.includes(rival);
  if (wants("nginx") && setup.nginx !== "") {
    servers.push(oursBehindNginx(setup));
  }
  if (wants("flask") && setup.uwsgi !== "" && setup.nginx !== "") {
    servers.push(flask(setup, 2), flask(setup, 20));
  }
  if (wants("mlserver") && setup.mlserver !== "") {
    servers.push(mlserver(setup));
  }
  servers.push(stub());
  return servers;
}

function ours(setup: Setup, workers: number): Server {
  return {
    name: workers === 1 ? "ours" : `ours-${workers}`,
    label: `xgboost-infer-serve, ${workers === 1 ? "1 process" : `${workers} workers`}`,
    kind: "ours",
    cells: OUR_CELLS,
    start: async (folder) => {
      const { ports, process } = await startOurs(setup, folder, workers);
      return { ports, processes: [process] };
    },
  };
}

async function startOurs(setup: Setup, folder: string, workers: number) {
  const [http, grpc, admin] = (await freePorts(3)) as [number, number, number];
  const args = [
    setup.command,
    ...["--model-repository", `${setup.folder}models`, "--log-file", `${folder}log`],
    ...["--port", `${http}`, "--grpc-port", `${grpc}`, "--admin-port", `${admin}`],
    ...(workers === 1 ? [] : ["--workers", `${workers}`]),
  ];
  const child = launch(process.execPath, args, folder);
  return { ports: { form: http, json: http, grpc, named: grpc }, process: child };
}

function oursBehindNginx(setup: Setup): Server {
  return {
    name: "ours-nginx",
    label: "xgboost-infer-serve, 1 process, behind nginx",
    kind: "ours",
    cells: [
      ["form", 1],
      ["json", 100],
    ],
    start: async (folder) => {
      const { ports, process } = await startOurs(setup, folder, 1);
      const [port] = (await freePorts(1)) as [number];
      const location = `proxy_pass http://scoring;
      proxy_http_version 1.1;
      proxy_set_header Connection "";`;
      const upstream = `upstream scoring { server 127.0.0.1:${ports.json}; keepalive 32; }`;
      const front = startNginx(setup, folder, port, location, upstream);
      return { ports: { form: port, json: port }, processes: [process, front] };
    },
  };
}

/** As the original was: each process loads the model, 3 s for a request, 1 MiB for its body. */
function flask(setup: Setup, workers: number): Server {
  return {
    name: `flask-${workers}`,
    label: `Flask, uWSGI (${workers} processes), nginx`,
    kind: "rival",
    cells: cellsOf("form"),
    start: async (folder) => {
      const [port, uwsgiPort] = (await freePorts(2)) as [number, number];
      const args = [
        ...["--socket", `127.0.0.1:${uwsgiPort}`, "--home", setup.uwsgi.replace(/\/bin\/uwsgi$/, "")],
        ...["--chdir", setup.sources, "--wsgi-file", "app.py", "--callable", "app", "--need-app"],
        ...["--master", "--processes", `${workers}`, "--lazy-apps", "--harakiri", "3"],
        ...["--post-buffering", "1048576", "--buffer-size", "65535", "--disable-logging", "--die-on-term"],
      ];
      const env = { MODEL: `${setup.folder}models/${MODEL_NAME}.json`, OMP_NUM_THREADS: "1" };
      const uwsgi = launch(setup.uwsgi, args, folder, env);
      await until("uWSGI", uwsgi, () => appsIn(`${folder}output`) >= workers);
      const location = `include uwsgi_params;
      uwsgi_pass 127.0.0.1:${uwsgiPort};
      uwsgi_read_timeout 3s;`;
      return { ports: { form: port }, processes: [uwsgi, startNginx(setup, folder, port, location)] };
    },
  };
}

function appsIn(log: string): number {
  return readFileSync(log, "utf8").match(/^WSGI app 0 .* ready in/gm)?.length ?? 0;
}

const UWSGI_PARAMS = `uwsgi_param QUERY_STRING $query_string;
uwsgi_param REQUEST_METHOD $request_method;
uwsgi_param CONTENT_TYPE $content_type;
uwsgi_param CONTENT_LENGTH $content_length;
uwsgi_param REQUEST_URI $request_uri;
uwsgi_param PATH_INFO $document_uri;
uwsgi_param SERVER_PROTOCOL $server_protocol;
uwsgi_param REMOTE_ADDR $remote_addr;
uwsgi_param SERVER_PORT $server_port;
uwsgi_param SERVER_NAME $server_name;
`;

function startNginx(setup: Setup, folder: string, port: number, location: string, more = ""): ChildProcess {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}${name};`,
  );
  const text = `worker_processes 2;
pid ${folder}nginx.pid;
error_log ${folder}nginx-error.log;
daemon off;
events { worker_connections 1024; }
http {
  access_log ${folder}nginx-access.log;
  ${temporary.join("\n  ")}
  client_max_body_size 1m;
  client_body_buffer_size 1m;
  keepalive_requests 1000000;
  ${more}
  server {
    listen 127.0.0.1:${port};
    location / {
      ${location}
    }
  }
}
`;
  writeFileSync(`${folder}nginx.conf`, text);
  writeFileSync(`${folder}uwsgi_params`, UWSGI_PARAMS);
  return launch(setup.nginx, ["-p", folder, "-c", `${folder}nginx.conf`], folder);
}

function mlserver(setup: Setup): Server {
  return {
    name: "mlserver",
    label: "MLServer",
    kind: "rival",
    cells: cellsOf("json", "grpc"),
    start: async (folder) => {
      const [http, grpc, metrics] = (await freePorts(3)) as [number, number, number];
      const settings = {
        host: "127.0.0.1",
        http_port: http,
        grpc_port: grpc,
        metrics_port: metrics,
        debug: false,
        // Its own process for models does not start with today's uvloop; without, a request has a way less to go.
        parallel_workers: 0,
      };
      const model = {
        name: MODEL_NAME,
        implementation: "mlserver_xgboost.XGBoostModel",
        parameters: { uri: `${setup.folder}models/${MODEL_NAME}.json` },
      };
      writeFileSync(`${folder}settings.json`, JSON.stringify(settings));
      writeFileSync(`${folder}model-settings.json`, JSON.stringify(model));
      const child = launch(setup.mlserver, ["start", "."], folder, { OMP_NUM_THREADS: "1" });
      return { ports: { json: http, grpc }, processes: [child] };
    },
  };
}

/** A server that answers without doing anything: no contender can be faster, and the load must be. */
function stub(): Server {
  const program = `
    const body = '{"status":0,"result":{"score":0.5},"outputs":[{"data":[0.5]}]}';
    const headers = { "Content-Type": "application/json", "Content-Length": body.length };
    require("node:http").createServer((request, response) => {
      request.resume().on("end", () => response.writeHead(200, headers).end(body));
    }).listen(Number(process.argv[1]), "127.0.0.1");`;
  return {
    name: "stub",
    label: "a stub in Node that answers at once",
    kind: "stub",
    cells: [["form", 1]],
    start: async (folder) => {
      const [port] = (await freePorts(1)) as [number];
      const child = launch(process.execPath, ["-e", program, `${port}`], folder);
      return { ports: { form: port }, processes: [child] };
    },
  };
}

/** Processes that run: none is left behind, however this one ends. uWSGI, killed outright, would leave its workers. */
const launched = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of launched) {
    child.kill("SIGTERM");
  }
});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(1));
}

function launch(
  command: string,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const output = openSync(`${folder}output`, "a");
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", output, output],
  });
  launched.add(child);
  child.once("exit", () => launched.delete(child));
  return child;
}

async function freePorts(count: number): Promise<number[]> {
  const holders = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(holders.map((holder) => once(holder, "listening")));
  const ports = holders.map((holder) => (holder.address() as AddressInfo).port);
  await Promise.all(holders.map((holder) => once(holder.close(), "close")));
  return ports;
}

/** Starts a server and waits until it answers. */
export async function startServer(server: Server, setup: Setup): Promise<Running> {
  const folder = `${setup.folder}${server.name}/`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}output`, "");
  try {
    return await startAndWait(server, folder);
  } catch (error) {
    await stopServer({ processes: [...launched] });
    throw error;
  }
}

async function startAndWait(server: Server, folder: string): Promise<Running> {
  const running = await server.start(folder);
  for (const form of ["form", "json"] as const) {
    const port = running.ports[form];
    if (port !== undefined) {
      const { path, type, body } = requestFor(form, 0, 1);
      const init = { method: "POST", headers: { "Content-Type": type }, body: new Uint8Array(body) };
      await until(server.label, running.processes[0]!, async () => {
        const reply = await fetch(`http://127.0.0.1:${port}${path}`, init).catch(() => undefined);
        return reply?.status === 200 && /"(score|data)"/.test(await reply.text());
      });
    }
  }
  return running;
}

async function until(
  what: string,
  process: ChildProcess,
  test: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + START_MILLISECONDS;
  while (!(await test())) {
    if (process.exitCode !== null || performance.now() > end) {
      throw new Error(`${what} did not start (its output is in .cache/serve)`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function stopServer({ processes }: Pick<Running, "processes">): Promise<void> {
  for (const process of processes) {
    if (process.exitCode === null && process.signalCode === null) {
      const ended = once(process, "exit");
      const kill = setTimeout(() => process.kill("SIGKILL"), 10_000);
      process.kill("SIGTERM");
      await ended;
      clearTimeout(kill);
    }
  }
}
