/** The command as a process of its own, on given ports, to be stopped, killed and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { ROOT, send, until } from "./service.ts";

const COMMAND = join(ROOT, "packages/serve/bin/xgboost-infer-serve.js");

export interface Place {
  readonly host?: string;
  readonly port: number;
  readonly grpcPort: number;
  readonly adminPort: number;
}

/** Starts the service; resolves when it is ready. */
export async function startCommand(
  repository: string,
  { host = "127.0.0.1", port, grpcPort, adminPort }: Place,
  flags: readonly string[] = [],
): Promise<ChildProcess> {
  const ports = ["--port", `${port}`, "--grpc-port", `${grpcPort}`, "--admin-port", `${adminPort}`];
  const child = spawn(
    process.execPath,
    [COMMAND, "--model-repository", repository, "--host", host, ...ports, "--log-level", "error", ...flags],
    { stdio: "inherit" },
  );
  await until(async () => {
    if (child.exitCode !== null) {
      throw new Error(`the service ended with ${child.exitCode}`);
    }
    const answer = await send(adminPort, "/v2/health/ready").catch(() => undefined);
    return answer?.status === 200;
  }, 60_000);
  return child;
}

/** Resolves when the process has ended. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}

/** Ports that nobody listens on, on any address of this machine. */
export async function freePorts(count: number): Promise<number[]> {
  const holders = Array.from({ length: count }, () => createServer().listen(0, "0.0.0.0"));
  await Promise.all(holders.map((holder) => once(holder, "listening")));
  const ports = holders.map((holder) => (holder.address() as AddressInfo).port);
  await Promise.all(holders.map((holder) => once(holder.close(), "close")));
  return ports;
}
