/** What entries share. */
import { measureRate, runPool, runSuite } from "../suite.mjs";

/**
 * What a part reports, or why it failed.
 * @param {() => Promise<object>} part
 */
export async function attempt(part) {
  try {
    return await part();
  } catch (error) {
    return { failed: String(error) };
  }
}

/**
 * Runs the suite in a page or worker of a browser, and posts the report to the server.
 * @param {import("../suite.mjs").Library} library
 * @param {Parameters<typeof runPool>[2]} [WorkerPool]
 */
export async function reportFromBrowser(library, WorkerPool) {
  const report = await attempt(async () => {
    const text = await (await fetch("/pack.json")).text();
    const pools =
      WorkerPool === undefined
        ? {}
        : { "web workers": await attempt(() => runPool(library, text, WorkerPool)) };
    const suite = runSuite(library, text);
    const { crossOriginIsolated } = /** @type {{ crossOriginIsolated?: boolean }} */ (globalThis);
    return {
      ...suite,
      isolated: crossOriginIsolated,
      rate: measureRate(library, text, () => performance.now()),
      pools,
    };
  });
  await fetch("/report", { method: "POST", body: JSON.stringify(report) });
}
