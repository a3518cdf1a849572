/** What the other tools share: the repository's root, running a program, installing the development packages. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs a program in the repository's root with its output on this terminal.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, allowFailure?: boolean }} [options]
 * @returns {number} the exit status; a failure ends this process unless it is allowed
 */
export function run(command, args, { cwd = root, allowFailure = false } = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (error) {
    throw error;
  }
  if (status !== 0 && !allowFailure) {
    process.exit(status ?? 1);
  }
  return status ?? 1;
}

/** Installs the locked development packages, unless this very lockfile was installed already. */
export function install() {
  const stamp = `${root}node_modules/.xgboost-infer-lock`;
  const lock = createHash("sha256")
    .update(readFileSync(`${root}package-lock.json`))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) {
    return;
  }
  console.log("Installing the development packages …");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  mkdirSync(`${root}node_modules`, { recursive: true });
  writeFileSync(stamp, lock);
}

/**
 * Path of a program of an installed package.
 * @param {string} name
 */
export function bin(name) {
  return `${root}node_modules/.bin/${name}`;
}
