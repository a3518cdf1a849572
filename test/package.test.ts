/** What the package promises beyond its API: nothing to install with it, nothing of any platform in it, and its size. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { bundlePage, measureCombinations, measureSize, withSizes } from "../tools/sizes.mjs";
import { writeJson } from "./support/document.ts";
import { modelDocument, modelOf } from "./support/model.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

function read(path: string): string {
  return readFileSync(ROOT + path, "utf8");
}

interface Manifest {
  readonly [key: string]: unknown;
  readonly scripts: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly exports: Record<string, string | Record<string, string>>;
  readonly files: readonly string[];
}

const manifest = JSON.parse(read("package.json")) as Manifest;
const sources = readdirSync(`${ROOT}src`, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts"));

describe("package.json", () => {
  it.each(["dependencies", "peerDependencies", "optionalDependencies", "bundleDependencies"])(
    "has no %s",
    (key) => {
      expect(manifest[key]).toBeUndefined();
    },
  );

  it("runs nothing when it is installed", () => {
    const hooks = ["preinstall", "install", "postinstall", "prepare", "prepublish"];
    expect(Object.keys(manifest.scripts).filter((name) => hooks.includes(name))).toEqual([]);
  });

  it("names exact versions of what it is developed with, those of the lockfile", () => {
    const locked = JSON.parse(read("package-lock.json")).packages as Record<string, { version?: string }>;
    expect(Object.keys(manifest.devDependencies).length).toBeGreaterThan(4);
    for (const [name, version] of Object.entries(manifest.devDependencies)) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
      expect(locked[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });

  it("exports types first, from files that are packed", () => {
    expect(manifest.exports["."]).toBeDefined();
    for (const [entry, target] of Object.entries(manifest.exports)) {
      if (typeof target === "string") {
        expect(target, entry).toBe("./package.json");
        continue;
      }
      // Only the executor differs by platform: in Node, it reads directories.
      expect(Object.keys(target), entry).toEqual(
        entry === "./executor" ? ["types", "node", "default"] : ["types", "default"],
      );
      for (const path of Object.values(target)) {
        expect(
          manifest.files.some((folder) => path.startsWith(`./${folder}/`)),
          path,
        ).toBe(true);
        expect(existsSync(ROOT + path), path).toBe(true);
      }
      expect(target["types"]!.replace(/\.d\.ts$/, "")).toBe(target["default"]!.replace(/\.js$/, ""));
    }
  });

  it("says what it is: ES modules without side effects but in workers, MIT, Node 20.19 and later", () => {
    expect(manifest).toMatchObject({
      name: "xgboost-infer",
      type: "module",
      // What a worker runs is there for its effects; all else can be left out where nobody uses it.
      sideEffects: ["./dist/node/worker.js", "./dist/browser/worker.js"],
      license: "MIT",
      engines: { node: ">=20.19" },
    });
    expect(manifest.files).toEqual(expect.arrayContaining(["dist", "src", "CHANGELOG.md"]));
    expect(read("LICENSE")).toMatch(/^MIT License/);
    expect(read("CHANGELOG.md")).toMatch(/^# Changelog/);
  });
});

/** A folder of src/ (or a file at its top) imports from those before it in this list, and from itself. */
const ORDER = [
  ...["errors", "wasm", "model", "parse", "compile", "objective", "engine", "shap", "predict", "index"],
  ...["convert", "explain", "executor", "certificate", "transfer", "pool", "browser", "node"],
];

/** What entries take in of others when they are built. */
const BUNDLED: Readonly<Record<string, readonly string[]>> = {
  explain: ["d3-array", "d3-hierarchy", "d3-scale"],
  executor: ["yaml"],
};

/** `parse/json.ts` → `parse`, `index.ts` → `index`. */
function layerOf(path: string): string {
  return path.split("/")[0]!.replace(/\.ts$/, "");
}

function importsOf(path: string): string[] {
  const code = withoutComments(read(`src/${path}`));
  return Array.from(code.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g), (match) => match[1]!);
}

/** Code without comments, and without what stands inside string literals except in imports. */
function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

describe("src/", () => {
  it("has a place in the order for every folder", () => {
    expect([...new Set(sources.map(layerOf))].sort()).toEqual([...ORDER].sort());
  });

  it.each(sources)("%s imports only what comes before it", (path) => {
    for (const target of importsOf(path)) {
      // webpack knows Node's workers by the name without a prefix alone.
      const isNode = layerOf(path) === "node" && /^(node:|worker_threads$)/.test(target);
      if (isNode || BUNDLED[layerOf(path)]?.includes(target)) {
        continue;
      }
      expect(target, "only files of this package").toMatch(/^\.\.?\/.*\.ts$/);
      const resolved = new URL(target, new URL(path, "file:///")).pathname.slice(1);
      expect(sources).toContain(resolved);
      const [here, there] = [ORDER.indexOf(layerOf(path)), ORDER.indexOf(layerOf(resolved))];
      expect(there, `${path} imports ${resolved}`).toBeLessThanOrEqual(here);
      const platforms = new Set(
        [path, resolved].map(layerOf).filter((each) => /^(node|browser)$/.test(each)),
      );
      expect(platforms.size, `${path} imports ${resolved}`).toBeLessThanOrEqual(1);
    }
  });

  it("has files whose imports are seen at all", () => {
    expect(importsOf("index.ts").length).toBeGreaterThan(4);
    expect(sources.flatMap(importsOf).length).toBeGreaterThan(50);
  });

  it.each(sources)("%s makes no code from text", (path) => {
    expect(withoutComments(read(`src/${path}`))).not.toMatch(
      /\beval\b|\bnew Function\b|\bFunction\(|\bimport\s*\(/,
    );
  });

  it("declares the two globals that it uses of any platform, and is compiled without the types of one", () => {
    const declaredIn = (paths: readonly string[]): string[] => {
      const names = paths.flatMap((path) =>
        Array.from(
          read(`src/${path}`).matchAll(/\bdeclare\s+(?:const|var|let|function|class)\s+(\w+)/g),
          (match) => match[1]!,
        ),
      );
      return [...new Set(names)].sort();
    };
    const isBrowser = (path: string): boolean => layerOf(path) === "browser";
    expect(declaredIn(sources.filter((path) => !isBrowser(path)))).toEqual(["TextDecoder", "TextEncoder"]);
    expect(declaredIn(sources.filter(isBrowser))).toEqual(["URL", "Worker"]);
    const config = JSON.parse(read("tsconfig.build.json"));
    expect(config.compilerOptions.types).toEqual([]);
    expect(config.exclude).toEqual(["src/node"]);
    expect(config.compilerOptions.lib ?? JSON.parse(read("tsconfig.json")).compilerOptions.lib).toEqual([
      "ES2022",
    ]);
    expect(
      sources.filter((path) => /@ts-(ignore|nocheck|expect-error)|<reference/.test(read(`src/${path}`))),
    ).toEqual([]);
  });
});

it("the browser's pool names its script in the one expression that bundlers know", () => {
  expect(read("dist/browser/worker-pool.js")).toContain(
    'new Worker(new URL("./worker.js", import.meta.url), {',
  );
});

describe("the root entry", () => {
  it("is within its limit of size", async () => {
    const { gzipped, limit, minified } = await measureSize();
    expect(minified).toBeGreaterThan(10_000);
    expect(gzipped).toBeLessThanOrEqual(limit);
  });

  it("has nothing of pools in it, nor of any platform", async () => {
    const { metafile } = await build({
      entryPoints: [`${ROOT}src/index.ts`],
      bundle: true,
      format: "esm",
      metafile: true,
      write: false,
    });
    const folders = new Set(
      Object.keys(metafile!.inputs).map((path) => path.replace(/^src\//, "").split("/")[0]),
    );
    expect(folders).toContain("predict");
    expect(
      [...folders].filter((name) => /pool|node|browser|executor|explain|certificate|transfer/.test(name!)),
    ).toEqual([]);
  });

  it("runs where there is nothing but the language, TextEncoder and TextDecoder, and no code from text", async () => {
    const { outputFiles } = await build({
      entryPoints: [`${ROOT}src/index.ts`],
      bundle: true,
      format: "iife",
      globalName: "lib",
      platform: "neutral",
      write: false,
    });
    const context = vm.createContext(
      { TextEncoder, TextDecoder, json: writeJson(modelDocument(modelOf([[{ leaf: 2 }]]))) },
      { codeGeneration: { strings: false, wasm: false } },
    );
    vm.runInContext(outputFiles[0]!.text, context);
    expect(vm.runInContext("typeof process + typeof Buffer + typeof window", context)).toBe(
      "undefined".repeat(3),
    );
    expect(vm.runInContext("lib.Booster.load(json).predictRow([0])[0]", context)).toBe(2.5);
    expect(
      vm.runInContext("lib.Booster.load(JSON.parse(json)).predict([[0], [1]]).data.join()", context),
    ).toBe("2.5,2.5");
    const dump = `"0:[f0<1] yes=1,no=2,missing=1\\n\\t1:leaf=1\\n\\t2:leaf=2\\n"`;
    const options = '{ dump: { objective: "binary:logistic", baseScore: 0.5 }, engine: "reference" }';
    expect(
      vm.runInContext(
        `lib.Booster.load(${dump}, ${options}).predict({ columns: { f0: [0] } }).shape[0]`,
        context,
      ),
    ).toBe(1);
    expect(vm.runInContext("Object.keys(lib).sort().join()", context)).toBe(
      "Booster,InputError,ModelFormatError,UnsupportedModelError",
    );
  });
});

describe("the explain entry", () => {
  it("is within its limit of size", async () => {
    const { gzipped, limit } = await measureSize("explain");
    expect(gzipped).toBeGreaterThan(10_000);
    expect(gzipped).toBeLessThanOrEqual(limit);
  });

  it("needs the error classes of the core alone, and has the licences of what is in it", () => {
    const files = readdirSync(`${ROOT}dist/explain`).filter((name) => name.endsWith(".js"));
    expect(files.filter((name) => !name.startsWith("part-"))).toEqual([]);
    const importsIn = (path: string): string[] =>
      Array.from(read(path).matchAll(/^(?:import|export|\})(?: .*)? (?:from )?"([^"]+)";$/gm), (m) => m[1]!);
    const own = /^\.\/(explain\/)?part-\w+\.js$/;
    expect(importsIn("dist/explain.js").filter((target) => !own.test(target))).toEqual([]);
    const outside = files.flatMap((name) => importsIn(`dist/explain/${name}`)).filter((t) => !own.test(t));
    expect([...new Set(outside)]).toEqual(["../errors.js"]);
    for (const name of BUNDLED["explain"]!) {
      expect(read("dist/explain.LICENSE.txt")).toContain(`${name}\n\nCopyright`);
    }
    expect(read("dist/explain.d.ts")).not.toMatch(/d3-/);
  });

  it("is not part of the root entry", () => {
    expect(
      sources
        .filter((path) => layerOf(path) !== "explain")
        .flatMap(importsOf)
        .join(),
    ).not.toMatch(/\/explain[./]/);
  });

  it("draws where there is nothing but the language", async () => {
    const { outputFiles } = await build({
      entryPoints: [`${ROOT}src/explain.ts`],
      bundle: true,
      format: "iife",
      globalName: "lib",
      platform: "neutral",
      mainFields: ["module"],
      write: false,
    });
    const context = vm.createContext({}, { codeGeneration: { strings: false, wasm: false } });
    vm.runInContext(outputFiles[0]!.text, context);
    const svg = vm.runInContext("lib.waterfall({ values: [1, -0.5], base: 0.25 })", context);
    expect(svg).toMatch(/^<svg [\s\S]*f\(x\) = 0\.75[\s\S]*<\/svg>$/);
  });
});

describe("the executor entry", () => {
  it("is within its limit of size", async () => {
    const { gzipped, limit } = await measureSize("executor");
    expect(gzipped).toBeGreaterThan(10_000);
    expect(gzipped).toBeLessThanOrEqual(limit);
  });

  it("is one file that needs modules of the root entry alone, with the licence of what is in it", async () => {
    const imports = Array.from(
      read("dist/executor.js").matchAll(/^import .* from "([^"]+)";$/gm),
      (m) => m[1]!,
    );
    expect([...new Set(imports)].sort()).toEqual([
      "./errors.js",
      "./predict/booster.js",
      "./predict/features.js",
    ]);
    expect(readdirSync(`${ROOT}dist/executor`).filter((name) => !/\.d\.ts(\.map)?$/.test(name))).toEqual([]);
    expect(read("dist/executor.LICENSE.txt")).toMatch(/^yaml\n\nCopyright/);
    for (const name of readdirSync(`${ROOT}dist/executor`).filter((each) => each.endsWith(".d.ts"))) {
      expect(read(`dist/executor/${name}`), name).not.toMatch(/from "yaml"/);
    }
  });

  it("has Node in it for Node alone", async () => {
    const inputsFor = async (platform: "node" | "browser"): Promise<readonly string[]> => {
      const { metafile } = await build({
        stdin: { contents: 'export * from "xgboost-infer/executor"', resolveDir: ROOT },
        bundle: true,
        format: "esm",
        platform,
        metafile: true,
        write: false,
      });
      const outputs = Object.values(metafile!.outputs).flatMap((each) => each.imports);
      return [...Object.keys(metafile!.inputs), ...outputs.map((each) => each.path)];
    };
    expect((await inputsFor("browser")).filter((path) => /node[:/]/.test(path))).toEqual([]);
    expect(await inputsFor("node")).toEqual(expect.arrayContaining(["node:fs", "dist/node/executor.js"]));
  });

  it("runs where there is nothing but the language, TextEncoder and TextDecoder", async () => {
    const { outputFiles } = await build({
      entryPoints: [`${ROOT}src/executor.ts`],
      bundle: true,
      format: "iife",
      globalName: "lib",
      platform: "neutral",
      mainFields: ["module"],
      write: false,
    });
    const context = vm.createContext(
      { TextEncoder, TextDecoder, json: writeJson(modelDocument(modelOf([[{ leaf: 2 }]]))) },
      { codeGeneration: { strings: false, wasm: false } },
    );
    vm.runInContext(outputFiles[0]!.text, context);
    const load = 'lib.ModelExecutor.load({ "model.yaml": "name: x\\nmodel: m", m: json })';
    expect(vm.runInContext(`JSON.stringify(${load}.execute({}))`, context)).toBe(
      '{"score":2.5,"missing":["f0"],"missingWeight":0}',
    );
  });
});

describe("bundles of pages", () => {
  const ENTRIES = ["", "/explain", "/executor", "/convert", "/certificate", "/browser", "/transfer"];

  it.each(ENTRIES)('are empty when they import nothing of "xgboost-infer%s"', async (entry) => {
    const code = `import * as all from "xgboost-infer${entry}";`;
    expect(Buffer.from(await bundlePage(code)).toString()).toBe("");
  });

  it("have only what they import of explain", async () => {
    // What no other function has of each picture, response curve and search.
    const marks = {
      waterfall: "f(x) = ",
      counterfactuals: "on neither side of a limit",
      treeDiagram: "eachBefore",
    };
    const all = Buffer.from(await bundlePage('export * from "xgboost-infer/explain"')).toString();
    for (const [name, mark] of Object.entries(marks)) {
      expect(all.includes(mark), mark).toBe(true);
      const code = Buffer.from(
        await bundlePage(`export { ${name} } from "xgboost-infer/explain"`),
      ).toString();
      expect(code.includes(mark), `${name}: ${mark}`).toBe(true);
      for (const other of Object.values(marks).filter((each) => each !== mark)) {
        expect(code.includes(other), `${name} has what is of another: ${other}`).toBe(false);
      }
    }
  });

  it("have only what they import of the root entry", async () => {
    const code = Buffer.from(
      await bundlePage('export { UnsupportedModelError } from "xgboost-infer"'),
    ).toString();
    expect(code.length).toBeLessThan(300);
    expect(code).toContain("ERR_UNSUPPORTED_MODEL");
  });

  it("are within their limits", async () => {
    for (const { name, gzipped, limit } of await measureCombinations()) {
      expect(gzipped, name).toBeLessThanOrEqual(limit);
      // A limit far above would hold nothing.
      expect(gzipped, name).toBeGreaterThan(limit / 3);
    }
  });

  it("weigh what the README says, to 2 % or 0.2 kB: compression differs by a little between versions of Node", async () => {
    const readme = read("README.md");
    const numbersOf = (text: string): (readonly [string, readonly number[]])[] => {
      const table = text.slice(text.indexOf("<!-- sizes -->"), text.indexOf("<!-- end of sizes -->"));
      return [...table.matchAll(/^\| (.*?) \| ([\d.]+) kB \| ([\d.]+) kB \| ([\d.]+) kB \|$/gm)].map(
        ([, name, ...sizes]) => [name!, sizes.map(Number)] as const,
      );
    };
    const [said, measured] = [numbersOf(readme), numbersOf(await withSizes(readme))];
    expect(said.length).toBeGreaterThan(10);
    expect(said.map(([name]) => name)).toEqual(measured.map(([name]) => name));
    said.forEach(([name, sizes], i) => {
      sizes.forEach((size, k) => {
        const found = measured[i]![1][k]!;
        expect(Math.abs(size - found), `${name}: ${size} kB, npm run sizes`).toBeLessThanOrEqual(
          Math.max(0.2, 0.02 * found),
        );
      });
    });
  });
});
