/**
 * What loading a model takes, measured in a process of its own (`node --expose-gc`): `peak` prints the most memory that the
 * process ever had, after reading a file and, with `load`, loading it; `retained` what a loaded model keeps.
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

/** Most bytes of memory that the process had so far. */
function peak(): number {
  if (before === "") {
    bringInCompiler();
  } else {
    Booster.load(readFileSync(before));
  }
  if (load === "load") {
    Booster.load(bytes);
  }
  return highWater() * 1024;
}

/**
 * Some hot loops of another kind. The first that is optimised makes 6 MB of the compiler's own code part of the process, which is
 * nothing that loading takes: any program does so sooner or later.
 */
function bringInCompiler(): void {
  const counts = new Int32Array(256);
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 100_000; i++) {
      counts[(i * round) & 255]! += bytes[i % bytes.length]!;
    }
  }
}

/** KiB. On Linux `maxRSS` starts from the memory of the process that started this one. */
function highWater(): number {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  const found = /^VmHWM:\s*(\d+) kB/m.exec(status);
  return found === null ? process.resourceUsage().maxRSS : Number(found[1]);
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
