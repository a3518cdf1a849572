/** Predictions of the command: XGBoost's own bits, under the names that are promised. */
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Booster } from "xgboost-infer";
import { expectedValues, explanations } from "../../../test/support/explanations.ts";
import { expectationOf, firstDifference, readArray, readFixture } from "../../../test/support/fixtures.ts";
import { runCommand, temporaryFolder } from "./support/command.ts";
import { csvOf, fixtureCase, modelPath, numbersOf } from "./support/fixture-tables.ts";

const folder = temporaryFolder();

/** What XGBoost answered for a call. */
function expectedOf(name: string, id: string): { data: Float32Array; shape: readonly number[] } {
  const fixture = fixtureCase(name);
  const call = fixture.calls.find((each) => each.id === id)!;
  const file = fixture.files.find(({ kind }) => kind === "json")!;
  const { at, shape } = expectationOf(call, file, "file")!;
  const all = readArray({ path: fixture.expected, dtype: "float32" }) as Float32Array;
  return { data: all.subarray(at![0], at![0] + at![1]), shape: shape! };
}

async function predict(name: string, ...args: string[]) {
  const { status, stdout, stderr } = await runCommand(
    ["predict", "--model", modelPath(name), "--data", "-", "--format", "csv", ...args],
    csvOf(name),
  );
  expect(stderr).toMatch(/ 0 refused/);
  expect(status).toBe(0);
  return numbersOf(stdout);
}

const CASES = [
  "3.4.1/breast-cancer",
  "3.4.1/multi-softprob",
  "3.4.1/dart",
  "3.4.1/gblinear",
  "3.4.1/gblinear-multi-class",
  "3.4.1/string-categories",
  "3.4.1/integer-categories",
  "3.4.1/multi-label",
  "1.7.6/dart",
  "1.0.2/multi-softprob",
];

/** Processes take their time to start where others are at work. */
const TIMEOUT = 120_000;

describe("predict", { timeout: TIMEOUT }, () => {
  it.each(CASES)("%s: values and margins as in Python", async (name) => {
    const outputs = ["value", "margin"];
    const all = await Promise.all(outputs.map((output) => predict(name, "--output", output)));
    for (const [i, found] of all.entries()) {
      const { data, shape } = expectedOf(name, outputs[i]!);
      expect(firstDifference(found.data, data)).toBe(-1);
      const width = shape[1] ?? 1;
      expect(found.names).toEqual(
        width === 1 ? ["score"] : Array.from({ length: width }, (_, k) => `score_${k}`),
      );
    }
  });

  it.each(["3.4.1/multi-softprob", "3.4.1/dart"])("%s: leaves as in Python", async (name) => {
    const { data, shape } = expectedOf(name, "leaf");
    const found = await predict(name, "--output", "leaf");
    expect(firstDifference(found.data, data)).toBe(-1);
    expect(found.names).toEqual(Array.from({ length: shape[1]! }, (_, k) => `leaf_${k}`));
  });

  it.each([
    ["contribs", "3.4.1/multi-softprob"],
    ["interactions", "3.4.1/multi-softprob"],
    ["contribs", "3.4.1/dart"],
    ["interactions", "3.4.1/dart"],
    ["contribs", "3.4.1/gblinear"],
  ])("%s of %s as in Python", async (output, name) => {
    const call = explanations.get(name)!.calls.find(({ id }) => id === output)!;
    const { at, shape } = call.expect["*"]!.file!;
    const expected = expectedValues("3.4.1").subarray(at![0], at![0] + at![1]);
    const { data, names } = await predict(name, "--output", output);
    const width = names.length;
    expect(width).toBe(expected.length / shape![0]!);
    const rows = call.rows.map((row) => data.subarray(row * width, (row + 1) * width));
    expect(firstDifference(Float32Array.from(rows.flatMap((row) => [...row])), expected)).toBe(-1);
  });

  it("names contributions and interactions by feature, with the output in front where there are several", async () => {
    const one = await predict("3.4.1/gblinear", "--output", "contribs");
    expect(one.names.slice(0, 2)).toEqual(["contrib_f0", "contrib_f1"]);
    expect(one.names.at(-1)).toBe("contrib_bias");
    const several = await predict("3.4.1/multi-softprob", "--output", "contribs");
    const effects = ["f0", "f1", "f2", "f3", "bias"];
    expect(several.names).toEqual([0, 1, 2].flatMap((k) => effects.map((name) => `contrib_${k}_${name}`)));
    const pairs = await predict("3.4.1/multi-softprob", "--output", "interactions");
    expect(pairs.names).toEqual(
      [0, 1, 2].flatMap((k) => effects.flatMap((a) => effects.map((b) => `interaction_${k}_${a}:${b}`))),
    );
  });

  it("takes iteration ranges", async () => {
    const found = await predict("3.4.1/multi-softprob", "--iteration-range", "0:3");
    expect(firstDifference(found.data, expectedOf("3.4.1/multi-softprob", "value-0-3").data)).toBe(-1);
  });

  it("takes base margins from columns", async () => {
    const name = "3.4.1/breast-cancer";
    const lines = csvOf(name).trimEnd().split("\n");
    const csv = lines.map((line, row) => `${line},${row === 0 ? "offset" : row / 8}\n`).join("");
    const { stdout, status } = await runCommand(
      ["predict", "-m", modelPath(name), "-d", "-", "--format", "csv", "--base-margin", "offset"],
      csv,
    );
    expect(status).toBe(0);
    const data = numbersOf(Buffer.from(csvOf(name))).data;
    const rows = lines.length - 1;
    const expected = Booster.load(readFixture(fixtureCase(name).files[0]!.path)).predict(
      { data, rows, cols: data.length / rows },
      { baseMargin: Float32Array.from({ length: rows }, (_, row) => (row + 1) / 8) },
    );
    expect(firstDifference(numbersOf(stdout).data, expected.data)).toBe(-1);
  });

  it("passes columns through, in the order that was asked for, as they stood", async () => {
    const csv = `id,date,${csvOf("3.4.1/breast-cancer")
      .trimEnd()
      .split("\n")
      .slice(0, 3)
      .join("\n007,2024-01-01,")}\n`;
    const args = ["predict", "-m", modelPath("3.4.1/breast-cancer"), "-d", "-", "--format", "csv"];
    const { stdout } = await runCommand([...args, "--keep", "date,id"], csv);
    const [header, first] = stdout.toString().split("\n");
    expect(header).toBe("date,id,score");
    expect(first).toMatch(/^2024-01-01,007,0\.\d+$/);
    const all = await runCommand([...args, "--keep", "all"], csv);
    expect(all.stdout.toString().split("\n")[0]).toBe(`${csv.split("\n")[0]},score`);
  });

  it("gives the same bytes with any number of workers, from a file, a pipe and a compressed file", async () => {
    const lines = csvOf("3.4.1/breast-cancer").trimEnd().split("\n");
    const body = lines.slice(1).join("\n");
    const csv = `id,${lines[0]}\n${Array.from({ length: 8 }, (_, i) => body.replace(/^/gm, `${i},`)).join("\n")}\n`;
    writeFileSync(`${folder}/rows.csv`, csv);
    writeFileSync(`${folder}/rows.csv.gz`, gzipSync(csv));
    const model = ["predict", "-q", "-m", modelPath("3.4.1/breast-cancer"), "--keep", "id"];
    const [alone, ...others] = await Promise.all([
      runCommand([...model, "-d", `${folder}/rows.csv`, "--workers", "0"]),
      runCommand([...model, "-d", `${folder}/rows.csv`, "--workers", "1"]),
      runCommand([...model, "-d", `${folder}/rows.csv.gz`, "--workers", "3"]),
      runCommand([...model, "-d", "-", "--format", "csv"], csv),
    ]);
    expect(alone!.status).toBe(0);
    expect(alone!.stdout.toString().split("\n")).toHaveLength(8 * (lines.length - 1) + 2);
    for (const { status, stdout } of others) {
      expect(status).toBe(0);
      expect(stdout.equals(alone!.stdout)).toBe(true);
    }
    const files = ["0", "2"].map((workers) => [`${folder}/out-${workers}.csv.gz`, workers] as const);
    for (const [out, workers] of files) {
      const run = await runCommand([...model, "-d", `${folder}/rows.csv`, "-o", out, "--workers", workers]);
      expect(run).toMatchObject({ status: 0, stderr: "" });
      expect(gunzipSync(readFileSync(out)).equals(alone!.stdout)).toBe(true);
    }
    expect(readFileSync(files[0]![0]).equals(readFileSync(files[1]![0]))).toBe(true);
  });
});
