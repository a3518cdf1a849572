/** Who is fastest on these rows, on this machine: contenders run in turns, and their answers are compared. */

/** A loaded contender. */
export interface Runner {
  /** What it is, exactly: a version, the engine that was chosen. */
  readonly note: string;
  /** Scores the first `rows` rows; the result may be overwritten by the next call. */
  run(rows: number): Promise<Float32Array> | Float32Array;
  close?(): void | Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** @throws Error that says why it cannot take part */
  load(): Promise<Runner>;
}

export interface Lap {
  readonly name: string;
  readonly state: "waiting" | "loading" | "running" | "done" | "out";
  readonly note: string;
  /** Why it is out. */
  readonly reason: string;
  /** Rows a run; fewer than all where those would take too long. */
  readonly rows: number;
  /** Least seconds of a run so far; NaN before the first. */
  readonly seconds: number;
  /** Values that are equal to the first contender's to the bit, of how many, and the largest difference. */
  readonly equal: number;
  readonly compared: number;
  readonly largest: number;
}

export interface RaceOptions {
  readonly rows: number;
  readonly rounds: number;
  /** Seconds that a run may take; slower contenders run fewer rows. */
  readonly limit: number;
  /** Seconds since some moment. */
  readonly clock: () => number;
  /** Told of each change. `false` ends the race. */
  readonly report: (laps: readonly Lap[]) => Promise<boolean> | boolean;
}

const WAITING = {
  state: "waiting",
  note: "",
  reason: "",
  rows: 0,
  seconds: Number.NaN,
  equal: 0,
  compared: 0,
  largest: 0,
} as const;
/** Rows of the run that tells how many a contender can take. */
const TRIAL = 64;

/** Runs the race. The answers of the first contender are those that the others' are compared with. */
export async function race(contenders: readonly Contender[], options: RaceOptions): Promise<readonly Lap[]> {
  const laps: Lap[] = contenders.map(({ name }) => ({ name, ...WAITING }));
  const runners: (Runner | undefined)[] = [];
  const tell = async (i: number, change: Partial<Lap>): Promise<boolean> => {
    laps[i] = { ...laps[i]!, ...change };
    return options.report([...laps]);
  };
  let truth: Float32Array | undefined;
  try {
    for (const [i, contender] of contenders.entries()) {
      if (!(await tell(i, { state: "loading" }))) {
        return laps;
      }
      try {
        const runner = await contender.load();
        runners[i] = runner;
        const { rows, result } = await warmUp(runner, options);
        truth ??= result;
        await tell(i, { state: "running", note: runner.note, rows, ...compare(truth, result) });
      } catch (error) {
        runners[i] = undefined;
        await tell(i, { state: "out", reason: error instanceof Error ? error.message : String(error) });
      }
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const [i, runner] of runners.entries()) {
        if (runner === undefined) {
          continue;
        }
        const begin = options.clock();
        await runner.run(laps[i]!.rows);
        const seconds = options.clock() - begin;
        const least = Number.isNaN(laps[i]!.seconds) ? seconds : Math.min(seconds, laps[i]!.seconds);
        const state = round === options.rounds - 1 ? "done" : "running";
        if (!(await tell(i, { state, seconds: least }))) {
          return laps;
        }
      }
    }
  } finally {
    for (const runner of runners) {
      await runner?.close?.();
    }
  }
  return laps;
}

/** Runs more and more rows until a run takes long enough to tell how many fit into the limit; the last result is a copy. */
async function warmUp(
  runner: Runner,
  { rows, limit, clock }: RaceOptions,
): Promise<{ readonly rows: number; readonly result: Float32Array }> {
  let tried = Math.min(rows, TRIAL);
  for (;;) {
    const begin = clock();
    const result = await runner.run(tried);
    const seconds = clock() - begin;
    const fits = seconds > 0 ? Math.floor((tried * limit) / seconds) : rows;
    const next = Math.min(rows, fits, tried * 8);
    if (next < tried * 1.25) {
      return { rows: tried, result: result.slice() };
    }
    tried = next;
  }
}

/** How many values have the same bits, over the rows that both have. */
export function compare(
  truth: Float32Array,
  found: Float32Array,
): { readonly equal: number; readonly compared: number; readonly largest: number } {
  const compared = Math.min(truth.length, found.length);
  const [a, b] = [bitsOf(truth), bitsOf(found)];
  let [equal, largest] = [0, 0];
  for (let i = 0; i < compared; i++) {
    if (a[i] === b[i]) {
      equal++;
    } else {
      const difference = Math.abs(truth[i]! - found[i]!);
      largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
    }
  }
  return { equal, compared, largest };
}

function bitsOf(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length);
}

/** The rows of a table again and again until there are `rows`. */
export function repeatRows(data: Float32Array, cols: number, rows: number, shared: boolean): Float32Array {
  const size = rows * cols;
  const out = new Float32Array(shared ? new SharedArrayBuffer(4 * size) : new ArrayBuffer(4 * size));
  if (data.length === 0) {
    return out.fill(Number.NaN);
  }
  for (let at = 0; at < size; at += data.length) {
    out.set(at + data.length <= size ? data : data.subarray(0, size - at), at);
  }
  return out;
}
