/** `xgboost-infer/node`: files and threads of Node. */
export type { CancelSignal } from "../pool/dispatcher.ts";
export type { PoolOptions, PoolPredictOptions, PoolSource } from "../pool/pool.ts";
export { WorkerError } from "../pool/worker-error.ts";
export { loadFile } from "./load-file.ts";
export { openModelDirectory } from "./model-directory.ts";
export type { ThreadWorker } from "./platform.ts";
export { type NodePoolOptions, WorkerPool } from "./worker-pool.ts";
