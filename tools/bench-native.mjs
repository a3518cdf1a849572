/**
 * `npm run bench:native`: sets up the rivals in `.cache/` (Python environment, Rust program, C program, npm packages),
 * then runs `bench/native.ts`, which measures them beside this package. What cannot be set up is reported with its
 * reason in the results; the rest is measured all the same. A whole run puts its table into the README, between
 * `bench:native` comments.
 *
 *   --quick              a short run, whose results go to bench/results/quick.native.*
 *   --workloads a,b      of risk, deep, small, digits
 *   --rivals a,b         by name as in bench/native.ts; this package always runs
 *   --compile-limit S    seconds that compiling one model to machine code may take (default 600, quick 120)
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { cache, capture, failures, rivals, setUpC, setUpNode, setUpPython, setUpRust } from "./rivals.mjs";
import { install, root, run } from "./run.mjs";

install();
mkdirSync(`${cache}native`, { recursive: true });
const python = setUpPython();
const setup = {
  python,
  xgboostLibrary:
    python && capture(python, ["-c", "import xgboost.libpath as p; print(p.find_lib_path()[0])"]),
  rust: setUpRust(),
  c: setUpC(),
  node: setUpNode(),
  failures,
  versions: {
    python: python && capture(python, ["-c", "import platform; print(platform.python_version())"]),
    rust: capture("rustc", ["--version"]),
    gcc: capture("gcc", ["-dumpfullversion"]),
  },
};
writeFileSync(`${cache}native/setup.json`, JSON.stringify(setup, null, 1));
if (python === "") {
  process.stderr.write(
    `bench:native needs XGBoost itself, whose answers are the measure: ${failures["python"]}\n`,
  );
  process.exit(1);
}

await build({
  entryPoints: {
    native: `${root}bench/native.ts`,
    "native-ours": `${root}bench/native-ours.ts`,
    "native-rivals": `${rivals}node/rivals.ts`,
  },
  outdir: cache,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
});
run(process.execPath, [`${cache}native.mjs`, ...process.argv.slice(2)]);

if (!["--quick", "--workloads", "--rivals"].some((option) => process.argv.join(" ").includes(option))) {
  const table = readFileSync(`${root}bench/results/native.md`, "utf8").trim();
  const readme = readFileSync(`${root}README.md`, "utf8");
  const block = /(<!-- bench:native -->\n)[\s\S]*?(<!-- end of bench:native -->)/;
  writeFileSync(
    `${root}README.md`,
    readme.replace(block, (_, begin, end) => `${begin}${table}\n${end}`),
  );
}
