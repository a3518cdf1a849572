/** Several processes under load: models that are swapped, workers that are killed, all of them restarted. */
import { afterEach, expect, it } from "vitest";
import { startLoad } from "../support/load.ts";
import { type Processes, startProcesses, startTime } from "../support/processes.ts";
import { until } from "../support/service.ts";
import { A, B } from "../support/swaps.ts";

const WORKERS = 2;
/** A machine that is busy with other things makes the event loop late, too: what becomes of requests then has a test of its own. */
const FLAGS = ["--workers", String(WORKERS), "--watch", "false", "--max-event-loop-delay", "60000"];
const CLIENTS = { rest: 10, grpc: 10 };

let of: Processes | undefined;

async function startService(): Promise<Processes> {
  of = await startProcesses({ "m.ubj": A.model }, FLAGS);
  return of;
}

afterEach(async () => {
  await of?.stop();
  of = undefined;
});

it("a hundred reloads under 20 clients: none of their requests is lost, and none answered by two models", async () => {
  const service = await startService();
  const load = startLoad(service, CLIENTS);
  for (let reload = 1; reload <= 100; reload++) {
    service.replace("m.ubj", reload % 2 === 1 ? B.model : A.model);
    service.signal("SIGHUP");
    const loaded = () => service.log.filter(({ msg }) => msg === "model loaded").length;
    await until(() => loaded() >= WORKERS * (reload + 1), 60_000);
  }
  const { answered, mixed, failed, models } = await load.stop();
  console.log(`100 reloads: ${answered} answers, ${failed.length} failed, ${mixed} mixed`);
  expect({ mixed, failed }).toEqual({ mixed: 0, failed: [] });
  expect(models).toEqual(new Set([0, 1]));
  expect(answered).toBeGreaterThan(1_000);
}, 600_000);

it("twenty times a worker is killed: only what it was answering fails, repeats succeed, and another is there in 2 s", async () => {
  const service = await startService();
  const withoutRepeats = startLoad(service, { rest: 5, grpc: 5, pause: 10 });
  const withRepeats = startLoad(service, { rest: 5, grpc: 5, pause: 10, repeats: 2 });
  const start = startTime();
  const times: number[] = [];
  const lost: number[] = [];
  for (let kill = 1; kill <= 20; kill++) {
    const before = withoutRepeats.outcome.failed.length;
    const begin = performance.now();
    process.kill(service.workers()[kill % WORKERS]!, "SIGKILL");
    await until(
      async () =>
        (await service.metric("worker_deaths_total")) === kill &&
        (await service.metric("workers")) === WORKERS,
      60_000,
    );
    times.push(performance.now() - begin);
    // Long enough that clients are spread again, and that it is no death in a loop.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    lost.push(withoutRepeats.outcome.failed.length - before);
  }
  const first = await withoutRepeats.stop();
  const second = await withRepeats.stop();
  const sorted = [...times].sort((a, b) => a - b);
  console.log(
    `20 kills: ${first.answered + second.answered} answers, lost without repeats ${lost.join(" ")}, repeated ${second.repeated}; ` +
      `loading a worker takes ${Math.round(start)} ms; whole again after ${Math.round(sorted[10]!)} ms (median), ${Math.round(sorted[19]!)} ms (longest); longest request ${Math.round(second.longest)} ms`,
  );
  expect({ mixed: second.mixed, failed: second.failed }).toEqual({ mixed: 0, failed: [] });
  expect(first.mixed).toBe(0);
  // Each client has one request under way at a time, and loses no more than that.
  expect(Math.max(...lost)).toBeLessThanOrEqual(10);
  // 2 s is the promise. A machine where a worker takes longer than 0.5 s only to load is busy with other things.
  expect(sorted[19]).toBeLessThan(Math.max(2_000, 4 * start));
  expect(Math.max(first.longest, second.longest)).toBeLessThan(Math.max(3_000, 6 * start));
}, 600_000);

it("ten restarts of all workers lose no request, of clients that repeat none", async () => {
  const service = await startService();
  const load = startLoad(service, { ...CLIENTS, pause: 2 });
  for (let restart = 1; restart <= 10; restart++) {
    const before = service.workers();
    service.signal("SIGUSR2");
    await until(() => service.log.filter(({ msg }) => msg === "restarted").length === restart, 120_000);
    expect(service.workers().filter((pid) => before.includes(pid))).toEqual([]);
  }
  const { answered, mixed, failed } = await load.stop();
  console.log(
    `10 restarts: ${answered} answers, ${failed.length} failed: ${[...new Set(failed)].join("; ")}`,
  );
  expect({ mixed, failed }).toEqual({ mixed: 0, failed: [] });
}, 600_000);
