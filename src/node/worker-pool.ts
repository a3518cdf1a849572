/** The worker pool of Node. */
import { availableParallelism } from "node:os";
// biome-ignore lint/style/useNodejsImportProtocol: by this name alone does webpack know Node's workers
import { Worker } from "worker_threads";
import { ModelPool, type PoolOptions, type PoolSource } from "../pool/pool.ts";
import { nodePlatform, type ThreadWorker } from "./platform.ts";

export interface NodePoolOptions extends PoolOptions {
  /**
   * Makes a worker that runs `xgboost-infer/node/worker`. Default: the file beside this one. A program that a bundler put into one
   * file has no such file: it bundles the worker's script, too, and says here where that lies.
   */
  readonly createWorker?: () => ThreadWorker;
}

/** Scores large batches of one model in several threads, which share one copy of its compiled trees. */
export class WorkerPool extends ModelPool {
  /**
   * Loads the model, unless it is loaded already, and starts the workers. Workers without work do not keep the process alive.
   * @throws what `Booster.load` throws; InputError; WorkerError where no worker can start
   */
  static async create(source: PoolSource, options: NodePoolOptions = {}): Promise<WorkerPool> {
    const platform = nodePlatform(options?.createWorker ?? createWorker);
    const pool = new WorkerPool(source, options, platform, availableParallelism());
    await pool.start();
    return pool;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function createWorker(): ThreadWorker {
  // In one expression, by which bundlers know a worker's script. The parent's own flags may not suit it, such as --input-type.
  return new Worker(new URL("./worker.js", import.meta.url), { execArgv: [] });
}
