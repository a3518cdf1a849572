/** The end of a run before its end: Ctrl-C, and what a scheduler sends. */

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export type StopSignal = (typeof SIGNALS)[number];

/** Exit status of a process that a signal ended, as shells count. */
export const SIGNAL_STATUS: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

export class StopRequest {
  /** Settles with the first signal. */
  readonly signal: Promise<StopSignal>;
  #received: StopSignal | undefined;
  readonly #listener: (signal: StopSignal) => void;

  constructor() {
    let settle: (signal: StopSignal) => void;
    this.signal = new Promise((resolve) => {
      settle = resolve;
    });
    this.#listener = (signal) => {
      this.#received = signal;
      // The second one ends the process at once.
      this.dispose();
      settle(signal);
    };
    for (const signal of SIGNALS) {
      process.on(signal, this.#listener);
    }
  }

  get received(): StopSignal | undefined {
    return this.#received;
  }

  dispose(): void {
    for (const signal of SIGNALS) {
      process.off(signal, this.#listener);
    }
  }
}
