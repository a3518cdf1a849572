/** How late the event loop is: requests wait for it before anything is known of them. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION = 20;
/** One long pause, as of a collection of garbage, is not yet too much work: the mean over a while tells the two apart. */
const WINDOW = 500;

export class EventLoopDelay {
  /** Mean milliseconds of the last half second. */
  milliseconds = 0;
  readonly #limit: number;
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  readonly #look: NodeJS.Timeout;

  /** @param limit milliseconds from which on it is too late */
  constructor(limit: number) {
    this.#limit = limit;
    this.#histogram.enable();
    this.#look = setInterval(() => this.#measure(), WINDOW);
    this.#look.unref();
  }

  get isTooLong(): boolean {
    return this.milliseconds > this.#limit;
  }

  close(): void {
    clearInterval(this.#look);
    this.#histogram.disable();
  }

  #measure(): void {
    const { mean } = this.#histogram;
    this.milliseconds = Number.isNaN(mean) ? 0 : Math.max(0, mean / 1e6 - RESOLUTION);
    this.#histogram.reset();
  }
}
