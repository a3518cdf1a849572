/**
 * `npm run bench:threads`: a batch of 100,000 rows by a pool of one worker, a pool of two, and the calling thread, in turns
 * in one run, on rows in plain memory, which are copied, and in shared memory, which are not. Every answer is compared
 * with the calling thread's, bit for bit. With --quick: fewer rounds, and a record that is not kept.
 */

import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { Worker } from "node:worker_threads";
import { Booster, type DenseData } from "../src/index.ts";
import { WorkerPool } from "../src/node/index.ts";
import { modelText, WORKLOADS, workloadRows } from "./workloads.ts";

const QUICK = process.argv.includes("--quick");
const ROUNDS = QUICK ? 5 : 31;
const WARM_UP = QUICK ? 2 : 5;
const ROWS = 100_000;
/** Batches for the rule by which small ones stay in the calling thread. */
const SMALL_BATCHES = [100, 250, 500, 1000, 2000, 4000];

/** What another thread does to show how much of a second core the machine has to give at the time. */
const SPIN = `
const { parentPort } = require("node:worker_threads");
parentPort.on("message", () => {
  let sum = 0;
  for (let i = 0; i < 1e8; i++) sum = (sum + i * i) | 0;
  parentPort.postMessage(sum);
});`;

interface Contender {
  readonly name: string;
  readonly call: () => Promise<{ readonly data: Float32Array }>;
  /** Milliseconds of each round, by the clock and of all threads' CPUs. */
  readonly times: number[];
  readonly cpuTimes: number[];
}

const workload = WORKLOADS.find((each) => each.name === "risk")!;
const booster = Booster.load(new TextEncoder().encode(modelText(workload)));
const pools = [
  await WorkerPool.create(booster, { workers: 1 }),
  await WorkerPool.create(booster, { workers: 2 }),
] as const;
const plain = workloadRows(workload, ROWS);
const shared = new Float32Array(new SharedArrayBuffer(plain.byteLength));
shared.set(plain);

const ceiling = [await spinSpeedup()];
const batches = await measure(contenders(ROWS), WARM_UP, ROUNDS);
const small: { readonly rows: number; readonly contenders: Contender[] }[] = [];
for (const rows of SMALL_BATCHES) {
  small.push({ rows, contenders: await measure(contenders(rows), 20, 10 * ROUNDS) });
}
ceiling.push(await spinSpeedup());
await Promise.all(pools.map((pool) => pool.close()));
report();

function contenders(rows: number): Contender[] {
  const dense = (data: Float32Array): DenseData => ({
    data: data.subarray(0, rows * workload.features),
    rows,
    cols: workload.features,
  });
  const name = (workers: number, memory: string): string =>
    `${workers} worker${workers > 1 ? "s" : ""}, ${memory} rows`;
  return [
    { name: "calling thread", call: async () => booster.predict(dense(plain)), times: [], cpuTimes: [] },
    ...pools.flatMap((pool, i) => [
      { name: name(i + 1, "plain"), call: () => pool.predict(dense(plain)), times: [], cpuTimes: [] },
      { name: name(i + 1, "shared"), call: () => pool.predict(dense(shared)), times: [], cpuTimes: [] },
    ]),
  ];
}

/** Rounds in which everyone has a turn; the order turns too. */
async function measure(all: Contender[], warmUp: number, rounds: number): Promise<Contender[]> {
  const expected = (await all[0]!.call()).data.slice();
  for (let round = -warmUp; round < rounds; round++) {
    for (let turn = 0; turn < all.length; turn++) {
      const contender = all[(Math.abs(round) + turn) % all.length]!;
      const cpuBefore = process.cpuUsage();
      const begin = performance.now();
      const { data } = await contender.call();
      const time = performance.now() - begin;
      const { user, system } = process.cpuUsage(cpuBefore);
      if (round >= 0) {
        contender.times.push(time);
        contender.cpuTimes.push((user + system) / 1000);
      }
      if (!sameBits(data, expected)) {
        throw new Error(`${contender.name}: not the bits of the calling thread`);
      }
    }
  }
  return all;
}

/** Work a time of two threads that share nothing, against one: 2 on a machine with two cores to itself. */
async function spinSpeedup(): Promise<number> {
  const workers = [0, 1].map(() => new Worker(SPIN, { eval: true }));
  const spin = async (some: readonly Worker[]): Promise<number> => {
    const begin = performance.now();
    for (const worker of some) {
      worker.postMessage(0);
    }
    await Promise.all(some.map((worker) => once(worker, "message")));
    return performance.now() - begin;
  };
  await spin(workers);
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await spin(workers.slice(0, 1));
    ratios.push((2 * alone) / (await spin(workers)));
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  return median(ratios);
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  const bytes = (array: Float32Array): Buffer =>
    Buffer.from(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
  return Buffer.compare(bytes(a), bytes(b)) === 0;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

/** Time of one contender over that of another: median over the rounds, and of the least times. */
function ratio(all: readonly Contender[], slow: string, fast: string): { median: number; least: number } {
  const [a, b] = [slow, fast].map((name) => all.find((each) => each.name === name)!.times);
  return {
    median: median(a!.map((time, round) => time / b![round]!)),
    least: Math.min(...a!) / Math.min(...b!),
  };
}

function report(): void {
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    parallelism: availableParallelism(),
    load: loadavg().map((each) => Number(each.toFixed(2))),
    node: process.version,
    platform: process.platform,
  };
  const speedups = Object.fromEntries(
    ["plain", "shared"].map((memory) => [
      memory,
      ratio(batches, `1 worker, ${memory} rows`, `2 workers, ${memory} rows`),
    ]),
  );
  const cell = (times: readonly number[]): string =>
    `${median(times).toFixed(2)} (${Math.min(...times).toFixed(2)})`;
  const lines = [
    `${machine.cpu}, ${machine.parallelism} cores, load ${machine.load[0]}; Node ${machine.node}. Workload risk, 500 trees, ` +
      `${workload.features} features; milliseconds a call, ${ROUNDS} rounds in turns: median, in brackets the least.`,
    "",
    `| rows | ${batches.map((each) => each.name).join(" | ")} |`,
    `|---:|${batches.map(() => "---:").join("|")}|`,
    ...[...small, { rows: ROWS, contenders: batches }].map(
      ({ rows, contenders: all }) => `| ${rows} | ${all.map((each) => cell(each.times)).join(" | ")} |`,
    ),
    "",
    `Two workers against one on ${ROWS} rows: ${Object.entries(speedups)
      .map(
        ([memory, { median: m, least }]) =>
          `${m.toFixed(2)} times as fast (least: ${least.toFixed(2)}) on ${memory} rows`,
      )
      .join(
        ", ",
      )}; two threads that share nothing had ${ceiling.map((each) => each.toFixed(2)).join(" and ")} times the speed of ` +
      `one, before and after. CPU time of a call: ${batches
        .map((each) => `${each.name} ${median(each.cpuTimes).toFixed(0)} ms`)
        .join(", ")}. \`npm run bench:threads\` makes this.`,
    "",
  ];
  const strip = (all: readonly Contender[]): object[] =>
    all.map(({ name, times, cpuTimes }) => ({ name, times, cpuTimes }));
  const record = {
    machine,
    quick: QUICK,
    speedups,
    ceiling,
    batches: strip(batches),
    small: small.map(({ rows, contenders: all }) => ({ rows, contenders: strip(all) })),
  };
  mkdirSync("bench/results", { recursive: true });
  const file = `bench/results/${QUICK ? "quick.threads" : "threads"}`;
  writeFileSync(`${file}.json`, `${JSON.stringify(record)}\n`);
  writeFileSync(`${file}.md`, lines.join("\n"));
  console.log(lines.join("\n"));
}
