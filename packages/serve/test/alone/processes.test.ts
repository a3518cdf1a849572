/** Several processes that share the ports: spread, replaced, reloaded, restarted, stopped. */
import { spawnSync } from "node:child_process";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Metrics } from "../../src/metrics/metrics.ts";
import { BackOff } from "../../src/processes/back-off.ts";
import { surplus } from "../../src/processes/balance.ts";
import { Lines } from "../../src/processes/lines.ts";
import { Totals } from "../../src/processes/totals.ts";
import { GRPCInferenceService } from "../../src/proto/open_inference_pb.ts";
import { GrpcClient } from "../support/grpc-client.ts";
import { startLoad } from "../support/load.ts";
import { type Processes, startProcesses, startTime } from "../support/processes.ts";
import { ROOT, startService, until } from "../support/service.ts";
import { A, B, MATRIX } from "../support/swaps.ts";

const WORKERS = 2;

describe("two processes", () => {
  let of: Processes;
  beforeAll(async () => {
    of = await startProcesses({ "m.ubj": A.model }, [
      ...["--workers", String(WORKERS), "--watch", "false", "--drain-timeout", "2000"],
      ...["--max-event-loop-delay", "60000"],
    ]);
  }, 60_000);
  afterAll(() => of.stop());

  const whole = async (deaths: number) =>
    (await of.metric("worker_deaths_total")) === deaths && (await of.metric("workers")) === WORKERS;

  it("answer on the same ports, and are one to the admin listener", async () => {
    const load = startLoad(of, { rest: 8, grpc: 8 });
    await until(() => load.outcome.answered > 200, 60_000);
    // Where all have come to one process, they are spread.
    const answering = () => new Set(of.log.filter(({ msg }) => msg === "request").map(({ pid }) => pid));
    await until(() => answering().size === WORKERS, 60_000);
    const { answered, mixed, failed } = await load.stop();
    expect({ mixed, failed }).toEqual({ mixed: 0, failed: [] });
    expect(await of.metric("requests_total")).toBeGreaterThanOrEqual(answered);
    expect(await of.metric("model_info")).toBe(1);
    const index = (await of.admin("/v2/repository/index", { method: "POST" })).json<{ state: string }[]>();
    expect(index).toMatchObject([{ name: "m", version: "1", state: "READY", reason: "" }]);
    await until(
      () => new Set(of.log.filter(({ msg }) => msg === "request").map(({ pid }) => pid)).size === 2,
    );
    expect((await of.admin("/v2/health/ready")).status).toBe(200);
  });

  it("take the level of the log and the unloading of models from the admin listener, all of them", async () => {
    const post = (path: string) => of.admin(`/v2/repository/models/${path}`, { method: "POST" });
    const statuses = async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => of.send("/v2/models/m/ready", { headers: { Connection: "close" } })),
      );
      return new Set(answers.map(({ status }) => status));
    };
    expect((await of.admin("/log/level", { method: "PUT", body: { level: "warn" } })).status).toBe(200);
    expect((await post("m/unload")).status).toBe(200);
    expect(await statuses()).toEqual(new Set([503]));
    expect((await of.admin("/v2/health/ready")).status).toBe(503);
    // One that comes later knows of it.
    process.kill(of.workers()[0]!, "SIGKILL");
    await until(() => whole(1), 60_000);
    expect(await statuses()).toEqual(new Set([503]));
    expect((await post("m/load")).status).toBe(200);
    expect(await statuses()).toEqual(new Set([200]));
    expect([(await post("x/load")).status, (await post("x/unload")).status]).toEqual([404, 404]);
    expect((await of.admin("/log/level")).json()).toEqual({ level: "warn" });
    expect((await of.admin("/log/level", { method: "PUT", body: { level: "info" } })).status).toBe(200);
  });

  it("are replaced when they die, while others answer; what they counted stays counted", async () => {
    const counted = await of.metric("requests_total");
    const load = startLoad(of, { rest: 4, grpc: 4, repeats: 1, pause: 20 });
    await until(() => load.outcome.answered > 50);
    const died = performance.now();
    process.kill(of.workers()[0]!, "SIGKILL");
    await until(() => whole(2), 60_000);
    // A machine that is busy with other things takes longer for everything.
    expect(performance.now() - died).toBeLessThan(Math.max(2_000, 4 * startTime()));
    const { mixed, failed } = await load.stop();
    expect({ mixed, failed }).toEqual({ mixed: 0, failed: [] });
    expect(await of.metric("requests_total")).toBeGreaterThan(counted);
    expect(of.log.find(({ msg }) => msg === "a worker died")).toMatchObject({ how: "killed by SIGKILL" });
  });

  it("take in a changed model on SIGHUP, all of them", async () => {
    of.replace("m.ubj", B.model);
    of.signal("SIGHUP");
    const load = startLoad(of, { rest: 8, grpc: 8 });
    const digests = () =>
      of.log.filter(({ msg, replaces }) => msg === "model loaded" && replaces !== undefined);
    await until(() => digests().length === WORKERS, 60_000);
    const { mixed, failed, models } = await load.stop();
    expect({ mixed, failed }).toEqual({ mixed: 0, failed: [] });
    expect([...models]).toContain(1);
  });

  it("are restarted one after the other on SIGUSR2, and no request is lost", async () => {
    const before = of.workers();
    const load = startLoad(of, { rest: 4, grpc: 4 });
    await until(() => load.outcome.answered > 20);
    of.signal("SIGUSR2");
    await until(() => of.log.some(({ msg }) => msg === "restarted"), 60_000);
    const { mixed, failed } = await load.stop();
    expect({ mixed, failed }).toEqual({ mixed: 0, failed: [] });
    const now = of.workers();
    expect(now.length).toBe(WORKERS);
    expect(now.filter((pid) => before.includes(pid))).toEqual([]);
  });

  it("give up connections where one has most of them", async () => {
    const load = startLoad(of, { rest: 20, grpc: 0, pause: 5 });
    const answeredBy = () => {
      const lines = of.log.filter(({ msg }) => msg === "request").slice(-200);
      return of.workers().map((worker) => lines.filter(({ pid }) => pid === worker).length);
    };
    await until(() => Math.min(...answeredBy()) > 40, 60_000);
    expect((await load.stop()).failed).toEqual([]);
  });

  it("answer what is under way when they are told to stop, and end with 0", async () => {
    const load = startLoad(of, { rest: 2, grpc: 2, pause: 1 });
    await until(() => load.outcome.answered > 20);
    of.signal("SIGTERM");
    expect(await of.ended).toBe(0);
    // Connections that are refused are those that come later.
    const lost = (await load.stop()).failed.filter(
      (reason) => !/on a new connection|No connection/.test(reason),
    );
    expect(lost).toEqual([]);
    expect(of.log.at(-1)!["msg"]).toBe("stopped");
    expect(of.workers()).toEqual([]);
  });
});

describe("the command", () => {
  it("says why workers cannot start, and ends with 1", async () => {
    const first = await startProcesses({ "m.ubj": A.model });
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        `${ROOT}packages/serve/bin/xgboost-infer-serve.js`,
        ...["--model-repository", first.directory, "--workers", "2", "--log-file", "/dev/null"],
        ...["--port", String(first.port), "--grpc-port", "0", "--admin-port", "0"],
      ],
      { encoding: "utf8", timeout: 30_000 },
    );
    expect(stderr).toContain("EADDRINUSE");
    expect(status).toBe(1);
    await first.stop();
  });

  it("ends at once where it is told twice to stop, or the time to stop is over", async () => {
    const of = await startProcesses({ "m.ubj": A.model }, ["--workers", "2", "--drain-timeout", "60000"]);
    const idle = connect(of.port, "127.0.0.1");
    await new Promise((resolve) => idle.once("connect", resolve));
    idle.on("error", () => undefined);
    of.signal("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 700));
    of.signal("SIGTERM");
    expect(await of.ended).toBe(1);
    await until(() => of.workers().length === 0);
    idle.destroy();
    const capped = await startProcesses({ "m.ubj": A.model }, ["--workers", "2", "--drain-timeout", "200"]);
    const open = connect(capped.port, "127.0.0.1");
    open.on("error", () => undefined);
    await new Promise((resolve) => open.once("connect", resolve));
    const begin = performance.now();
    await capped.stop();
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect(await capped.ended).toBe(0);
  });
});

describe("an event loop that is late", () => {
  it("refuses requests, but not questions of health, until it is in time again", async () => {
    const of = await startService({ "m.ubj": A.model }, { maxEventLoopDelay: 40 });
    const client = new GrpcClient(of.service.grpcPort);
    const infer = { method: "POST", body: { inputs: [] } };
    let isBusy = true;
    const busy = () => {
      const end = performance.now() + 80;
      while (performance.now() < end) {
        // Work.
      }
      if (isBusy) {
        setTimeout(busy, 0);
      }
    };
    busy();
    await until(async () => (await of.send("/v2/models/m/infer", infer)).status === 503);
    const refused = await of.send("/v2/models/m/infer", infer);
    expect(refused.headers["retry-after"]).toBe("1");
    expect(refused.json()["error"]).toMatch(/^too busy/);
    await expect(client.call(GRPCInferenceService.method.modelInfer, MATRIX)).rejects.toMatchObject({
      code: 14,
    });
    expect((await of.send("/v2/health/ready")).status).toBe(200);
    isBusy = false;
    await until(async () => (await of.send("/v2/models/m/infer", infer)).status === 400);
    client.close();
    await of.stop();
  });
});

describe("a process that died is replaced", () => {
  it("at once, and ever later where it dies again and again", () => {
    const backOff = new BackOff();
    expect(Array.from({ length: 5 }, () => backOff.died(0))).toEqual([0, 0, 250, 500, 1000]);
    expect(Array.from({ length: 9 }, () => backOff.died(900)).at(-1)).toBe(30_000);
    expect(backOff.died(1_000)).toBe(0);
    expect(backOff.died(0)).toBe(0);
  });
});

describe("connections", () => {
  it("are given up by half of what is too many", () => {
    expect(surplus([20, 0])).toEqual([5, 0]);
    expect(surplus([11, 9])).toEqual([0, 0]);
    expect(surplus([1, 0])).toEqual([0, 0]);
    expect(surplus([0, 0, 0])).toEqual([0, 0, 0]);
    expect(surplus([54, 10, 0, 0])).toEqual([19, 0, 0, 0]);
  });
});

describe("lines of a process", () => {
  it("are put together, and what a killed one has half written is left out", () => {
    const found: string[] = [];
    const lines = new Lines((text) => found.push(text));
    const bytes = new TextEncoder().encode('{"a":"ä"}\n{"b":1}\n{"c"');
    lines.add(bytes.subarray(0, 7));
    lines.add(bytes.subarray(7));
    lines.end();
    expect(found).toEqual(['{"a":"ä"}\n{"b":1}\n']);
    lines.add(new TextEncoder().encode("a complaint"));
    lines.end();
    expect(found.at(-1)).toBe("a complaint\n");
  });
});

describe("metrics of several processes", () => {
  it("are sums, which do not fall when a process ends", async () => {
    const count = async (requests: number) => {
      const metrics = new Metrics({ queued: () => 2, delay: () => 0 });
      for (let i = 0; i < requests; i++) {
        metrics.answered("oip-rest", undefined, 0.01, undefined);
      }
      return metrics.values();
    };
    const totals = new Totals();
    const [first, second] = [await count(3), await count(4)];
    const line = /requests_total\{.*\} (\d+)/;
    expect(line.exec(await totals.text([first, second]))?.[1]).toBe("7");
    expect(await totals.text([first, second])).toContain("xgboost_infer_queued_requests 4");
    await totals.keep(first);
    const text = await totals.text([second]);
    expect(line.exec(text)?.[1]).toBe("7");
    expect(text).toContain("xgboost_infer_queued_requests 2");
    expect(text).toMatch(/request_seconds_count\{protocol="oip-rest"\} 7/);
  });
});
