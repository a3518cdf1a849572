/** Transcripts in documents: commands in a shell and what they print, run again. */
import { execFileSync } from "node:child_process";

export interface Step {
  /** One command, with its continuation lines. */
  readonly command: string;
  /** What it prints, on both streams, in the order of a terminal. `…` stands for anything: part of a line, or any lines where it is alone. */
  readonly output: readonly string[];
}

/** Steps of each fenced block of `console`: `$` begins a command, `>` goes on with it, the rest is what it prints. */
export function transcriptsOf(markdown: string): readonly (readonly Step[])[] {
  return [...markdown.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block = ""]) => stepsOf(block));
}

function stepsOf(block: string): Step[] {
  const steps: { command: string; output: string[] }[] = [];
  for (const line of block.trimEnd().split("\n")) {
    const last = steps.at(-1);
    if (line.startsWith("$ ")) {
      steps.push({ command: line.slice(2), output: [] });
    } else if (line.startsWith("> ") && last?.output.length === 0) {
      last.command += `\n${line.slice(2)}`;
    } else if (last === undefined) {
      throw new Error(`a transcript begins with ${JSON.stringify(line)}, expected $ and a command`);
    } else {
      last.output.push(line.trimEnd());
    }
  }
  return steps;
}

const END = "\u001e";

/** Runs the steps in one shell and returns what each printed. Programs of the repository come first in the path. */
export function runSteps(steps: readonly Step[], folder: string, programs: string): readonly string[][] {
  const script = steps
    .map(({ command }) => `{ ${command}\n} 2>&1\nstatus=$?; printf '${END}'; (exit $status)`)
    .join("\n");
  const printed = execFileSync("bash", ["-c", `${script}\ntrue`], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      PATH: `${programs}:${process.env["PATH"]}`,
      COLUMNS: "100",
      NO_COLOR: "1",
      LC_ALL: "C.UTF-8",
    },
  });
  return printed
    .split(END)
    .slice(0, steps.length)
    .map((text) =>
      text
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => line.trimEnd()),
    )
    .map((lines) => (lines.length === 1 && lines[0] === "" ? [] : lines));
}

/** Whether lines are what a document shows of them. */
export function matches(shown: readonly string[], lines: readonly string[]): boolean {
  if (shown.length === 0) {
    return lines.length === 0;
  }
  const [first, ...rest] = shown;
  if (first === "…") {
    return Array.from({ length: lines.length + 1 }, (_, i) => i).some((i) => matches(rest, lines.slice(i)));
  }
  return lines.length > 0 && lineMatches(first!, lines[0]!) && matches(rest, lines.slice(1));
}

function lineMatches(shown: string, line: string): boolean {
  const parts = shown.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(line);
}
