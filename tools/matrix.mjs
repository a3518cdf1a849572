/**
 * `npm run test:matrix`: the parity suite over the packed package in every runtime, installing what it needs in `.cache/`. Prints what each
 * row found, and writes the table in docs/compatibility.md when all rows were asked for. A row that cannot be run here is named with its reason; any
 * value that is not equal, or a row that fails, ends it with status 1. Arguments choose rows by a part of their names.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "./build.mjs";
import { root } from "./run.mjs";

const DOCUMENT = `${root}docs/compatibility.md`;

await build();
const { installRuntimes, makeProject } = await import("../test/matrix/project.mjs");
const { outcomeOf } = await import("../test/matrix/report.mjs");
const { ROWS } = await import("../test/matrix/rows.mjs");
const { isFailure, lineOf, withMatrix } = await import("../test/matrix/table.mjs");

const wanted = process.argv.slice(2);
const rows = ROWS.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const problem = installRuntimes();
if (problem !== "") {
  console.log(`Not all runtimes could be installed: ${problem}`);
}
await makeProject();

/** @type {import("../test/matrix/table.mjs").Result[]} */
const results = [];
for (const row of rows) {
  const start = Date.now();
  const result = { ...row, outcome: await outcomeOf(row.run) };
  results.push(result);
  console.log(`${lineOf(result)} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
}
if (wanted.length === 0) {
  writeFileSync(DOCUMENT, withMatrix(readFileSync(DOCUMENT, "utf8"), results));
}
const failed = results.filter(isFailure).length;
console.log(`${results.length - failed} rows of the matrix in order, ${failed} not`);
// Some runtimes leave handles behind.
process.exit(failed === 0 && results.length > 0 ? 0 : 1);
