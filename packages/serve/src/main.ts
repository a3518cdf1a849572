/** The command `xgboost-infer-serve`. */
import { statSync } from "node:fs";
import { CommanderError } from "commander";
import { ConfigError, readConfig } from "./config/read-config.ts";
import type { Config } from "./config/settings.ts";
import { type Log, openLog } from "./log/logger.ts";
import { WORKER_ARGUMENT } from "./processes/messages.ts";

/** 0 stopped as asked, 1 could not start, or was told twice to stop, 2 wrong usage. */
const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Signals that come so soon after the first are the same one: npm sends its children those that the terminal has sent them, too. */
const ONE_SIGNAL = 500;

/** One process, or one that has several. */
interface Runnable {
  start(): Promise<void>;
  /** Takes in changed models, certificates and tokens. */
  reload(): Promise<void>;
  /** Begins anew without losing a request. */
  restart(): void;
  stop(): Promise<void>;
  /** Ends at once whatever stopping waits for. */
  kill(): void;
}

/** Runs the service until it is told to stop. */
export async function main(argv: readonly string[]): Promise<void> {
  if (argv[2] === WORKER_ARGUMENT) {
    (await import("./processes/worker.ts")).runWorker();
    return;
  }
  const config = configOrExit(argv);
  if (config === undefined) {
    return;
  }
  const log = openLog(config);
  const service = await (config.workers === 1
    ? oneProcess(config, log)
    : severalProcesses(config, log, argv));
  obeySignals(service, log);
  try {
    await service.start();
  } catch (error) {
    process.stderr.write(`xgboost-infer-serve: ${(error as Error).message}\n`);
    log.flush();
    service.kill();
    process.exit(EXIT.failed);
  }
}

async function oneProcess(config: Config, log: Log): Promise<Runnable> {
  const { Service } = await import("./service.ts");
  const service = new Service({ config, log });
  return {
    start: () => service.start(),
    reload: () => service.reload(),
    restart: () =>
      log.logger.warn("one process cannot restart without losing requests: set workers to 2 or more"),
    stop: () => service.stop(),
    kill: () => undefined,
  };
}

/** The process that has workers answers nothing itself: it does not load what that takes, 18 MB. */
async function severalProcesses(config: Config, log: Log, argv: readonly string[]): Promise<Runnable> {
  const { Primary } = await import("./processes/primary.ts");
  const primary = new Primary(config, log);
  return {
    start: () => primary.start(),
    reload: async () => {
      await primary.renew();
      await primary.reload();
    },
    restart: () => {
      try {
        void primary.restart(readConfig(argv, process.env));
      } catch (error) {
        log.logger.error({ reason: (error as Error).message }, "not restarted: the settings cannot be used");
      }
    },
    stop: () => primary.stop(),
    kill: () => primary.kill(),
  };
}

function obeySignals(service: Runnable, log: Log): void {
  let stoppingSince: number | undefined;
  const stop = async () => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > ONE_SIGNAL) {
        log.flush();
        service.kill();
        process.exit(EXIT.failed);
      }
      return;
    }
    stoppingSince = performance.now();
    await service.stop();
    await log.close();
    process.exit(EXIT.ok);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("SIGHUP", () => {
    service.reload().catch((error: unknown) => {
      log.logger.error({ err: error }, "the model repository cannot be read");
    });
  });
  process.on("SIGUSR1", () => log.reopen());
  process.on("SIGUSR2", () => service.restart());
}

function configOrExit(argv: readonly string[]): Config | undefined {
  try {
    const config = readConfig(argv, process.env);
    if (!statSync(config.modelRepository, { throwIfNoEntry: false })?.isDirectory()) {
      throw new ConfigError(`--model-repository ${config.modelRepository}: no such directory`);
    }
    return config;
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    } else if (error instanceof ConfigError) {
      process.stderr.write(`xgboost-infer-serve: ${error.message}\n`);
      process.exitCode = EXIT.usage;
    } else {
      throw error;
    }
    return undefined;
  }
}
