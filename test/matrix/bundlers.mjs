/** Bundles of the suite, as a user's build makes them of the installed package: each bundler with its usual settings. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build as esbuild } from "esbuild";
import { project, runtimePath } from "./project.mjs";

/** Module of a bundler that is installed beside the runtimes. @param {string} name @param {string} path */
const load = (name, path) => import(pathToFileURL(runtimePath(`${name}/${path}`)).href);

/**
 * Each makes a script of an entry in a folder of its own.
 * @typedef {"node" | "browser"} Target
 * @type {Record<string, (target: Target, folder: string) => Promise<unknown>>}
 */
export const BUNDLERS = {
  async esbuild(target, folder) {
    await esbuild({
      // esbuild does not follow `new Worker(new URL(…))`: the worker's script is an entry of its own, here with the name that is
      // looked for beside the page's script.
      entryPoints:
        target === "node"
          ? { main: `${project}entries/bundled-program.mjs`, "pool-worker": "xgboost-infer/node/worker" }
          : { main: `${project}entries/page.mjs`, worker: "xgboost-infer/browser/worker" },
      absWorkingDir: project,
      outdir: folder,
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      platform: target,
    });
  },
  async Vite(target, folder) {
    const { build } = await load("vite", "dist/node/index.js");
    await build({
      root: project,
      configFile: false,
      logLevel: "error",
      base: "./",
      build: {
        outDir: folder,
        target: "es2022",
        ...(target === "node" ? { ssr: true } : {}),
        rollupOptions: {
          input:
            target === "node"
              ? { main: `${project}entries/bundled-program.mjs`, "pool-worker": "xgboost-infer/node/worker" }
              : { main: `${project}entries/page.mjs` },
          output: { entryFileNames: "[name].js" },
        },
      },
      ...(target === "node" ? { ssr: { noExternal: true } } : {}),
      worker: { format: "es" },
    });
  },
  async webpack(target, folder) {
    const webpack = createRequire(runtimePath("webpack/"))("webpack");
    const compiler = webpack({
      context: project,
      mode: "production",
      entry: `./entries/${target === "node" ? "program" : "page"}.mjs`,
      target: target === "node" ? "node20" : "web",
      experiments: { outputModule: true },
      output: { path: folder, filename: "main.js", module: true },
      performance: { hints: false },
    });
    const stats = await new Promise((resolve, reject) => {
      compiler.run((/** @type {Error | null} */ error, /** @type {any} */ result) =>
        error ? reject(error) : resolve(result),
      );
    });
    if (stats.hasErrors()) {
      throw new Error(stats.toString({ all: false, errors: true }));
    }
  },
};

/** A classic script, and one for its workers. */
export async function bundleClassic() {
  const folder = join(project, "out", "classic");
  await esbuild({
    entryPoints: {
      main: `${project}entries/classic.mjs`,
      "pool-worker": "xgboost-infer/browser/worker",
    },
    absWorkingDir: project,
    outdir: folder,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    // A classic script has no address of its own; the package's use of it is not reached, as the page says where its script is.
    logOverride: { "empty-import-meta": "silent" },
  });
  return folder;
}

/**
 * @param {string} name
 * @param {Target} target
 * @returns {Promise<string>} the folder, in which the script is `main.js`
 */
export async function bundle(name, target) {
  const folder = join(project, "out", `${name}-${target}`);
  await BUNDLERS[name]?.(target, folder);
  return folder;
}
