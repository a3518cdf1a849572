/** Loads models without keeping requests waiting. */
import { Worker } from "node:worker_threads";
import { ModelExecutor } from "xgboost-infer/executor";
import { unpackBooster } from "xgboost-infer/transfer";
import type { ModelSource } from "./find-models.ts";
import { type LoadedModel, loadModel, type ModelCheck } from "./load-model.ts";
import type { LoadReply, LoadRequest, PostedModel } from "./loader-thread.ts";
import type { ServedModel } from "./served-model.ts";
import { tryRow } from "./warm-up.ts";

export interface LoaderOptions {
  readonly maxModelBytes: number;
  /** Each looks at a model before it is visible, after its certificate was looked at. */
  readonly checks: readonly ModelCheck[];
}

interface Waiting {
  readonly resolve: (model: PostedModel) => void;
  readonly reject: (error: Error) => void;
}

/** The thread ends when there was nothing to load for so long, and with it the memory that parsing takes. */
const IDLE_MILLISECONDS = 2_000;

/** Threads run what was compiled, also where tests run the sources. */
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "../../dist/repository/loader-thread.js" : "./loader-thread.js",
  import.meta.url,
);

export class ModelLoader {
  readonly #options: LoaderOptions;
  #thread: LoaderThread | undefined;
  #idle: NodeJS.Timeout | undefined;
  #loading = 0;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /**
   * @param inBackground in a thread, which takes longer: while requests are answered
   * @throws Error that says what is wrong with the model, without the repository's path
   */
  async load(source: ModelSource, inBackground: boolean): Promise<ServedModel> {
    const begin = performance.now();
    const { maxModelBytes, checks } = this.#options;
    const model = inBackground
      ? adopt(await this.#loadInThread(source))
      : await loadModel(source, maxModelBytes);
    const { name, version, digest, executor, files, blockedTime } = model;
    const notes = [...model.notes];
    for (const check of checks) {
      const note = await check({ executor, files });
      notes.push(...(note === undefined ? [] : [note]));
    }
    const loadTime = performance.now() - begin;
    return { name, version, digest, executor, loadedAt: new Date(), loadTime, blockedTime, notes };
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#thread?.end();
  }

  async #loadInThread(source: ModelSource): Promise<PostedModel> {
    clearTimeout(this.#idle);
    if (this.#thread?.hasEnded !== false) {
      this.#thread = new LoaderThread();
    }
    const { maxModelBytes, checks } = this.#options;
    this.#loading++;
    try {
      return await this.#thread.load({ source, maxModelBytes, withFiles: checks.length > 0 });
    } finally {
      this.#loading--;
      if (this.#loading === 0) {
        this.#idle = setTimeout(() => void this.#thread?.end(), IDLE_MILLISECONDS);
        this.#idle.unref();
      }
    }
  }
}

class LoaderThread {
  /** No more is to be asked of it. */
  hasEnded = false;
  readonly #worker = new Worker(SCRIPT, { execArgv: [] });
  readonly #waiting = new Map<number, Waiting>();
  #requests = 0;

  constructor() {
    let failure: Error | undefined;
    this.#worker.on("message", (reply: LoadReply) => this.#answered(reply));
    this.#worker.on("error", (error: Error) => {
      failure = error;
    });
    this.#worker.on("exit", () => this.#failed(failure));
    this.#worker.unref();
  }

  load(request: Omit<LoadRequest, "id">): Promise<PostedModel> {
    const id = this.#requests++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...request } satisfies LoadRequest);
    });
  }

  async end(): Promise<void> {
    this.hasEnded = true;
    await this.#worker.terminate();
  }

  #answered(reply: LoadReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("error" in reply) {
      waiting?.reject(new Error(reply.error));
    } else {
      waiting?.resolve(reply.model);
    }
  }

  #failed(failure: Error | undefined): void {
    this.hasEnded = true;
    const error = new Error(`the thread that loads models has ended: ${failure?.message ?? "stopped"}`);
    for (const { reject } of this.#waiting.values()) {
      reject(error);
    }
    this.#waiting.clear();
  }
}

/** Makes the model of what the thread has posted; this is what keeps requests waiting. */
function adopt({ booster, parts, ...rest }: PostedModel): LoadedModel {
  const begin = performance.now();
  const executor = ModelExecutor.of(unpackBooster(booster), parts);
  tryRow(executor);
  return { ...rest, executor, blockedTime: performance.now() - begin };
}
