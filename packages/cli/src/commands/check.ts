/** `xgboost-infer check`: whether this engine gives Python's predictions, to the bit. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { InputError, type LoadOptions } from "xgboost-infer";
import type { ModelExecutor } from "xgboost-infer/executor";
import { checkWithCertificate, modelFileOf } from "../check/certificate-check.ts";
import { CHECKED_OUTPUTS, checkWithData, type DataCheck } from "../check/data-check.ts";
import { type CheckReport, reportJson, reportText } from "../check/report.ts";
import { EXIT, UsageError } from "../errors.ts";
import { openModel } from "../model/open-model.ts";
import { detectFormat, FORMATS } from "../tables/format.ts";

/** Beside the model in a model directory. */
const CERTIFICATE = "certificate.json";

export function addCheck(program: Command): void {
  program
    .command("check")
    .summary("compares a model's predictions with Python's, bit by bit")
    .description(
      "Compares predictions with those of Python's XGBoost, bit by bit: of a certificate, or of a table of your own that has " +
        "a column of predictions. A certificate holds rows that are hard for the model, on every threshold and beside it, " +
        "and what XGBoost answers; tools/certify.py writes it where the model is trained.",
    )
    .argument("<model>", "model file or model directory")
    .option("-c, --certificate <file>", `certificate (default: ${CERTIFICATE} in the model directory)`)
    .option("-d, --data <path>", "table of your own, instead of a certificate")
    .option(
      "-e, --expected <columns>",
      "columns of --data with Python's predictions, one a value of a row",
      list,
    )
    .addOption(
      new Option("--output <kind>", "what the predictions of --data are")
        .choices(CHECKED_OUTPUTS)
        .default("value"),
    )
    .option("--decimals <count>", "to how many decimals the predictions of --data were rounded", count)
    .option("--format <name>", `format of --data, where its name does not tell: ${FORMATS.join(", ")}`)
    .option("--rules <release>", "whose rules: file, latest, or a release such as 1.7", "file")
    .addOption(
      new Option("--engine <name>", "all give the same bits")
        .choices(["auto", "wasm", "javascript", "reference"])
        .default("auto"),
    )
    .option("--show <count>", "differences to list, an output", count, 5)
    .option("--json", "print the result as JSON")
    .addHelpText("after", HELP)
    .action(async (model: string, options: Options) => {
      const report = await check(model, options);
      process.stdout.write(options.json ? reportJson(report) : reportText(report));
      process.exitCode = report.equal ? EXIT.ok : EXIT.refused;
    });
}

const HELP = `
Rows of a certificate are counted from 0, rows of a table from 1. ulps count the float32 from one number to the other.
Nine significant digits tell every float32 from the next; of predictions with fewer, say with --decimals how they were rounded.

Exit status: 0 all equal; 1 some differ; 2 usage; 3 the model cannot be used.

Examples:
  Make a certificate with Python, check it here:
    $ python certify.py model.ubj -o certificate.json
    $ xgboost-infer check model.ubj --certificate certificate.json
  A model directory with its certificate.json, before it goes online:
    $ xgboost-infer check risk-score/
  Predictions that Python wrote into a table, one column; and three of a model with three classes:
    $ xgboost-infer check model.ubj --data scored.csv --expected prediction
    $ xgboost-infer check classes.ubj --data scored.parquet --expected p0,p1,p2
  Predictions that were rounded to four decimals:
    $ xgboost-infer check model.ubj --data scored.csv --expected prediction --decimals 4`;

interface Options {
  readonly certificate?: string;
  readonly data?: string;
  readonly expected?: readonly string[];
  readonly output: DataCheck["output"];
  readonly decimals?: number;
  readonly format?: string;
  readonly rules: string;
  readonly engine: NonNullable<LoadOptions["engine"]>;
  readonly show: number;
  readonly json?: boolean;
}

async function check(path: string, options: Options): Promise<CheckReport> {
  const { rules, engine, data, expected, certificate, show: maxDifferences } = options;
  if (data === undefined ? expected !== undefined : expected === undefined) {
    throw new UsageError(
      "--data and --expected belong together: a table, and its columns with Python's predictions",
    );
  }
  if (data !== undefined && certificate !== undefined) {
    throw new UsageError("--certificate and --data are two checks: ask for one at a time");
  }
  const executor = openOrUsage(path, { engine, rules: rules as NonNullable<LoadOptions["rules"]> });
  const shared = { executor, model: path, rules, maxDifferences };
  if (data !== undefined && expected !== undefined) {
    const format = detectFormat(data, options.format);
    return checkWithData({
      ...shared,
      data,
      format,
      table: {},
      expected,
      output: options.output,
      decimals: options.decimals,
    });
  }
  const isDirectory = statSync(path).isDirectory();
  return checkWithCertificate({
    ...shared,
    modelFile: modelFileOf(path, isDirectory, executor),
    certificate: certificate ?? certificateIn(path, isDirectory),
  });
}

/** Options that the model does not take, such as rules of an unknown release, were given on the command line. */
function openOrUsage(path: string, options: LoadOptions): ModelExecutor {
  try {
    return openModel(path, options);
  } catch (error) {
    throw error instanceof InputError ? new UsageError(error.message) : error;
  }
}

function certificateIn(path: string, isDirectory: boolean): string {
  const file = join(path, CERTIFICATE);
  if (isDirectory && existsSync(file)) {
    return file;
  }
  throw new UsageError(
    `${isDirectory ? `there is no ${file}` : "a model file has no certificate of its own"}; name one with --certificate, or make one:\n` +
      `  python certify.py ${path} -o certificate.json`,
  );
}

function list(text: string): string[] {
  return text.split(",").filter((name) => name !== "");
}

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new InvalidArgumentError("expected a whole number.");
  }
  return Number(text);
}
