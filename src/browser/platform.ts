/** Web Workers, as a pool takes them. Declared here because the package compiles without any platform's types. */
import type { Listener, Platform, Port } from "../pool/platform.ts";

/** What of its events is used: `data` of a message, `message` of an error. */
export interface WorkerEvent {
  readonly data?: unknown;
  readonly message?: unknown;
}

/** What of a `Worker` is used. */
export interface WebWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: string, listener: (event: WorkerEvent) => void): void;
  terminate(): void;
}

export function browserPlatform(create: () => WebWorker): Platform {
  return { sharesMemory: sharesMemory(), start: (listener) => startWorker(create(), listener) };
}

/** Pages share memory with workers only where they are cross-origin isolated. */
function sharesMemory(): boolean {
  const { crossOriginIsolated } = globalThis as { readonly crossOriginIsolated?: boolean };
  return typeof SharedArrayBuffer === "function" && crossOriginIsolated !== false;
}

function startWorker(worker: WebWorker, listener: Listener): Port {
  const fail = (problem: string): void => {
    worker.terminate();
    listener.died(new Error(problem));
  };
  worker.addEventListener("message", (event) => listener.message(event.data as never));
  worker.addEventListener("messageerror", () => fail("a message could not be read"));
  worker.addEventListener("error", (event) => fail(problemOf(event)));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    terminate: async () => worker.terminate(),
    keepAlive: () => undefined,
  };
}

/** A script that does not load, or that a policy forbids, gives an event without a message. */
function problemOf(event: WorkerEvent): string {
  return typeof event.message === "string" && event.message !== ""
    ? event.message
    : "its script could not be loaded or run";
}
