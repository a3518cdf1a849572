/** `npm run test:package`: packs the packages, installs them in empty projects, and imports and uses them there. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { bin, root, run } from "./run.mjs";

const MODEL = "3.4.1/binary-logistic/model.ubj";

await build();
const project = mkdtempSync(join(tmpdir(), "xgboost-infer-package-"));
run("npm", ["pack", "--pack-destination", project, "--loglevel=error"]);
const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"));
writeFileSync(join(project, "package.json"), '{ "name": "empty", "private": true, "type": "module" }\n');
run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", `./${tarball}`], { cwd: project });

const installed = readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."));
if (installed.join() !== "xgboost-infer") {
  throw new Error(`installing the package brought ${installed.join(", ")}, expected xgboost-infer alone`);
}

cpSync(join(root, "fixtures", MODEL), join(project, "model.ubj"));
cpSync(join(root, "examples/tumour"), join(project, "tumour"), { recursive: true });
writeFileSync(
  join(project, "use.ts"),
  `import { readFileSync } from "node:fs";
import { loadFile, WorkerPool } from "xgboost-infer/node";
import { WorkerPool as BrowserPool, type WebWorker } from "xgboost-infer/browser";
import { Booster, InputError, ModelFormatError, UnsupportedModelError } from "xgboost-infer";
import { FeatureCheckError, ModelExecutor, type ScoredRow } from "xgboost-infer/executor";
import { responseCurve, waterfall } from "xgboost-infer/explain";
import { type Certificate, checkCertificate, readCertificate } from "xgboost-infer/certificate";
const booster: Booster = Booster.load(readFileSync("model.ubj"));
const row = new Float32Array(booster.numFeatures);
const { data, shape } = booster.predict({ data: row, rows: 1, cols: booster.numFeatures });
if (data[0] !== booster.predictRow(row)[0] || shape.join() !== "1") throw new Error("unexpected prediction");
for (const errorClass of [InputError, ModelFormatError, UnsupportedModelError]) {
  if (!(errorClass.prototype instanceof Error)) throw new Error("not an error class");
}
const loaded: Booster = await loadFile("model.ubj");
const pool: WorkerPool = await WorkerPool.create(loaded, { workers: 2 });
const rows = 50_000;
const large = { data: new Float32Array(rows * loaded.numFeatures).fill(1), rows, cols: loaded.numFeatures };
const result = await pool.predict(large, { signal: new AbortController().signal });
const wanted = booster.predict(large);
if (result.shape.join() !== wanted.shape.join() || !result.data.every((value, i) => value === wanted.data[i])) {
  throw new Error("unexpected predictions of workers");
}
await pool.close();
const createWorker = (): WebWorker => { throw new Error("no workers here"); };
const refused = await BrowserPool.create(loaded, { createWorker }).catch((error) => error.code);
if (refused !== "ERR_WORKER") throw new Error("a pool without workers");
for (const platform of ["browser", "node"]) {
  const script = import.meta.resolve(\`xgboost-infer/\${platform}/worker\`);
  if (!script.endsWith(\`dist/\${platform}/worker.js\`)) throw new Error("no script for workers");
}
if (!waterfall({ values: [1], base: 0 }).startsWith("<svg")) throw new Error("no picture");
if (responseCurve(booster, row, 0).axis.size < 2) throw new Error("no curve");
try {
  waterfall({ values: [1], base: 0, names: [] });
  throw new Error("accepted");
} catch (error) {
  if (!(error instanceof InputError)) throw error;
}
const executor: ModelExecutor = ModelExecutor.load("tumour");
const scored: ScoredRow = executor.execute(Object.fromEntries(executor.features.map((name, i) => [name, i])));
if (typeof scored.score !== "number" || scored.missing.length > 0) throw new Error("unexpected score");
if (!(executor.booster instanceof Booster)) throw new Error("another class of boosters");
try {
  executor.execute({});
  throw new Error("accepted");
} catch (error) {
  if (!(error instanceof FeatureCheckError) || error.missing.length !== 30) throw error;
}
const certificate: Certificate = readCertificate(readFileSync("tumour/certificate.json"));
const { equal, total } = checkCertificate(executor.booster, certificate);
if (total < 1000 || equal !== total) throw new Error("the certificate differs");
console.log("The packed package installs, imports and predicts:", data[0]);
`,
);
const types = ["--typeRoots", join(root, "node_modules/@types"), "--types", "node"];
run(
  bin("tsc"),
  ["--strict", "--module", "nodenext", "--target", "es2022", "--outDir", ".", ...types, "use.ts"],
  { cwd: project },
);
const { status } = spawnSync(process.execPath, ["use.js"], { cwd: project, stdio: "inherit" });
process.exitCode = status === 0 && checkCommands() ? 0 : 1;
rmSync(project, { recursive: true });

/** The commands, each as its package installs it beside the engine. */
function checkCommands() {
  const commands = mkdtempSync(join(tmpdir(), "xgboost-infer-commands-"));
  for (const name of ["cli", "serve"]) {
    run("npm", ["pack", "-w", `packages/${name}`, "--pack-destination", commands, "--loglevel=error"]);
  }
  writeFileSync(join(commands, "package.json"), '{ "name": "empty", "private": true, "type": "module" }\n');
  const tarballs = readdirSync(commands).filter((name) => name.endsWith(".tgz"));
  const all = [join(project, tarball ?? ""), ...tarballs.map((name) => `./${name}`)];
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...all], { cwd: commands });
  const used = [
    ["xgboost-infer", "check", join(root, "examples/tumour")],
    [
      ...["xgboost-infer", "predict", "--model", join(root, "examples/tumour")],
      ...["--data", join(root, "examples/patients.csv"), "--out", "scores.parquet", "--keep", "all"],
    ],
    ["xgboost-infer-serve", "--help"],
  ].every(([command = "", ...args]) => {
    const { status } = spawnSync(join(commands, "node_modules/.bin", command), args, {
      cwd: commands,
      stdio: ["ignore", command === "xgboost-infer" ? "inherit" : "ignore", "inherit"],
    });
    return status === 0;
  });
  rmSync(commands, { recursive: true });
  return used;
}
