/** `npm run build`: compiles `src/` to `dist/` and holds the size of the root entry under its limit. */
import { rmSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { bin, install, root, run } from "./run.mjs";

/**
 * Minified and gzipped bytes of the root entry: what a page pays for parsing and predicting (28,000) and for explanations,
 * which `predict` gives without waiting and which cannot be loaded later therefore: 7,400, a fifth of it their kernel.
 */
const SIZE_LIMIT = 35_500;

export async function build() {
  install();
  const { buildKernels } = await import("./build-kernel.mjs");
  await buildKernels();
  rmSync(`${root}dist`, { recursive: true, force: true });
  run(bin("tsc"), ["-p", "tsconfig.build.json"]);
}

export async function measureSize() {
  const { build: bundle } = await import("esbuild");
  const { outputFiles } = await bundle({
    entryPoints: [`${root}dist/index.js`],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  return { minified: code.length, gzipped: gzipSync(code, { level: 9 }).length, limit: SIZE_LIMIT };
}

if (process.argv[1] === import.meta.filename) {
  await build();
  const { minified, gzipped, limit } = await measureSize();
  console.log(`dist/index.js: ${minified} bytes minified, ${gzipped} bytes gzipped (limit ${limit})`);
  process.exitCode = gzipped > limit ? 1 : 0;
}
