/** The log: a line of JSON for each thing that happened. */
import { destination, type Logger, pino } from "pino";
import type { Config } from "../config/settings.ts";
import { Batch } from "./batch.ts";
import { Rotation } from "./rotation.ts";

export type { Logger };

/** Lines wait until so many bytes have come together, or for a moment: a write for every request would take longer than scoring. */
const BUFFER_BYTES = 1 << 16;
const FLUSH_INTERVAL = 200;

/** Bytes that wait at most, such as for a disk that is full. Later lines are dropped: requests are answered all the same. */
const MAX_WAITING_BYTES = 1 << 26;

/** How often it is said that the log cannot be written. */
const COMPLAINT_INTERVAL = 10_000;

export type LogConfig = Pick<Config, "logFile" | "logLevel" | "logMaxBytes" | "logMaxFiles">;

export interface Log {
  readonly logger: Logger;
  /** Takes lines that another process has made, each with its end. */
  write(lines: string): void;
  /** Writes what waits. The log can be used after it. */
  flush(): void;
  /** Begins the file anew, as it must be after it was moved away; within a moment it is noticed anyway. */
  reopen(): void;
  /** Writes what waits and closes the file. */
  close(): Promise<void>;
}

/** @param base what stands in every line */
export function openLog(
  { logFile, logLevel, logMaxBytes, logMaxFiles }: LogConfig,
  base: Readonly<Record<string, unknown>> | null = null,
): Log {
  const stream = destination({
    dest: logFile === "" ? 1 : logFile,
    minLength: BUFFER_BYTES,
    maxWrite: 4 * BUFFER_BYTES,
    maxLength: MAX_WAITING_BYTES,
    periodicFlush: FLUSH_INTERVAL,
    sync: false,
    mkdir: true,
  });
  stream.on("error", complaint(logFile));
  const rotation =
    logFile === ""
      ? undefined
      : new Rotation(stream as unknown as ConstructorParameters<typeof Rotation>[0], {
          path: logFile,
          maxBytes: logMaxBytes,
          maxFiles: logMaxFiles,
        });
  const batch = new Batch((lines) => stream.write(lines));
  const logger = pino({ level: logLevel, base, timestamp: isoTime }, batch);
  const flush = () => {
    try {
      // First what is there, so that the rest is too little to be written by itself: a write that has begun when the process ends is lost.
      stream.flushSync();
      batch.flush();
      stream.flushSync();
    } catch {
      // The file was not open yet: nothing can be written before it is.
    }
  };
  // Also when the process ends by an error that nobody caught.
  process.once("exit", flush);
  return {
    logger,
    write: (lines) => batch.write(lines),
    flush,
    reopen: () => rotation?.look(),
    close: () =>
      new Promise((resolve) => {
        process.off("exit", flush);
        batch.close();
        rotation?.close();
        stream.once("close", () => resolve());
        stream.once("error", () => resolve());
        stream.end();
      }),
  };
}

/** A log that cannot be written, as on a full disk, is told of on the standard error, and nothing else is the worse for it. */
function complaint(logFile: string): (error: Error) => void {
  let last = Number.NEGATIVE_INFINITY;
  return ({ message }) => {
    if (performance.now() - last > COMPLAINT_INTERVAL) {
      last = performance.now();
      process.stderr.write(
        `xgboost-infer-serve: the log cannot be written (${logFile || "standard output"}): ${message}\n`,
      );
    }
  };
}

let second = Number.NaN;
let secondText = "";

/** As pino's own, which makes all of the text anew for every line. */
function isoTime(): string {
  const now = Date.now();
  const milliseconds = now % 1000;
  if (now - milliseconds !== second) {
    second = now - milliseconds;
    secondText = `,"time":"${new Date(second).toISOString().slice(0, -4)}`;
  }
  return `${secondText}${milliseconds < 100 ? (milliseconds < 10 ? "00" : "0") : ""}${milliseconds}Z"`;
}
