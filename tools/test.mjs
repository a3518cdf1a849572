/**
 * `npm test`: installs what is missing, builds, runs every test and ends with a line `N passed, N failed`.
 * With --slow: the slow suites of `test/slow/` instead; with --recipes: those of `examples/`, which install Spark and ClickHouse from
 * their registry and take minutes. Other arguments go to vitest.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { bin, run } from "./run.mjs";

const suite = ["slow", "recipes"].find((name) => process.argv.includes(`--${name}`));
const rest = process.argv.slice(2).filter((argument) => argument !== `--${suite}`);
const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-test-"));
const report = join(folder, "report.json");

await build();
const config = suite === undefined ? [] : ["--config", `vitest.${suite}.config.ts`];
const status = run(
  bin("vitest"),
  ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...config, ...rest],
  { allowFailure: true },
);

const NONE = {
  numPassedTests: 0,
  numFailedTests: 0,
  numFailedTestSuites: 0,
  numTotalTests: 0,
  testResults: [],
};
const hasReport = existsSync(report);
if (!hasReport) {
  console.log("The runner of the tests died before its report: what it printed last says of what.");
}
const { numPassedTests, numFailedTests, numFailedTestSuites, numTotalTests, testResults } = hasReport
  ? JSON.parse(readFileSync(report, "utf8"))
  : NONE;
rmSync(folder, { recursive: true });
// A file that fails to load has no tests that could fail; it must not pass for success.
const failed = numFailedTests + (numFailedTests === 0 && status !== 0 ? Math.max(1, numFailedTestSuites) : 0);
const left = numTotalTests - numPassedTests - numFailedTests;
for (const { assertionResults } of testResults) {
  for (const { status: outcome, fullName } of assertionResults) {
    if (outcome !== "passed" && outcome !== "failed") {
      console.log(`${outcome}: ${fullName}`);
    }
  }
}
console.log(`${numPassedTests} passed, ${failed} failed${left > 0 ? `, ${left} skipped` : ""}`);
process.exitCode = failed > 0 || numPassedTests === 0 ? 1 : 0;
