/** The command in a process of its own, so that its memory and its end can be seen. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { put, type Repository, ROOT, until } from "./service.ts";

export interface Command {
  readonly child: ChildProcess;
  readonly port: number;
  readonly grpcPort: number;
  readonly adminPort: number;
  /** What it wrote to the standard error. */
  complaints(): string;
  /** Bytes of memory that it holds. */
  rss(): number;
  /** @returns its exit code */
  stop(): Promise<number | null>;
}

/** @param flags besides those of the repository, the ports and the log */
export async function startCommand(files: Repository, flags: readonly string[] = []): Promise<Command> {
  const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-serve-"));
  for (const [path, content] of Object.entries(files)) {
    put(join(folder, "models", path), content);
  }
  const log = join(folder, "log");
  const own = ["--port", "0", "--grpc-port", "0", "--admin-port", "0", "--log-requests", "false"];
  const child = spawn(
    process.execPath,
    [
      join(ROOT, "packages/serve/bin/xgboost-infer-serve.js"),
      ...["--model-repository", join(folder, "models"), "--log-file", log],
      ...own,
      ...flags,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let complaints = "";
  child.stderr.on("data", (chunk) => {
    complaints += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const lines = () => {
    try {
      return readFileSync(log, "utf8").split("\n");
    } catch {
      return [];
    }
  };
  await until(() => {
    if (child.exitCode !== null) {
      throw new Error(`it ended with ${child.exitCode}: ${complaints}`);
    }
    return lines().some((line) => line.includes('"msg":"ready"'));
  }, 60_000);
  const listening = JSON.parse(lines().find((line) => line.includes('"msg":"listening"'))!);
  return {
    child,
    port: listening.port,
    grpcPort: listening.grpcPort,
    adminPort: listening.adminPort,
    complaints: () => complaints,
    rss: () => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))![1]),
    stop: async () => {
      child.kill("SIGTERM");
      const code = await ended;
      rmSync(folder, { recursive: true });
      return code;
    },
  };
}
