/** The suite of the runtime matrix: that it sees what differs, that it has something of everything, and that its table is of today. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as certificate from "../src/certificate.ts";
import * as convert from "../src/convert.ts";
import * as explain from "../src/explain.ts";
import * as index from "../src/index.ts";
import { ModelExecutor } from "../src/node/executor.ts";
import { makePack } from "./matrix/pack.ts";
import { ROWS } from "./matrix/rows.mjs";
import { type Library, type Pack, runSuite } from "./matrix/suite.mjs";
import { isFailure, lineOf, withMatrix } from "./matrix/table.mjs";
import { manifest } from "./support/fixtures.ts";

const library = { ...index, ...certificate, ...convert, ...explain, ModelExecutor } as unknown as Library;
const text = makePack();
const pack: Pack = JSON.parse(text);
const { checks } = pack;

describe("the pack", () => {
  const names = checks.map(({ name }) => name);
  const cases = manifest.cases.filter(({ files }) => files.some(({ path }) => names.includes(path)));

  it("has something of every release, booster, objective and format, and each output", () => {
    for (const key of ["release", "booster", "objective"] as const) {
      expect(new Set(cases.map((each) => each[key]))).toEqual(
        new Set(manifest.cases.map((each) => each[key])),
      );
    }
    const kinds = manifest.cases.flatMap(({ files }) => files.filter(({ error }) => error === undefined));
    const packed = kinds.filter(({ path }) => names.includes(path));
    expect(new Set(packed.map(({ kind }) => kind))).toEqual(new Set(kinds.map(({ kind }) => kind)));
    const options = new Set(
      checks.flatMap(({ calls }) => calls.flatMap((call) => Object.keys(call.options))),
    );
    expect([...options]).toEqual(
      expect.arrayContaining([
        ...["outputMargin", "predLeaf", "iterationRange", "baseMargin", "missing", "strictShape"],
        ...["predContribs", "predInteractions", "approxContribs"],
      ]),
    );
  });

  it("has single rows and named ones", () => {
    expect(checks.flatMap(({ calls }) => calls.filter(({ single }) => single)).length).toBeGreaterThan(500);
    expect(pack.data.filter((each) => Array.isArray(each)).length).toBeGreaterThan(2);
  });
});

describe("the suite", () => {
  const small = { ...pack, checks: checks.filter(({ name }) => name === "3.4.1/breast-cancer/model.ubj") };

  it("finds everything equal, as the table in docs/compatibility.md says of every runtime", () => {
    const { equal, total, wrong } = runSuite(library, text);
    expect(wrong).toEqual([]);
    expect(equal).toBe(total);
    const document = readFileSync(new URL("../docs/compatibility.md", import.meta.url), "utf8");
    const count = total.toLocaleString("en-US");
    for (const { name } of ROWS) {
      const row = document.split("\n").find((line) => line.startsWith(`| ${name} |`));
      expect(row, `npm run test:matrix: ${name}`).toBeDefined();
      expect(row!.includes(`| ${count} of ${count} |`) || row!.includes("| not run: "), row!).toBe(true);
    }
  }, 120_000);

  it("counts a value whose last bit differs", () => {
    const right = runSuite(library, JSON.stringify(small));
    expect(right.equal).toBe(right.total);
    const [call] = small.checks[0]!.calls;
    const expected = pack.expected.map((each) => ({ ...(each as { base64: string }) }));
    const bytes = Buffer.from(expected[call!.expected]!.base64, "base64");
    bytes[0]! ^= 1;
    expected[call!.expected]!.base64 = bytes.toString("base64");
    const found = runSuite(library, JSON.stringify({ ...small, expected }));
    expect(found.total).toBe(right.total);
    // With three engines, as a batch; and the large batches, which are made of these rows.
    expect(found.equal).toBeLessThanOrEqual(right.total - 3);
    expect(found.wrong.length).toBeGreaterThan(2);
  });

  it("counts what throws as not equal", () => {
    const broken = {
      ...small.checks[0]!,
      calls: [{ ...small.checks[0]!.calls[0]!, options: { iterationRange: [5, 1] } }],
    };
    const { equal, total, wrong } = runSuite(library, JSON.stringify({ ...small, checks: [broken] }));
    expect(equal).toBeLessThan(total);
    expect(wrong[0]).toMatch(/InputError: .*iterationRange/);
  });
});

describe("the table", () => {
  const report = { version: "1.0", engine: "wasm", equal: 9, total: 9, wrong: [], rate: 5e6, pools: {} };
  const pool = { equal: 2, total: 2, wrong: [], workers: 2 };

  it.each([
    ["all equal", { report: { ...report, pools: { threads: pool } } }, false, /9 of 9 .* threads: 2$/],
    [
      "a value differs",
      { report: { ...report, equal: 8, wrong: ["a: 8 of 9"] } },
      true,
      /8 of 9 [\s\S]*a: 8/,
    ],
    ["no value at all", { report: { ...report, equal: 0, total: 0 } }, true, /0 of 0/],
    ["workers differ", { report: { ...report, pools: { threads: { ...pool, equal: 1 } } } }, true, /./],
    ["workers fail", { report: { ...report, pools: { threads: { failed: "no" } } } }, true, /FAILED/],
    ["the row fails", { failed: "Error: no" }, true, /FAILED, Error: no/],
    ["it cannot be run", { unavailable: "there is no x" }, false, /not run, there is no x/],
  ])("%s", (_, outcome, failure, line) => {
    expect(isFailure({ name: "Node", outcome })).toBe(failure);
    expect(lineOf({ name: "Node", outcome })).toMatch(line);
  });

  it("stands between its marks", () => {
    const document = "a\n<!-- matrix -->\nold\n<!-- end of matrix -->\nb\n";
    const results = [
      { name: "Node", note: "n", outcome: { report: { ...report, pools: { threads: pool } } } },
      { name: "Bun", outcome: { unavailable: "none" } },
    ];
    const made = withMatrix(document, results);
    expect(made).toContain(
      "| Node | 1.0 | 9 of 9 | wasm | threads | n |\n| Bun |  |  |  |  | not run: none |",
    );
    expect(made).not.toContain("old");
    expect(made.startsWith("a\n") && made.endsWith("\nb\n")).toBe(true);
  });
});
