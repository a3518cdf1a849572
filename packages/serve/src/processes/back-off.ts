/** How long to wait before a process that died is replaced: not at all, unless processes die in a loop. */

/** One that was of use for so long did not die of how it started. */
const LIVED_MILLISECONDS = 1_000;
/** So many deaths in a row are replaced at once. */
const FREE_DEATHS = 2;
const FIRST_DELAY = 250;
const LONGEST_DELAY = 30_000;

export class BackOff {
  #deaths = 0;

  /**
   * Counts a death.
   * @param served milliseconds for which the process could answer requests
   * @returns milliseconds to wait before another is started
   */
  died(served: number): number {
    this.#deaths = served >= LIVED_MILLISECONDS ? 0 : this.#deaths + 1;
    const late = this.#deaths - FREE_DEATHS;
    return late <= 0 ? 0 : Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (late - 1));
  }
}
