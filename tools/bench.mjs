/**
 * `npm run bench`: bundles `bench/bench.ts`, runs it, and puts its table into the README. With --quick: a short run, whose
 * numbers stay out of the README.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { install, root, run } from "./run.mjs";

install();
await build({
  entryPoints: [`${root}bench/bench.ts`],
  outfile: `${root}.cache/bench.mjs`,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
});
run(process.execPath, [`${root}.cache/bench.mjs`, ...process.argv.slice(2)]);

if (!process.argv.includes("--quick")) {
  const table = readFileSync(`${root}bench/results/latest.md`, "utf8").trim();
  const readme = readFileSync(`${root}README.md`, "utf8");
  const block = /(<!-- bench -->\n)[\s\S]*?(<!-- end of bench -->)/;
  writeFileSync(
    `${root}README.md`,
    readme.replace(block, (_, begin, end) => `${begin}${table}\n${end}`),
  );
}
