/**
 * `npm run bench:scaling`: bundles `bench/scaling.ts` and the programs that it runs in processes of their own; runs it.
 * PYTHON may name a program that has XGBoost; else the one of `npm run bench:native` is taken, where that has run.
 */
import { existsSync } from "node:fs";
import { build } from "esbuild";
import { install, root, run } from "./run.mjs";

install();
const folder = `${root}.cache/bench-scaling`;
await build({
  entryPoints: ["scaling", "memory-child", "load-child"].map((name) => `${root}bench/${name}.ts`),
  outdir: folder,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
});
const program = process.platform === "win32" ? "Scripts/python.exe" : "bin/python";
const known = [`${root}.cache/rivals-venv/${program}`, `${root}fixtures/.venvs/3.4.1/${program}`];
process.env["PYTHON"] ??= known.find((each) => existsSync(each)) ?? "";
run(process.execPath, [`${folder}/scaling.js`, ...process.argv.slice(2)]);
