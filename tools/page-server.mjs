/** Serves the files of a page on this machine alone. */
import { once } from "node:events";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, resolve, sep } from "node:path";

const HOST = "127.0.0.1";

/** Of the files that pages consist of; browsers refuse scripts and modules of WebAssembly with another type. */
const TYPES = /** @type {Readonly<Record<string, string>>} */ ({
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
});

/** With these, workers share memory, and the page's policy holds for them, too. */
const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

/**
 * The policy that a page carries; nothing where it has none.
 * @param {string} folder
 */
export function policyOf(folder) {
  const page = readFileSync(join(folder, "index.html"), "utf8");
  const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page) ?? [];
  return policy.replaceAll("&#39;", "'");
}

/**
 * @param {string} path
 * @param {number} wanted 0 for any port that is free
 * @returns {Promise<{ port: number, address: string, close(): void }>}
 */
export async function servePage(path, wanted) {
  const folder = resolve(path);
  const policy = policyOf(folder);
  const headers = policy === "" ? HEADERS : { ...HEADERS, "content-security-policy": policy };
  const server = createServer((request, response) => {
    const file = fileOf(folder, request.url ?? "/");
    if (file === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
      response
        .writeHead(file === undefined ? 404 : 405, { ...headers, "content-type": TYPES[".txt"] })
        .end("not found\n");
      return;
    }
    response.writeHead(200, {
      ...headers,
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-length": statSync(file).size,
    });
    if (request.method === "HEAD") {
      response.end();
    } else {
      createReadStream(file).pipe(response);
    }
  });
  server.listen(wanted, HOST);
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    port,
    address: `http://localhost:${port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * The file of a URL, or nothing: whatever the path says, it stays within the folder.
 * @param {string} folder
 * @param {string} url
 */
function fileOf(folder, url) {
  let path;
  try {
    path = normalize(join(folder, decodeURIComponent(new URL(url, "http://page").pathname)));
  } catch {
    return undefined;
  }
  if (path !== folder && !path.startsWith(folder + sep)) {
    return undefined;
  }
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "index.html") : path;
  return existsSync(file) && statSync(file).isFile() ? file : undefined;
}
