/** Sets up the rivals of the benchmarks in `.cache/`; what cannot be set up is left in `failures` with its reason. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { root } from "./run.mjs";

export const cache = `${root}.cache/`;
export const rivals = `${root}bench/rivals/`;
/** @type {Record<string, string>} Why a part could not be set up. */
export const failures = {};

/**
 * Output of a program, trimmed; nothing when it fails.
 * @param {string} command
 * @param {readonly string[]} args
 */
export function capture(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : "";
}

/**
 * Runs a step of the set-up.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnSyncOptions} [options]
 * @returns {string} nothing if it went well, else the reason
 */
function attempt(command, args, options = {}) {
  const { status, error, stderr } = spawnSync(command, args, {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    ...options,
  });
  if (error) {
    return `${command}: ${error.message}`;
  }
  const lines = String(stderr).trim().split("\n");
  return status === 0
    ? ""
    : (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? `${command} failed`);
}

/**
 * Does a step unless it was done before with the same inputs.
 * @param {string} stamp a file
 * @param {string} inputs whatever decides the outcome
 * @param {() => boolean} step whether it went well
 */
function once(stamp, inputs, step) {
  const hash = createHash("sha256").update(inputs).digest("hex");
  if ((existsSync(stamp) && readFileSync(stamp, "utf8") === hash) || !step()) {
    return;
  }
  writeFileSync(stamp, hash);
}

/**
 * Python 3.12 or later: of PATH, or of pyenv.
 * @param {readonly string[]} wanted versions, the first that is there
 */
function findPython(wanted) {
  const pyenv = `${process.env["PYENV_ROOT"] ?? `${homedir()}/.pyenv`}/versions`;
  const installed = existsSync(pyenv) ? readdirSync(pyenv).sort().reverse() : [];
  const candidates = wanted.flatMap((version) => [
    `python${version}`,
    ...installed
      .filter((name) => name.startsWith(`${version}.`))
      .map((name) => `${pyenv}/${name}/bin/python3`),
  ]);
  const check = `import sys, venv; sys.exit("%d.%d" % sys.version_info[:2] not in ${JSON.stringify(wanted)})`;
  return [...candidates, "python3", "python"].find(
    (command) => spawnSync(command, ["-c", check], { stdio: "ignore" }).status === 0,
  );
}

/**
 * The environment's Python, or nothing. What it has is in a file of pinned requirements.
 * @param {"requirements" | "requirements-3.2" | "requirements-tables" | "requirements-serve" | "requirements-mlserver"} [list]
 * @param {readonly string[]} [versions] of Python
 */
export function setUpPython(list = "requirements", versions = ["3.13", "3.12", "3.14"]) {
  const requirements = `${rivals}${list}.txt`;
  const folder = `${cache}${list.replace("requirements", "rivals-venv")}`;
  const program = process.platform === "win32" ? `${folder}/Scripts/python.exe` : `${folder}/bin/python`;
  const what = `python${list.replace("requirements", "")}`;
  const pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
  once(`${folder}/.requirements`, readFileSync(requirements, "utf8"), () => {
    const base = findPython(versions);
    if (base === undefined) {
      failures[what] = `no Python ${versions.join(" or ")} with venv was found`;
      return false;
    }
    console.log(`Setting up the rivals in Python (${list}.txt) …`);
    rmSync(folder, { recursive: true, force: true });
    const reason = attempt(base, ["-m", "venv", folder]) || attempt(program, [...pip, "-r", requirements]);
    if (reason === "") {
      return true;
    }
    if (!existsSync(program)) {
      failures[what] = reason;
      return false;
    }
    // Something is not to be had here: everything else, one by one.
    for (const pin of readFileSync(requirements, "utf8").match(/^[\w-]+==\S+/gm) ?? []) {
      const why = attempt(program, [...pip, "-c", requirements, pin]);
      if (why !== "") {
        failures[`${what} ${pin.split("==")[0]}`] = why;
      }
    }
    return false;
  });
  if (capture(program, ["-c", "import numpy, xgboost; print(1)"]) !== "1") {
    failures[what] ??= "numpy and xgboost cannot be imported";
    return "";
  }
  return program;
}

/** The program that runs hessboost, or nothing. */
export function setUpRust() {
  console.log("Building the rival in Rust …");
  const reason = attempt("cargo", ["build", "--release", "--locked", "--quiet"], {
    cwd: `${rivals}hessboost`,
    env: { ...process.env, RUSTFLAGS: "-C target-cpu=native", CARGO_TARGET_DIR: `${cache}rivals-cargo` },
  });
  if (reason !== "") {
    failures["rust"] = reason;
    return "";
  }
  return `${cache}rivals-cargo/release/xgboost-infer-bench-hessboost`;
}

/** The program that calls XGBoost's C API, or nothing. */
export function setUpC() {
  const program = `${cache}native/xgboost_c`;
  const reason = attempt("gcc", ["-O3", "-std=c11", `${rivals}xgboost_c.c`, "-o", program, "-ldl"]);
  if (reason !== "") {
    failures["c"] = reason;
    return "";
  }
  return program;
}

/** The program that makes requests for `bench/serve.ts`, or nothing. */
export function setUpLoad() {
  const program = `${cache}serve/load`;
  const reason = attempt("gcc", ["-O2", `${root}bench/serve/load.c`, "-o", program]);
  if (reason !== "") {
    failures["load"] = reason;
    return "";
  }
  return program;
}

/** nginx as Debian has it, or nothing. */
export function findNginx() {
  const found = ["nginx", "/usr/sbin/nginx"].find((command) => spawnSync(command, ["-v"]).status === 0);
  if (found === undefined) {
    failures["nginx"] = "there is no nginx: apt-get install nginx";
  }
  return found ?? "";
}

/** The folder with the rivals from npm, or nothing. */
export function setUpNode() {
  const folder = `${cache}rivals-node`;
  mkdirSync(folder, { recursive: true });
  for (const name of ["package.json", "package-lock.json"]) {
    copyFileSync(`${rivals}node/${name}`, `${folder}/${name}`);
  }
  once(`${folder}/.lock`, readFileSync(`${rivals}node/package-lock.json`, "utf8"), () => {
    console.log("Installing the rivals from npm …");
    const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const reason = attempt("npm", args, { cwd: folder, shell: process.platform === "win32" });
    if (reason !== "") {
      failures["node"] = reason;
    }
    return reason === "";
  });
  return failures["node"] === undefined ? folder : "";
}
