/** What a row of the matrix reports. */

/** @typedef {{ equal: number, total: number, wrong: string[], workers: number } | { failed: string }} PoolReport */
/**
 * @typedef {{ version: string, engine: string, equal: number, total: number, wrong: string[], rate: number,
 *   isolated?: boolean, pools: Record<string, PoolReport> }} Report
 */
/** @typedef {{ report: Report } | { unavailable: string } | { failed: string }} Outcome */

/** A row that cannot be run here, with the reason; that is no failure. */
export class Unavailable extends Error {}

/**
 * @param {() => Report | Promise<Report>} run
 * @returns {Promise<Outcome>}
 */
export async function outcomeOf(run) {
  try {
    return { report: await run() };
  } catch (error) {
    return error instanceof Unavailable ? { unavailable: error.message } : { failed: String(error) };
  }
}
