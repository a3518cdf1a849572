/** What the race's worker runs. */
import "./offline.ts";
import { contender } from "../race/contenders.ts";
import { race, repeatRows } from "../race/race.ts";
import type { FromRace, StartMessage } from "./race-protocol.ts";

const scope = globalThis as unknown as {
  readonly crossOriginIsolated?: boolean;
  postMessage(message: FromRace): void;
  addEventListener(type: "message", listener: (event: MessageEvent<StartMessage>) => void): void;
};

/** Rounds in turns; the least time of each counts. */
const ROUNDS = 5;
/** Seconds of a run. */
const LIMIT = 0.5;

scope.addEventListener("message", ({ data }) => void start(data));

async function start({ names, sample, rows, ...input }: StartMessage): Promise<void> {
  try {
    const data = repeatRows(sample, input.cols, rows, scope.crossOriginIsolated === true);
    const contenders = names.map((name) => contender(name, { ...input, data }));
    const laps = await race(contenders, {
      rows,
      rounds: ROUNDS,
      limit: LIMIT,
      clock: () => performance.now() / 1000,
      report: (laps) => {
        scope.postMessage({ type: "laps", laps });
        return true;
      },
    });
    scope.postMessage({ type: "done", laps });
  } catch (error) {
    scope.postMessage({ type: "problem", problem: error instanceof Error ? error.message : String(error) });
  }
}
