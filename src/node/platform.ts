/** Threads of Node, as a pool takes them. */
import { Worker } from "node:worker_threads";
import type { Listener, Platform, Port } from "../pool/platform.ts";

/** @param script the file that workers run; the package's own by default */
export function nodePlatform(script: URL): Platform {
  return { sharesMemory: true, start: (listener) => startWorker(script, listener) };
}

function startWorker(script: URL, listener: Listener): Port {
  // The parent's own flags may not suit a worker, such as --input-type.
  const worker = new Worker(script, { execArgv: [] });
  let failure: unknown;
  worker.on("message", (message) => listener.message(message));
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
