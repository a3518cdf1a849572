/** Sorting, filtering and evaluating in a worker, so that the page goes on. */
import type { EvaluateRequest, Evaluation } from "../tables/evaluate.ts";
import type { OrderRequest } from "../tables/order.ts";

interface Tasks {
  readonly order: { readonly request: OrderRequest; readonly result: Uint32Array };
  readonly evaluate: { readonly request: EvaluateRequest; readonly result: Evaluation };
}

export interface AnalysisMessage {
  readonly id: number;
  readonly task: keyof Tasks;
  readonly request: OrderRequest | EvaluateRequest;
}

export interface AnalysisAnswer {
  readonly id: number;
  readonly result?: Uint32Array | Evaluation;
  readonly problem?: string;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, Waiting>();

export function analyse<Task extends keyof Tasks>(
  task: Task,
  request: Tasks[Task]["request"],
): Promise<Tasks[Task]["result"]> {
  worker ??= start();
  const id = ++last;
  worker.postMessage({ id, task, request } satisfies AnalysisMessage);
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
  });
}

function start(): Worker {
  const started = new Worker(new URL("./analysis-script.ts", import.meta.url), {
    type: "module",
    name: "analysis",
  });
  started.addEventListener("message", ({ data }: MessageEvent<AnalysisAnswer>) => {
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.problem === undefined) {
      call?.resolve(data.result);
    } else {
      call?.reject(new Error(data.problem));
    }
  });
  started.addEventListener("error", ({ message }) => {
    const calls = [...waiting.values()];
    waiting.clear();
    started.terminate();
    worker = undefined;
    for (const call of calls) {
      call.reject(new Error(message || "the worker that sorts could not be started"));
    }
  });
  return started;
}
