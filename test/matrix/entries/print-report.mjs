/** What programs share: the report of the suite as one line of JSON. */
import { readFileSync } from "node:fs";
import { measureRate, runPool, runSuite } from "../suite.mjs";
import * as library from "./library.mjs";
import { attempt } from "./report.mjs";

/** @param {Record<string, Parameters<typeof runPool>[2]>} kinds of worker pools */
export async function printReport(kinds) {
  const text = readFileSync(process.argv[2] ?? "", "utf8");
  /** @type {Record<string, object>} */
  const pools = {};
  for (const [name, pool] of Object.entries(kinds)) {
    pools[name] = await attempt(() => runPool(library, text, pool));
  }
  const suite = runSuite(library, text);
  const rate = measureRate(library, text, () => performance.now());
  console.log(`\n${JSON.stringify({ ...suite, rate, pools })}`);
  // Workers that could not start would keep the process alive.
  process.exit();
}
