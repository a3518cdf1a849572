/** The suite in a program with Node's modules: `program.mjs <pack>` prints its report as one line of JSON. */
import { readFileSync } from "node:fs";
import * as browser from "xgboost-infer/browser";
import { WorkerPool } from "xgboost-infer/node";
import { measureRate, runPool, runSuite } from "../suite.mjs";
import * as library from "./library.mjs";
import { attempt } from "./report.mjs";

const text = readFileSync(process.argv[2] ?? "", "utf8");
/** @type {Record<string, object>} */
const pools = { threads: await attempt(() => runPool(library, text, WorkerPool)) };
if (typeof (/** @type {{ Worker?: unknown }} */ (globalThis).Worker) === "function") {
  pools["web workers"] = await attempt(() => runPool(library, text, browser.WorkerPool));
}
const suite = runSuite(library, text);
const rate = measureRate(library, text, () => performance.now());
console.log(`\n${JSON.stringify({ ...suite, rate, pools })}`);
// Where workers that could not start would keep the process alive.
process.exit();
