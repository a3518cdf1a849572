/** The suite in a classic script, made by a bundler: such a script does not know its own address, and says where its workers' script is. */
import { WorkerPool } from "xgboost-infer/browser";
import * as library from "./library.mjs";
import { reportFromBrowser } from "./report.mjs";

const { Worker } = /** @type {any} */ (globalThis);
const create = (/** @type {never} */ source, /** @type {object} */ options) =>
  WorkerPool.create(source, { ...options, createWorker: () => new Worker("/pool-worker.js") });
reportFromBrowser(library, { create });
