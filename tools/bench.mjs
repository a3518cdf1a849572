/** `npm run bench`: bundles `bench/bench.ts` and runs it. Arguments go to it; --quick shortens the run. */
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
