/** Runs that are interrupted: nothing half-written under the final name, and the same bytes in the end. */
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { runCommand, startCommand, temporaryFolder } from "./support/command.ts";
import { csvOf, modelPath } from "./support/fixture-tables.ts";
import { digestOf, runKilled } from "./support/kill.ts";

const folder = temporaryFolder();
const TIMEOUT = 180_000;
const MODEL = modelPath("3.4.1/breast-cancer");

/** Some megabytes, so that there are several blocks; every 100th row cannot be scored. */
const DATA = `${folder}/rows.csv`;
const [HEADER = "", ...ROWS] = csvOf("3.4.1/breast-cancer").trimEnd().split("\n");
const LINES = Array.from({ length: 60 }, () => ROWS).flat();
writeFileSync(
  DATA,
  [`id,${HEADER}`, ...LINES.map((line, i) => (i % 100 === 7 ? `${i},text${line}` : `${i},${line}`)), ""].join(
    "\n",
  ),
);
const ARGS = ["predict", "-m", MODEL, "-d", DATA, "--keep", "id", "--checkpoint", "0"];

/** Rows, refused rows and the like, without times. */
function figuresOf(stderr: string): string | undefined {
  return /[\d,]+ rows, [\d,]+ refused/.exec(stderr)?.[0];
}

function leftovers(): string[] {
  return readdirSync(folder).filter((name) => name.includes(".partial"));
}

describe("a run that is killed and resumed", { timeout: TIMEOUT }, () => {
  it.each(["csv", "csv.gz"])("ends with the same bytes: %s", async (extension) => {
    const [whole, out] = [`${folder}/whole.${extension}`, `${folder}/killed.${extension}`];
    const [wholeRejects, rejects] = [`${folder}/whole-rejects.csv`, `${folder}/rejects.csv`];
    const begin = performance.now();
    const uninterrupted = await runCommand([...ARGS, "-o", whole, "--rejects", wholeRejects]);
    const milliseconds = performance.now() - begin;
    expect(uninterrupted.status).toBe(1);
    const { last, resumed } = await runKilled([...ARGS, "--rejects", rejects], out, whole, 3, milliseconds);
    expect(/resumed after/.test(last.stderr)).toBe(resumed);
    expect(last.status).toBe(1);
    expect(digestOf(out)).toBe(digestOf(whole));
    expect(digestOf(rejects)).toBe(digestOf(wholeRejects));
    expect(figuresOf(last.stderr)).toBe(figuresOf(uninterrupted.stderr));
    expect(figuresOf(last.stderr)).toBeDefined();
    expect(leftovers()).toEqual([]);
  });
});

/** Starts a run and ends it when it has a checkpoint. */
async function interrupted(out: string, signal: NodeJS.Signals, ...args: string[]) {
  const { process: child, result } = startCommand([...ARGS, ...args, "-o", out]);
  while (child.exitCode === null && !existsSync(`${out}.partial.journal`)) {
    await sleep(2);
  }
  child.kill(signal);
  return result;
}

describe("a run that is ended by a signal", { timeout: TIMEOUT }, () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends after a whole block with status %d, and says how to go on", async (signal, status) => {
    const out = `${folder}/${signal}.csv`;
    const ended = await interrupted(out, signal);
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain(`ended by ${signal} after`);
    expect(ended.stderr).toContain(`${out}.partial has what was written; --resume goes on from there`);
    expect(existsSync(out)).toBe(false);
    const { checkpoint } = JSON.parse(readFileSync(`${out}.partial.journal`, "utf8"));
    expect(readFileSync(`${out}.partial`)).toHaveLength(checkpoint.outputBytes);
    const resumed = await runCommand([...ARGS, "-o", out, "--resume"]);
    expect(resumed.stderr).toMatch(/resumed after [\d,]+ rows/);
    expect(resumed.status).toBe(1);
  });

  it("waits no longer for a pipe that stays open, and promises nothing", async () => {
    const out = `${folder}/pipe.csv`;
    const args = ["predict", "-m", MODEL, "-d", "-", "--format", "csv", "-o", out];
    const { process: child, result } = startCommand(args, csvOf("3.4.1/breast-cancer"), true);
    while (child.exitCode === null && !existsSync(`${out}.partial`)) {
      await sleep(2);
    }
    child.kill("SIGINT");
    const { status, stderr } = await result;
    expect(status).toBe(130);
    expect(stderr).toBe("xgboost-infer: ended by SIGINT after 0 rows\n");
    rmSync(`${out}.partial`);
  });
});

describe("--resume", { timeout: TIMEOUT }, () => {
  it("starts from the beginning where there is nothing to resume, and says so", async () => {
    const { status, stderr } = await runCommand([...ARGS, "-o", `${folder}/new.csv`, "--resume"]);
    expect(status).toBe(1);
    expect(stderr).toContain("there is nothing to resume: starts from the beginning");
  });

  it("names what differs from the run that was interrupted", async () => {
    const out = `${folder}/differs.csv`;
    await interrupted(out, "SIGKILL");
    const resume = (args: readonly string[]) => runCommand([...args, "-o", out, "--resume"]);
    const other = [
      "predict",
      "-m",
      modelPath("3.4.1/breast-cancer").replace(/json$/, "ubj"),
      ...ARGS.slice(3),
    ];
    const [model, output] = await Promise.all([resume(other), resume([...ARGS, "--output", "margin"])]);
    expect(model.status).toBe(2);
    expect(model.stderr).toMatch(
      /not the run that was interrupted: model was sha256 \w+, now sha256 \w+\. Start/,
    );
    expect(output.status).toBe(2);
    expect(output.stderr).toMatch(/: --output was value, now margin\. Start/);
    utimesSync(DATA, new Date(0), new Date(1e9));
    const data = await resume(ARGS);
    expect(data.stderr).toMatch(/: time of the data was .*, now 1970-01-12T13:46:40.000Z/);
    expect(existsSync(out)).toBe(false);
    const anew = await runCommand([...ARGS, "-q", "-o", out]);
    expect(anew.status).toBe(1);
    expect(existsSync(out)).toBe(true);
  });

  it("refuses an output that is shorter than the journal says, and a journal that is none", async () => {
    const out = `${folder}/short.csv`;
    await interrupted(out, "SIGKILL");
    writeFileSync(`${out}.partial`, "id,score\n");
    const short = await runCommand([...ARGS, "-o", out, "--resume"]);
    expect(short.status).toBe(2);
    expect(short.stderr).toMatch(/partial has 9 bytes, expected at least \d+/);
    writeFileSync(`${out}.partial.journal`, "{");
    const broken = await runCommand([...ARGS, "-o", out, "--resume"]);
    expect(broken.status).toBe(2);
    expect(broken.stderr).toMatch(/is not a journal of this version/);
    rmSync(`${out}.partial`);
    rmSync(`${out}.partial.journal`);
  });

  it("gives names that a killed run could not give any more", async () => {
    const out = `${folder}/named.csv`;
    const rejects = `${folder}/named-rejects.csv`;
    await interrupted(out, "SIGKILL", "--rejects", rejects);
    // As if it had been killed between its last checkpoint and the names.
    const journal = `${out}.partial.journal`;
    const content = JSON.parse(readFileSync(journal, "utf8"));
    const { outputBytes, rejectBytes } = content.checkpoint;
    writeFileSync(`${out}.partial`, readFileSync(`${out}.partial`).subarray(0, outputBytes));
    writeFileSync(rejects, readFileSync(`${rejects}.partial`).subarray(0, rejectBytes));
    rmSync(`${rejects}.partial`);
    writeFileSync(
      journal,
      JSON.stringify({ ...content, checkpoint: { ...content.checkpoint, whole: true } }),
    );
    const resumed = await runCommand([...ARGS, "--rejects", rejects, "-o", out, "--resume"]);
    expect(resumed.stderr).toMatch(/ rows, [\d,]+ refused/);
    expect(resumed.status).toBe(1);
    expect(readFileSync(out)).toHaveLength(outputBytes);
    expect(leftovers()).toEqual([]);
  });
});

describe("standard output", { timeout: TIMEOUT }, () => {
  it("may be closed before the end, quietly", async () => {
    const { process: child, result } = startCommand([...ARGS, "-q"]);
    child.stdout!.once("data", () => child.stdout!.destroy());
    const { status, stderr } = await result;
    expect(status).toBe(141);
    expect(stderr).toBe("");
  });
});
