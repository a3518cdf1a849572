/** How long the page was busy without drawing. */
import type { Page } from "playwright-core";

/** Milliseconds of the longest task of the page's own thread while something is done; 0 where none took 50 ms. */
export async function longestTask(page: Page, work: () => Promise<unknown>): Promise<number> {
  await page.evaluate(() => {
    const scope = globalThis as unknown as { longest: number };
    scope.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        scope.longest = Math.max(scope.longest, duration);
      }
    }).observe({ type: "longtask" });
  });
  await work();
  await page.waitForTimeout(200);
  return page.evaluate(() => (globalThis as unknown as { longest: number }).longest);
}
