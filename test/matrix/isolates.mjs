/** Rows of the matrix in isolates of edge platforms: nothing there but web standards, the pack and the code in one file. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { build } from "esbuild";
import { packFile, project, runtimePath } from "./project.mjs";
import { Unavailable } from "./report.mjs";

const START_LIMIT_MS = 30_000;
const BATCHES = 50;

/** Cloudflare's runtime, which its Workers run in. */
export async function runWorkerd() {
  const program = runtimePath("@cloudflare/workerd-linux-64/bin/workerd");
  if (!existsSync(program)) {
    throw new Unavailable(`no package for ${process.platform}-${process.arch} is installed`);
  }
  const folder = `${project}workerd/`;
  mkdirSync(folder, { recursive: true });
  await bundleEdge("esm", `${folder}edge.js`, ["pack"]);
  writeFileSync(`${folder}pack.json`, readFileSync(packFile));
  writeFileSync(`${folder}config.capnp`, CONFIG);
  const address = `127.0.0.1:${await freePort()}`;
  const server = spawn(program, ["serve", "config.capnp", `--socket-addr=http=${address}`], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    await answers(`http://${address}/rate?times=0`);
    const ask = async (/** @type {string} */ path) => (await fetch(`http://${address}${path}`)).json();
    return await reportOf(ask, versionOf("@cloudflare/workerd-linux-64"));
  } finally {
    server.kill();
  }
}

/** Vercel's runtime: a context of Node's engine with the globals of its Edge Functions. */
export async function runEdgeRuntime() {
  const outfile = `${project}edge-runtime.js`;
  await bundleEdge("iife", outfile, []);
  const { EdgeVM } = createRequire(runtimePath("@edge-runtime/vm/"))("@edge-runtime/vm");
  const isolate = new EdgeVM({ codeGeneration: { strings: false, wasm: true } });
  isolate.evaluate(readFileSync(outfile, "utf8"));
  const ask = async (/** @type {string} */ path) => {
    const response = await isolate.evaluate(`edge.default.fetch(new Request("http://edge${path}"))`);
    return response.json();
  };
  return reportOf(ask, versionOf("@edge-runtime/vm"));
}

/**
 * @param {(path: string) => Promise<any>} ask
 * @param {string} version
 * @returns {Promise<import("./report.mjs").Report>}
 */
async function reportOf(ask, version) {
  const suite = await ask("/");
  return { ...suite, rate: await rateOf((times) => ask(`/rate?times=${times}`)), pools: {}, version };
}

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .suite)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const suite :Workerd.Worker = (
  modules = [(name = "edge", esModule = embed "edge.js"), (name = "pack", text = embed "pack.json")],
  compatibilityDate = "2026-11-01",
);
`;

/**
 * @param {"esm" | "iife"} format
 * @param {string} outfile
 * @param {string[]} external
 */
async function bundleEdge(format, outfile, external) {
  await build({
    entryPoints: [`${project}entries/edge.mjs`],
    outfile,
    bundle: true,
    format,
    globalName: "edge",
    platform: "browser",
    external,
    alias: external.includes("pack") ? {} : { pack: packFile },
    loader: { ".json": "text" },
  });
}

/**
 * Rows per second, timed from outside: with many batches against with none, so that loading does not count.
 * @param {(times: number) => Promise<{ rows: number }>} score
 */
async function rateOf(score) {
  const timed = async (/** @type {number} */ times) => {
    const start = performance.now();
    const { rows } = await score(times);
    return { rows, ms: performance.now() - start };
  };
  await timed(1);
  const [none, many] = [await timed(0), await timed(BATCHES)];
  return (1000 * many.rows) / (many.ms - none.ms);
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** @param {string} url */
async function answers(url) {
  for (const end = Date.now() + START_LIMIT_MS; ; ) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) {
      return;
    }
    if (Date.now() > end) {
      throw new Error(`no answer within ${START_LIMIT_MS / 1000} s: ${await response?.text()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** @param {string} name */
function versionOf(name) {
  return JSON.parse(readFileSync(runtimePath(`${name}/package.json`), "utf8")).version;
}
