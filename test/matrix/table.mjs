/** What the rows of the matrix found, for the terminal and as the table of docs/compatibility.md. */

/** @typedef {{ name: string, note?: string | undefined, outcome: import("./report.mjs").Outcome }} Result */

/** @param {Result} result */
export function isFailure({ outcome }) {
  return "failed" in outcome || ("report" in outcome && !isEqual(outcome.report));
}

/** @param {import("./report.mjs").Report} report */
function isEqual({ equal, total, pools }) {
  const poolsEqual = Object.values(pools).every((pool) => !("failed" in pool) && pool.equal === pool.total);
  return total > 0 && equal === total && poolsEqual;
}

/**
 * One row, with rows per second: these change from run to run, and are not in the table.
 * @param {Result} result
 */
export function lineOf({ name, outcome }) {
  if ("unavailable" in outcome) {
    return `${name}: not run, ${outcome.unavailable}`;
  }
  if ("failed" in outcome) {
    return `${name}: FAILED, ${outcome.failed}`;
  }
  const { version, engine, equal, total, wrong, rate, pools } = outcome.report;
  const problems = [
    ...wrong,
    ...Object.entries(pools).flatMap(([kind, pool]) => {
      return "failed" in pool ? [`${kind}: ${pool.failed}`] : pool.wrong;
    }),
  ];
  return [
    `${name} ${version}: ${count(equal)} of ${count(total)} values equal to the bit`,
    `${count(Math.round(rate))} rows/s (${engine} engine)`,
    ...Object.entries(pools).map(([kind, pool]) => `${kind}: ${"failed" in pool ? "FAILED" : pool.workers}`),
    ...problems.map((problem) => `\n  ${problem}`),
  ].join(", ");
}

/**
 * The document with the table of these results.
 * @param {string} document
 * @param {readonly Result[]} results
 */
export function withMatrix(document, results) {
  const [begin, end] = ["<!-- matrix -->", "<!-- end of matrix -->"];
  const [start, stop] = [document.indexOf(begin), document.indexOf(end)];
  if (start < 0 || stop < start) {
    throw new Error("docs/compatibility.md has no section matrix");
  }
  return `${document.slice(0, start + begin.length)}\n${tableOf(results)}\n${document.slice(stop)}`;
}

/** @param {readonly Result[]} results */
function tableOf(results) {
  const head =
    "| runtime | version | values equal to the bit | engine | workers | notes |\n|---|---|--:|---|---|---|";
  return `${head}\n${results.map((result) => `| ${cellsOf(result).join(" | ")} |`).join("\n")}`;
}

/** @param {Result} result */
function cellsOf({ name, note = "", outcome }) {
  if (!("report" in outcome)) {
    const reason = "failed" in outcome ? `failed: ${outcome.failed}` : `not run: ${outcome.unavailable}`;
    return [name, "", "", "", "", reason.split("\n")[0] ?? ""];
  }
  const { version, engine, equal, total, pools } = outcome.report;
  const kinds = Object.entries(pools).map(([kind, pool]) => ("failed" in pool ? `${kind}: fail` : kind));
  return [name, version, `${count(equal)} of ${count(total)}`, engine, kinds.join(", ") || "–", note];
}

/** @param {number} number */
function count(number) {
  return number.toLocaleString("en-US");
}
