/** Runs that are killed in the middle, and resumed. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type CommandResult, startCommand } from "./command.ts";

export function digestOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Milliseconds after which a run is killed, from its first checkpoint on. */
const LONGEST = 150;

/**
 * Runs a batch with `--resume`, kills it `kills` times at random moments, and lets it end then. Two of three are killed after they
 * got on, the others at any moment, also before they began.
 * @returns the result of the last run, and how many were killed: fewer than asked for where one was quicker
 */
export async function runKilled(
  args: readonly string[],
  out: string,
  kills: number,
): Promise<{ readonly last: CommandResult; readonly killed: number }> {
  const journal = `${out}.partial.journal`;
  for (let killed = 0; ; killed++) {
    const before = contentOf(journal);
    const { process: child, result } = startCommand([...args, "--out", out, "--resume"]);
    if (killed < kills) {
      while (killed % 3 !== 2 && child.exitCode === null && contentOf(journal) === before) {
        await sleep(2);
      }
      await sleep(Math.random() * LONGEST);
      child.kill("SIGKILL");
    }
    const last = await result;
    if (last.status !== "SIGKILL") {
      return { last, killed };
    }
  }
}
