/** `xgboost-infer/browser`: Web Workers. */
export type { CancelSignal } from "../pool/dispatcher.ts";
export type { PoolOptions, PoolPredictOptions, PoolSource } from "../pool/pool.ts";
export { WorkerError } from "../pool/worker-error.ts";
export type { WebWorker, WorkerEvent } from "./platform.ts";
export { type BrowserPoolOptions, WorkerPool } from "./worker-pool.ts";
