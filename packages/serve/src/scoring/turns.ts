/** Requests that take longer than a moment: they take turns, so that small requests come in between. */
import { Failure } from "../failure.ts";
import type { ScoringJob } from "./job.ts";

interface Waiting {
  readonly job: ScoringJob;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Turns {
  readonly #limit: number;
  readonly #waiting: Waiting[] = [];
  #running = false;

  /** @param limit of requests that may be under way */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Requests under way. */
  get length(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves when all rows of the job are scored.
   * @throws Failure, at once, where too many are under way; and what scoring throws
   */
  finish(job: ScoringJob): Promise<void> {
    if (this.#waiting.length >= this.#limit) {
      throw new Failure("busy", `too busy: ${this.#limit} large requests are under way`);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    if (!this.#running && this.#waiting.length > 0) {
      this.#running = true;
      // After a look at the sockets: whatever has arrived meanwhile comes first.
      setImmediate(() => this.#turn());
    }
  }

  /** A block of the request whose turn it is. */
  #turn(): void {
    this.#running = false;
    const waiting = this.#waiting.shift()!;
    try {
      if (waiting.job.step()) {
        waiting.resolve();
      } else {
        this.#waiting.push(waiting);
      }
    } catch (error) {
      waiting.reject(error);
    }
    this.#next();
  }
}
