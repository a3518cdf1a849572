/** The command `xgboost-infer`: its subcommands, and what becomes of their errors. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addBench } from "./commands/bench.ts";
import { addCheck } from "./commands/check.ts";
import { addConvert } from "./commands/convert.ts";
import { addExplain } from "./commands/explain.ts";
import { addInspect } from "./commands/inspect.ts";
import { addPlot } from "./commands/plot.ts";
import { addPredict } from "./commands/predict.ts";
import { EXIT } from "./errors.ts";

const HELP = `
Examples:
  xgboost-infer predict --model model.ubj --data rows.csv --out scores.csv  scores of a table
  xgboost-infer inspect model.ubj                                    what is in a model
  xgboost-infer explain model.ubj --data rows.csv --row 1            why a row has its score
  xgboost-infer plot model.ubj --tree 0 --out tree.svg               a picture of a tree
  xgboost-infer convert model.json model.ubj                         another format, the same bits
  xgboost-infer check model.ubj --certificate certificate.json       whether it gives Python's bits
  xgboost-infer bench model.ubj                                      how fast it is on this machine
Help of a command: xgboost-infer help <command>

Exit status: 0 done; 1 some rows refused, or a table that cannot be read to its end; 2 wrong usage; 3 a model that
cannot be used; 70 a defect of this program.
`;

/** Runs the command and sets the exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that ends early, as head does, wants no more.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") {
      throw error;
    }
    process.exit(EXIT.closedPipe);
  });
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
    return report(error);
  }
}

/** One line for what a user can mend; a stack for what only a programmer can. */
function report(error: unknown): number {
  const { exitCode, message, stack } = error as {
    readonly exitCode?: unknown;
    readonly message?: string;
    readonly stack?: string;
  };
  if (typeof exitCode === "number") {
    process.stderr.write(`xgboost-infer: ${message}\n`);
    return exitCode;
  }
  process.stderr.write(
    `xgboost-infer: a defect of this program: ${message ?? String(error)}\n${stack ?? ""}\n` +
      `xgboost-infer ${packageVersion()}, Node ${process.version}, ${process.platform} ${process.arch}\n`,
  );
  return EXIT.defect;
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return (manifest as { readonly version: string }).version;
}

function program(): Command {
  const command = new Command("xgboost-infer")
    .description(
      "XGBoost models without Python: scores, explanations and pictures, to the bit of Python's predictions.",
    )
    .version(packageVersion(), "-V, --version", "the version of this program")
    .helpOption("-h, --help", "this help")
    .showSuggestionAfterError()
    .configureOutput({
      outputError: (text, write) => {
        write(text.replace(/^error: /, "xgboost-infer: "));
      },
    })
    .addHelpText("after", HELP)
    .exitOverride();
  addPredict(command);
  addInspect(command);
  addExplain(command);
  addPlot(command);
  addConvert(command);
  addBench(command);
  addCheck(command);
  return command;
}
