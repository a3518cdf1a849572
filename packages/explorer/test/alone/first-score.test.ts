/** What the page promises of the first minute: a score within 2 s of opening. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HAS_CHROMIUM, LEFT_OUT, TestBrowser } from "../support/browser.ts";

describe.skipIf(!HAS_CHROMIUM)(`opening the explorer page in Chromium${LEFT_OUT}`, () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.start();
  }, 60_000);
  afterAll(() => browser?.stop());

  it("shows the first score of the sample within 2 s", async () => {
    const times = [];
    // What a machine does besides only adds to a time.
    for (let opening = 0; opening < 3; opening++) {
      const { page, complaints } = await browser.open();
      await page.getByRole("button", { name: "Open the sample" }).click();
      await page.getByText("569 of 569 equal to the bit").waitFor();
      times.push(await page.evaluate(() => performance.now()));
      expect(complaints).toEqual([]);
      await page.context().close();
    }
    console.log(`shown after ${times.map((time) => time.toFixed(0)).join(", ")} ms`);
    expect(Math.min(...times)).toBeLessThan(2000);
  });
});
