/** The same rows in every format, in and out: the same scores. */
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createEncoder } from "../src/tables/open.ts";
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

/** The rows of the CSV as a typed table: what is number there is float32 here. */
function writeTyped(path: string, format: "ndjson" | "parquet" | "arrow" | "arrows"): void {
  const rows = ROWS.map((line) => line.split(",").map((text) => Math.fround(Number(text || "NaN"))));
  const float32 = { name: "float32" } as const;
  const names = HEADER.split(",");
  const encoder = createEncoder(format, [
    { name: "id", type: { name: "text" } },
    ...names.map((name) => ({ name, type: float32 })),
  ]);
  const columns = [
    rows.map((_, i) => `r${i}`),
    ...names.map((_, column) => Float32Array.from(rows, (row) => row[column]!)),
  ];
  const bytes = [encoder.begin(), encoder.block({ rows: rows.length, columns }), encoder.end()];
  writeFileSync(path, Buffer.concat(bytes));
}

describe("predict", { timeout: TIMEOUT }, () => {
  it("gives the same scores for the same rows, whatever the format", async () => {
    await predict(CSV, `${folder}/scores.csv`, "--keep", "id");
    const expected = readFileSync(`${folder}/scores.csv`, "utf8");
    expect(expected.split("\n")).toHaveLength(ROWS.length + 2);
    for (const format of ["ndjson", "parquet", "arrow", "arrows"] as const) {
      const table = `${folder}/typed.${format}`;
      writeTyped(table, format);
      await predict(table, `${folder}/${format}.csv`, "--keep", "id");
      expect(readFileSync(`${folder}/${format}.csv`, "utf8")).toBe(expected);
    }
  });

  it("gives the same scores for text in other shapes: TSV, LIBSVM, compressed", async () => {
    await predict(CSV, `${folder}/plain.csv`);
    const expected = readFileSync(`${folder}/plain.csv`, "utf8");
    const csv = readFileSync(CSV);
    const libsvm = ROWS.map((line) =>
      ["0", ...line.split(",").flatMap((text, i) => (text === "" ? [] : `${i}:${text}`))].join(" "),
    );
    const tables: readonly (readonly [string, string | Uint8Array])[] = [
      ["rows.tsv", csv.toString().replaceAll(",", "\t")],
      ["rows.libsvm", `${libsvm.join("\n")}\n`],
      ["rows.csv.gz", gzipSync(csv)],
      ["rows-crlf.csv", csv.toString().replaceAll("\n", "\r\n")],
      ["rows-quoted.csv", csv.toString().replaceAll(/[^,\n]+/g, '"$&"')],
    ];
    for (const [name, content] of tables) {
      writeFileSync(`${folder}/${name}`, content);
      await predict(`${folder}/${name}`, `${folder}/from-${name}.csv`);
      expect(readFileSync(`${folder}/from-${name}.csv`, "utf8"), name).toBe(expected);
    }
  });

  it("reads what it wrote in Zstandard", async () => {
    await predict(CSV, `${folder}/kept.csv.zst`, "--keep", "all");
    await predict(`${folder}/kept.csv.zst`, `${folder}/again.csv`, "--keep", "id");
    await predict(CSV, `${folder}/first.csv`, "--keep", "id");
    expect(readFileSync(`${folder}/again.csv`, "utf8")).toBe(readFileSync(`${folder}/first.csv`, "utf8"));
  });

  it("filters an Arrow stream from standard input to standard output", async () => {
    const table = `${folder}/stream.arrows`;
    writeTyped(table, "arrows");
    const args = ["predict", "-q", "-m", MODEL, "-d", "-", "--format", "arrows", "--keep", "id"];
    const { status, stdout } = await runCommand(args, readFileSync(table));
    expect(status).toBe(0);
    writeFileSync(`${folder}/filtered.arrows`, stdout);
    const again = await runCommand([
      "predict",
      "-q",
      "-m",
      MODEL,
      "-d",
      table,
      "-o",
      `${folder}/again.arrows`,
      "--keep",
      "id",
    ]);
    expect(again.status).toBe(0);
    expect(digestOf(`${folder}/filtered.arrows`)).toBe(digestOf(`${folder}/again.arrows`));
  });
});

describe("a run that is killed", { timeout: TIMEOUT }, () => {
  const large = `${folder}/large.csv`;
  const lines = Array.from({ length: 250 }, () => ROWS).flat();
  writeFileSync(large, [`id,${HEADER}`, ...lines.map((line, i) => `${i},${line}`), ""].join("\n"));

  it("ends with the same bytes in a format of row groups", async () => {
    const args = ["predict", "-m", MODEL, "-d", large, "--keep", "id", "--checkpoint", "0"];
    const [whole, killed] = [`${folder}/whole.parquet`, `${folder}/killed.parquet`];
    const begin = performance.now();
    expect(await runCommand([...args, "-q", "-o", whole])).toMatchObject({ status: 0, stderr: "" });
    const { last, resumed } = await runKilled(args, killed, whole, 2, performance.now() - begin);
    expect(last.status).toBe(0);
    expect(/resumed after/.test(last.stderr)).toBe(resumed);
    expect(digestOf(killed)).toBe(digestOf(whole));
  });
});
