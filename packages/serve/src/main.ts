/** The command `xgboost-infer-serve`. */
import { statSync } from "node:fs";
import { CommanderError } from "commander";
import { ConfigError, readConfig } from "./config/read-config.ts";
import type { Config } from "./config/settings.ts";
import { openLog } from "./log/logger.ts";
import { Service } from "./service.ts";

/** 0 stopped as asked, 1 could not start, 2 wrong usage. */
const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Runs the service until it is told to stop. */
export async function main(argv: readonly string[]): Promise<void> {
  const config = configOrExit(argv);
  if (config === undefined) {
    return;
  }
  const log = openLog(config);
  const service = new Service({ config, log });
  const stop = async () => {
    await service.stop();
    await log.close();
    process.exit(EXIT.ok);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  process.on("SIGHUP", () => {
    service.reload().catch((error: unknown) => {
      log.logger.error({ err: error }, "the model repository cannot be read");
    });
  });
  process.on("SIGUSR1", () => log.reopen());
  try {
    await service.start();
  } catch (error) {
    process.stderr.write(`xgboost-infer-serve: ${(error as Error).message}\n`);
    log.flush();
    process.exit(EXIT.failed);
  }
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
