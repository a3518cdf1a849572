/** Threads that score blocks. */
import { Worker } from "node:worker_threads";
import { EXIT, TableError } from "../errors.ts";
import type { BlockPayload } from "../tables/table.ts";
import type { ScoredBlock } from "./block-scorer.ts";
import type { WorkerAnswer, WorkerStart } from "./worker.ts";

/** A thread ended that should not have. */
export class WorkerFailure extends Error {
  readonly exitCode = EXIT.refused;
  override readonly name = "WorkerFailure";
}

interface Request {
  resolve(block: ScoredBlock): void;
  reject(error: unknown): void;
}

interface Thread {
  readonly worker: Worker;
  /** Blocks that it has not answered yet, in order. */
  readonly requests: Request[];
}

export class ScoringPool {
  readonly #threads: Thread[];
  #failure: unknown;
  /** What was given out last, and to whom. */
  #run: { readonly run: number | undefined; readonly thread: Thread } | undefined;

  constructor(start: WorkerStart, threads: number) {
    this.#threads = Array.from({ length: threads }, () => this.#startThread(start));
  }

  /** @param payload is moved to the thread where that spares a copy */
  score(payload: BlockPayload): Promise<ScoredBlock> {
    if (this.#failure !== undefined) {
      return Promise.reject(this.#failure);
    }
    const thread = this.#threadFor(payload);
    return new Promise((resolve, reject) => {
      thread.requests.push({ resolve, reject });
      thread.worker.postMessage(payload, transferable(payload));
    });
  }

  #threadFor(payload: BlockPayload): Thread {
    const run = payload.kind === "parquet" ? payload.run : undefined;
    if (run === undefined || run !== this.#run?.run) {
      const thread = this.#threads.reduce((best, each) =>
        each.requests.length < best.requests.length ? each : best,
      );
      this.#run = { run, thread };
    }
    return this.#run!.thread;
  }

  async close(): Promise<void> {
    this.#failure ??= new WorkerFailure("the scoring threads are closed");
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #startThread(start: WorkerStart): Thread {
    // The parent's own flags may not suit a worker.
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: start, execArgv: [] });
    const thread: Thread = { worker, requests: [] };
    worker.on("message", (answer: WorkerAnswer) => settle(thread.requests.shift()!, answer));
    worker.on("error", (error) => this.#fail(thread, error.message));
    worker.on("messageerror", (error) => this.#fail(thread, error.message));
    worker.on("exit", (code) => this.#fail(thread, `it ended with exit code ${code}`));
    return thread;
  }

  #fail(thread: Thread, message: string): void {
    this.#failure ??= new WorkerFailure(`a scoring thread failed: ${message}`);
    for (const { reject } of thread.requests.splice(0)) {
      reject(this.#failure);
    }
  }
}

function settle(request: Request, answer: WorkerAnswer): void {
  if ("block" in answer) {
    request.resolve(answer.block);
  } else if ("tableError" in answer) {
    const { message, ...where } = answer.tableError;
    request.reject(new TableError(message, where));
  } else {
    request.reject(new Error(`in a scoring thread: ${answer.defect}`));
  }
}

/** A block has its memory for itself, also where it is a part of it. */
function transferable(payload: BlockPayload): ArrayBuffer[] {
  return "bytes" in payload ? [payload.bytes.buffer] : [];
}
