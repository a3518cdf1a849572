/** Rows of the matrix that run in Chromium: a server hands out the project, the page posts its report. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { project } from "./project.mjs";
import { Unavailable } from "./report.mjs";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const TIME_LIMIT_MS = 300_000;
const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json" };
const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  // Errors of pages, for the reason of a row that fails.
  "--enable-logging=stderr",
];

/** Names for what a page without a bundler imports. */
export const IMPORT_MAP = {
  imports: {
    "xgboost-infer": "/node_modules/xgboost-infer/dist/index.js",
    ...Object.fromEntries(
      ["certificate", "convert", "executor", "explain"].map((name) => [
        `xgboost-infer/${name}`,
        `/node_modules/xgboost-infer/dist/${name}.js`,
      ]),
    ),
    "xgboost-infer/browser": "/node_modules/xgboost-infer/dist/browser/index.js",
  },
};

/** @typedef {{ html: string, folder?: string, headers?: Record<string, string> }} Page */

/**
 * A page whose only content is a script.
 * @param {string} src
 * @param {{ classic?: boolean, map?: object }} [options]
 */
export function pageWith(src, { classic = false, map } = {}) {
  const names = map === undefined ? "" : `<script type="importmap">${JSON.stringify(map)}</script>`;
  return `<!doctype html><meta charset="utf-8">${names}<script${classic ? "" : ' type="module"'} src="${src}"></script>`;
}

/**
 * @param {Page} page
 * @returns {Promise<import("./report.mjs").Report>}
 */
export async function visit(page) {
  if (!existsSync(CHROMIUM)) {
    throw new Unavailable(`there is no ${CHROMIUM}; Debian's package chromium has it`);
  }
  const { promise, resolve } = waiting();
  const server = serve(page, resolve);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const profile = mkdtempSync(join(tmpdir(), "xgboost-infer-matrix-"));
  const flags = [...FLAGS, `--user-data-dir=${profile}`, `http://localhost:${port}/`];
  // In a group of its own: its helpers would go on to write into the profile.
  const browser = spawn(CHROMIUM, flags, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  let log = "";
  browser.stderr.on("data", (text) => {
    log += text;
  });
  const limit = setTimeout(() => resolve(undefined), TIME_LIMIT_MS);
  const text = await promise;
  clearTimeout(limit);
  const ended = once(browser, "exit");
  process.kill(-(browser.pid ?? 0), "SIGKILL");
  await ended;
  server.close();
  server.closeAllConnections();
  rmSync(profile, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 });
  const report = text === undefined ? { failed: `no report; ${consoleOf(log)}` } : JSON.parse(text);
  if (report.failed !== undefined) {
    throw new Error(report.failed);
  }
  return { ...report, version: versionOfChromium() };
}

/** @returns {{ promise: Promise<string | undefined>, resolve: (text: string | undefined) => void }} */
function waiting() {
  /** @type {(text: string | undefined) => void} */
  let resolve = () => undefined;
  const promise = new Promise((/** @type {typeof resolve} */ done) => {
    resolve = done;
  });
  return { promise, resolve: (text) => resolve(text) };
}

/**
 * @param {Page} page
 * @param {(report: string) => void} done
 */
function serve({ html, folder = project, headers = {} }, done) {
  return createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/report") {
      const parts = [];
      for await (const part of request) {
        parts.push(part);
      }
      response.end();
      done(Buffer.concat(parts).toString());
      return;
    }
    const file = [folder, project].map((each) => join(each, pathname)).find(isFile);
    const type = TYPES[/** @type {keyof typeof TYPES} */ (extname(pathname))] ?? "application/octet-stream";
    const found = pathname === "/" ? html : file && readFileSync(file);
    response.writeHead(found === undefined ? 404 : 200, {
      "content-type": pathname === "/" ? "text/html" : type,
      ...headers,
    });
    response.end(found);
  });
}

/** @param {string} path */
function isFile(path) {
  return existsSync(path) && statSync(path).isFile();
}

/** @param {string} log */
function consoleOf(log) {
  const lines = log.split("\n").filter((line) => line.includes("CONSOLE"));
  return lines.slice(0, 5).join("\n") || "nothing on the page's console";
}

function versionOfChromium() {
  const { stdout } = spawnSync(CHROMIUM, ["--version"], { encoding: "utf8" });
  return /\d[\d.]*/.exec(stdout)?.[0] ?? "";
}
