/** `npm run build`: compiles `src/` to `dist/`, bundles the entries with code of others, and holds the sizes of the entries under limits. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuilt, stampBuild } from "./build-stamp.mjs";
import { buildExplorer, measureExplorer } from "./explorer.mjs";
import { bin, install, root, run } from "./run.mjs";

/** Entries with code of other packages, and those packages. */
const BUNDLED = {
  explain: ["d3-array", "d3-color", "d3-format", "d3-hierarchy", "d3-interpolate", "d3-scale", "internmap"],
  executor: ["yaml"],
};

/** Builds unless what is there is built of the same sources. */
export async function build() {
  install();
  if (!isBuilt()) {
    await buildAnew();
    stampBuild();
  }
}

async function buildAnew() {
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
 * Entries of which most use a part: each of their modules stays a file of its own, as bundlers leave out files as a whole. Code of
 * others keeps statements that a bundler cannot prove idle: the response curves alone had 31 kB in one file, and have 5.
 */
const SPLIT = new Set(["explain"]);

/**
 * Puts what an entry uses of other packages into its files, so that the package needs no dependency; the executor becomes one file. Modules of
 * the core stay imports: classes of errors and of boosters are the same ones in all entries.
 * @param {keyof typeof BUNDLED} entry
 */
async function bundleEntry(entry) {
  const { build: bundle } = await import("esbuild");
  const modules = readdirSync(`${root}dist/${entry}`).filter((each) => each.endsWith(".js"));
  const split = SPLIT.has(entry);
  const { metafile } = await bundle({
    entryPoints: [
      `${root}dist/${entry}.js`,
      ...(split ? modules.map((name) => `${root}dist/${entry}/${name}`) : []),
    ],
    outdir: `${root}dist`,
    outbase: `${root}dist`,
    splitting: split,
    chunkNames: `${entry}/part-[hash]`,
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
    plugins: [coreStaysOutside(entry, split)],
  });
  for (const [file, output] of Object.entries(metafile.outputs).filter(([name]) => name.endsWith(".js"))) {
    const taken = Object.keys(output.inputs).some((path) => path.startsWith("node_modules/"));
    // Imports for effects only, of files that have none: bundlers would warn of them.
    const code = readFileSync(`${root}${file}`, "utf8").replace(/^import "\.[^"]*";$/gm, "");
    writeFileSync(`${root}${file}`, taken ? code : code.replace(/^\/\*! Includes .*$/m, ""));
  }
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const paths = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  const found = new Set(paths.map((path) => /node_modules\/([^/]+)\//.exec(path)?.[1] ?? entry));
  const unexpected = [...found].filter((name) => name !== entry && !BUNDLED[entry].includes(name));
  const core = paths.filter((path) => /^dist\//.test(path) && !path.startsWith(`dist/${entry}`));
  if (unexpected.length > 0 || core.length > 0) {
    throw new Error(`dist/${entry}.js took in ${[...unexpected, ...core].join(", ")}`);
  }
  for (const name of modules.flatMap((each) => [each, `${each}.map`])) {
    rmSync(`${root}dist/${entry}/${name}`);
  }
  const licences = BUNDLED[entry]
    .filter((name) => found.has(name))
    .map((name) => `${name}\n\n${readFileSync(`${root}node_modules/${name}/LICENSE`, "utf8").trim()}\n`);
  writeFileSync(`${root}dist/${entry}.LICENSE.txt`, licences.join("\n\n"));
}

/**
 * Leaves imports of the core from the folder of an entry as they are, but for the place of an entry that becomes one file.
 * @param {string} entry
 * @param {boolean} split
 * @returns {import("esbuild").Plugin}
 */
function coreStaysOutside(entry, split) {
  return {
    name: "core",
    setup(api) {
      api.onResolve({ filter: /^\.\.\// }, ({ path, importer }) =>
        importer.startsWith(`${root}dist/${entry}/`)
          ? { path: split ? path : path.slice(1), external: true }
          : undefined,
      );
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  install();
  await buildAnew();
  stampBuild();
  const { checkSizes } = await import("./sizes.mjs");
  const withinLimits = await checkSizes();
  const { gzipped, limit } = measureExplorer();
  console.log(
    `packages/explorer: ${gzipped} bytes of JavaScript gzipped before a view is opened (limit ${limit})`,
  );
  process.exitCode = withinLimits && gzipped <= limit ? 0 : 1;
}
