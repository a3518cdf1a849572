/** `xgboost-infer check`, as a user runs it: what it prints, and its exit status. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCertificate } from "xgboost-infer/certificate";
import { compare, expectedOf } from "../src/check/expected.ts";
import { float32Of } from "../src/check/report.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const COMMAND = join(ROOT, "packages/cli/bin/xgboost-infer.js");

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "xgboost-infer-check-"));
  cpSync(join(ROOT, "examples/tumour"), join(folder, "tumour"), { recursive: true });
  const certificate = JSON.parse(readFileSync(join(folder, "tumour/certificate.json"), "utf8"));
  const bytes = Buffer.from(certificate.outputs.margin.data, "base64");
  bytes[4 * 7]! ^= 1;
  certificate.outputs.margin.data = bytes.toString("base64");
  certificate.model.sha256 = "0".repeat(64);
  writeFileSync(join(folder, "damaged.json"), JSON.stringify(certificate));
  writeFileSync(
    join(folder, "scored.csv"),
    table((value) => float32Of(value)),
  );
  writeFileSync(
    join(folder, "rounded.csv"),
    table((value) => value.toFixed(4)),
  );
  writeFileSync(
    join(folder, "other.csv"),
    table((value, row) => (row === 4 ? "" : row === 6 ? "0.5" : float32Of(value))),
  );
  writeFileSync(
    join(folder, "refused.csv"),
    table(float32Of).replace(/\n[^\n]*\n/, (line) => line.replace(/^\n[^,]*/, "\nx")),
  );
  writeFileSync(join(folder, "empty.csv"), table(float32Of).replace(/\n[\s\S]*/, "\n"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The rows of the certificate and XGBoost's values, as a table of text. */
function table(write: (value: number, row: number) => string): string {
  const { data, rows, cols, outputs, featureNames } = readCertificate(
    readFileSync(join(ROOT, "examples/tumour/certificate.json")),
  );
  const field = (value: number): string => (Number.isNaN(value) ? "" : float32Of(value));
  const lines = Array.from({ length: rows }, (_, row) =>
    [
      ...Array.from(data.subarray(row * cols, (row + 1) * cols), field),
      write(outputs[0]!.data[row]!, row),
    ].join(","),
  );
  return `${[...featureNames!, "p"].join(",")}\n${lines.join("\n")}\n`;
}

function check(...args: string[]): {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, "check", ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, out: stdout, error: stderr };
}

describe("with a certificate", () => {
  it("finds the one of a model directory, and says what is equal", () => {
    expect(check("tumour")).toEqual({
      status: 0,
      error: "",
      out: `tumour (engine wasm, rules file)
tumour/certificate.json: 120 rows by XGBoost 3.4.1
  value   120 of 120 values equal to the bit
  margin  120 of 120 values equal to the bit
  leaf    6,000 of 6,000 values equal to the bit
Equal: all 6,240 values are equal to the bit.
`,
    });
  });

  it.each(["reference", "javascript"])("checks the %s engine", (engine) => {
    expect(check("tumour", "--engine", engine)).toMatchObject({
      status: 0,
      out: expect.stringContaining(`engine ${engine}`),
    });
  });

  it("shows what differs, and ends with 1", () => {
    const { status, out } = check("tumour/model.ubj", "-c", "damaged.json");
    expect(status).toBe(1);
    expect(out).toMatch(/ {2}value {3}120 of 120 values equal to the bit\n/);
    expect(out).toMatch(/ {2}margin {2}119 of 120 values equal to the bit, at most 1 ulp apart\n/);
    expect(out).toMatch(
      /\n {4}row 7, margin: expected \S+, found \S+ \(1 ulp apart\); [a-z ]+(, of [a-z ]+)?\n {6}\S.*=.* … \(22 more\)\n/,
    );
    expect(out).toMatch(/Note: the certificate was made of another file, model.ubj, SHA-256 0{64}\./);
    expect(out).toMatch(/\nNOT EQUAL: 1 of 6,240 values differ\.\n$/);
  });

  it("prints JSON", () => {
    const report = JSON.parse(check("tumour", "-c", "damaged.json", "--json").out);
    expect(report).toMatchObject({ equal: false, engine: "wasm" });
    const [difference] = report.outputs[1].differences;
    expect(difference).toMatchObject({ row: 7, name: "margin", ulps: 1 });
    expect(Object.keys(difference.features)).toHaveLength(30);
  });

  it.each([
    [
      ["tumour/model.ubj"],
      2,
      /a model file has no certificate of its own.*\n {2}python certify\.py tumour\/model\.ubj/,
    ],
    [["tumour", "-c", "absent.json"], 2, /absent\.json: ENOENT/],
    [["tumour", "-c", "tumour/model.yaml"], 2, /tumour\/model\.yaml: certificate: is not JSON/],
    [["absent"], 2, /absent: no such file/],
    [["damaged.json"], 3, /./],
    [["tumour", "--data", "scored.csv"], 2, /--data and --expected belong together/],
    [["tumour", "--expected", "p"], 2, /--data and --expected belong together/],
    [["tumour", "-c", "damaged.json", "--data", "scored.csv", "--expected", "p"], 2, /ask for one at a time/],
    [["tumour", "--rules", "soon"], 2, /rules/],
    [["tumour", "--show", "few"], 2, /whole number/],
  ] as const)("%j ends with %i", (args, status, message) => {
    const found = check(...args);
    expect(found.status).toBe(status);
    expect(found.error).toMatch(message);
    expect(found.error).not.toMatch(/\n\s+at /);
  });
});

describe("with a table", () => {
  it("compares a column of predictions", () => {
    expect(check("tumour", "--data", "scored.csv", "--expected", "p")).toEqual({
      status: 0,
      error: "",
      out: `tumour (engine wasm, rules file)
scored.csv: 120 rows, expected in p
  value  120 of 120 values equal to the bit
Equal: all 120 values are equal to the bit.
`,
    });
  });

  it("takes rounded predictions where it is told so, and nothing else for equal", () => {
    const strict = check("tumour", "--data", "rounded.csv", "--expected", "p");
    expect(strict.status).toBe(1);
    expect(strict.out).toMatch(/Note: \d+ of the expected values that differ have fewer than nine digits/);
    const told = check("tumour", "--data", "rounded.csv", "--expected", "p", "--decimals", "4");
    expect(told.status).toBe(0);
    expect(told.out).toMatch(/ {2}value {2}\d+ of 120 values equal to the bit, \d+ more when rounded\n/);
    expect(check("tumour", "--data", "rounded.csv", "--expected", "p", "--decimals", "6").status).toBe(1);
  });

  it("shows rows that differ, counted from 1, and those without a prediction", () => {
    const { status, out } = check("tumour", "--data", "other.csv", "--expected", "p");
    expect(status).toBe(1);
    expect(out).toMatch(/row 5, p: expected "", found \S+ \(NaN apart\)/);
    expect(out).toMatch(/row 7, p: expected "0.5", found \S+ \([\d,]+ ulps apart\)/);
    expect(out).toMatch(/NOT EQUAL: 2 of 120 values differ/);
  });

  it("is not content with rows that cannot be scored, nor with none", () => {
    const refused = check("tumour", "--data", "refused.csv", "--expected", "p");
    expect(refused.status).toBe(1);
    expect(refused.out).toMatch(/Note: 1 rows cannot be scored; the first: row 1, /);
    const empty = check("tumour", "--data", "empty.csv", "--expected", "p");
    expect(empty.status).toBe(1);
    expect(empty.out).toMatch(/has no rows/);
  });

  it.each([
    [["--expected", "p,p"], /--expected names 2 columns, the model gives 1 values a row/],
    [["--expected", "score"], /there is no column "score"/],
  ] as const)("refuses %j", (args, message) => {
    const found = check("tumour", "--data", "scored.csv", ...args);
    expect(found.status).toBe(2);
    expect(found.error).toMatch(message);
  });
});

describe("expected values", () => {
  it.each([
    ["0.1", Math.fround(0.1), true],
    [" 1e-05 ", Math.fround(1e-5), true],
    ["0.040022112", Math.fround(0.040022112), true],
    ["0.10000000149011612", Math.fround(0.1), false],
    ["-inf", -Infinity, true],
    ["", Number.NaN, true],
    ["yes", Number.NaN, true],
    [0.1, Math.fround(0.1), false],
    [3n, 3, false],
    [null, Number.NaN, false],
  ])("reads %s", (raw, value, isShort) => {
    expect(expectedOf(raw)).toMatchObject({ value, isShort });
  });

  it("are equal to the bit, or when rounded, or not", () => {
    const verdict = (raw: unknown, found: number, decimals?: number): string =>
      compare(expectedOf(raw), Math.fround(found), decimals).verdict;
    expect(verdict("0", -0)).toBe("different");
    expect(verdict("nan", Number.NaN)).toBe("equal");
    expect(verdict("0.123", 0.12345)).toBe("different");
    expect(verdict("0.123", 0.12345, 3)).toBe("equal when rounded");
    expect(verdict("0.123", 0.1236, 3)).toBe("different");
    expect(verdict("0.12", 0.1204, 3)).toBe("equal when rounded");
    expect(verdict("0.12", 0.1206, 3)).toBe("different");
    expect(verdict("", 0, 3)).toBe("different");
  });
});
