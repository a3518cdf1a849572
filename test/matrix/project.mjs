/** What the rows of the matrix run: the packed package in a project of its own, the suite beside it, and the runtimes. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const root = new URL("../../", import.meta.url).pathname;
const cache = `${root}.cache/matrix/`;
export const project = `${cache}project/`;
export const packFile = `${project}pack.json`;
const installed = `${cache}runtimes/`;

/** Packs and installs the package, and lays the suite and what it checks beside it. */
export async function makeProject() {
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  npm(["pack", "--pack-destination", project], root);
  const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"));
  writeFileSync(`${project}package.json`, '{ "name": "matrix", "private": true, "type": "module" }\n');
  npm(["install", `./${tarball}`], project);
  cpSync(`${root}test/matrix/suite.mjs`, `${project}suite.mjs`);
  cpSync(`${root}test/matrix/entries`, `${project}entries`, { recursive: true });
  writeFileSync(packFile, await makePackText());
}

/** `pack.ts` needs a compiler; where its output lies, the fixtures are as far off as from its source. */
export async function makePackText() {
  const outfile = `${cache}pack.mjs`;
  const entryPoints = [`${root}test/matrix/pack.ts`];
  await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm" });
  /** @type {{ makePack: () => string }} */
  const { makePack } = await import(outfile);
  return makePack();
}

/**
 * Installs the runtimes and bundlers, unless these very ones are there.
 * @returns {string} why that failed, or nothing
 */
export function installRuntimes() {
  const lock = readFileSync(`${root}test/matrix/runtimes/package-lock.json`, "utf8");
  const hash = createHash("sha256").update(lock).digest("hex");
  const stamp = `${installed}.installed`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) {
    return "";
  }
  rmSync(installed, { recursive: true, force: true });
  cpSync(`${root}test/matrix/runtimes`, installed, { recursive: true });
  try {
    // Their scripts would only look for what is in their packages.
    npm(["ci", "--ignore-scripts"], installed);
  } catch (error) {
    return String(error);
  }
  writeFileSync(stamp, hash);
  return "";
}

/**
 * A file or folder of an installed package.
 * @param {string} path
 */
export function runtimePath(path) {
  return `${installed}node_modules/${path}`;
}

/**
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function npm(args, cwd) {
  const { status, stderr } = spawnSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    encoding: "utf8",
  });
  if (status !== 0) {
    throw new Error(`npm ${args[0]} failed: ${stderr.trim().split("\n").at(0)}`);
  }
}
