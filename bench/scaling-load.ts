/** Loading a model from its bytes: this package and, where a Python with XGBoost is at hand, XGBoost itself, in turns. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Booster } from "../src/index.ts";
import { FILE_FORMATS, type FileFormat, modelFile } from "./model-files.ts";
import { WORKLOADS, type Workload } from "./workloads.ts";

export interface LoadResult {
  readonly workload: string;
  readonly format: FileFormat;
  readonly bytes: number;
  /** Milliseconds of each load. */
  readonly ours: number[];
  /** The first load of a fresh process. */
  readonly first: number[];
  /** Loading and one row, in one go. */
  readonly oursAndRow: number[];
  readonly xgboost: number[];
}

export interface LoadSection {
  /** Version of XGBoost; absent where it did not take part. */
  readonly xgboost: string | undefined;
  readonly results: readonly LoadResult[];
}

const FIRST_LOADS = 3;
const WARM_UP = 5;

/** @param child the bundled `load-child.ts`, which loads a file once in a fresh process */
export async function measureLoading(
  folder: string,
  child: string,
  python: string,
  rounds: number,
  workloads: readonly Workload[] = WORKLOADS,
): Promise<LoadSection> {
  const rival = python === "" ? undefined : new Rival(python);
  let version: string | undefined;
  const results: LoadResult[] = [];
  for (const workload of workloads) {
    for (const format of FILE_FORMATS) {
      const path = `${folder}/load-${workload.name}.${format}`;
      writeFileSync(path, modelFile(workload, format));
      if (rival !== undefined) {
        // The numbers of a file that XGBoost writes have other digits.
        const saved = await rival.ask<{ version: string }>(
          "save",
          path,
          path,
          format === "json" ? "json" : "ubj",
        );
        version = saved.version;
      }
      results.push(await measureFile(path, workload.name, format, child, rival, rounds));
    }
  }
  rival?.end();
  return { xgboost: version, results };
}

async function measureFile(
  path: string,
  workload: string,
  format: FileFormat,
  child: string,
  rival: Rival | undefined,
  rounds: number,
): Promise<LoadResult> {
  const data = readFileSync(path);
  const row = new Float32Array(Booster.load(data).numFeatures);
  const result: LoadResult = {
    workload,
    format,
    bytes: data.length,
    ours: [],
    first: Array.from({ length: FIRST_LOADS }, () => Number(execFileSync(process.execPath, [child, path]))),
    oursAndRow: [],
    xgboost: [],
  };
  await rival?.ask("load", path, "2");
  for (let round = -WARM_UP; round < rounds; round++) {
    const begin = performance.now();
    const booster = Booster.load(data);
    const loaded = performance.now();
    booster.predictRow(row);
    const scored = performance.now();
    const theirs = await rival?.ask<{ times: number[] }>("load", path, "1");
    if (round >= 0) {
      result.ours.push(loaded - begin);
      result.oursAndRow.push(scored - begin);
      result.xgboost.push(...(theirs?.times ?? []));
    }
  }
  return result;
}

/** A Python process with XGBoost that answers questions. */
class Rival {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(python: string) {
    this.#process = spawn(python, ["bench/rivals/load.py"]);
    this.#process.stderr.pipe(process.stderr);
    this.#answers = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  async ask<Answer>(...command: readonly string[]): Promise<Answer> {
    this.#process.stdin.write(`${command.join("\t")}\n`);
    const { value, done } = await this.#answers.next();
    if (done) {
      throw new Error("XGBoost's process has ended");
    }
    return JSON.parse(value);
  }

  end(): void {
    this.#process.stdin.end();
  }
}
