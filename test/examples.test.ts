/** The examples do what they say: each is run as it stands. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { build, type Plugin } from "esbuild";
import type { FastifyInstance } from "fastify";
import { describe, expect, it } from "vitest";
import { Booster } from "../src/index.ts";
import { CHROMIUM, HAS_CHROMIUM, shownByPage } from "./support/chromium.ts";
import { readFixture } from "./support/fixtures.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const EXAMPLES = join(ROOT, "examples");
const MODEL = "3.4.1/breast-cancer/model.ubj";
const ROW = { "mean radius": 17.99, "worst perimeter": 184.6 };

const booster = Booster.load(readFixture(MODEL));
const SCORE = booster.predictRow(ROW)[0]!;

/** Each is to be read at a glance. */
const LINES = 17;

/** Bundles for browsers; a model that is imported is that of the tests. */
async function bundle(folder: string, entry: string, format: "esm" | "iife"): Promise<Uint8Array> {
  const model: Plugin = {
    name: "model",
    setup: (api) => {
      api.onResolve({ filter: /\.ubj$/ }, () => ({ path: join(ROOT, "fixtures", MODEL) }));
    },
  };
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: join(EXAMPLES, folder), loader: "jsx" },
    bundle: true,
    format,
    globalName: "example",
    target: "es2022",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    loader: { ".ubj": "binary" },
    plugins: [model],
    write: false,
  });
  return outputFiles[0]!.contents;
}

function site(
  files: Readonly<Record<string, Uint8Array | string>>,
): (path: string) => Uint8Array | undefined {
  return (path) => {
    const file = files[path] ?? (path === "/model.ubj" ? readFixture(MODEL) : undefined);
    return typeof file === "string" ? Buffer.from(file) : file;
  };
}

const LEFT_OUT = HAS_CHROMIUM ? "" : ` (left out: there is no ${CHROMIUM}; Debian's package chromium has it)`;

describe.skipIf(!HAS_CHROMIUM)(`in Chromium${LEFT_OUT}`, () => {
  it("page", async () => {
    const page = readFileSync(join(EXAMPLES, "page/index.html"));
    const text = await shownByPage((path) => {
      const installed = /^\/node_modules\/xgboost-infer\/(dist\/.*)$/.exec(path)?.[1];
      const file = installed === undefined ? undefined : join(ROOT, installed);
      return file !== undefined && existsSync(file)
        ? readFileSync(file)
        : site({ "/index.html": page })(path);
    });
    expect(text).toBe(String(SCORE));
  });

  it("react", async () => {
    const entry = `
      import { StrictMode, Suspense } from "react";
      import { createRoot } from "react-dom/client";
      import { Score } from "./use-booster.jsx";
      createRoot(document.body).render(
        <StrictMode>
          <Suspense fallback="loading"><Score url="model.ubj" row={${JSON.stringify(ROW)}} /></Suspense>
        </StrictMode>);`;
    const page =
      '<!doctype html><meta charset="utf-8"><body></body><script type="module" src="main.js"></script>';
    const text = await shownByPage(
      site({ "/index.html": page, "/main.js": await bundle("react", entry, "esm") }),
    );
    expect(text).toBe(String(SCORE));
  });

  it("web-worker", async () => {
    const entry = `
      import { predict } from "./main.js";
      const rows = { data: new Float32Array(60).fill(1), rows: 2, cols: 30 };
      const { data, shape } = await predict(rows);
      document.querySelector("output").value = [...data, shape, rows.data.length].join(" ");`;
    const page =
      '<!doctype html><meta charset="utf-8"><output></output><script type="module" src="main.js"></script>';
    const text = await shownByPage(
      site({
        "/index.html": page,
        "/main.js": await bundle("web-worker", entry, "esm"),
        "/worker.js": await bundle(
          "web-worker",
          readFileSync(join(EXAMPLES, "web-worker/worker.js"), "utf8"),
          "esm",
        ),
      }),
    );
    const { data } = booster.predict({ data: new Float32Array(60).fill(1), rows: 2, cols: 30 });
    expect(text).toBe([...data, 2, 0].join(" "));
  });
});

describe("in Node", () => {
  it("fastify", async () => {
    const { server } = (await import(join(EXAMPLES, "fastify/server.js"))) as { server: FastifyInstance };
    const features = readFileSync(join(EXAMPLES, "tumour/feature_list"), "utf8").trim().split("\n");
    const row = Object.fromEntries(features.map((line, i) => [line.split("\t")[0]!, i]));
    const answer = await server.inject({ method: "POST", url: "/score", payload: row });
    expect(answer.statusCode).toBe(200);
    const model = Booster.load(readFileSync(join(EXAMPLES, "tumour/model.ubj")));
    expect(answer.json()).toMatchObject({ score: model.predictRow(row)[0], missing: [] });
    const refused = await server.inject({ method: "POST", url: "/score", payload: {} });
    expect(refused.statusCode).toBe(422);
    expect(refused.json().missing).toHaveLength(30);
    const broken = await server.inject({
      method: "POST",
      url: "/score",
      headers: { "content-type": "application/json" },
      payload: "{",
    });
    expect(broken.statusCode).toBe(400);
    await server.close();
  });

  it("edge, where there are web standards alone and no WebAssembly", async () => {
    const code = await bundle("edge", 'export { default } from "./handler.js"', "iife");
    const context = vm.createContext(
      { Request, Response, TextEncoder, TextDecoder, atob },
      { codeGeneration: { strings: false, wasm: false } },
    );
    vm.runInContext(Buffer.from(code).toString(), context);
    const { fetch } = vm.runInContext("example.default", context);
    const ask = (body: string): Promise<Response> =>
      fetch(new Request("http://edge/", { method: "POST", body }));
    expect(await (await ask(JSON.stringify(ROW))).json()).toEqual({ score: SCORE });
    const refused = await ask('{"mean radios": 1}');
    expect(refused.status).toBe(400);
    expect((await refused.json()) as object).toHaveProperty("error", expect.stringMatching(/"mean radios"/));
  });

  it("ndjson", () => {
    const rows = Array.from({ length: 1000 }, (_, i) => ({ id: i, ...ROW, "worst perimeter": i }));
    const printed = execFileSync(
      process.execPath,
      [join(EXAMPLES, "ndjson/score.js"), join(ROOT, "fixtures", MODEL)],
      { input: rows.map((row) => `${JSON.stringify(row)}\n`).join(""), encoding: "utf8" },
    );
    const lines = printed
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toEqual(rows.map(({ id, ...row }) => ({ id, ...row, score: booster.predictRow(row)[0] })));
  });
});

describe("the folder", () => {
  const files = [
    "page/index.html",
    "react/use-booster.jsx",
    "fastify/server.js",
    "edge/handler.js",
    "ndjson/score.js",
  ].concat(["web-worker/main.js", "web-worker/worker.js"]);

  it.each(files)("%s is short", (file) => {
    const lines = readFileSync(join(EXAMPLES, file), "utf8").split("\n");
    expect(lines.filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(LINES);
  });

  it("is listed in its README", () => {
    const listed = readFileSync(join(EXAMPLES, "README.md"), "utf8");
    const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((each) => each.isDirectory());
    expect(
      folders.map(({ name }) => name).filter((name) => name !== "test" && !listed.includes(`(${name}`)),
    ).toEqual([]);
  });
});
