/** A million rows of fifty columns: the page goes on while they are read, scored and sorted. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelText, WORKLOADS } from "../../../../bench/workloads.ts";
import { drop, fileOf, HAS_CHROMIUM, LEFT_OUT, TestBrowser } from "../support/browser.ts";

const ROWS = 1_000_000;
const COLUMNS = 50;
/** Milliseconds from one frame to the next, at most. */
const LONGEST_FRAME = 100;

interface Frames {
  start(): void;
  stop(): readonly number[];
}

describe.skipIf(!HAS_CHROMIUM)(`a long table in Chromium${LEFT_OUT}`, () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.start();
  }, 60_000);
  afterAll(() => browser?.stop());

  it(`${ROWS} × ${COLUMNS}: no frame over ${LONGEST_FRAME} ms while scoring, scrolling and sorting`, async () => {
    const { page, complaints } = await browser.open();
    page.setDefaultTimeout(240_000);
    const risk = WORKLOADS.find(({ name }) => name === "risk")!;
    const model = fileOf("risk.json", modelText(risk));
    await drop(page, [model]);
    await page.getByText("binary:logistic").waitFor();
    await page.evaluate(watchFrames);
    await page.evaluate(dropTable, [ROWS, COLUMNS] as const);
    await page.getByRole("link", { name: "See the scores" }).waitFor();
    const read = await page.getByText(/read in/).textContent();
    await page.getByRole("link", { name: "See the scores" }).click();
    await page.getByText("Rows a second").waitFor();
    // Cancelled and begun anew, so that it is all seen.
    await drop(page, [model]);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.evaluate(() => (globalThis as unknown as { frames: Frames }).frames.start());
    await page.getByRole("button", { name: "Score again" }).click();
    await page.evaluate(scrollAWhile);
    await page.getByText("Rows a second").waitFor();
    const scoring = await page.evaluate(() => (globalThis as unknown as { frames: Frames }).frames.stop());
    const facts = await page.locator(".run-strip").innerText();

    await page.evaluate(() => (globalThis as unknown as { frames: Frames }).frames.start());
    await page.getByRole("button", { name: "score", exact: true }).click();
    await page.locator('[role="table"][aria-busy="true"]').waitFor();
    await page.locator('[role="table"][aria-busy="false"]').waitFor();
    await page.evaluate(scrollAWhile);
    const sorting = await page.evaluate(() => (globalThis as unknown as { frames: Frames }).frames.stop());

    const report = (name: string, frames: readonly number[]): void => {
      const sorted = [...frames].sort((a, b) => a - b);
      const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
      console.log(
        `${name}: ${frames.length} frames, median ${at(0.5)} ms, 99 % ${at(0.99)} ms, longest ${at(1)} ms`,
      );
    };
    console.log(`${read}; ${facts.replaceAll("\n", " ")}`);
    report("scoring and scrolling", scoring);
    report("sorting and scrolling", sorting);
    expect(scoring.length).toBeGreaterThan(20);
    expect(Math.max(...scoring)).toBeLessThan(LONGEST_FRAME);
    expect(Math.max(...sorting)).toBeLessThan(LONGEST_FRAME);
    expect(complaints).toEqual([]);
  }, 300_000);
});

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
