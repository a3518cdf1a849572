/** How each contender is loaded and run; in the race's worker. */
import { Booster, type DumpOptions, type EngineOption } from "xgboost-infer";
import { WorkerPool } from "xgboost-infer/browser";
import { startPoolWorker } from "../workers/pool-worker.ts";
import { dumpOf } from "./dump.ts";
import type { EntrantName } from "./line-up.ts";
import { onnxModel } from "./onnx-model.ts";
import type { Contender, Runner } from "./race.ts";

export interface RaceInput {
  readonly bytes: Uint8Array;
  readonly dump: DumpOptions | undefined;
  readonly data: Float32Array;
  readonly cols: number;
  readonly workers: number;
}

export function contender(name: EntrantName, input: RaceInput): Contender {
  return { name, load: () => load(name, input) };
}

function load(name: EntrantName, input: RaceInput): Promise<Runner> {
  switch (name) {
    case "auto":
    case "javascript":
    case "reference":
      return inThisThread(name, input);
    case "auto-workers":
      return inWorkers("auto", input);
    case "javascript-workers":
      return inWorkers("javascript", input);
    case "onnxruntime-web":
      return onnxRuntime(input);
    case "xgboost-scorer":
      return scorer(input);
  }
}

function open({ bytes, dump }: RaceInput, engine: EngineOption): Booster {
  return Booster.load(bytes, dump === undefined ? { engine } : { engine, dump });
}

async function inThisThread(engine: EngineOption, input: RaceInput): Promise<Runner> {
  const booster = open(input, engine);
  const { data, cols } = input;
  return {
    note: `engine ${booster.engine}`,
    run: (rows) => booster.predict({ data: data.subarray(0, rows * cols), rows, cols }).data,
  };
}

async function inWorkers(engine: EngineOption, input: RaceInput): Promise<Runner> {
  const { data, cols, workers } = input;
  const pool = await WorkerPool.create(open(input, engine), { createWorker: startPoolWorker, workers });
  return {
    note: `engine ${pool.booster.engine}, ${pool.workers} workers${data.buffer instanceof ArrayBuffer ? ", rows are handed over" : ", memory is shared"}`,
    run: async (rows) => (await pool.predict({ data: data.subarray(0, rows * cols), rows, cols })).data,
    close: () => pool.close(),
  };
}

/** What is used of onnxruntime-web. */
interface OnnxRuntime {
  readonly env: {
    readonly versions: { readonly common: string };
    readonly wasm: { numThreads?: number; wasmBinary?: Uint8Array; proxy?: boolean };
  };
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{
      run(inputs: object): Promise<Record<string, { readonly data: Float32Array }>>;
      release(): Promise<void>;
    }>;
  };
  readonly Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => object;
}

const ABSENT = "this build of the page does not have it; see its README";

async function onnxRuntime(input: RaceInput): Promise<Runner> {
  const { onnxRuntime, onnxRuntimeWasm } = await import("virtual:rivals");
  if (onnxRuntime === undefined || onnxRuntimeWasm === undefined) {
    throw new Error(ABSENT);
  }
  const model = onnxModel(open(input, "reference"));
  const runtime = (await onnxRuntime()) as OnnxRuntime;
  runtime.env.wasm.numThreads = 1;
  runtime.env.wasm.wasmBinary ??= await unpack((await onnxRuntimeWasm()).default);
  const session = await runtime.InferenceSession.create(model, {
    executionProviders: ["wasm"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const { cols } = input;
  // It takes no views of shared memory.
  const data = input.data.buffer instanceof ArrayBuffer ? input.data : Float32Array.from(input.data);
  return {
    note: `version ${runtime.env.versions.common}`,
    run: async (rows) => {
      const tensor = new runtime.Tensor("float32", data.subarray(0, rows * cols), [rows, cols]);
      return (await session.run({ input: tensor }))["output"]!.data;
    },
    close: () => session.release(),
  };
}

async function unpack(packed: string): Promise<Uint8Array> {
  const bytes = Uint8Array.from(atob(packed), (each) => each.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

interface Scorers {
  readonly default: { create(model: object): Promise<{ scoreSingleInstance(features: object): number }> };
}

async function scorer(input: RaceInput): Promise<Runner> {
  const { scorer } = await import("virtual:rivals");
  if (scorer === undefined) {
    throw new Error(ABSENT);
  }
  const booster = open(input, "reference");
  if (booster.objective !== "binary:logistic") {
    throw new Error(
      `it takes the logistic function of everything, and the objective is ${booster.objective}`,
    );
  }
  const module = (await scorer()) as Scorers & { readonly default: Scorers };
  const { create } = module.default.default ?? module.default;
  const found = await create(dumpOf(booster));
  const { data, cols } = input;
  // Rows become objects without the missing features before the clock starts.
  const rows: Record<string, number>[] = [];
  return {
    note: "version 0.0.4; rows are objects, made before the clock starts",
    run: (count) => {
      while (rows.length < count) {
        rows.push(objectOf(data, cols, rows.length));
      }
      return Float32Array.from({ length: count }, (_, row) => found.scoreSingleInstance(rows[row]!));
    },
  };
}

function objectOf(data: Float32Array, cols: number, row: number): Record<string, number> {
  const cells: Record<string, number> = {};
  for (let feature = 0; feature < cols; feature++) {
    const value = data[row * cols + feature]!;
    if (!Number.isNaN(value)) {
      cells[`f${feature}`] = value;
    }
  }
  return cells;
}
