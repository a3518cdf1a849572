/** Timing: rounds of calls, their median and range. */
import { type Spread, spreadOf } from "../model/summary.ts";

export interface Rounds {
  readonly rounds: number;
  /** A round lasts at least so long, in milliseconds. */
  readonly roundMs: number;
}

/** What is measured ends here, so that no compiler leaves it out. */
export const sink = { value: 0 };

/** Seconds a call: after a round to warm up, calls are counted until a round is over. */
export async function secondsPerCall(
  work: () => number | Promise<number>,
  { rounds, roundMs }: Rounds,
): Promise<Spread> {
  const calls = await callsForRound(work, roundMs);
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let call = 0; call < calls; call++) {
      const result = work();
      sink.value += typeof result === "number" ? result : await result;
    }
    seconds.push((performance.now() - start) / 1000 / calls);
  }
  return spreadOf(seconds);
}

/** Warms up, doubling the calls until they take a round. */
async function callsForRound(work: () => number | Promise<number>, roundMs: number): Promise<number> {
  for (let calls = 1; ; calls *= 2) {
    const start = performance.now();
    for (let call = 0; call < calls; call++) {
      const result = work();
      sink.value += typeof result === "number" ? result : await result;
    }
    const taken = performance.now() - start;
    if (taken >= roundMs) {
      return Math.max(1, Math.round((calls * roundMs) / taken));
    }
  }
}
