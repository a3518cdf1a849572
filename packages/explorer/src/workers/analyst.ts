/** A worker that looks into a model: explanations of rows, response curves, flips, trees. */
import type { DumpOptions } from "xgboost-infer";
import type { Answer, Arguments, FromAnalyst, Method, ToAnalyst } from "./analyst-protocol.ts";

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

export class AnalystWorker {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #failure: Error | undefined;

  constructor(bytes: Uint8Array, dump: DumpOptions | undefined) {
    this.#worker = new Worker(new URL("./analyst-script.ts", import.meta.url), {
      type: "module",
      name: "analyst",
    });
    this.#worker.addEventListener("error", (event) => {
      this.#fail(new Error(event.message || "the worker that looks into the model could not be started"));
    });
    this.#worker.addEventListener("message", ({ data }: MessageEvent<FromAnalyst>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.type === "answer") {
        waiting?.resolve(data.answer as never);
      } else {
        waiting?.reject(new Error(data.problem));
      }
    });
    this.#post({ type: "load", bytes, dump });
  }

  /** Rejects with an error whose message says what is wrong. */
  call<M extends Method>(method: M, ...args: Arguments<M>): Promise<Answer<M>> {
    if (this.#failure !== undefined) {
      return Promise.reject(this.#failure);
    }
    const id = this.#next++;
    return new Promise<Answer<M>>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post({ type: "call", id, method, args });
    });
  }

  close(): void {
    this.#worker.terminate();
    this.#fail(new Error("another model was loaded"));
  }

  #post(message: ToAnalyst): void {
    this.#worker.postMessage(message);
  }

  #fail(error: Error): void {
    this.#failure = error;
    for (const { reject } of this.#waiting.values()) {
      reject(error);
    }
    this.#waiting.clear();
  }
}
