/** The built page in Chromium: files of every kind, views, sorting, errors, and that nothing leaves the tab. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Booster } from "xgboost-infer";
import { modelText, WORKLOADS } from "../../../bench/workloads.ts";
import { measureExplorer, serveExplorer } from "../../../tools/explorer.mjs";
import {
  drop,
  fileOf,
  type GivenFile,
  HAS_CHROMIUM,
  LEFT_OUT,
  pick,
  ROOT,
  repositoryFile,
  TestBrowser,
} from "./support/browser.ts";

const MODEL = repositoryFile("examples/tumour/model.ubj");
const SAMPLE = repositoryFile("packages/explorer/sample/tumours.csv");
const PYTHON = SAMPLE.buffer
  .toString()
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => Number(line.split(",").at(-1)));
const FIXTURE = "fixtures/3.4.1/breast-cancer";

it("continuous integration has the browser that the tests below need", () => {
  expect(HAS_CHROMIUM || process.env["CI"] === undefined).toBe(true);
});

describe.skipIf(!HAS_CHROMIUM)(`the explorer page in Chromium${LEFT_OUT}`, () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.start();
  }, 60_000);
  afterAll(() => browser?.stop());

  it("shows the scores of the sample, and makes no request after that", async () => {
    const { page, complaints, requests } = await browser.open();
    await page.getByRole("button", { name: "Open the sample" }).click();
    await page.getByText("569 of 569 equal to the bit").waitFor();
    expect(await page.getByRole("row", { name: /T001/ }).getByRole("cell").first().textContent()).toBe(
      "0.014055722",
    );
    expect(new Set(requests.map((url) => new URL(url).origin))).toEqual(
      new Set([new URL(browser.origin).origin]),
    );
    const before = requests.length;
    await page.getByRole("button", { name: "score", exact: true }).click();
    await page.getByRole("slider").fill("0.25");
    await page.waitForTimeout(300);
    // The worker that sorts is the last thing that is loaded.
    expect(requests.slice(before).filter((url) => !/\/assets\/[\w-]+\.js$/.test(url))).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("cannot fetch, neither the page nor its workers", async () => {
    const { page, requests } = await browser.openSample();
    // The last script that the view loads is that of the worker that evaluates.
    await page.getByText("AUC 0.9992").waitFor();
    await page.waitForTimeout(200);
    const before = requests.length;
    const outcomes = await page.evaluate(async () => {
      const tries = [
        () => fetch("/index.html"),
        () => fetch("https://example.org/"),
        () =>
          new Promise((_, reject) =>
            Object.assign(new Image(), { onerror: reject, src: "https://example.org/x.png" }),
          ),
      ];
      return Promise.all(
        tries.map((each) =>
          each().then(
            () => "sent",
            () => "refused",
          ),
        ),
      );
    });
    expect(outcomes).toEqual(["refused", "refused", "refused"]);
    const worlds = await Promise.all(
      page
        .workers()
        .map((worker) => worker.evaluate(() => [typeof fetch, typeof XMLHttpRequest, typeof WebSocket])),
    );
    expect(worlds.length).toBeGreaterThan(0);
    expect(new Set(worlds.flat())).toEqual(new Set(["undefined"]));
    expect(requests.slice(before)).toEqual([]);
    await page.context().close();
  });

  it("is served by npm start with headers by which workers share memory, and which forbid them fetching, too", async () => {
    const server = await serveExplorer(0);
    try {
      const { page, complaints } = await browser.visit(`${server.address}#scores?sample=tumours`);
      await page.getByText("569 of 569 equal to the bit").waitFor();
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      expect(complaints).toEqual([]);
      await page.context().close();
      const [script = ""] = measureExplorer().scripts;
      const { headers } = await fetch(server.address + script);
      expect(headers.get("content-security-policy")).toContain("connect-src 'none'");
      expect((await fetch(`${server.address}../package.json`)).status).toBe(404);
      expect((await fetch(`${server.address}%2e%2e/package.json`)).status).toBe(404);
    } finally {
      server.close();
    }
  });

  it("sorts, filters, selects with the keyboard, and keeps all that in the address", async () => {
    const { page, complaints } = await browser.openSample();
    const rows = page.getByRole("row");
    const scoreOf = async (i: number): Promise<string | null> =>
      rows.nth(i).getByRole("cell").first().textContent();
    await page.getByText("569 of 569 equal to the bit").waitFor();
    await page.getByRole("button", { name: "score", exact: true }).click();
    await expect.poll(() => scoreOf(1)).toBe(String(Math.max(...PYTHON)));
    await page.getByRole("button", { name: "score", exact: true }).click();
    await expect.poll(async () => Number(await scoreOf(1))).toBeLessThan(0.001);
    await page.getByLabel("Column", { exact: true }).selectOption("mean radius");
    await page.getByLabel("Condition").selectOption("at least");
    await page.getByLabel("Value").fill("20");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    const wanted = SAMPLE.buffer
      .toString()
      .trim()
      .split("\n")
      .slice(1)
      .filter((line) => Number(line.split(",")[1]) >= 20);
    await page.getByText(`${wanted.length} of 569 rows`, { exact: true }).waitFor();
    const above = wanted.filter((line) => Number(line.split(",").at(-1)) >= 0.5).length;
    await page.getByText(`${above} of ${wanted.length} rows (`).waitFor();
    await page.getByLabel("Value").fill("abc");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    expect(await page.getByRole("alert").textContent()).toBe("score holds numbers; “abc” is none.");
    await page.getByRole("table", { name: "Rows and their scores" }).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    const address = new URL(page.url()).hash;
    const parameters = new URLSearchParams(address.split("?")[1]);
    expect(parameters.get("sort")).toBe("+");
    expect(parameters.get("filter")).toBe('[["mean radius",">=","20"]]');
    const row = parameters.get("row");
    expect(await page.getByText(`Row ${row}`, { exact: true }).count()).toBe(1);

    const again = await browser.open(address);
    await again.page.getByText(`Row ${row}`, { exact: true }).waitFor();
    await again.page.getByText(`${wanted.length} of 569 rows`, { exact: true }).waitFor();
    expect(
      await again.page.getByRole("row", { selected: true }).or(again.page.locator(".selected")).count(),
    ).toBe(1);
    await page.getByRole("button", { name: "Remove the filter on mean radius" }).click();
    await page.getByText("569 rows", { exact: true }).waitFor();
    expect([...complaints, ...again.complaints]).toEqual([]);
    await page.context().close();
    await again.page.context().close();
  });

  it("evaluates the threshold beside the label", async () => {
    const { page } = await browser.openSample();
    const cells = page.getByRole("table", { name: /Confusion counts/ }).getByRole("cell");
    await page.getByText("AUC 0.9992").waitFor();
    const lines = SAMPLE.buffer
      .toString()
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",").map(Number));
    for (const threshold of [0.5, 0.9]) {
      await page.getByRole("slider").fill(String(threshold));
      const counted = (label: number, above: boolean): string =>
        String(lines.filter((each) => each[31] === label && each[32]! >= threshold === above).length);
      const wanted = [counted(1, true), counted(1, false), counted(0, true), counted(0, false)];
      await expect
        .poll(async () => (await cells.allTextContents()).filter((text) => text !== ""))
        .toEqual(wanted);
    }
    expect(page.url()).toContain("threshold=0.9");
    await page.context().close();
  });

  it("downloads what is shown, with Python's digits", async () => {
    const { page } = await browser.openSample();
    await page.getByText("569 of 569 equal to the bit").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download scores" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("tumours-scores.csv");
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) {
      chunks.push(chunk as Buffer);
    }
    const [head, ...lines] = Buffer.concat(chunks).toString().trim().split("\n");
    expect(head).toBe("row,tumour,benign,python,score");
    expect(lines.length).toBe(569);
    const scores = lines.map((line) => line.split(",")).map(([, , , python, score]) => [python, score]);
    for (const [python, score] of scores) {
      expect(Math.fround(Number(score))).toBe(Math.fround(Number(python)));
      expect(score!.length).toBeLessThanOrEqual(python!.length + 4);
    }
    await page.context().close();
  });

  const NUMBERS = new Float32Array(new Uint8Array(repositoryFile(`${FIXTURE}/rows.f32`).buffer).buffer);
  const MODEL_JSON = repositoryFile(`${FIXTURE}/model.json`);
  const BOOSTER = Booster.load(MODEL.buffer);

  function ndjson(): string {
    const names = BOOSTER.featureNames!;
    return Array.from({ length: 569 }, (_, row) =>
      JSON.stringify(Object.fromEntries(names.map((name, i) => [name, NUMBERS[row * 30 + i]]))),
    ).join("\n");
  }

  it.each<[string, GivenFile, GivenFile, string]>([
    ["UBJSON and CSV", MODEL, SAMPLE, "569"],
    ["JSON and gzip", MODEL_JSON, fileOf("t.csv.gz", gzipSync(SAMPLE.buffer)), "569"],
    ["UBJSON and NDJSON", MODEL, fileOf("t.ndjson", ndjson()), "569"],
    [
      "JSON and Parquet",
      repositoryFile("fixtures/tables/model.json"),
      repositoryFile("fixtures/tables/rows.parquet"),
      "60",
    ],
    [
      "JSON and Arrow",
      repositoryFile("fixtures/tables/model.json"),
      repositoryFile("fixtures/tables/rows-lz4.arrow"),
      "60",
    ],
    [
      "JSON and an Arrow stream",
      repositoryFile("fixtures/tables/model.json"),
      repositoryFile("fixtures/tables/rows-zstd.arrows"),
      "60",
    ],
  ])("opens one's own files: %s", async (_, model, table, rows) => {
    const { page, complaints } = await browser.open();
    await drop(page, [table, model]);
    await page.getByRole("link", { name: "See the scores" }).click();
    await page.getByText(`${rows} rows`, { exact: true }).waitFor();
    const first = await page.getByRole("row").nth(1).getByRole("cell").first().textContent();
    expect(Number(first)).not.toBeNaN();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("asks for what a dump leaves out", async () => {
    const dump = JSON.stringify([
      {
        nodeid: 0,
        depth: 0,
        split: "mean radius",
        split_condition: 15,
        yes: 1,
        no: 2,
        missing: 1,
        children: [
          { nodeid: 1, leaf: 0.4 },
          { nodeid: 2, leaf: -0.4 },
        ],
      },
    ]);
    const options = { objective: "binary:logistic", baseScore: 0.5, featureNames: ["mean radius"] };
    const wanted = String(
      Number(Booster.load(dump, { dump: options }).predictRow([17.99])[0]!.toPrecision(8)),
    );
    const { page, complaints } = await browser.open();
    await pick(page, "model", fileOf("dump.json", dump));
    await page.getByLabel("Base score").fill("abc");
    await page.getByRole("button", { name: "Load the dump" }).click();
    expect(await page.getByRole("alert").textContent()).toContain("Base score is “abc”, expected a number");
    await page.getByLabel("Base score").fill("0.5");
    await page.getByLabel("Feature names").fill("mean radius");
    await page.getByRole("button", { name: "Load the dump" }).click();
    await pick(page, "table", SAMPLE);
    await page.getByRole("link", { name: "See the scores" }).click();
    await expect
      .poll(() => page.getByRole("row", { name: /T001/ }).getByRole("cell").first().textContent())
      .toBe(wanted);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  const text = (content: string) => new TextEncoder().encode(content);

  it.each<[string, "model" | "table" | "certificate", GivenFile, RegExp]>([
    [
      "a workbook",
      "table",
      fileOf("t.xlsx", Uint8Array.of(0x50, 0x4b, 3, 4, 0)),
      /t\.xlsx: the file is .*Excel.*CSV/,
    ],
    ["an empty table", "table", fileOf("t.csv", ""), /t\.csv: the file is empty/],
    [
      "a line that is too short",
      "table",
      fileOf("t.csv", "a,b\n1,2\n3\n"),
      /t\.csv: line 3 has 1 field, expected 2/,
    ],
    ["UTF-16", "table", fileOf("t.csv", Uint8Array.of(0xff, 0xfe, 65, 0)), /UTF-16: save it as UTF-8/],
    ["NDJSON with a broken line", "table", fileOf("t.ndjson", '{"a":1}\n{"a":'), /line 2 is not JSON/],
    [
      "a Parquet file cut short",
      "table",
      fileOf("t.parquet", repositoryFile("fixtures/tables/rows.parquet").buffer.subarray(0, 900)),
      /t\.parquet: .+/,
    ],
    [
      "an Arrow file cut short",
      "table",
      fileOf("t.arrow", repositoryFile("fixtures/tables/rows.arrow").buffer.subarray(0, 900)),
      /t\.arrow: .+/,
    ],
    ["a model for a table", "table", MODEL, /model\.ubj: the file is a model, and no table/],
    [
      "a pickle",
      "model",
      fileOf("m.pkl", Uint8Array.of(0x80, 4, 0x95, 1)),
      /m\.pkl: the file is a Python pickle.*save_model/,
    ],
    [
      "JSON that is no model",
      "model",
      fileOf("m.json", '{"learner": {}}'),
      /m\.json: version: found nothing, expected an array/,
    ],
    ["a model cut short", "model", fileOf("m.ubj", MODEL.buffer.subarray(0, 2000)), /m\.ubj: .+/],
    ["a web page", "model", fileOf("m.json", text("<!doctype html><title>404</title>")), /web page/],
    ["no certificate", "certificate", fileOf("c.json", '{"a":1}'), /c\.json: .*certificate/],
  ])("says in words what is wrong with %s", async (_, place, file, problem) => {
    const { page, complaints } = await browser.open();
    await pick(page, place, file);
    const alert = page
      .locator(".file-card", { has: page.locator(`[data-place="${place}"]`) })
      .getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(problem);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("says it where the table is of something else, and where rows cannot be scored", async () => {
    const { page } = await browser.open();
    await drop(page, [MODEL, fileOf("other.csv", "height,weight\n1,2\n")]);
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("alert").textContent()).toMatch(
      /^None of the model's features is a column of other\.csv/,
    );
    const [head, first] = SAMPLE.buffer.toString().split("\n");
    await pick(page, "table", fileOf("bad.csv", `${head}\n${first}\n${first!.replace("17.99", "many")}\n`));
    await page.getByRole("link", { name: "See the scores" }).click();
    await page
      .getByText(
        '1 row without a score. The first is row 1: column "mean radius": found "many", expected a number.',
      )
      .waitFor();
    await page.getByText("1 of 1 equal to the bit").waitFor();
    expect(await page.getByRole("row").nth(2).getByRole("cell").first().textContent()).toBe("refused");
    await page.context().close();
  });

  it("finds what is not equal to Python's", async () => {
    const [head, ...lines] = SAMPLE.buffer.toString().trim().split("\n");
    const changed = lines.map((line, i) => (i === 3 ? line.replace(/[^,]*$/, "0.04") : line));
    const { page } = await browser.open();
    await drop(page, [MODEL, fileOf("t.csv", [head, ...changed].join("\n"))]);
    await page.getByRole("link", { name: "See the scores" }).click();
    await page.getByText("568 of 569 equal to the bit").waitFor();
    await page.getByRole("row", { name: "3 0.04002211 0.04" }).waitFor();
    await page.context().close();
  });

  it("shows the model: facts, importance of five types, features, certificate", async () => {
    const { page, complaints } = await browser.openSample("model");
    await page.getByText("6,240 of 6,240 values equal to the bit").waitFor();
    await page.getByText("It was made for this very file.").waitFor();
    for (const name of ["binary:logistic", "gbtree", "XGBoost 3.4.1"]) {
      expect(await page.getByText(name).count()).toBeGreaterThan(0);
    }
    const types = await page.getByRole("radio").all();
    expect(types.length).toBe(5);
    const labels = new Set<string | null>();
    for (const type of types) {
      await type.check();
      labels.add(await page.getByRole("img", { name: /Bar chart/ }).getAttribute("aria-label"));
    }
    expect(labels.size).toBe(5);
    await page.getByRole("searchbox", { name: "Search features" }).fill("concave");
    await page.getByText("3 of 30").waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.each(["start", "model", "scores", "why", "whatif", "trees", "race"])(
    "the view %s: no complaint, and no serious violation of accessibility rules, in light and dark",
    async (view) => {
      for (const colorScheme of ["light", "dark"] as const) {
        const { page, complaints } = await browser.openSample(view, { colorScheme });
        await page.locator("main h2").first().waitFor({ state: "attached" });
        await page.waitForTimeout(500);
        expect(await violations(page), colorScheme).toEqual([]);
        expect(complaints).toEqual([]);
        await page.context().close();
      }
    },
  );

  it.each(["start", "model", "scores", "why", "whatif", "trees", "race"])(
    "the view %s fits a phone",
    async (view) => {
      const { page } = await browser.openSample(view, { viewport: { width: 360, height: 740 } });
      await page.locator("main h2").first().waitFor({ state: "attached" });
      await page.waitForTimeout(300);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
      await page.context().close();
    },
  );

  it("cancels reading and scoring of long tables, and goes on after it", async () => {
    const { page, complaints } = await browser.open();
    const deep = WORKLOADS.find(({ name }) => name === "deep")!;
    await drop(page, [fileOf("deep.json", modelText(deep))]);
    await page.getByText("reg:squarederror").waitFor();
    await dropLongTable(page, 3_000_000);
    await page.getByRole("button", { name: "Stop reading" }).click();
    await page.getByRole("progressbar").waitFor({ state: "detached" });
    expect(await page.getByText("long.csv").count()).toBe(0);
    await dropLongTable(page, 400_000);
    await page.getByRole("link", { name: "See the scores" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText(/^Cancelled after [\d,]+ of 400,000 rows/).waitFor();
    await page.getByRole("button", { name: "Score again" }).click();
    await page.getByText(/^Scoring: [1-9][\d,]* of 400,000 rows, [\d,]+ rows\/s/).waitFor();
    await page.getByText("400,000", { exact: true }).waitFor({ timeout: 60_000 });
    expect(await page.getByText(/1 worker|\d workers/).count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 120_000);
});

/** Two columns, made in the page: a file of this size would take long to hand over. */
async function dropLongTable(page: Page, rows: number): Promise<void> {
  await page.evaluate((count) => {
    let part = "";
    for (let i = 0; i < 1000; i++) {
      part += `${Math.random().toFixed(6)},${Math.random().toFixed(6)}\n`;
    }
    const transfer = new DataTransfer();
    transfer.items.add(new File(["f0,f1\n", ...new Array<string>(count / 1000).fill(part)], "long.csv"));
    document.body.dispatchEvent(
      new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }),
    );
  }, rows);
}

const AXE = readFileSync(`${ROOT}node_modules/axe-core/axe.min.js`, "utf8");

/** Of the rules of axe-core: those broken seriously or critically, and where. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    interface Violation {
      readonly id: string;
      readonly impact: string;
      readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
    }
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: readonly Violation[] }> };
    };
    const found = await axe.run();
    return found.violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`,
      );
  });
}
