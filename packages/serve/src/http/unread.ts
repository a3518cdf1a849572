/** Replies that clients do not take: their connections are closed, so that nobody holds memory by not reading. */
import type { ServerResponse } from "node:http";

/** How often replies are looked at. */
const CHECK_INTERVAL = 500;

/** A client has a second more for each: large replies over slow lines are no attack. */
const BYTES_PER_SECOND = 1 << 18;

export class Unread {
  readonly #timeout: number;
  readonly #onClosed: () => void;
  /** When each must have been taken, by `performance.now()`. */
  readonly #replies = new Map<ServerResponse, number>();
  readonly #check: NodeJS.Timeout;

  /** @param timeout milliseconds that a client has for a small reply */
  constructor(timeout: number, onClosed: () => void) {
    this.#timeout = timeout;
    this.#onClosed = onClosed;
    this.#check = setInterval(() => this.#closeLate(), CHECK_INTERVAL);
    this.#check.unref();
  }

  /** To be called after the end of each reply; most are with the system by then, and cost nothing here. */
  note(response: ServerResponse): void {
    const waiting = response.writableLength;
    if (waiting > 0) {
      const seconds = waiting / BYTES_PER_SECOND;
      this.#replies.set(response, performance.now() + this.#timeout + 1000 * seconds);
      response.once("close", () => this.#replies.delete(response));
    }
  }

  close(): void {
    clearInterval(this.#check);
  }

  #closeLate(): void {
    const now = performance.now();
    for (const [response, end] of this.#replies) {
      if (now > end) {
        this.#replies.delete(response);
        if (!response.writableFinished) {
          this.#onClosed();
          response.destroy();
        }
      }
    }
  }
}
