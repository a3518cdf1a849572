/** Rows of the matrix that run a program: Node, Deno, Bun. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { packFile, project } from "./project.mjs";
import { Unavailable } from "./report.mjs";

const TIME_LIMIT_MS = 300_000;

/**
 * @param {string} program
 * @param {readonly string[]} [flags]
 * @param {string} [entry] relative to the project
 * @returns {import("./report.mjs").Report}
 */
export function runProgram(program, flags = [], entry = "entries/program.mjs") {
  const version = versionOf(program);
  const { status, signal, stdout, stderr } = spawnSync(program, [...flags, entry, packFile], {
    cwd: project,
    encoding: "utf8",
    timeout: TIME_LIMIT_MS,
    // Nothing may be fetched, nor be asked of whoever sits at the terminal.
    stdio: ["ignore", "pipe", "pipe"],
  });
  const line = stdout.trim().split("\n").at(-1) ?? "";
  if (status !== 0 || !line.startsWith("{")) {
    throw new Error(`ended with ${status ?? signal}: ${stderr.trim().slice(-2000)}`);
  }
  return { ...JSON.parse(line), version };
}

/** @param {string} program */
function versionOf(program) {
  if (program.startsWith("/") && !existsSync(program)) {
    throw new Unavailable(`no package for ${process.platform}-${process.arch} is installed`);
  }
  const { error, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  if (error) {
    throw new Unavailable(`cannot be started: ${error.message}`);
  }
  return /\d[\w.-]*/.exec(stdout)?.[0] ?? "";
}
