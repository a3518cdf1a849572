/** The line that shows how a run is getting on. */
import { compact, duration, grouped } from "./terminal.ts";

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
  readonly #start: number;
  /** What was there when the run was resumed. */
  readonly #rowsBefore: number;
  #readBefore: number | undefined;
  #shown = 0;
  #isShown = false;

  /** @param terminal nothing is shown where it is none */
  constructor(
    terminal: Terminal | undefined,
    rowsBefore: number,
    now: () => number = () => performance.now(),
  ) {
    this.#terminal = terminal?.isTTY === true ? terminal : undefined;
    this.#rowsBefore = rowsBefore;
    this.#now = now;
    this.#start = now();
  }

  /** @param read and @param total in the source's units */
  show(rows: number, read: number, total: number | undefined): void {
    const now = this.#now();
    this.#readBefore ??= this.#rowsBefore === 0 ? 0 : read;
    if (this.#terminal === undefined || now - this.#shown < PERIOD) {
      return;
    }
    this.#shown = now;
    this.#isShown = true;
    const line = this.#line(rows, read, total, (now - this.#start) / 1000);
    this.#terminal.write(CLEAR_LINE + line.slice(0, Math.max(1, (this.#terminal.columns || 80) - 1)));
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isShown) {
      this.#terminal!.write(CLEAR_LINE);
      this.#isShown = false;
    }
  }

  #line(rows: number, read: number, total: number | undefined, seconds: number): string {
    const parts = [`${grouped(rows)} rows`, `${compact((rows - this.#rowsBefore) / seconds)} rows/s`];
    if (total !== undefined && total > 0) {
      const share = Math.min(1, read / total);
      parts.unshift(`${String(Math.floor(100 * share)).padStart(3)} %`);
      const done = read - this.#readBefore!;
      if (seconds > SETTLED && done > 0) {
        parts.push(`${duration(((total - read) / done) * seconds)} left`);
      }
    } else {
      parts.push(duration(seconds));
    }
    return parts.join("  ");
  }
}
