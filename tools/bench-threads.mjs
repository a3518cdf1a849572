/** `npm run bench:threads`: bundles `bench/threads.ts` and, beside it, the script of the workers; runs it. */
import { build } from "esbuild";
import { install, root, run } from "./run.mjs";

install();
const folder = `${root}.cache/bench-threads`;
await build({
  entryPoints: { threads: `${root}bench/threads.ts`, worker: `${root}src/node/worker.ts` },
  outdir: folder,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
});
run(process.execPath, [`${folder}/threads.js`, ...process.argv.slice(2)]);
