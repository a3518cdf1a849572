/** The same rows in every format, in and out: the same scores. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runCommand, temporaryFolder } from "./support/command.ts";
import { csvOf, modelPath } from "./support/fixture-tables.ts";
import { digestOf, runKilled } from "./support/kill.ts";

const folder = temporaryFolder();
const TIMEOUT = 180_000;
const MODEL = modelPath("3.4.1/breast-cancer");
const CSV = `${folder}/rows.csv`;
const [HEADER = "", ...ROWS] = csvOf("3.4.1/breast-cancer").trimEnd().split("\n");
writeFileSync(CSV, [`id,${HEADER}`, ...ROWS.map((line, i) => `r${i},${line}`), ""].join("\n"));

async function predict(data: string, out: string, ...args: string[]): Promise<void> {
  const run = await runCommand(["predict", "-q", "-m", MODEL, "-d", data, "-o", out, ...args]);
  expect(run).toMatchObject({ status: 0, stderr: "" });
}

/** All margins and contributions of a table are numbers with their full precision, so that it can be read again. */
async function throughFormat(extension: string): Promise<string> {
  const [table, csv] = [`${folder}/table.${extension}`, `${folder}/scores-of-${extension}.csv`];
  await predict(CSV, table, "--keep", "all");
  // The kept columns are text in every format, so that nothing is lost on the way.
  await predict(table, csv, "--keep", "id");
  return readFileSync(csv, "utf8");
}

describe("predict", { timeout: TIMEOUT }, () => {
  it.each(["tsv", "ndjson.gz"])("reads again what it wrote as %s", async (extension) => {
    await predict(CSV, `${folder}/scores.csv`, "--keep", "id");
    expect(await throughFormat(extension)).toBe(readFileSync(`${folder}/scores.csv`, "utf8"));
  });
});

describe("a run that is killed", { timeout: TIMEOUT }, () => {
  const large = `${folder}/large.csv`;
  const lines = Array.from({ length: 250 }, () => ROWS).flat();
  writeFileSync(large, [`id,${HEADER}`, ...lines.map((line, i) => `${i},${line}`), ""].join("\n"));

  it("ends with the same bytes in a format of row groups", async () => {
    const args = ["predict", "-m", MODEL, "-d", large, "--keep", "id", "--checkpoint", "0"];
    const whole = await runCommand([...args, "-q", "-o", `${folder}/whole.parquet`]);
    expect(whole).toMatchObject({ status: 0, stderr: "" });
    const { last } = await runKilled(args, `${folder}/killed.parquet`, 2);
    expect(last.status).toBe(0);
    expect(last.stderr).toMatch(/resumed after/);
    expect(digestOf(`${folder}/killed.parquet`)).toBe(digestOf(`${folder}/whole.parquet`));
  });
});
