/** The command `xgboost-infer`: its subcommands, and what becomes of their errors. */
import { Command, CommanderError } from "commander";
import { addInspect } from "./commands/inspect.ts";
import { addPredict } from "./commands/predict.ts";
import { EXIT } from "./errors.ts";

/** Runs the command and sets the exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = await run(argv);
}

async function run(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(argv as string[]);
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    }
    const { exitCode, message } = error as { readonly exitCode?: unknown; readonly message?: string };
    if (typeof exitCode === "number") {
      process.stderr.write(`xgboost-infer: ${message}\n`);
      return exitCode;
    }
    throw error;
  }
}

function program(): Command {
  const command = new Command("xgboost-infer")
    .description("Scores tables with XGBoost models, to the bit of Python's predictions.")
    .exitOverride();
  addPredict(command);
  addInspect(command);
  return command;
}
