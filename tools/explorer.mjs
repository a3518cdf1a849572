/** The explorer page: builds it, holds its size under a limit, and serves it. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { policyOf, servePage } from "./page-server.mjs";
import { bin, root, run } from "./run.mjs";

const FOLDER = `${root}packages/explorer/`;
const DIST = `${FOLDER}dist/`;

/** Gzipped bytes of JavaScript before a view is opened; the engine has 50,000 of these. 300,000 are promised. */
const SIZE_LIMIT = 90_000;

export function buildExplorer() {
  run(bin("vite"), ["build", FOLDER, "--logLevel", "warn"]);
}

/** Scripts that the page names, and those that browsers load with them. */
export function measureExplorer() {
  const page = readFileSync(`${DIST}index.html`, "utf8");
  const scripts = [...page.matchAll(/(?:src|href)="\.\/([^"]+\.js)"/g)].map((match) => match[1] ?? "");
  const gzipped = scripts
    .map((path) => gzipSync(readFileSync(DIST + path), { level: 9 }).length)
    .reduce((sum, each) => sum + each, 0);
  return { scripts, gzipped, limit: SIZE_LIMIT };
}

/** The policy that the page itself carries. */
export function pagePolicy() {
  return policyOf(DIST);
}

/**
 * Serves the built page on this machine alone.
 * @param {number} port 0 for any that is free
 */
export function serveExplorer(port) {
  return servePage(DIST, port);
}
