/** `npm run build`: compiles `src/` to `dist/`, bundles the entries with code of others, and holds the sizes of the entries under limits. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { buildExplorer, measureExplorer } from "./explorer.mjs";
import { bin, install, root, run } from "./run.mjs";

/**
 * Minified and gzipped bytes of each entry: what a page pays for it. The other entries come on top of the root entry. Of the
 * latter, contributions have 11,400, which `predict` gives without waiting and which cannot be loaded later therefore: a kernel
 * with its tables for each of XGBoost's two algorithms, as files of all releases before 3.3 want the older one. Ranks with
 * their kernel have 5,500; Arrow tables 1,200, as those who have one would otherwise copy it to hand it over; reading trees one at a
 * time 700, which halves the memory that loading takes. Of the executor, YAML has 30,000: a reader of half that size knows no lines.
 */
const SIZE_LIMITS = { index: 50_500, explain: 34_000, executor: 37_000, convert: 9_000, certificate: 4_000 };

/** Modules of the root entry that other entries import. @type {Readonly<Record<string, string[]>>} */
const OF_ROOT = {
  executor: ["./errors.js", "./predict/*"],
  convert: ["../errors.js", "../model/*", "../objective/*", "../parse/*"],
  certificate: ["../errors.js", "../parse/text.js"],
};

/** Entries that are one file each, and the packages whose code is in it. */
const BUNDLED = {
  explain: ["d3-array", "d3-color", "d3-format", "d3-hierarchy", "d3-interpolate", "d3-scale", "internmap"],
  executor: ["yaml"],
};

export async function build() {
  install();
  const { buildKernels } = await import("./build-kernel.mjs");
  await buildKernels();
  rmSync(`${root}dist`, { recursive: true, force: true });
  // What needs Node's types comes first: the rest is written once more, by a compiler that knows of no platform.
  run(bin("tsc"), ["-p", "tsconfig.node.json"]);
  run(bin("tsc"), ["-p", "tsconfig.build.json"]);
  for (const entry of /** @type {(keyof typeof BUNDLED)[]} */ (Object.keys(BUNDLED))) {
    await bundleEntry(entry);
  }
  for (const name of packages()) {
    rmSync(`${root}packages/${name}/dist`, { recursive: true, force: true });
    run(bin("tsc"), ["-p", `packages/${name}/tsconfig.build.json`]);
  }
  buildExplorer();
}

/** Folders of `packages/`, each a package that is compiled by itself. */
function packages() {
  return readdirSync(`${root}packages`).filter((name) =>
    existsSync(`${root}packages/${name}/tsconfig.build.json`),
  );
}

/**
 * Puts an entry and what it uses of other packages into one file, so that the package needs no dependency. Modules of the core
 * stay imports: classes of errors and of boosters are the same ones in all entries.
 * @param {keyof typeof BUNDLED} entry
 */
async function bundleEntry(entry) {
  const { build: bundle } = await import("esbuild");
  const { metafile } = await bundle({
    entryPoints: [`${root}dist/${entry}.js`],
    outfile: `${root}dist/${entry}.js`,
    allowOverwrite: true,
    bundle: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    banner: {
      js: `/*! Includes ${BUNDLED[entry].length > 1 ? "parts of d3" : BUNDLED[entry]}, ISC licence: see ${entry}.LICENSE.txt */`,
    },
    plugins: [coreStaysOutside(entry)],
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const paths = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  const found = new Set(paths.map((path) => /node_modules\/([^/]+)\//.exec(path)?.[1] ?? entry));
  const unexpected = [...found].filter((name) => name !== entry && !BUNDLED[entry].includes(name));
  const core = paths.filter((path) => /^dist\//.test(path) && !path.startsWith(`dist/${entry}`));
  if (unexpected.length > 0 || core.length > 0) {
    throw new Error(`dist/${entry}.js took in ${[...unexpected, ...core].join(", ")}`);
  }
  for (const name of readdirSync(`${root}dist/${entry}`).filter((each) => /\.js(\.map)?$/.test(each))) {
    rmSync(`${root}dist/${entry}/${name}`);
  }
  const licences = BUNDLED[entry]
    .filter((name) => found.has(name))
    .map((name) => `${name}\n\n${readFileSync(`${root}node_modules/${name}/LICENSE`, "utf8").trim()}\n`);
  writeFileSync(`${root}dist/${entry}.LICENSE.txt`, licences.join("\n\n"));
}

/**
 * Leaves imports of the core from the folder of an entry as they are, but for the entry's own place.
 * @param {string} entry
 * @returns {import("esbuild").Plugin}
 */
function coreStaysOutside(entry) {
  return {
    name: "core",
    setup(api) {
      api.onResolve({ filter: /^\.\.\// }, ({ path, importer }) =>
        importer.startsWith(`${root}dist/${entry}/`) ? { path: path.slice(1), external: true } : undefined,
      );
    },
  };
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
    // What these need of the core, the root entry has.
    external: OF_ROOT[entry] ?? [],
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
  const { gzipped, limit } = measureExplorer();
  console.log(
    `packages/explorer: ${gzipped} bytes of JavaScript gzipped before a view is opened (limit ${limit})`,
  );
  process.exitCode = gzipped > limit ? 1 : process.exitCode;
}
