/** The suite in a program with Node's modules: `program.mjs <pack>` prints its report. */
import * as browser from "xgboost-infer/browser";
import { WorkerPool } from "xgboost-infer/node";
import { printReport } from "./print-report.mjs";

const hasWebWorkers = "Worker" in globalThis;
await printReport({ threads: WorkerPool, ...(hasWebWorkers ? { "web workers": browser.WorkerPool } : {}) });
