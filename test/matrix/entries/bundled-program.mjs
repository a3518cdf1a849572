/** As `program.mjs`, for bundlers that make one file of it: the script of its workers is bundled, too. */
import { Worker } from "node:worker_threads";
import { WorkerPool } from "xgboost-infer/node";
import { printReport } from "./print-report.mjs";

const script = new URL(/* @vite-ignore */ "./pool-worker.js", import.meta.url);
const create = (/** @type {never} */ source, /** @type {object} */ options) =>
  WorkerPool.create(source, { ...options, createWorker: () => new Worker(script) });
await printReport({ threads: { create } });
