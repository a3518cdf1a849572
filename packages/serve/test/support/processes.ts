/** The command as it runs, with several processes, on free ports and with a repository of its own. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WORKER_ARGUMENT } from "../../src/processes/messages.ts";
import { type Answer, put, type Repository, ROOT, type SendOptions, send, until } from "./service.ts";

const COMMAND = join(ROOT, "packages/serve/bin/xgboost-infer-serve.js");

export interface Processes {
  readonly pid: number;
  readonly port: number;
  readonly grpcPort: number;
  readonly directory: string;
  /** Lines of the log so far. */
  readonly log: readonly Record<string, unknown>[];
  /** The code with which it ends. */
  readonly ended: Promise<number | null>;
  workers(): number[];
  send(path: string, options?: SendOptions): Promise<Answer>;
  admin(path: string, options?: SendOptions): Promise<Answer>;
  /** Sum of a metric over its labels. */
  metric(name: string): Promise<number>;
  signal(name: NodeJS.Signals): void;
  /** Puts a model in another's place at once. */
  replace(path: string, content: Uint8Array): void;
  stop(): Promise<void>;
}

export async function startProcesses(files: Repository, flags: readonly string[] = []): Promise<Processes> {
  const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-processes-"));
  const directory = join(folder, "models");
  mkdirSync(directory);
  for (const [path, content] of Object.entries(files)) {
    put(join(directory, path), content);
  }
  const places = ["--model-repository", directory, "--port", "0", "--grpc-port", "0", "--admin-port", "0"];
  const child = spawn(process.execPath, [COMMAND, ...places, "--settle-time", "30", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const log: Record<string, unknown>[] = [];
  let rest = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      log.push(JSON.parse(line));
    }
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  await until(() => log.some(({ msg }) => msg === "ready"), 60_000);
  const ports = log.find(({ msg }) => msg === "listening") as {
    readonly [Name in "port" | "grpcPort" | "adminPort"]: number;
  };
  const pid = child.pid!;
  return {
    pid,
    port: ports.port,
    grpcPort: ports.grpcPort,
    directory,
    log,
    ended,
    workers: () => childrenOf(pid),
    send: (path, options) => send(ports.port, path, options),
    admin: (path, options) => send(ports.adminPort, path, options),
    metric: async (name) => {
      const text = (await send(ports.adminPort, "/metrics")).bytes.toString();
      const lines = text.split("\n").filter((line) => /^[^{ ]+/.exec(line)?.[0] === `xgboost_infer_${name}`);
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
    },
    signal: (name) => child.kill(name),
    replace: (path, content) => {
      put(join(directory, `${path}.tmp`), content);
      renameSync(join(directory, `${path}.tmp`), join(directory, path));
    },
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** How long a worker takes to load all that it needs, and then to find that nobody has started it: half a second of a machine that is not busy. */
export function startTime(): number {
  const begin = performance.now();
  spawnSync(process.execPath, [COMMAND, WORKER_ARGUMENT]);
  return performance.now() - begin;
}

function childrenOf(pid: number): number[] {
  try {
    return execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)])
      .toString()
      .split("\n")
      .map(Number)
      .filter((each) => each > 0);
  } catch {
    // There are none.
    return [];
  }
}
