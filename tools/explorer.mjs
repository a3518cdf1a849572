/** The explorer page: builds it, holds its size under a limit, and serves it. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, normalize } from "node:path";
import { gzipSync } from "node:zlib";
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

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** With these, workers share memory, and the page's policy holds for them, too. */
const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

/** The policy that the page itself carries. */
export function pagePolicy() {
  const page = readFileSync(`${DIST}index.html`, "utf8");
  const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page) ?? [];
  return policy.replaceAll("&#39;", "'");
}

/**
 * Serves the built page on this machine alone.
 * @param {number} port 0 for any that is free
 * @returns {Promise<{ address: string, close(): void }>}
 */
export async function serveExplorer(port) {
  const policy = pagePolicy();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = normalize(decodeURIComponent(pathname === "/" ? "/index.html" : pathname)).slice(1);
    const type = TYPES[extname(path)];
    const found = type !== undefined && !path.startsWith("..") && existsSync(DIST + path);
    response.writeHead(found ? 200 : 404, {
      ...HEADERS,
      "content-security-policy": policy,
      "content-type": found ? type : "text/plain",
    });
    response.end(found ? readFileSync(DIST + path) : "not found");
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(undefined));
  });
  const { port: taken } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    address: `http://localhost:${taken}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
