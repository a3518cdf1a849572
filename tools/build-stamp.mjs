/** What a build was made of, so that the next command need not make the same once more: a build takes half a minute. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

const STAMP = `${root}.cache/build-stamp`;

/** Files and folders that a build reads, below the root and below each package. */
const SOURCES = [
  ...["src", "assembly", "tools", "proto", "sample", "index.html", "vite.config.ts"],
  ...["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json", "tsconfig.node.json"],
];

/** Folders that a build writes. */
const OUTPUT = "dist";

/** Whether what is built is that of the sources as they are. */
export function isBuilt() {
  return existsSync(STAMP) && readFileSync(STAMP, "utf8") === fingerprint();
}

export function stampBuild() {
  mkdirSync(`${root}.cache`, { recursive: true });
  writeFileSync(STAMP, fingerprint());
}

/** Of the name, size and time of each file, of sources and of what was made. */
function fingerprint() {
  const hash = createHash("sha256");
  const packages = readdirSync(`${root}packages`).map((name) => join("packages", name));
  for (const folder of ["", ...packages]) {
    for (const name of [...SOURCES, OUTPUT]) {
      add(join(folder, name), hash);
    }
  }
  return hash.digest("hex");
}

/**
 * @param {string} path
 * @param {import("node:crypto").Hash} hash
 */
function add(path, hash) {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    for (const name of readdirSync(join(root, path)).sort()) {
      add(join(path, name), hash);
    }
  } else {
    hash.update(`${path} ${found?.size} ${found?.mtimeMs}\n`);
  }
}
