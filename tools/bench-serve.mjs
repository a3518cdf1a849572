/**
 * `npm run bench:serve`: `xgboost-infer-serve` beside the Python services that it takes the place of, on one machine in one run; see
 * `bench/serve.ts`. Sets them up in `.cache/`: what cannot be set up is named in the results with its reason.
 *
 *   --quick          a short run, whose results go to bench/results/quick.serve.*
 *   --rivals a,b     of flask, mlserver, nginx (ours behind nginx); ours always runs
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { build as bundle } from "esbuild";
import { build } from "./build.mjs";
import { cache, failures, findNginx, setUpLoad, setUpPython } from "./rivals.mjs";
import { root, run } from "./run.mjs";

const at = process.argv.indexOf("--rivals");
const rivals = at < 0 ? ["flask", "mlserver", "nginx"] : (process.argv[at + 1] ?? "").split(",");
const quick = process.argv.includes("--quick");

await build();
mkdirSync(`${cache}serve`, { recursive: true });
const load = setUpLoad();
if (load === "") {
  process.stderr.write(
    `bench:serve needs a C compiler for the program that makes the requests: ${failures["load"]}\n`,
  );
  process.exit(1);
}
const python = setUpPython("requirements-serve");
const mlserver = rivals.includes("mlserver") ? setUpPython("requirements-mlserver", ["3.12"]) : "";
const setup = {
  load,
  rivals,
  quick,
  python,
  uwsgi: python === "" ? "" : `${dirname(python)}/uwsgi`,
  mlserver: mlserver === "" ? "" : `${dirname(mlserver)}/mlserver`,
  nginx: findNginx(),
  failures,
  folder: `${cache}serve/`,
  sources: `${root}bench/serve/`,
  command: `${root}packages/serve/bin/xgboost-infer-serve.js`,
};
await bundle({
  entryPoints: { serve: `${root}bench/serve.ts` },
  outdir: cache,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
});
run(process.execPath, [`${cache}serve.mjs`, JSON.stringify(setup)]);

if (!quick && at < 0) {
  const picture = "![Requests a second of the services](bench/results/serve.svg)";
  const table = readFileSync(`${root}bench/results/serve.md`, "utf8").trim();
  const readme = readFileSync(`${root}README.md`, "utf8");
  const block = /(<!-- bench:serve -->\n)[\s\S]*?(<!-- end of bench:serve -->\n)/;
  const text = readme.replace(block, (_, begin, end) => `${begin}${table}\n${end}`);
  writeFileSync(
    `${root}README.md`,
    text.includes(picture) ? text : text.replace(block, (found) => `${found}\n${picture}\n`),
  );
}
