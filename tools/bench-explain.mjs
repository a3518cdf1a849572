/**
 * `npm run bench:explain`: SHAP contributions of this package beside XGBoost and hessboost, where Python and Rust are to be
 * had; see `bench/explain.ts`. With --quick: a short run, whose results go to bench/results/quick.explain.*
 */
import { mkdirSync } from "node:fs";
import { build } from "esbuild";
import { cache, failures, setUpPython, setUpRust } from "./rivals.mjs";
import { install, root, run } from "./run.mjs";

install();
mkdirSync(`${cache}explain`, { recursive: true });
const setup = {
  python: setUpPython(),
  python32: setUpPython("requirements-3.2"),
  rust: setUpRust(),
  failures,
};
await build({
  entryPoints: { explain: `${root}bench/explain.ts`, "explain-ours": `${root}bench/explain-ours.ts` },
  outdir: cache,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
});
run(process.execPath, [`${cache}explain.mjs`, JSON.stringify(setup), ...process.argv.slice(2)]);
