/** What the explorer is made of: published entries alone, views that know nothing of each other, and a policy without any network. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { measureExplorer, pagePolicy } from "../../../tools/explorer.mjs";

const FOLDER = fileURLToPath(new URL("../", import.meta.url));
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly private: boolean;
}

const read = (path: string): Manifest => JSON.parse(readFileSync(path, "utf8"));
const engine = read(`${ROOT}package.json`);
const explorer = read(`${FOLDER}package.json`);
const ENTRIES = Object.keys(engine.exports).map((entry) => entry.replace(".", "xgboost-infer"));
const PACKAGES = Object.keys({ ...explorer.dependencies, ...explorer.devDependencies });

const sources = readdirSync(`${FOLDER}src`, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => /\.tsx?$/.test(path));

function importsOf(path: string): string[] {
  const code = readFileSync(`${FOLDER}src/${path}`, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  const found = code.matchAll(/(?:\bfrom|\bimport|new URL)\s*\(?\s*"([^"]+)"/g);
  return Array.from(found, (match) => match[1]!.replace(/\?.*$/, ""));
}

describe("src/", () => {
  it.each(sources)("%s imports published entries, declared packages and files of the page", (path) => {
    for (const target of importsOf(path)) {
      if (target.startsWith(".")) {
        const resolved = fileURLToPath(new URL(target, `file://${FOLDER}src/${path}`));
        expect(existsSync(resolved), target).toBe(true);
        const isData = /\/(examples\/tumour|packages\/explorer\/sample)\/[\w.]+$/.test(resolved);
        expect(resolved.startsWith(`${FOLDER}src/`) || isData, target).toBe(true);
        const [, there] = /\/src\/views\/(?!shared\/)(\w+)\//.exec(resolved) ?? [];
        const [, here] = /^views\/(\w+)\//.exec(path) ?? [];
        expect(there === undefined || here === there || path === "views/views.ts", target).toBe(true);
      } else if (target.startsWith("virtual:")) {
        // What a build of its own brings along; see tools/rivals.ts.
        expect(path.startsWith("race/"), target).toBe(true);
      } else if (target === "xgboost-infer" || target.startsWith("xgboost-infer/")) {
        expect(ENTRIES).toContain(target);
      } else {
        const name = target
          .split("/")
          .slice(0, target.startsWith("@") ? 2 : 1)
          .join("/");
        expect(PACKAGES, target).toContain(name);
      }
    }
  });

  it("has imports that are seen at all", () => {
    expect(sources.length).toBeGreaterThan(40);
    expect(importsOf("workers/pool-worker.ts")).toEqual(["./pool-script.ts"]);
    expect(importsOf("state/sample-data.ts").length).toBe(3);
  });
});

describe("the built page", () => {
  it("is private, and has 300 kB of compressed scripts at most before a view is opened", () => {
    expect(explorer.private).toBe(true);
    const { scripts, gzipped, limit } = measureExplorer();
    expect(scripts.length).toBeGreaterThan(0);
    expect(gzipped).toBeGreaterThan(10_000);
    expect(gzipped).toBeLessThan(limit);
    expect(limit).toBeLessThanOrEqual(300_000);
  });

  it("forbids itself all fetching", () => {
    expect(pagePolicy()).toContain("connect-src 'none'");
    expect(pagePolicy()).toContain("default-src 'none'");
    expect(pagePolicy()).toContain("script-src 'self' 'wasm-unsafe-eval';");
  });

  it("names its files relative to itself", () => {
    const page = readFileSync(`${FOLDER}dist/index.html`, "utf8");
    const addresses = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(addresses.filter((each) => !/^(\.\/|data:)/.test(each))).toEqual([]);
  });
});
