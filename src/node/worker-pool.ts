/** The worker pool of Node. */
import { availableParallelism } from "node:os";
import { ModelPool, type PoolOptions, type PoolSource } from "../pool/pool.ts";
import { nodePlatform } from "./platform.ts";

/** Scores large batches of one model in several threads, which share one copy of its compiled trees. */
export class WorkerPool extends ModelPool {
  /**
   * Loads the model, unless it is loaded already, and starts the workers. Workers without work do not keep the process alive.
   * @throws what `Booster.load` throws; InputError; WorkerError where no worker can start
   */
  static async create(source: PoolSource, options: PoolOptions = {}): Promise<WorkerPool> {
    const platform = nodePlatform(new URL("./worker.js", import.meta.url));
    const pool = new WorkerPool(source, options, platform, availableParallelism());
    await pool.start();
    return pool;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
