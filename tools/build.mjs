/** `npm run build`: compiles `src/` to `dist/`, bundles the explain entry, and holds the sizes of the entries under limits. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { bin, install, root, run } from "./run.mjs";

/**
 * Minified and gzipped bytes of each entry: what a page pays for it. The explain entry comes on top of the root entry. Of the
 * latter, contributions have 11,400, which `predict` gives without waiting and which cannot be loaded later therefore: a kernel
 * with its tables for each of XGBoost's two algorithms, as files of all releases before 3.3 want the older one. Ranks with
 * their kernel have 5,500.
 */
const SIZE_LIMITS = { index: 46_000, explain: 34_000 };

/** Packages whose code is in dist/explain.js. */
const BUNDLED = [
  "d3-array",
  "d3-color",
  "d3-format",
  "d3-hierarchy",
  "d3-interpolate",
  "d3-scale",
  "internmap",
];

export async function build() {
  install();
  const { buildKernels } = await import("./build-kernel.mjs");
  await buildKernels();
  rmSync(`${root}dist`, { recursive: true, force: true });
  // What needs Node's types comes first: the rest is written once more, by a compiler that knows of no platform.
  run(bin("tsc"), ["-p", "tsconfig.node.json"]);
  run(bin("tsc"), ["-p", "tsconfig.build.json"]);
  await bundleExplain();
}

/**
 * Puts the explain entry and what it uses of d3 into one file, so that the package needs no dependency. Modules of the core
 * stay imports: the error classes are the same ones in both entries.
 */
async function bundleExplain() {
  const { build: bundle } = await import("esbuild");
  const { metafile } = await bundle({
    entryPoints: [`${root}dist/explain.js`],
    outfile: `${root}dist/explain.js`,
    allowOverwrite: true,
    bundle: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    banner: { js: "/*! Includes parts of d3, ISC licence: see explain.LICENSE.txt */" },
    plugins: [
      {
        name: "core",
        setup(api) {
          api.onResolve({ filter: /^\.\.\/errors\.js$/ }, () => ({ path: "./errors.js", external: true }));
        },
      },
    ],
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const paths = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  const found = new Set(paths.map((path) => /node_modules\/([^/]+)\//.exec(path)?.[1] ?? "explain"));
  const unexpected = [...found].filter((name) => name !== "explain" && !BUNDLED.includes(name));
  const core = paths.filter((path) => /^dist\/(?!explain)/.test(path));
  if (unexpected.length > 0 || core.length > 0) {
    throw new Error(`dist/explain.js took in ${[...unexpected, ...core].join(", ")}`);
  }
  for (const name of readdirSync(`${root}dist/explain`).filter((each) => /\.js(\.map)?$/.test(each))) {
    rmSync(`${root}dist/explain/${name}`);
  }
  const licences = BUNDLED.filter((name) => found.has(name)).map(
    (name) => `${name}\n\n${readFileSync(`${root}node_modules/${name}/LICENSE`, "utf8").trim()}\n`,
  );
  writeFileSync(`${root}dist/explain.LICENSE.txt`, licences.join("\n\n"));
}

/** @param {keyof typeof SIZE_LIMITS} entry */
export async function measureSize(entry = "index") {
  const { build: bundle } = await import("esbuild");
  const { outputFiles } = await bundle({
    entryPoints: [`${root}dist/${entry}.js`],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    write: false,
    legalComments: "none",
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  return {
    minified: code.length,
    gzipped: gzipSync(code, { level: 9 }).length,
    limit: SIZE_LIMITS[entry],
  };
}

if (process.argv[1] === import.meta.filename) {
  await build();
  for (const entry of /** @type {(keyof typeof SIZE_LIMITS)[]} */ (Object.keys(SIZE_LIMITS))) {
    const { minified, gzipped, limit } = await measureSize(entry);
    console.log(`dist/${entry}.js: ${minified} bytes minified, ${gzipped} bytes gzipped (limit ${limit})`);
    process.exitCode = gzipped > limit ? 1 : process.exitCode;
  }
}
