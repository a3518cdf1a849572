/**
 * What loading a model takes, measured in a process of its own (`node --expose-gc`): `peak` prints the most memory that the
 * process ever had besides the program's own code, after reading a file and, with `load`, loading it; `retained` what a loaded
 * model keeps.
 */
import { existsSync, readFileSync } from "node:fs";
import { Booster } from "../src/index.ts";
import { partsOf } from "../src/predict/booster.ts";

declare const gc: () => void;
const platform = globalThis as unknown as {
  WebAssembly: {
    Memory: new (descriptor: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  };
};

/** Bytes a model. */
export interface Retained {
  /** The compiled layout. */
  readonly tables: number;
  /** Everything that goes when the model goes. */
  readonly loaded: number;
  /** Tables that engines have made in linear memory after a batch and a single row. */
  readonly engineTables: number;
  readonly scored: number;
}

/** Bytes of files that are loaded side by side, so that what does not belong to the models counts little; and how often at least. */
const ENOUGH = 24e6;
const LEAST_COPIES = 4;

const [mode = "", path = "", load = "", before = ""] = process.argv.slice(2);
const bytes = readFileSync(path);
const COPIES = Math.max(LEAST_COPIES, Math.ceil(ENOUGH / bytes.length));
console.log(JSON.stringify(mode === "peak" ? peak() : await retained()));

/**
 * Most bytes of memory that the process had so far, without pages of the program's file: what of V8's code has run once is not
 * taken by loading, is shared by all processes, and given back when memory is short. It is 1.2 to 1.5 MB of the 1.8 to 2.9 by
 * which a process grows that loads its first model.
 */
function peak(): number {
  if (before !== "") {
    Booster.load(readFileSync(before));
  }
  if (load === "load") {
    Booster.load(bytes);
  }
  return 1024 * highWater();
}

/** KiB. The pages of files only grow: had they been fewer at the highest, by so much would this be too low (by 0.1 MB at most). */
function highWater(): number {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  const [most, ofFiles] = ["VmHWM", "RssFile"].map((name) =>
    new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(status),
  );
  // On Linux `maxRSS` starts from the memory of the process that started this one.
  return most && ofFiles ? Number(most[1]) - Number(ofFiles[1]) : process.resourceUsage().maxRSS;
}

async function retained(): Promise<Retained> {
  let linear = 0;
  const { Memory } = platform.WebAssembly;
  platform.WebAssembly.Memory = class extends Memory {
    constructor(descriptor: { readonly initial: number }) {
      super(descriptor);
      linear += this.buffer.byteLength;
    }
  };
  // Code and caches that the first model brings along.
  for (let i = 0; i < COPIES; i++) {
    warmUp();
  }
  linear = 0;
  const before = await used();
  const boosters = Array.from({ length: COPIES }, () => Booster.load(bytes));
  const loaded = ((await used()) - before + linear) / COPIES;
  boosters.forEach(score);
  const scored = ((await used()) - before + linear) / COPIES;
  const tables = partsOf(boosters[0]!).layout!.buffer.byteLength;
  return { tables, loaded, engineTables: linear / COPIES, scored };
}

/** A function of its own: its variables are gone when it has returned. */
function warmUp(): void {
  score(Booster.load(bytes));
}

function score(booster: Booster): void {
  const rows = 64;
  const row = new Float32Array(booster.numFeatures);
  booster.predict({ data: new Float32Array(rows * row.length), rows, cols: row.length });
  booster.predictRow(row);
}

/** Bytes of the heap and of array buffers. Linear memory is not among them. */
async function used(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
