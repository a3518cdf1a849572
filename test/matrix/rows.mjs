/** The rows of the runtime matrix. */
import { IMPORT_MAP, pageWith, visit } from "./browser.mjs";
import { BUNDLERS, bundle, bundleClassic } from "./bundlers.mjs";
import { runEdgeRuntime, runWorkerd } from "./isolates.mjs";
import { runProgram } from "./programs.mjs";
import { runtimePath } from "./project.mjs";

/** @typedef {import("./report.mjs").Report} Report */
/**
 * `note`: what the reader of the table should know.
 * @typedef {{ name: string, note?: string, run: () => Report | Promise<Report> }} Row
 */

const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};
/** Neither WebAssembly nor code made of text, nor anything of other places. */
const STRICT_POLICY = { "content-security-policy": "default-src 'self'" };
/** Nothing is fetched: the package lies in `node_modules`. */
const DENO_FLAGS = [
  "run",
  "--cached-only",
  "--no-remote",
  "--no-prompt",
  "--allow-read",
  "--allow-env",
  "--allow-sys",
];

/** @type {readonly Row[]} */
const PROGRAMS = [
  {
    name: "Node, the least version",
    run: () => runProgram(runtimePath("node-20.19.0/bin/node")),
  },
  { name: "Node 20", note: "the one that runs the tests", run: () => runProgram(process.execPath) },
  { name: "Node 22", run: () => runProgram(runtimePath("node-22/bin/node")) },
  { name: "Node 24", run: () => runProgram(runtimePath("node-24/bin/node")) },
  {
    name: "Deno",
    note: "package in `node_modules`",
    run: () => runProgram(runtimePath("@deno/linux-x64-glibc/deno"), DENO_FLAGS),
  },
  { name: "Bun", run: () => runProgram(runtimePath("@oven/bun-linux-x64-baseline/bin/bun"), ["run"]) },
];

const plainPage = pageWith("/entries/page.mjs", { map: IMPORT_MAP });

/** @type {readonly Row[]} */
const PAGES = [
  {
    name: "Chromium, page without a bundler",
    note: "import map",
    run: () => visit({ html: plainPage }),
  },
  {
    name: "Chromium, cross-origin isolated page",
    note: "workers share memory",
    run: () => visit({ html: plainPage, headers: ISOLATED }),
  },
  {
    name: "Chromium, dedicated worker",
    note: "without a bundler; starts workers of its own",
    run: () => visit({ html: pageWith("/entries/page-with-worker.mjs") }),
  },
  {
    name: "Chromium, service worker",
    note: "without a bundler; such a worker cannot start others",
    run: () =>
      visit({
        html: pageWith("/entries/page-with-service-worker.mjs"),
        headers: { "service-worker-allowed": "/" },
      }),
  },
  {
    name: "Chromium, policy without WebAssembly and `eval`",
    note: "`default-src 'self'`",
    run: async () =>
      visit({
        html: pageWith("/main.js"),
        folder: await bundle("esbuild", "browser"),
        headers: STRICT_POLICY,
      }),
  },
  {
    name: "Chromium, classic script",
    note: "esbuild, `iife`; `createWorker` says where the workers' script is",
    run: async () => visit({ html: pageWith("/main.js", { classic: true }), folder: await bundleClassic() }),
  },
];

/** @type {readonly Row[]} */
const ISOLATES = [
  {
    name: "workerd (Cloudflare Workers)",
    note: "forbids WebAssembly from bytes; has no workers",
    run: runWorkerd,
  },
  {
    name: "Edge Runtime (Vercel)",
    note: "web-standard globals alone; has no workers",
    run: runEdgeRuntime,
  },
];

/** What to know of workers in a bundle for Node. */
const NOTES_OF_NODE = {
  esbuild: "`createWorker` says where the workers' script is",
  Vite: "`createWorker` says where the workers' script is",
  webpack: "finds the workers' script itself",
};

/** @type {readonly Row[]} */
const BUNDLED = Object.keys(BUNDLERS).flatMap((name) => [
  {
    name: `${name}, in Node`,
    note: NOTES_OF_NODE[/** @type {keyof typeof NOTES_OF_NODE} */ (name)],
    run: async () => runProgram(process.execPath, [], `${await bundle(name, "node")}/main.js`),
  },
  {
    name: `${name}, in Chromium`,
    note:
      name === "esbuild"
        ? "the workers' script is a second entry, `worker.js`"
        : "finds the workers' script itself",
    run: async () => visit({ html: pageWith("/main.js"), folder: await bundle(name, "browser") }),
  },
]);

/** @type {readonly Row[]} */
export const ROWS = [...PROGRAMS, ...PAGES, ...ISOLATES, ...BUNDLED];
