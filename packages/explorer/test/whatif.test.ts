/** The view What if in Chromium, against what the model says. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Booster } from "xgboost-infer";
import { responseCurve } from "xgboost-infer/explain";
import { number } from "../src/logic/format.ts";
import { drop, HAS_CHROMIUM, LEFT_OUT, repositoryFile, TestBrowser } from "./support/browser.ts";
import { longestTask } from "./support/long-tasks.ts";

const booster = Booster.load(repositoryFile("examples/tumour/model.ubj").buffer);
const lines = repositoryFile("packages/explorer/sample/tumours.csv")
  .buffer.toString()
  .trim()
  .split("\n")
  .slice(1);
const rowOf = (row: number): number[] => lines[row]!.split(",").slice(1, 31).map(Number);
const at = (name: string): number => booster.featureNames!.indexOf(name);
const scoreWith = (row: number, name: string, value: number): string => {
  const values = rowOf(row);
  values[at(name)] = value;
  return number(booster.predictRow(values)[0]!, 6);
};
const expectScore = (page: Page, text: string): Promise<void> =>
  expect.poll(() => page.locator(".score-number").textContent()).toBe(text);

describe.skipIf(!HAS_CHROMIUM)(`the view What if in Chromium${LEFT_OUT}`, () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.start();
  }, 60_000);
  afterAll(() => browser?.stop());

  it("scores a changed row at once, keeps changes in the address, and undoes them", async () => {
    const { page, complaints } = await browser.open("#whatif?sample=tumours&row=3");
    await expectScore(page, number(booster.predictRow(rowOf(3))[0]!, 6));
    await page.getByLabel("worst area", { exact: true }).fill("1200.5");
    await expectScore(page, scoreWith(3, "worst area", 1200.5));
    await page.getByText(`was ${number(booster.predictRow(rowOf(3))[0]!, 6)}`).waitFor();
    await expect.poll(() => decodeURIComponent(page.url())).toContain(`edits=${at("worst area")}~1200.5`);
    await page.reload();
    await expectScore(page, scoreWith(3, "worst area", 1200.5));
    await page.getByLabel("worst area is missing").check();
    await expectScore(page, scoreWith(3, "worst area", Number.NaN));
    await page.getByLabel("worst area, slider").focus();
    await page.keyboard.press("Home");
    const least = Math.min(...lines.map((line) => Number(line.split(",")[1 + at("worst area")])));
    await expectScore(page, scoreWith(3, "worst area", Math.fround(least)));
    await page.getByLabel("mean radius", { exact: true }).fill("many");
    await page.getByText("“many” is not a number that float32 can hold.").waitFor();
    await page.getByRole("button", { name: "Undo 1 change" }).click();
    await expectScore(page, number(booster.predictRow(rowOf(3))[0]!, 6));
    await expect.poll(() => page.url()).not.toContain("edits");
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("draws the exact curve of a feature, and steps along it", async () => {
    const { page, complaints } = await browser.open(
      `#whatif?sample=tumours&row=3&feature=${at("worst concave points")}`,
    );
    const curve = responseCurve(booster, rowOf(3), "worst concave points");
    const { axis } = curve;
    const breakpoints = axis.kind === "numeric" ? [...axis.breakpoints] : [];
    await page.getByText(`${breakpoints.length} steps, from the model’s own splits`).waitFor();
    // From the row's own value, beyond the last step, to the start of each cell before it.
    for (const value of [...breakpoints].reverse().slice(1, 4)) {
      await page.getByRole("button", { name: "Step down" }).click();
      await expectScore(page, scoreWith(3, "worst concave points", value));
    }
    const chart = (await page.getByRole("img", { name: /^Score by worst concave points/ }).boundingBox())!;
    await page.mouse.click(chart.x + chart.width - 30, chart.y + 60);
    await expectScore(page, scoreWith(3, "worst concave points", Number.NaN));
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("finds the changes that flip the decision, of one feature and of two", async () => {
    for (const [row, threshold] of [
      [3, 0.5],
      [40, 0.3],
      [100, 0.8],
    ] as const) {
      const { page, complaints } = await browser.open(
        `#whatif?sample=tumours&row=${row}&threshold=${threshold}`,
      );
      const apply = page.getByRole("button", { name: "Apply" });
      await apply.first().waitFor();
      const before = booster.predictRow(rowOf(row))[0]! >= threshold;
      const count = await apply.count();
      for (let i = 0; i < count; i++) {
        await expect.poll(() => apply.count()).toBe(count);
        await apply.nth(i).click();
        await page
          .getByText(before ? `below ${threshold}` : `at or above ${threshold}`, { exact: true })
          .waitFor();
        await page.getByRole("button", { name: /Undo \d change/ }).click();
        await page
          .getByText(before ? `at or above ${threshold}` : `below ${threshold}`, { exact: true })
          .waitFor();
      }
      expect(complaints).toEqual([]);
      await page.context().close();
    }
  });

  it("finds features, and works without a table, with categories and several classes", async () => {
    const { page, complaints } = await browser.open("#whatif");
    const loans = Booster.load(repositoryFile("fixtures/explain/model.json").buffer);
    await drop(page, [repositoryFile("fixtures/explain/model.json")]);
    await page.getByText("There is no table that fits the model").waitFor();
    await expectScore(page, number(loans.predictRow({})[0]!, 6));
    await page.getByLabel("Find").fill("REGION");
    await expect.poll(() => page.locator(".control").count()).toBe(1);
    await page.getByLabel("region", { exact: true }).selectOption("2");
    await expectScore(page, number(loans.predictRow({ region: 2 })[0]!, 6));
    const chart = page.getByRole("list", { name: "Score by region" });
    await chart.getByRole("button").first().click();
    await expectScore(page, number(loans.predictRow({ region: 0 })[0]!, 6));
    await page.getByLabel("Find").fill("nothing of this kind");
    await page.getByText("No feature has").waitFor();
    const classes = Booster.load(repositoryFile("fixtures/3.4.1/multi-softprob/model.json").buffer);
    await drop(page, [repositoryFile("fixtures/3.4.1/multi-softprob/model.json")]);
    await page.getByLabel("Output").selectOption("2");
    await expectScore(
      page,
      number(classes.predictRow(new Float32Array(classes.numFeatures).fill(Number.NaN))[2]!, 6),
    );
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("says in words what a linear model lacks", async () => {
    const { page, complaints } = await browser.open("#whatif?threshold=0.5");
    await drop(page, [repositoryFile("fixtures/3.4.1/gblinear/model.json")]);
    await page.getByRole("alert").filter({ hasText: "a linear model is no step function" }).first().waitFor();
    await page.getByLabel("f0", { exact: true }).fill("2");
    const linear = Booster.load(repositoryFile("fixtures/3.4.1/gblinear/model.json").buffer);
    await expectScore(page, number(linear.predictRow({ f0: 2 })[0]!, 6));
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("follows a slider without holding up a frame for 100 ms", async () => {
    const { page } = await browser.open("#whatif?sample=tumours&row=3");
    const slider = page.getByLabel("worst area, slider");
    await slider.waitFor();
    await page.getByRole("button", { name: "Apply" }).first().waitFor();
    const longest = await longestTask(page, async () => {
      await slider.focus();
      for (let step = 0; step < 30; step++) {
        await page.keyboard.press("ArrowRight");
      }
    });
    console.log(`longest task: ${longest.toFixed(1)} ms of computing`);
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(100);
    await page.context().close();
  });
});
