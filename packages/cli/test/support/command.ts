/** Runs the command as users do: the built one, in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const COMMAND = fileURLToPath(new URL("../../bin/xgboost-infer.js", import.meta.url));

export interface CommandResult {
  /** Exit status, or the signal that ended the process. */
  readonly status: number | string;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcess;
  readonly result: Promise<CommandResult>;
}

/**
 * @param input what standard input gives; by default, nothing
 * @param isOpen whether more may come on standard input
 */
export function startCommand(args: readonly string[], input?: string | Uint8Array, isOpen = false): Started {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A command that ends before it has read everything closes its end.
  child.stdin.on("error", () => undefined);
  if (isOpen) {
    child.stdin.write(input ?? "");
  } else {
    child.stdin.end(input);
  }
  const result = new Promise<CommandResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({
        status: code ?? signal!,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
  return { process: child, result };
}

export function runCommand(args: readonly string[], input?: string | Uint8Array): Promise<CommandResult> {
  return startCommand(args, input).result;
}

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
