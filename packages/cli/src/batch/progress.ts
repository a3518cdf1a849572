/** The line that shows how a run is getting on. */
import { compact, duration, grouped } from "../terminal/format.ts";

/** A terminal, as far as it is used here. */
export interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Milliseconds between two states of the line. */
const PERIOD = 100;

/** Seconds before the first time left is told: earlier ones would jump. */
const SETTLED = 1;

const CLEAR_LINE = "\r\u001b[K";

export class Progress {
  readonly #terminal: Terminal | undefined;
  readonly #now: () => number;
  /** After the first block, from which on time is taken: what comes before it, such as loading, does not come again. */
  #first: { readonly rows: number; readonly read: number; readonly at: number } | undefined;
  #shown = 0;
  #isShown = false;

  /** @param terminal nothing is shown where it is none */
  constructor(terminal: Terminal | undefined, now: () => number = () => performance.now()) {
    this.#terminal = terminal?.isTTY === true ? terminal : undefined;
    this.#now = now;
  }

  /** @param read and @param total in the source's units */
  show(rows: number, read: number, total: number | undefined): void {
    const now = this.#now();
    this.#first ??= { rows, read, at: now };
    if (this.#terminal === undefined || now - this.#shown < PERIOD) {
      return;
    }
    this.#shown = now;
    this.#isShown = true;
    const line = this.#line(rows, read, total, now);
    this.#terminal.write(CLEAR_LINE + line.slice(0, Math.max(1, (this.#terminal.columns || 80) - 1)));
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isShown) {
      this.#terminal!.write(CLEAR_LINE);
      this.#isShown = false;
    }
  }

  #line(rows: number, read: number, total: number | undefined, now: number): string {
    const first = this.#first!;
    const seconds = (now - first.at) / 1000;
    const parts = [`${grouped(rows)} rows`];
    if (seconds > 0) {
      parts.push(`${compact((rows - first.rows) / seconds)} rows/s`);
    }
    if (total !== undefined && total > 0) {
      parts.unshift(`${String(Math.floor(100 * Math.min(1, read / total))).padStart(3)} %`);
      const done = read - first.read;
      if (seconds > SETTLED && done > 0) {
        parts.push(`${duration(((total - read) / done) * seconds)} left`);
      }
    } else {
      parts.push(duration(seconds));
    }
    return parts.join("  ");
  }
}
