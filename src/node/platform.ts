/** Threads of Node, as a pool takes them. */
import type { Listener, Platform, Port } from "../pool/platform.ts";
import type { FromWorker } from "../pool/protocol.ts";

/** What of a `Worker` of `node:worker_threads` is used. */
export interface ThreadWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  on(event: string, listener: (value: unknown) => void): unknown;
  terminate(): Promise<number>;
  ref(): void;
  unref(): void;
}

export function nodePlatform(create: () => ThreadWorker): Platform {
  return { sharesMemory: true, start: (listener) => startWorker(create(), listener) };
}

function startWorker(worker: ThreadWorker, listener: Listener): Port {
  let failure: unknown;
  worker.on("message", (message) => listener.message(message as FromWorker));
  worker.on("messageerror", (error) => {
    failure = error;
    void worker.terminate();
  });
  worker.on("error", (error) => {
    failure = error;
  });
  worker.on("exit", (code) => listener.died(failure ?? new Error(`the worker ended with exit code ${code}`)));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    terminate: () => worker.terminate(),
    keepAlive: (needed) => (needed ? worker.ref() : worker.unref()),
  };
}
