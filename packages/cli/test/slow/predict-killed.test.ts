/** Ten kills at random moments in each format, and the same bytes in the end. */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runCommand, temporaryFolder } from "../support/command.ts";
import { csvOf, modelPath } from "../support/fixture-tables.ts";
import { digestOf, runKilled } from "../support/kill.ts";

const folder = temporaryFolder();
const DATA = `${folder}/rows.csv`;
const [HEADER = "", ...ROWS] = csvOf("3.4.1/breast-cancer").trimEnd().split("\n");
const LINES = Array.from({ length: 300 }, () => ROWS).flat();
writeFileSync(DATA, [`id,${HEADER}`, ...LINES.map((line, i) => `${i},${line}`), ""].join("\n"));
const ARGS = [
  "predict",
  "-m",
  modelPath("3.4.1/breast-cancer"),
  "-d",
  DATA,
  "--keep",
  "id",
  "--checkpoint",
  "0.02",
];

describe("a run that is killed ten times", { timeout: 600_000 }, () => {
  it.each(["csv", "csv.gz", "ndjson", "parquet", "arrow"])(
    "ends with the same bytes: %s",
    async (extension) => {
      const [whole, out] = [`${folder}/whole.${extension}`, `${folder}/killed.${extension}`];
      const begin = performance.now();
      expect((await runCommand([...ARGS, "-q", "-o", whole])).status).toBe(0);
      const { last } = await runKilled(ARGS, out, whole, 10, performance.now() - begin);
      expect(last.status).toBe(0);
      expect(digestOf(out)).toBe(digestOf(whole));
    },
  );
});
