/**
 * A million rows of fifty columns: the page goes on while they are scored and sorted. What a frame takes on the clock depends on what
 * else the machine does; what the page's thread computes between two frames does not, and is held under the limit on every machine.
 */
import { availableParallelism, loadavg } from "node:os";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelText, WORKLOADS } from "../../../../bench/workloads.ts";
import { drop, fileOf, HAS_CHROMIUM, LEFT_OUT, TestBrowser } from "../support/browser.ts";

const ROWS = 1_000_000;
const COLUMNS = 50;
/** Milliseconds from one frame to the next, at most. */
const LONGEST = 100;

interface Frames {
  start(): void;
  stop(): readonly number[];
}

interface Measured {
  /** Milliseconds on the clock from one frame to the next. */
  readonly frames: readonly number[];
  /** Milliseconds of computing, the longest task of the page's thread. */
  readonly longestTask: number;
}

describe.skipIf(!HAS_CHROMIUM)(`a long table in Chromium${LEFT_OUT}`, () => {
  let browser: TestBrowser;
  const load = loadavg()[0]!;
  const isQuiet = load < availableParallelism() / 2;
  beforeAll(async () => {
    browser = await TestBrowser.start();
  }, 60_000);
  afterAll(() => browser?.stop());

  it(`${ROWS} × ${COLUMNS}: no frame over ${LONGEST} ms while scoring, scrolling and sorting`, async () => {
    const { page, complaints } = await browser.open();
    page.setDefaultTimeout(240_000);
    const model = fileOf("risk.json", modelText(WORKLOADS.find(({ name }) => name === "risk")!));
    await drop(page, [model]);
    await page.getByText("binary:logistic").waitFor();
    await page.evaluate(watchFrames);
    await page.evaluate(dropTable, [ROWS, COLUMNS] as const);
    await page.getByRole("link", { name: "See the scores" }).click();
    await page.getByText("Rows a second").waitFor();

    // Cancelled and begun anew, so that it is all seen.
    await drop(page, [model]);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Score again" }).waitFor();
    const scoring = await measure(page, async () => {
      await page.getByRole("button", { name: "Score again" }).click();
      await page.evaluate(scrollAWhile);
      await page.getByText("Rows a second").waitFor();
    });
    const sorting = await measure(page, async () => {
      await page.getByRole("button", { name: "score", exact: true }).click();
      await page.waitForTimeout(50);
      await page.locator('[role="table"][aria-busy="false"]').waitFor();
      await page.evaluate(scrollAWhile);
    });

    await page.locator(".files").click();
    const read = await page.getByText(/read in/).textContent();
    await page.getByRole("link", { name: "See the scores" }).click();
    const facts = (await page.locator(".run-strip .facts").innerText()).replaceAll("\n", " ");
    console.log(`${read}; ${facts}; load of the machine before: ${load.toFixed(1)}`);
    for (const [name, { frames, longestTask }] of Object.entries({ scoring, sorting })) {
      console.log(
        `${name} and scrolling: ${summary(frames)}; longest task ${longestTask.toFixed(1)} ms of computing`,
      );
      expect(frames.length).toBeGreaterThan(20);
      expect(longestTask).toBeGreaterThan(0);
      expect(longestTask).toBeLessThan(LONGEST);
      if (isQuiet) {
        expect(Math.max(...frames)).toBeLessThan(LONGEST);
      }
    }
    if (!isQuiet) {
      console.log(
        "Other work keeps the machine busy: times on the clock are printed, and not held under a limit.",
      );
    }
    expect(complaints).toEqual([]);
  }, 600_000);
});

function summary(frames: readonly number[]): string {
  const sorted = [...frames].sort((a, b) => a - b);
  const at = (share: number): string => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1);
  return `${frames.length} frames, median ${at(0.5)} ms, 99 % ${at(0.99)} ms, longest ${at(1)} ms`;
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly name?: string };
  /** Microseconds of the thread's own clock. */
  readonly tdur?: number;
}

async function measure(page: Page, run: () => Promise<void>): Promise<Measured> {
  const chromium = page.context().browser()!;
  await chromium.startTracing(page, { categories: ["toplevel"] });
  await page.evaluate(() => (globalThis as unknown as { frames: Frames }).frames.start());
  await run();
  const frames = await page.evaluate(() => (globalThis as unknown as { frames: Frames }).frames.stop());
  const { traceEvents } = JSON.parse((await chromium.stopTracing()).toString()) as {
    readonly traceEvents: readonly TraceEvent[];
  };
  const pages = traceEvents.filter(
    ({ name, args }) => name === "thread_name" && args.name === "CrRendererMain",
  );
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) =>
      name.endsWith("RunTask") && pages.some((each) => each.pid === pid && each.tid === tid),
  );
  return { frames, longestTask: Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000 };
}

/** Runs in the page. */
function watchFrames(): void {
  let frames: number[] = [];
  let last = 0;
  let isOn = false;
  const tick = (now: number): void => {
    if (isOn && last > 0) {
      frames.push(now - last);
    }
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  Object.assign(globalThis, {
    frames: {
      start: () => {
        frames = [];
        isOn = true;
      },
      stop: () => {
        isOn = false;
        return frames;
      },
    },
  });
}

/** Runs in the page. A tenth of the rows are different ones. */
function dropTable([rows, columns]: readonly [number, number]): void {
  const names = Array.from({ length: columns }, (_, i) => `f${i}`).join(",");
  const parts = Array.from({ length: 10 }, () => {
    let part = "";
    for (let row = 0; row < 10_000; row++) {
      for (let i = 0; i < columns; i++) {
        part += `${i === 0 ? "" : ","}${Math.random().toFixed(6)}`;
      }
      part += "\n";
    }
    return new Blob([part]);
  });
  const all = Array.from({ length: rows / 10_000 }, (_, i) => parts[i % parts.length]!);
  const transfer = new DataTransfer();
  transfer.items.add(new File([`${names}\n`, ...all], "long.csv"));
  document.body.dispatchEvent(
    new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }),
  );
}

/** Runs in the page. */
async function scrollAWhile(): Promise<void> {
  const grid = document.querySelector(".grid")!;
  for (let i = 0; i < 60; i++) {
    grid.scrollTop += i % 10 === 0 ? 1_000_000 : 90;
    grid.scrollLeft = (i * 40) % 3000;
    await new Promise(requestAnimationFrame);
  }
}
