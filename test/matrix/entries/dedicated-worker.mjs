// @ts-nocheck: addresses of a server
/** A worker that starts workers of its own, too. */
import { WorkerPool } from "/node_modules/xgboost-infer/dist/browser/index.js";
import * as library from "./library-by-path.mjs";
import { reportFromBrowser } from "./report.mjs";

await reportFromBrowser(library, WorkerPool);
