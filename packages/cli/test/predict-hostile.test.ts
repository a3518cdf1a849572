/** Hostile tables through the whole command: a clear message, a status, no output under the final name, and never a wrong score. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { runCommand, temporaryFolder } from "./support/command.ts";

const folder = temporaryFolder();
const TABLES = fileURLToPath(new URL("../../../fixtures/tables/", import.meta.url));
const TUMOUR = fileURLToPath(new URL("../../../examples/tumour", import.meta.url));
const PATIENTS = fileURLToPath(new URL("../../../examples/patients.csv", import.meta.url));
const [HEADER = "", FIRST = "", ...REST] = readFileSync(PATIENTS, "utf8").trimEnd().split("\n");

function csv(...rows: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(rows.map((row) => Buffer.concat([Buffer.from(row), Buffer.from("\n")])));
}

function junk(length: number, seed = 1): Buffer {
  let state = seed;
  return Buffer.from(
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state >>> 16;
    }),
  );
}

const PARQUET = readFileSync(`${TABLES}rows.parquet`);
const STREAM = readFileSync(`${TABLES}rows.arrows`);
const ARROW = readFileSync(`${TABLES}rows.arrow`);

describe("tables that cannot be read", { timeout: 60_000 }, () => {
  it.each<readonly [name: string, file: string, content: Uint8Array, message: RegExp]>([
    ["nothing at all", "empty.csv", Buffer.alloc(0), /empty\.csv.*(empty|header)/],
    ["junk as CSV", "junk.csv", junk(10_000), /junk\.csv/],
    ["zeros as CSV", "zeros.csv", Buffer.alloc(5000), /zeros\.csv/],
    [
      "columns twice",
      "twice.csv",
      csv(`${HEADER},patient`, `${FIRST},1`),
      /twice\.csv:1.*"patient".*twice|patient/,
    ],
    [
      "a header that is not UTF-8",
      "latin.csv",
      csv(Buffer.from(HEADER.replace("patient", "patiënt"), "latin1"), FIRST),
      /latin\.csv:1.*UTF-8/,
    ],
    ["a quote that is not closed in the header", "quote.csv", csv(`"${HEADER}`, FIRST), /quote\.csv/],
    ["no column of the model", "other.csv", csv("a,b", "1,2"), /no column is a feature of the model/],
    ["cut off gzip", "cut.csv.gz", gzipSync(csv(HEADER, FIRST, ...REST)).subarray(0, 2000), /cut\.csv\.gz/],
    ["what is no gzip", "plain.csv.gz", csv(HEADER, FIRST), /plain\.csv\.gz/],
    ["junk as Parquet", "junk.parquet", junk(10_000), /junk\.parquet/],
    ["a cut off Parquet file", "cut.parquet", PARQUET.subarray(0, PARQUET.length >> 1), /cut\.parquet/],
    [
      "a Parquet file with a lying footer",
      "lie.parquet",
      Buffer.concat([PARQUET.subarray(0, -8), Buffer.from([255, 255, 255, 127]), Buffer.from("PAR1")]),
      /lie\.parquet/,
    ],
    ["junk as Arrow", "junk.arrow", junk(10_000), /junk\.arrow/],
    ["a cut off Arrow file", "cut.arrow", ARROW.subarray(0, ARROW.length >> 1), /cut\.arrow/],
    ["a cut off Arrow stream", "cut.arrows", STREAM.subarray(0, STREAM.length - 100), /cut\.arrows/],
    ["junk as LIBSVM", "junk.libsvm", junk(3000), /./],
  ])("%s", async (name, file, content, message) => {
    const [data, out] = [`${folder}/${file}`, `${folder}/${name.replaceAll(" ", "-")}.scores.csv`];
    writeFileSync(data, content);
    const { status, stderr } = await runCommand(["predict", "-m", TUMOUR, "-d", data, "-o", out]);
    expect([1, 2], stderr).toContain(status);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/defect of this program|\n +at /);
    // Lines of junk can be rows that are all refused: then there is a whole output without rows.
    if (existsSync(out)) {
      expect(stderr).toMatch(/refused/);
      expect(readFileSync(out, "utf8")).toBe("score\n");
    }
  });
});

describe("rows that cannot be read", { timeout: 60_000 }, () => {
  it("are refused one by one, with their lines, and all others have the scores they had", async () => {
    const fields = FIRST.split(",");
    const change = (column: number, value: string): string =>
      fields.map((field, i) => (i === column ? value : field)).join();
    const latin = Buffer.from(change(4, "12\u00e9"), "latin1");
    const rows: readonly (readonly [row: string | Uint8Array, reason: RegExp | undefined])[] = [
      [FIRST, undefined],
      [fields.slice(0, 9).join(), /^3,,"has 9 fields, expected 32/],
      [`${FIRST},1,2`, /^4,,"has 34 fields, expected 32/],
      [change(3, "0x1F"), /^5,mean perimeter,.*0x1F/],
      [change(3, "1_000"), /^6,mean perimeter/],
      [latin, /^7,mean area,.*UTF-8/],
      [change(5, "9".repeat(10_000_000)), undefined],
      [change(6, "x".repeat(10_000_000)), /^9,mean compactness,"?found/],
      [change(7, "\0\u0001\u0002"), /^10,mean concavity/],
      [change(8, '1"2'), /^11,mean concave points,.*quote/],
      [FIRST, undefined],
    ];
    const [data, out, rejects] = [
      `${folder}/rows.csv`,
      `${folder}/rows.out.csv`,
      `${folder}/rows.rejects.csv`,
    ];
    writeFileSync(data, csv(HEADER, ...rows.map(([row]) => row)));
    const args = ["predict", "-m", TUMOUR, "-d", data, "-o", out, "--rejects", rejects, "--keep", "patient"];
    const { status } = await runCommand(args);
    expect(status).toBe(1);
    const refused = readFileSync(rejects, "utf8").trimEnd().split("\n").slice(1);
    const reasons = rows.flatMap(([, reason]) => reason ?? []);
    expect(refused).toHaveLength(reasons.length);
    // The first field, the row's number, is one less than that of the line.
    refused.forEach((line, i) => {
      expect(line.replace(/^\d+,/, "").slice(0, 200)).toMatch(reasons[i]!);
    });
    const scores = readFileSync(out, "utf8").trimEnd().split("\n");
    expect(scores).toHaveLength(1 + 3);
    expect(scores[1]).toBe("P001,0.014055722");
    expect(scores[3]).toBe("P001,0.014055722");
  });
});
