/** Runs that are killed in the middle, and resumed. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { type CommandResult, startCommand } from "./command.ts";

export function digestOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

export interface KilledRun {
  /** Result of the last run, which was not killed. */
  readonly last: CommandResult;
  /** Whether it had something to go on with. */
  readonly resumed: boolean;
}

/**
 * Runs a batch with `--resume`, kills it as often as is asked for, each time at a random moment of the time that a whole run takes, and lets it
 * end then. A run that was quicker must have ended with the bytes of `whole`, and the next one begins anew.
 * @param milliseconds that a whole run takes
 */
export async function runKilled(
  args: readonly string[],
  out: string,
  whole: string,
  kills: number,
  milliseconds: number,
): Promise<KilledRun> {
  let killed = 0;
  for (;;) {
    const resumed = existsSync(`${out}.partial.journal`);
    const { process: child, result } = startCommand([...args, "--out", out, "--resume"]);
    if (killed === kills) {
      return { last: await result, resumed };
    }
    await sleep(Math.random() * milliseconds);
    child.kill("SIGKILL");
    if ((await result).status === "SIGKILL") {
      killed++;
    } else {
      expect(digestOf(out)).toBe(digestOf(whole));
      rmSync(out);
    }
  }
}
