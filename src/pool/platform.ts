/** What a pool needs of a platform with threads. `src/node` and `src/browser` have one each, tests have their own. */
import type { FromWorker, ToWorker } from "./protocol.ts";

/** A started worker. */
export interface Port {
  post(message: ToWorker, transfer: ArrayBuffer[]): void;
  terminate(): Promise<unknown>;
  /** Whether the process has to wait for this worker. */
  keepAlive(needed: boolean): void;
}

export interface Listener {
  message(message: FromWorker): void;
  /** The worker is gone, or of no use any more. Called once at most. */
  died(error: unknown): void;
}

export interface Platform {
  /** Whether workers see the same `SharedArrayBuffer`. Elsewhere memory is transferred. */
  readonly sharesMemory: boolean;
  /** May throw, where workers cannot be had. */
  start(listener: Listener): Port;
}
