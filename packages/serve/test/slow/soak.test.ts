/**
 * Models are swapped again and again under load, for a minute, or for as long as `npm run soak` says: memory and file handles must not
 * grow.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { startLoad } from "../support/load.ts";
import { startProcesses } from "../support/processes.ts";
import { until } from "../support/service.ts";
import { A, B } from "../support/swaps.ts";

const SECONDS = Number(process.env["SOAK_SECONDS"] ?? 60);
const RELOADS = Number(process.env["SOAK_RELOADS"] ?? 110);
const WORKERS = 2;

interface Sample {
  readonly seconds: number;
  /** MiB of all processes. */
  readonly memory: number;
  readonly handles: number;
}

function sample(pids: readonly number[], seconds: number): Sample {
  let memory = 0;
  let handles = 0;
  for (const pid of pids) {
    memory += Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
    handles += readdirSync(`/proc/${pid}/fd`).length;
  }
  return { seconds, memory, handles };
}

/** By least squares, a second. */
function slope(samples: readonly Sample[], of: "memory" | "handles"): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(samples.map(({ seconds }) => seconds));
  const y = mean(samples.map((each) => each[of]));
  const up = samples.reduce((sum, each) => sum + (each.seconds - x) * (each[of] - y), 0);
  return up / samples.reduce((sum, { seconds }) => sum + (seconds - x) ** 2, 0);
}

const WINDOWS = 10;

/** The least memory of each of ten windows: what is above it is garbage, and models that are being read, neither of which stays. */
function floors(samples: readonly Sample[]): Sample[] {
  const size = Math.ceil(samples.length / WINDOWS);
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, i) =>
    samples
      .slice(i * size, (i + 1) * size)
      .reduce((least, each) => (each.memory < least.memory ? each : least)),
  );
}

function peak(samples: readonly Sample[]): number {
  return Math.max(...samples.map(({ memory }) => memory));
}

it(
  `${RELOADS} reloads in ${SECONDS} s under 20 clients: nothing is lost, memory and handles stay flat`,
  async () => {
    const service = await startProcesses({ "m.ubj": A.model }, [
      ...["--workers", String(WORKERS), "--watch", "false", "--log-requests", "false"],
      ...["--max-event-loop-delay", "60000"],
    ]);
    const load = startLoad(service, { rest: 10, grpc: 10, pause: 10 });
    const pids = [service.pid, ...service.workers()];
    const samples: Sample[] = [];
    const begin = performance.now();
    const seconds = () => (performance.now() - begin) / 1000;
    for (let reload = 1; reload <= RELOADS; reload++) {
      service.replace("m.ubj", reload % 2 === 1 ? B.model : A.model);
      service.signal("SIGHUP");
      const loaded = () => service.log.filter(({ msg }) => msg === "model loaded").length;
      await until(() => loaded() >= WORKERS * (reload + 1), 60_000);
      await until(() => seconds() >= (reload * SECONDS) / RELOADS, SECONDS * 1000);
      samples.push(sample(pids, seconds()));
    }
    const { answered, mixed, failed } = await load.stop();
    const workers = service.workers();
    await service.stop();
    // The first part is for caches and compilers.
    const settled = samples.slice(samples.length >> 1);
    const span = settled.at(-1)!.seconds - settled[0]!.seconds;
    const [memory, handles] = [slope(floors(settled), "memory"), slope(settled, "handles")];
    const at = (share: number) => samples[Math.floor(share * (samples.length - 1))]!;
    const quarter = samples.length >> 2;
    const peaks = [peak(samples.slice(quarter, 2 * quarter)), peak(samples.slice(-quarter))] as const;
    console.log(
      `${RELOADS} reloads in ${Math.round(seconds())} s: ${answered} answers, ${failed.length} failed, ${mixed} mixed; memory of ` +
        `${pids.length} processes ${[0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(at(share).memory)).join(", ")} MiB (least ` +
        `values of the second half: ${(memory * 60).toFixed(2)} MiB/min; at most ${peaks.map(Math.round).join(" in the second quarter, ")} in the last), handles ${[0, 0.5, 1].map((share) => at(share).handles).join(", ")} (${(handles * 60).toFixed(2)}/min)`,
    );
    expect({ mixed, failed }).toEqual({ mixed: 0, failed: [] });
    expect(workers).toEqual(pids.slice(1));
    // V8 lets its heaps grow for the first two minutes; after that, memory is flat.
    expect(memory * span).toBeLessThan((SECONDS < 300 ? 0.25 : 0.05) * at(0.5).memory);
    expect(peaks[1]).toBeLessThan((SECONDS < 300 ? 1.25 : 1.1) * peaks[0]);
    expect(Math.abs(handles * span)).toBeLessThan(6);
  },
  (SECONDS + 300) * 1000,
);
