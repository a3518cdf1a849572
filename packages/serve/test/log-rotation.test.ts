/** Log files that are put aside when they are large, or moved away by others: no line is lost. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type LogConfig, openLog } from "../src/log/logger.ts";
import { fixture, rowTexts } from "./support/fixture.ts";
import { ROOT, startService, until } from "./support/service.ts";

const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-log-"));
afterAll(() => rmSync(folder, { recursive: true }));

let folders = 0;
function config(changes: Partial<LogConfig> = {}): LogConfig {
  const logFile = join(folder, String(++folders), "service.log");
  return { logFile, logLevel: "info", logMaxBytes: 0, logMaxFiles: 10, ...changes };
}

/** Paths of the log and of what was put aside, the oldest first. */
function files(logFile: string): string[] {
  const directory = join(logFile, "..");
  const names = readdirSync(directory).sort();
  return [...names.slice(1), names[0]!].map((name) => join(directory, name));
}

function lines(logFile: string): { id: string; n: number }[] {
  return files(logFile).flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line)),
  );
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("a log file beyond its size", () => {
  it("is put aside, and no line is lost or out of order", async () => {
    const of = config({ logMaxBytes: 20_000, logMaxFiles: 1_000 });
    const log = openLog(of);
    for (let n = 0; n < 30_000; n++) {
      log.logger.info({ n }, "line");
      if (n % 500 === 0) {
        await pause(10);
      }
    }
    await log.close();
    expect(lines(of.logFile).map(({ n }) => n)).toEqual(Array.from({ length: 30_000 }, (_, n) => n));
    expect(files(of.logFile).length).toBeGreaterThan(2);
  });

  it("is kept with so many others as the setting says", async () => {
    const of = config({ logMaxBytes: 100, logMaxFiles: 2 });
    const log = openLog(of);
    for (let n = 0; n < 8; n++) {
      log.logger.info({ n }, "x".repeat(200));
      log.flush();
      await until(() => statSync(of.logFile, { throwIfNoEntry: false })?.size === 0);
    }
    await log.close();
    expect(files(of.logFile).length).toBe(3);
    expect(lines(of.logFile).at(-1)!.n).toBe(7);
  });

  it("loses no line of several processes that write it", async () => {
    const of = config({ logMaxBytes: 50_000, logMaxFiles: 1_000 });
    const script = `
      import { openLog } from ${JSON.stringify(join(ROOT, "packages/serve/dist/log/logger.js"))};
      const log = openLog(${JSON.stringify(of)});
      for (let n = 0; n < 10_000; n++) {
        log.logger.info({ id: String(process.pid), n }, "line");
        if (n % 250 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await log.close();`;
    const ends = Array.from({ length: 3 }, () => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
      return new Promise((resolve) => child.once("exit", resolve));
    });
    expect(await Promise.all(ends)).toEqual([0, 0, 0]);
    const found = lines(of.logFile);
    expect(found.length).toBe(30_000);
    expect(new Set(found.map(({ id, n }) => `${id} ${n}`)).size).toBe(30_000);
    expect(files(of.logFile).length).toBeGreaterThan(3);
  });
});

describe("a log file that others move away", () => {
  it("is begun anew at once when told, and in a moment if not", async () => {
    const of = config();
    const log = openLog(of);
    const moved = (name: string) => join(of.logFile, "..", name);
    await until(() => statOk(of.logFile));
    for (const [n, name] of ["a.log", "b.log"].entries()) {
      log.logger.info({ n }, "line");
      renameSync(of.logFile, moved(name));
      if (n === 0) {
        log.reopen();
      }
      await until(() => statOk(of.logFile));
    }
    log.logger.info({ n: 2 }, "line");
    await log.close();
    expect(
      ["a.log", "b.log", "service.log"]
        .flatMap((name) => readFileSync(moved(name), "utf8").match(/"n":\d/g) ?? [])
        .sort(),
    ).toEqual(['"n":0', '"n":1', '"n":2']);
  });
});

function statOk(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

it("the command begins it anew on SIGUSR1", async () => {
  const of = config();
  const flags = ["--model-repository", folder, "--log-file", of.logFile];
  const ports = ["--port", "0", "--grpc-port", "0", "--admin-port", "0"];
  const command = join(ROOT, "packages/serve/bin/xgboost-infer-serve.js");
  const child = spawn(process.execPath, [command, ...flags, ...ports], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (chunk) => {
    complaints += chunk;
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await until(() => statOk(of.logFile) && readFileSync(of.logFile, "utf8").includes("listening"), 90_000);
  renameSync(of.logFile, `${of.logFile}.moved`);
  child.kill("SIGUSR1");
  await until(() => statOk(of.logFile));
  child.kill("SIGTERM");
  // Node's own answer to this signal would be a debugger.
  expect([await ended, complaints]).toEqual([0, ""]);
  expect(readFileSync(of.logFile, "utf8")).toContain('"msg":"stopped"');
}, 150_000);

describe("the service", () => {
  const OF = fixture("binary-logistic");
  const inputs = [
    { name: "rows", shape: [1, OF.cols], datatype: "FP32", data: rowTexts(OF, [0])[0]!.map(Number) },
  ];

  it("loses no line of requests under load", async () => {
    const of = config({ logMaxBytes: 30_000, logMaxFiles: 1_000 });
    const running = await startService({ "m.ubj": OF.model }, of);
    let next = 0;
    const clients = Array.from({ length: 10 }, async () => {
      while (next < 3_000) {
        const headers = { "X-Request-Id": `request-${next++}`, "Content-Type": "application/json" };
        expect((await running.send("/v2/models/m/infer", { headers, body: { inputs } })).status).toBe(200);
      }
    });
    await Promise.all(clients);
    await running.stop();
    const ids = files(of.logFile).flatMap((path) => readFileSync(path, "utf8").match(/request-\d+/g) ?? []);
    expect(ids.length).toBe(next);
    expect(new Set(ids).size).toBe(next);
    expect(files(of.logFile).length).toBeGreaterThan(1);
  });

  it("answers though its log cannot be written", async () => {
    const running = await startService({ "m.ubj": OF.model }, { logFile: "/dev/full" });
    for (let i = 0; i < 50; i++) {
      expect((await running.send("/v2/models/m/infer", { body: { inputs } })).status).toBe(200);
      await pause(10);
    }
    await running.stop();
  });
});
