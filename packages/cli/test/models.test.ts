/** The commands about models as users run them: child processes, their output and their exit status. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Booster } from "xgboost-infer";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const MODEL = "fixtures/3.4.1/string-categories/model.json";
const LOGISTIC = "fixtures/3.4.1/breast-cancer/model.json";
let folder: string;

interface Result {
  readonly out: string;
  readonly err: string;
  readonly status: number | null;
}

function run(...args: readonly string[]): Result {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [`${ROOT}packages/cli/bin/xgboost-infer.js`, ...args],
    {
      cwd: ROOT,
      encoding: "utf8",
      timeout: 60_000,
    },
  );
  return { out: stdout, err: stderr, status };
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "models-"));
  file(
    "rows.csv",
    "town,colour,size,street,weight\nBerlin,red,1.5,street 3,2\nAachen,blue,,street 7,0.1\nFulda,green,abc,street 1,1\n",
  );
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("xgboost-infer", () => {
  it("has help with examples, a version, and suggests what was meant", () => {
    const help = run("--help");
    expect(help.status).toBe(0);
    expect(help.out).toMatch(/Examples:\n {2}xgboost-infer/);
    const { version } = JSON.parse(readFileSync(`${ROOT}packages/cli/package.json`, "utf8")) as {
      version: string;
    };
    expect(run("--version")).toMatchObject({ out: `${version}\n`, status: 0 });
    expect(run("inspekt", "x")).toMatchObject({
      err: "xgboost-infer: unknown command 'inspekt'\n(Did you mean inspect?)\n",
      status: 2,
    });
  });

  it.each(["inspect", "explain", "plot", "convert", "bench"])("%s has help with examples", (command) => {
    const { out, status } = run(command, "--help");
    expect(status).toBe(0);
    expect(out).toContain(`Examples:\n  xgboost-infer ${command}`);
  });

  it.each([
    [["inspect", "/nowhere"], 2, /^xgboost-infer: .*\/nowhere: no such file or directory\n$/],
    [["inspect", "README.md"], 3, /^xgboost-infer: README.md: byte 0: not an XGBoost model.*\n$/],
    [["inspect", "docs"], 3, /^xgboost-infer: .*model\.yaml.*\n$/],
    [["inspect"], 2, /missing required argument 'model'/],
    [["plot", MODEL], 2, /expected one of --tree N/],
    [["plot", MODEL, "--tree", "5"], 2, /^xgboost-infer: --tree 5: .* has 5 trees, numbered from 0\n$/],
    [["plot", MODEL, "--tree", "x"], 2, /Expected a whole number from 0/],
    [["plot", MODEL, "--importance", "size"], 2, /--importance size: expected weight, gain/],
    [["plot", MODEL, "--waterfall"], 2, /a row is needed/],
    [["explain", MODEL], 2, /a row is needed/],
    [["explain", MODEL, "--row-json", "{"], 2, /--row-json: not JSON/],
    [["explain", MODEL, "--row-json", "[]"], 2, /expected an object by feature name/],
    [["explain", MODEL, "--row-json", '{"city":1}'], 2, /the model has no feature "city"/],
    [["explain", MODEL, "--row-json", '{"town":"Atlantis"}'], 2, /Atlantis/],
    [["explain", MODEL, "--row-json", "{}", "--group", "1"], 2, /--group 1: the model has 1 output groups/],
    [["explain", MODEL, "--data", "/nowhere.csv"], 2, /nowhere\.csv/],
    [["convert", MODEL, "out.txt"], 2, /end it in .json or .ubj/],
    [["convert", MODEL, "/nowhere/out.json"], 2, /\/nowhere\/out.json: no such file or directory/],
    [["convert", "README.md", "/nowhere/out.json"], 3, /README.md: byte 0/],
    [
      ["convert", "fixtures/3.4.1/binary-logistic/dump.txt", "-", "--to", "json"],
      2,
      /dump.objective is needed/,
    ],
    [["bench", MODEL, "--rows", "0"], 2, /Expected a whole number from 1/],
  ] as const)("%j ends with %d", (args, status, message) => {
    const result = run(...args);
    expect(result.err).toMatch(message);
    expect(result).toMatchObject({ status, out: "" });
  });
});

describe("inspect", () => {
  it("shows a model, its features by importance and its categories", () => {
    const { out, status } = run("inspect", MODEL);
    expect(status).toBe(0);
    expect(out).toMatch(
      /^fixtures\/3\.4\.1\/string-categories\/model\.json: gbtree model, reg:squarederror, 5 trees\n/,
    );
    expect(out).toMatch(/written by XGBoost 3\.4\.1/);
    expect(out).toMatch(/0 {2}colour +c +7 +8\.7 % +█+ +4: red, green, blue, violet\n/);
  });

  it("gives all of it as JSON: what the library says", () => {
    const summary = JSON.parse(run("inspect", LOGISTIC, "--json").out) as Record<string, unknown>;
    const booster = Booster.load(readFileSync(ROOT + LOGISTIC));
    expect(summary).toMatchObject({
      path: LOGISTIC,
      format: "json",
      objective: booster.objective,
      booster: "gbtree",
      rounds: booster.numBoostedRounds,
      trees: booster.numTrees,
      outputGroups: 1,
      version: "3.4.1",
      bestIteration: booster.bestIteration ?? null,
      manifest: null,
    });
    expect(summary["importance"]).toMatchObject({ weight: { ...booster.getScore() } });
    const features = summary["features"] as { splits: number; name: string }[];
    expect(features.length).toBe(booster.numFeatures);
    const weights = booster.getScore();
    expect(features.every(({ name, splits }) => splits === (weights[name] ?? 0))).toBe(true);
    expect(Object.keys(summary)).toEqual([
      ...[
        "path",
        "format",
        "bytes",
        "objective",
        "booster",
        "rounds",
        "trees",
        "outputGroups",
        "version",
        "baseScore",
      ],
      ...["bestIteration", "attributes", "features", "structure", "importance", "engine", "manifest"],
    ]);
  });

  it("shows linear models, old binaries, dumps, and directories with their manifest", () => {
    expect(run("inspect", "fixtures/3.4.1/gblinear/model.ubj").out).toMatch(/gblinear model/);
    expect(run("inspect", "fixtures/0.90/binary-logistic/model.bin").out).toMatch(
      /written by an XGBoost before 1\.0/,
    );
    const dump = ["--dump-objective", "reg:squarederror", "--dump-base-score", "0.5"];
    const tree = file("dump.txt", "0:[f0<1] yes=1,no=2,missing=1\n\t1:leaf=1\n\t2:leaf=2\n");
    expect(run("inspect", tree, ...dump).out).toMatch(/text-dump/);
    const directory = mkdtempSync(join(folder, "model-"));
    writeFileSync(join(directory, "model.yaml"), "name: towns\nmodel: m.json\nmanager: ann@example.com\n");
    writeFileSync(join(directory, "m.json"), readFileSync(ROOT + MODEL));
    expect(run("inspect", directory).out).toMatch(/Manifest\nname +towns\n[\s\S]*manager +ann@example\.com/);
  });
});

describe("explain", () => {
  const rows = (): string => join(folder, "rows.csv");

  it("shows contributions of rows, the largest first", () => {
    const { out, status } = run("explain", MODEL, "--data", rows(), "--row", "1,2", "--top", "2");
    expect(status).toBe(0);
    expect(out).toMatch(/^row 1: predicted 2\.21283\nf\(x\) = 2\.213\ntown = Berlin +−0\.544/);
    expect(out).toMatch(/\nrow 2: predicted 3\.42114\n/);
    expect(out).toMatch(/sum of 4 other features/);
  });

  it("gives as JSON what predContribs gives, for a row of a table as for one on the command line", () => {
    const row = { town: "Berlin", colour: "red", size: 1.5, street: "street 3", weight: 2 };
    const booster = Booster.load(readFileSync(ROOT + MODEL));
    const { data } = booster.predict([row], { predContribs: true });
    const fromTable = JSON.parse(run("explain", MODEL, "--data", rows(), "--json").out) as {
      contributions: { feature: string; contribution: number }[];
    }[];
    const fromJson = JSON.parse(
      run("explain", MODEL, "--row-json", JSON.stringify(row), "--json").out,
    ) as unknown;
    expect(fromJson).toEqual(fromTable);
    for (const { feature, contribution } of fromTable[0]!.contributions) {
      expect(contribution).toBe(data[booster.featureNames!.indexOf(feature)]);
    }
  });

  it("refuses rows that are not there, and rows that are refused", () => {
    expect(run("explain", MODEL, "--data", rows(), "--row", "4")).toMatchObject({
      status: 2,
      err: `xgboost-infer: --row 4: ${rows()} has 3 rows\n`,
    });
    expect(run("explain", MODEL, "--data", rows(), "--row", "3")).toMatchObject({ status: 1, out: "" });
    expect(run("explain", MODEL, "--data", rows(), "--row", "-1").status).toBe(2);
    expect(run("explain", MODEL, "--data", rows(), "--row", "0").status).toBe(2);
    expect(run("explain", MODEL, "--data", file("other.csv", "a,b\n1,2\n")).err).toMatch(
      /no column has the name of a feature/,
    );
  });
});

describe("plot", () => {
  it("writes SVG, and text without a file", () => {
    for (const what of [
      ["--tree", "0"],
      ["--importance"],
      ["--waterfall", "--data", join(folder, "rows.csv")],
    ]) {
      const target = join(folder, "picture.svg");
      expect(run("plot", MODEL, ...what, "--out", target)).toMatchObject({ status: 0, out: "" });
      expect(readFileSync(target, "utf8")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
      const text = run("plot", MODEL, ...what);
      expect(text.status).toBe(0);
      expect(text.out).toMatch(/town/);
    }
    expect(run("plot", MODEL, "--tree", "0", "--out", "-").out).toMatch(/^<svg /);
  });

  it("marks the path of a row", () => {
    expect(run("plot", MODEL, "--tree", "0", "--data", join(folder, "rows.csv")).out).toMatch(
      /● town = Berlin/,
    );
  });
});

describe("convert", () => {
  it("writes the bytes that XGBoost writes, by the name of the file or --to", () => {
    const target = join(folder, "out.ubj");
    const result = run("convert", LOGISTIC, target);
    expect(result).toMatchObject({ status: 0, out: "" });
    expect(result.err).toMatch(/out\.ubj: [\d.]+ kB of UBJSON, from [\d.]+ kB\n$/);
    const expected = readFileSync(ROOT + LOGISTIC.replace(/json$/, "ubj"));
    expect(Buffer.compare(readFileSync(target), expected)).toBe(0);
    expect(run("convert", target, "-", "--to", "json").out).toBe(readFileSync(ROOT + LOGISTIC, "utf8"));
  });

  it("says what a dump lacks, unless it is to be quiet", () => {
    const dump = ["--dump-objective", "reg:squarederror", "--dump-base-score", "0.5"];
    const tree = file("dump.txt", "0:[f0<1] yes=1,no=2,missing=1\n\t1:leaf=1\n\t2:leaf=2\n");
    const target = join(folder, "out.json");
    expect(run("convert", tree, target, ...dump).err).toMatch(/: loss_changes: the dump has no gain/);
    expect(run("convert", tree, target, ...dump, "--quiet").err).toBe("");
    expect(Array.from(Booster.load(readFileSync(target)).predict([[0], [1]]).data)).toEqual([1.5, 2.5]);
  });
});

describe("bench", () => {
  it("measures loading, rows and batches by engine and threads", () => {
    const quick = ["--rows", "500", "--rounds", "3", "--round-ms", "2", "--threads", "2"];
    const report = JSON.parse(run("bench", LOGISTIC, ...quick, "--json").out) as {
      measured: {
        what: string;
        engine: string;
        threads: number;
        seconds: { least: number; median: number; greatest: number };
      }[];
    };
    expect(report.measured.map(({ what, threads }) => `${what} ${threads}`)).toEqual([
      ...["load 1", "row 1", "batch 1", "load 1", "row 1", "batch 1", "batch 2"],
    ]);
    for (const { seconds } of report.measured) {
      expect(seconds.least).toBeGreaterThan(0);
      expect(seconds.median).toBeGreaterThanOrEqual(seconds.least);
      expect(seconds.greatest).toBeGreaterThanOrEqual(seconds.median);
    }
    expect(run("bench", LOGISTIC, ...quick, "--engine", "javascript").out).toMatch(
      /batch of 500 rows +javascript +1 /,
    );
  });
});
