/** Rows that cannot be scored, tables that do not fit, and what cannot be done: told, and never dropped in silence. */
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ModelExecutor } from "xgboost-infer/executor";
import { runCommand, temporaryFolder } from "./support/command.ts";
import { csvOf, modelPath } from "./support/fixture-tables.ts";
import { writeModelDirectory } from "./support/models.ts";

const folder = temporaryFolder();
const TIMEOUT = 120_000;
const MODEL = modelPath("3.4.1/feature-names");
const CSV = csvOf("3.4.1/feature-names");
const [HEADER = "", ...ROWS] = CSV.trimEnd().split("\n");
const WHOLE_ROWS = ROWS.filter((row) => row.split(",").every((field) => field !== ""));
const WIDTH = HEADER.split(",").length;

function predict(csv: string, ...args: string[]) {
  return runCommand(["predict", "-m", MODEL, "-d", "-", "--format", "csv", ...args], csv);
}

/** A table whose second row has text for a number, and whose fourth lacks fields. */
function tableWithBadRows(): string {
  const rows = ROWS.slice(0, 5);
  rows[1] = rows[1]!.replace(/^[^,]*/, "old");
  rows[3] = "1,2";
  return [HEADER, ...rows, ""].join("\n");
}

describe("refused rows", { timeout: TIMEOUT }, () => {
  it("go to a file, with row, line, column and reason; the others are scored", async () => {
    const rejects = `${folder}/refused.csv`;
    const [all, some] = await Promise.all([predict(CSV), predict(tableWithBadRows(), "--rejects", rejects)]);
    expect(some.status).toBe(1);
    const lines = all.stdout.toString().split("\n");
    expect(some.stdout.toString().trimEnd().split("\n")).toEqual([0, 1, 3, 5].map((line) => lines[line]));
    const [header, first, second, ...rest] = readFileSync(rejects, "utf8").trimEnd().split("\n");
    expect(header).toBe("row,line,column,reason");
    expect(first).toBe('2,3,age,"found ""old"", expected a number"');
    expect(second).toMatch(new RegExp(`^4,5,,.*2 fields, expected ${WIDTH}`));
    expect(rest).toEqual([]);
    expect(existsSync(`${rejects}.partial`)).toBe(false);
    expect(some.stderr).toMatch(/5 rows, 2 refused/);
  });

  it("go to a file of JSON lines by its name", async () => {
    const rejects = `${folder}/refused.ndjson`;
    await predict(tableWithBadRows(), "--rejects", rejects);
    const lines = readFileSync(rejects, "utf8").trimEnd().split("\n");
    expect(JSON.parse(lines[0]!)).toEqual({
      row: 2,
      line: 3,
      column: "age",
      reason: 'found "old", expected a number',
    });
    expect(lines).toHaveLength(2);
  });

  it("are printed without such a file, the first few of them, also with --quiet", async () => {
    const bad = [HEADER, ...Array.from({ length: 9 }, () => ROWS[0]!.replace(/^[^,]*/, "old")), ""].join(
      "\n",
    );
    const { status, stdout, stderr } = await predict(bad, "--quiet");
    expect(status).toBe(1);
    expect(stdout.toString()).toBe("score\n");
    expect(stderr).toMatch(/9 rows were refused/);
    expect(stderr).toContain('row 1, line 2, column age: found "old", expected a number');
    expect(stderr).toMatch(/… and 4 more/);
  });

  it("are those of the model directory's check, too", async () => {
    const model = writeModelDirectory(`${folder}`, { mode: "allowlist", allowMissing: ["bmi"] });
    const executor = ModelExecutor.load(model);
    const names = HEADER.split(",");
    const rows = ROWS.slice(0, 4).map((row) => row.split(","));
    rows[0]![names.indexOf("bmi")] = "";
    rows[1]![names.indexOf("age")] = "NA";
    rows[2]![names.indexOf("age")] = "";
    rows[2]![names.indexOf("sex")] = "";
    const csv = [HEADER, ...rows.map((row) => row.join(",")), ""].join("\n");
    const rejects = `${folder}/checked.csv`;
    const { status, stdout } = await runCommand(
      ["predict", "-m", model, "-d", "-", "--format", "csv", "--rejects", rejects],
      csv,
    );
    expect(status).toBe(1);
    const scored = [rows[0]!, rows[3]!].map((row) =>
      executor.execute(
        Object.fromEntries(names.map((name, i) => [name, row[i] === "" ? null : Number(row[i])])),
      ),
    );
    expect(stdout.toString().trimEnd().split("\n").slice(1).map(Number).map(Math.fround)).toEqual(
      scored.map(({ score }) => score),
    );
    expect(readFileSync(rejects, "utf8").trimEnd().split("\n").slice(1)).toEqual([
      '2,3,age,"absent features: ""age""; allowMissing allows only ""bmi"""',
      '3,4,,"absent features: ""age"", ""sex""; allowMissing allows only ""bmi"""',
    ]);
  });
});

describe("columns", { timeout: TIMEOUT }, () => {
  const without = (...absent: string[]): string => {
    const kept = HEADER.split(",").flatMap((name, i) => (absent.includes(name) ? [] : [i]));
    return [HEADER, ...WHOLE_ROWS, ""]
      .map((line) => (line === "" ? "" : kept.map((i) => line.split(",")[i]).join(",")))
      .join("\n");
  };

  it("that are not there are named, before anything is scored", async () => {
    const { status, stdout, stderr } = await predict(without("age", "bmi"));
    expect(status).toBe(2);
    expect(stdout).toHaveLength(0);
    expect(stderr).toMatch(/no columns for these features of the model: age, bmi\..*--missing-columns allow/);
  });

  it("that are not there are missing, where that is allowed, and the summary says so", async () => {
    const blank = [HEADER, ...WHOLE_ROWS, ""].join("\n").replace(/^(?!age)[^,]*,/gm, ",");
    const [asked, expected] = await Promise.all([
      predict(without("age"), "--missing-columns", "allow"),
      predict(blank),
    ]);
    expect(asked.status).toBe(0);
    expect(asked.stdout.equals(expected.stdout)).toBe(true);
    expect(asked.stderr).toMatch(/features without a column: age/);
  });

  it("of which none is a feature are an error whatever is allowed", async () => {
    const { status, stderr } = await predict("x,y\n1,2\n", "--missing-columns", "allow");
    expect(status).toBe(2);
    expect(stderr).toMatch(/no column is a feature of the model, which takes age, sex.*The table has x, y/);
  });

  it("that a model directory's check needs are an error with their weights; others are noted", async () => {
    const model = writeModelDirectory(`${folder}/weights`, { mode: "weight", weightLimit: 0.02 });
    const run = (csv: string) => runCommand(["predict", "-m", model, "-d", "-", "--format", "csv"], csv);
    const { importance } = ModelExecutor.load(model);
    const light = Object.entries(importance!).find(([, share]) => share <= 0.02)?.[0];
    const heavy = Object.entries(importance!).find(([, share]) => share > 0.02)![0];
    const refused = await run(without(heavy));
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/would refuse every row: absent features hold .* % ?\)|%/);
    expect(refused.stderr).toContain(`"${heavy}" (`);
    if (light !== undefined) {
      const noted = await run(without(light));
      expect(noted.status).toBe(0);
      expect(noted.stderr).toContain(`features without a column: ${light}`);
    }
  });

  it("that the model does not know are noted, or refused where the manifest says so", async () => {
    const csv = CSV.replace(/^/gm, "7,")
      .replace(/^7,(?=age)/, "id,")
      .replace(/7,$/, "");
    const model = writeModelDirectory(`${folder}/strict`, { mode: "off", unknownFeatures: "refuse" });
    const run = (...args: string[]) =>
      runCommand(["predict", "-m", model, "-d", "-", "--format", "csv", ...args], csv);
    const [noted, refused, kept] = await Promise.all([predict(csv), run(), run("--keep", "id")]);
    expect(noted.stderr).toMatch(/columns not used: id/);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/columns that are not features of the model: id/);
    expect(kept.status).toBe(0);
  });

  it("that only some rows have refuse these rows, where each row names its own", async () => {
    const [names, ...rows] = CSV.trim()
      .split("\n")
      .map((line) => line.split(","));
    const objects = rows.map((row, i) => ({
      ...Object.fromEntries(
        names!.map((name, column) => [name, row[column] === "" ? null : Number(row[column])]),
      ),
      ...(i === 1 ? { agee: 3 } : { id: i }),
    }));
    const ndjson = objects.map((row) => `${JSON.stringify(row)}\n`).join("");
    const model = writeModelDirectory(`${folder}/strict-rows`, { mode: "off", unknownFeatures: "refuse" });
    const args = ["predict", "-m", model, "-d", "-", "--format", "ndjson", "--keep", "id"];
    const { status, stdout, stderr } = await runCommand(args, ndjson);
    expect(status).toBe(1);
    expect(stderr).toContain('row 2, line 2, column agee: not features of the model: "agee"');
    expect(String(stdout).trim().split("\n").length).toBe(rows.length - 1);
  });

  it.each([
    [["--keep", "nothing"], /no column "nothing" to keep/],
    [["--keep", "age,age"], /"age" is kept twice/],
    [["--base-margin", "age,sex"], /names 2 columns, the model takes 1/],
    [["--iteration-range", "0:1000"], /iterationRange is \[0, 1000\]/],
    [["--iteration-range", "ten"], /two whole numbers/],
    [["--output", "scores"], /Allowed choices are value, margin, leaf, contribs, interactions/],
    [["--format", "xlsx"], /format "xlsx" is not known/],
    [["--resume"], /needs --out to be a file/],
    [["--resume", "--out", "OUT/x.csv"], /needs --data to be a file/],
    [["--out", "OUT"], /is a directory/],
    [["--out", "OUT/none/x.csv"], /there is no directory/],
    [["--out", "OUT/x.unknown"], /the format cannot be told from the name/],
    [["--out", "OUT/x.csv", "--rejects", "OUT/x.csv"], /is the file of --out, too/],
    [["--workers", "many"], /whole number/],
  ])("%j is a usage error", async (args, message) => {
    const { status, stdout, stderr } = await predict(CSV, ...args.map((arg) => arg.replace("OUT", folder)));
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
    expect(stdout).toHaveLength(0);
  });

  it("of the output may not be called like those that are kept", async () => {
    const { status, stderr } = await predict(
      CSV.replace(/^/gm, "7,").replace(/^7,/, "score,"),
      "--keep",
      "score",
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/"score" of the table has the name of a column that predictions go to/);
  });
});

describe("files", { timeout: TIMEOUT }, () => {
  const data = `${folder}/rows.csv`;
  writeFileSync(data, CSV);

  it("are not written over what is read, by another name neither", async () => {
    const link = `${folder}/link.csv`;
    symlinkSync(data, link);
    for (const out of [data, link]) {
      const { status, stderr } = await runCommand(["predict", "-m", MODEL, "-d", data, "-o", out]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/is the table that is read/);
    }
    expect(readFileSync(data, "utf8")).toBe(CSV);
  });

  it("replace what was there, and a link stays one", async () => {
    const [target, link] = [`${folder}/target.csv`, `${folder}/out-link.csv`];
    writeFileSync(target, "before");
    symlinkSync(target, link);
    const { status } = await runCommand(["predict", "-q", "-m", MODEL, "-d", data, "-o", link]);
    expect(status).toBe(0);
    expect(readFileSync(target, "utf8")).toMatch(/^score\n/);
    expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
  });

  it("that cannot be used as models end with status 3", async () => {
    const { status, stderr } = await runCommand(["predict", "-m", data, "-d", data]);
    expect(status).toBe(3);
    expect(stderr).toContain(`${data}: byte 0: not an XGBoost model`);
    const directory = await runCommand(["predict", "-m", folder, "-d", data]);
    expect(directory.status).toBe(3);
    expect(directory.stderr).toContain(`${folder}/model.yaml: is not there`);
  });

  const full = existsSync("/dev/full");
  it.runIf(full)(
    `on a full disk end with status 1 and say so${full ? "" : " (no /dev/full here)"}`,
    async () => {
      const { status, stderr } = await runCommand(["predict", "-m", MODEL, "-d", data, "-o", "/dev/full"]);
      expect(stderr).toBe("xgboost-infer: /dev/full: no space left on the device\n");
      expect(status).toBe(1);
    },
  );
});
