/**
 * `npm run bench:tables`: `xgboost-infer predict` beside pandas and pyarrow with XGBoost, on tables of a million rows; see
 * `bench/tables.ts`. With --rows N: other tables, and a record that is not kept.
 */
import { mkdirSync } from "node:fs";
import { build as bundle } from "esbuild";
import { build } from "./build.mjs";
import { cache, failures, setUpPython } from "./rivals.mjs";
import { root, run } from "./run.mjs";

await build();
mkdirSync(`${cache}tables`, { recursive: true });
const setup = {
  python: setUpPython("requirements-tables"),
  failures,
  folder: `${cache}tables/`,
  rivals: `${root}bench/rivals/`,
  command: `${root}packages/cli/bin/xgboost-infer.js`,
};
await bundle({
  entryPoints: { tables: `${root}bench/tables.ts` },
  outdir: cache,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
});
run(process.execPath, [`${cache}tables.mjs`, JSON.stringify(setup), ...process.argv.slice(2)]);
