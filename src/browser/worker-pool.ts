/** The worker pool of browsers. */
import { ModelPool, type PoolOptions, type PoolSource } from "../pool/pool.ts";
import { browserPlatform, type WebWorker } from "./platform.ts";

declare const Worker: new (script: object, options: { readonly type: "module" }) => WebWorker;
declare const URL: new (path: string, base: string) => object;

export interface BrowserPoolOptions extends PoolOptions {
  /**
   * Makes a worker that runs `xgboost-infer/browser/worker`. Default: the file beside this one, which bundlers
   * that know `new Worker(new URL(…))` find by themselves, Vite among them.
   */
  readonly createWorker?: () => WebWorker;
}

/** Scores large batches of one model in several workers. They share memory where the page is cross-origin isolated. */
export class WorkerPool extends ModelPool {
  /**
   * Loads the model, unless it is loaded already, and starts the workers.
   * @throws what `Booster.load` throws; InputError; WorkerError where no worker can start
   */
  static async create(source: PoolSource, options: BrowserPoolOptions = {}): Promise<WorkerPool> {
    const platform = browserPlatform(options?.createWorker ?? createWorker);
    const pool = new WorkerPool(source, options, platform, hardwareConcurrency());
    await pool.start();
    return pool;
  }
}

function createWorker(): WebWorker {
  // In one expression, by which bundlers know a worker's script.
  return new Worker(new URL("./worker.js", (import.meta as unknown as { readonly url: string }).url), {
    type: "module",
  });
}

function hardwareConcurrency(): number {
  const { navigator } = globalThis as { readonly navigator?: { readonly hardwareConcurrency?: number } };
  return navigator?.hardwareConcurrency ?? 2;
}
