/** The view Why in Chromium, against what the model says. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Booster } from "xgboost-infer";
import { number, signed } from "../src/logic/format.ts";
import { waterfall } from "../src/logic/waterfall.ts";
import { drop, fileOf, HAS_CHROMIUM, LEFT_OUT, repositoryFile, TestBrowser } from "./support/browser.ts";
import { deepModel } from "./support/deep-model.ts";
import { longestTask } from "./support/long-tasks.ts";

const booster = Booster.load(repositoryFile("examples/tumour/model.ubj").buffer);
const [head, ...lines] = repositoryFile("packages/explorer/sample/tumours.csv")
  .buffer.toString()
  .trim()
  .split("\n");
const rowOf = (row: number): number[] => lines[row]!.split(",").slice(1, 31).map(Number);

describe.skipIf(!HAS_CHROMIUM)(`the view Why in Chromium${LEFT_OUT}`, () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.start();
  }, 60_000);
  afterAll(() => browser?.stop());

  it("takes a row's score apart, and follows it through trees", async () => {
    const { page, complaints } = await browser.open("#why?sample=tumours&row=3");
    const contributions = [...booster.predictRow(rowOf(3), { predContribs: true })];
    const found = waterfall(contributions.slice(0, 30), contributions[30]!, 12);
    const drawn = page.locator(".waterfall-line");
    await drawn.first().waitFor();
    expect(await drawn.locator(".waterfall-amount").allTextContents()).toEqual(
      found.steps.map(({ amount }) => signed(amount)),
    );
    const names = found.steps.map(({ feature }) =>
      feature === -1
        ? "19 other features"
        : `${booster.featureNames![feature]} = ${number(rowOf(3)[feature]!, 6)}`,
    );
    expect(await drawn.locator(".waterfall-name").allTextContents()).toEqual(names);
    const margin = booster.predictRow(rowOf(3), { outputMargin: true })[0]!;
    await page
      .getByText(
        `move it to ${number(margin)}, which is a score of ${number(booster.predictRow(rowOf(3))[0]!)}`,
      )
      .waitFor();
    const leaves = booster.predict([rowOf(3)], { predLeaf: true }).data;
    for (const tree of [0, 1, 2]) {
      const leaf = booster.tree(tree).nodes.find(({ id }) => id === leaves[tree]);
      await page
        .getByText(`Leaf ${number(leaf?.kind === "leaf" ? leaf.value[0]! : Number.NaN)}`, { exact: true })
        .waitFor();
      await page.getByRole("button", { name: "Next tree" }).click();
    }
    expect(page.url()).toContain("tree=3");
    await page.getByRole("button", { name: "Show the whole tree" }).click();
    expect(page.url()).toContain("#trees?");
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("goes from row to row by keyboard, and from a line to the feature", async () => {
    const { page, complaints } = await browser.open("#why?sample=tumours");
    await page.getByText("Row 0: why").waitFor();
    await page.getByRole("spinbutton", { name: "Row" }).fill("17");
    await page.keyboard.press("Enter");
    await page.getByText(`Row 17: why ${number(booster.predictRow(rowOf(17))[0]!)}`).waitFor();
    expect(page.url()).toContain("row=17");
    await page.getByText("T018").waitFor();
    await page.locator(".waterfall-line").nth(2).focus();
    const name = await page
      .locator(".waterfall-line")
      .nth(2)
      .locator(".waterfall-name > span")
      .first()
      .textContent();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `What ${name} does` }).waitFor();
    await page.getByRole("button", { name: /other features/ }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator(".waterfall-line").count()).toBe(30);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("shows the swarm of the table; features and dots can be chosen", async () => {
    const { page, complaints } = await browser.open("#why?sample=tumours&row=3");
    await page.getByText(/^569 rows, explained in/).waitFor();
    const swarm = page.getByRole("img", { name: /Beeswarm of 569 rows/ });
    expect(await swarm.getAttribute("aria-label")).toContain("worst area");
    await page.getByRole("button", { name: "worst texture", exact: true }).click();
    await page.getByRole("heading", { name: "What worst texture does" }).waitFor();
    await page.getByLabel("Coloured by").selectOption("mean radius");
    await page.getByText("high mean radius").waitFor();
    // The first line's leftmost dots: somewhere there one is hit.
    const box = (await swarm.boundingBox())!;
    await expect
      .poll(async () => {
        for (let x = box.x + 20; x < box.x + box.width; x += 6) {
          await page.mouse.move(x, box.y + 22);
          if ((await page.locator(".tip").count()) > 0) {
            await page.mouse.down();
            await page.mouse.up();
            return true;
          }
        }
        return false;
      })
      .toBe(true);
    await expect.poll(() => new URL(page.url()).hash).not.toContain("row=3&");
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("explains a sample of a long table, says so, and can be stopped", async () => {
    const { page, complaints } = await browser.open("#why");
    const long = [head, ...Array.from({ length: 12 }, () => lines).flat()].join("\n");
    await drop(page, [repositoryFile("examples/tumour/model.ubj"), fileOf("long.csv", long)]);
    await page.getByText(/^A sample of 2,000 rows of 6,828, evenly spread, explained in/).waitFor();
    const longest = await longestTask(page, async () => {
      await page.getByLabel("Rows", { exact: true }).selectOption("all 6,828");
      await page.getByText(/^6,828 rows, explained in/).waitFor();
      await page.getByText("1,000 dots a line are drawn").waitFor();
      await page.getByRole("img", { name: /Beeswarm of 6,828 rows/ }).hover();
    });
    console.log(`longest task: ${longest.toFixed(1)} ms of computing`);
    expect(longest).toBeLessThan(100);
    await drop(page, [fileOf("deep.json", deepModel(40, 10))]);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Cancelled.").waitFor();
    await page.getByRole("button", { name: "Explain the rows" }).click();
    await page.getByText(/of 6,828 rows explained/).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 90_000);

  it("says why a row cannot be scored, and what a linear model lacks", async () => {
    const { page, complaints } = await browser.open("#why");
    const broken = [head, lines[0], lines[1]!.replace("20.57", "many"), lines[2]].join("\n");
    await drop(page, [repositoryFile("examples/tumour/model.ubj"), fileOf("broken.csv", broken)]);
    await page.getByRole("button", { name: "Next row" }).click();
    await page.getByRole("alert").filter({ hasText: "Row 1 cannot be scored" }).waitFor();
    await page.getByText("1 row cannot be scored").waitFor();
    await drop(page, [repositoryFile("fixtures/3.4.1/gblinear/model.json"), fileOf("t.csv", linearTable())]);
    await page.getByText("A linear model has no trees").waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("never holds up a frame for 100 ms", async () => {
    const { page } = await browser.open("#scores?sample=tumours");
    await page.getByText("569 rows", { exact: true }).first().waitFor();
    const longest = await longestTask(page, async () => {
      await page.getByRole("link", { name: "Why", exact: true }).first().click();
      await page.getByText(/^569 rows, explained in/).waitFor();
      for (let row = 0; row < 5; row++) {
        await page.getByRole("button", { name: "Next row" }).click();
      }
      await page.getByRole("link", { name: "Model", exact: true }).click();
    });
    console.log(`longest task: ${longest.toFixed(1)} ms of computing`);
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(100);
    await page.context().close();
  });
});

function linearTable(): string {
  const { numFeatures } = Booster.load(repositoryFile("fixtures/3.4.1/gblinear/model.json").buffer);
  const names = Array.from({ length: numFeatures }, (_, i) => `f${i}`);
  const row = names.map((_, i) => i / 10).join(",");
  return `${names.join(",")}\n${row}\n${row}\n`;
}
