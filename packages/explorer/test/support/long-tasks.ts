/** How long the page's own thread computes without drawing. */
import type { Page } from "playwright-core";

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly name?: string };
  /** Microseconds of the thread's own clock, which other work of the machine does not move. */
  readonly tdur?: number;
}

/** Milliseconds of computing: the longest task of the page's thread while something is done. */
export async function longestTask(page: Page, work: () => Promise<unknown>): Promise<number> {
  const chromium = page.context().browser()!;
  await chromium.startTracing(page, { categories: ["toplevel"] });
  await work();
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
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}
