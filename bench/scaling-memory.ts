/** What loading a model takes of memory, and what a loaded model keeps; see `memory-child.ts`. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Retained } from "./memory-child.ts";
import { FILE_FORMATS, type FileFormat, modelFile } from "./model-files.ts";
import { WORKLOADS, type Workload } from "./workloads.ts";

export interface MemoryResult extends Retained {
  readonly workload: string;
  readonly trees: number;
  readonly format: FileFormat;
  /** Bytes of the file. */
  readonly file: number;
  /**
   * Most memory of a process that loads the file, less that of one which only reads it; the least of some runs each. Pages of the
   * program's own file are not among it.
   */
  readonly extraPeak: number;
  /** The same of processes that have loaded a small model, with `PLAIN`: what the loader itself holds. */
  readonly ownPeak: number;
}

/**
 * Without optimising compilers, and with a young generation that does not grow: what V8 takes for these, it takes once a process
 * and whatever the size of the file. One run tells, as nothing is compiled beside it.
 */
const PLAIN = ["--no-opt", "--liftoff-only", "--max-semi-space-size=1"];
/** Trees of the small model. */
const FEW_TREES = 20;

/** The shapes, each as it is and with so many times its trees: loading has fixed costs, which do not grow with a file. */
const SHAPES: readonly (readonly [name: Workload["name"], times: readonly number[]])[] = [
  ["risk", [1, 6]],
  ["deep", [1]],
  ["digits", [1, 20]],
];

/** @param child the bundled `memory-child.ts` */
export function measureMemory(
  folder: string,
  child: string,
  runs: number,
  formats: readonly FileFormat[] = FILE_FORMATS,
  maxFactor: number = Number.POSITIVE_INFINITY,
): MemoryResult[] {
  return SHAPES.flatMap(([name, times]) =>
    times
      .filter((factor) => factor <= maxFactor)
      .flatMap((factor) => {
        const shape = WORKLOADS.find((each) => each.name === name)!;
        const workload = { ...shape, trees: factor * shape.trees };
        return formats.map((format) => measureFile(folder, child, runs, workload, format));
      }),
  );
}

function measureFile(
  folder: string,
  child: string,
  runs: number,
  workload: Workload,
  format: FileFormat,
): MemoryResult {
  const bytes = modelFile(workload, format);
  const path = `${folder}/memory-${workload.name}-${workload.trees}.${format}`;
  writeFileSync(path, bytes);
  const small = `${folder}/memory-${workload.name}-small.${format}`;
  writeFileSync(small, modelFile({ ...workload, trees: FEW_TREES }, format));
  const ask = <Answer>(flags: readonly string[], ...args: readonly string[]): Answer =>
    JSON.parse(
      execFileSync(process.execPath, ["--expose-gc", ...flags, child, ...args], { encoding: "utf8" }),
    );
  const least = (load: string): number =>
    Math.min(...Array.from({ length: runs }, () => ask<number>([], "peak", path, load)));
  const plain = (load: string): number => ask(PLAIN, "peak", path, load, small);
  return {
    workload: workload.name,
    trees: workload.trees,
    format,
    file: bytes.length,
    extraPeak: least("load") - least(""),
    ownPeak: plain("load") - plain(""),
    ...ask<Retained>([], "retained", path),
  };
}
