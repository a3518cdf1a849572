/** The log's way to its file: nothing is lost when the process ends, and times are right. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Batch } from "../src/log/batch.ts";
import { openLog } from "../src/log/logger.ts";
import { ROOT } from "./support/service.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "xgboost-infer-log-"));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

describe("the log", () => {
  it("has each line with its time, in its order", async () => {
    const logFile = join(folder, "log");
    const log = openLog({ logFile, logLevel: "info", logMaxBytes: 0, logMaxFiles: 0 });
    vi.useFakeTimers({ toFake: ["Date"] });
    const times = ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.007Z", "2026-01-01T00:00:01.070Z"];
    for (const time of times) {
      vi.setSystemTime(time);
      log.logger.info("line");
    }
    vi.useRealTimers();
    await log.close();
    const lines = readFileSync(logFile, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      times.map((time) => ({ level: 30, time, msg: "line" })),
    );
  });

  it("has all lines when the process ends by an error that nobody caught", () => {
    const logFile = join(folder, "log");
    const script = `
      import { openLog } from ${JSON.stringify(join(ROOT, "packages/serve/dist/log/logger.js"))};
      const log = openLog({ logFile: ${JSON.stringify(logFile)}, logLevel: "info", logMaxBytes: 0, logMaxFiles: 0 });
      setTimeout(() => {
        for (let i = 0; i < 500; i++) log.logger.info({ i }, "line");
        throw new Error("on purpose");
      }, 50);`;
    expect(() =>
      execFileSync(process.execPath, ["--input-type=module", "-e", script], { stdio: "pipe" }),
    ).toThrow(/on purpose/);
    const lines = readFileSync(logFile, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { i: number }).i)).toEqual(
      Array.from({ length: 500 }, (_, i) => i),
    );
  });
});

describe("a batch", () => {
  it("hands over when there is enough, after a moment, and when asked", () => {
    vi.useFakeTimers();
    const written: string[] = [];
    const batch = new Batch((lines) => written.push(lines));
    batch.write("a\n");
    batch.write("b\n");
    expect(written).toEqual([]);
    vi.advanceTimersByTime(300);
    expect(written).toEqual(["a\nb\n"]);
    batch.write("x".repeat(1 << 16));
    expect(written.length).toBe(2);
    batch.write("c\n");
    batch.close();
    expect(written.at(-1)).toBe("c\n");
  });
});
