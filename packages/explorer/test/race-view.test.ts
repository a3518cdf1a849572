/** The view Race in Chromium. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LINE_UP } from "../src/race/line-up.ts";
import { HAS_CHROMIUM, LEFT_OUT, TestBrowser } from "./support/browser.ts";
import { longestTask } from "./support/long-tasks.ts";

describe.skipIf(!HAS_CHROMIUM)(`the view Race in Chromium${LEFT_OUT}`, () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.start();
  }, 60_000);
  afterAll(() => browser?.stop());

  it("runs every engine, all of ours with the same bits, and says of rivals how they did or why they are out", async () => {
    const { page, complaints } = await browser.open("#race?sample=tumours");
    await page.getByLabel("Rows", { exact: true }).selectOption("10,000");
    await page.getByRole("button", { name: "Start the race" }).click();
    await page.getByText(/was fastest: [\d,]+ rows a second/).waitFor({ timeout: 60_000 });
    const lanes = page.locator(".lane");
    expect(await lanes.count()).toBe(LINE_UP.length);
    for (const [i, { kind, label }] of LINE_UP.entries()) {
      const text = (await lanes.nth(i).textContent())!;
      expect(text).toContain(label);
      if (kind === "ours") {
        expect(text).toMatch(/[\d,]+ rows\/s/);
        const [, equal, of] = /✓ ([\d,]+) of ([\d,]+) equal to the bit/.exec(text)!;
        expect(equal).toBe(of);
      } else {
        expect(text).toMatch(/[\d,]+ rows\/s.*equal to the bit|this build of the page does not have it/);
      }
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 90_000);

  it("can be cancelled, and holds up no frame for 100 ms", async () => {
    const { page, complaints } = await browser.open("#race?sample=tumours");
    await page.getByLabel("Rows", { exact: true }).selectOption("1,000,000");
    const longest = await longestTask(page, async () => {
      await page.getByRole("button", { name: /Start the race|Run it again/ }).click();
      await page
        .getByText(/rows\/s|engine wasm/)
        .first()
        .waitFor();
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByText("cancelled", { exact: true }).waitFor();
    });
    console.log(`longest task: ${longest.toFixed(1)} ms of computing`);
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(100);
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 90_000);
});
