/** `xgboost-infer predict`: scores a table. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { LoadOptions } from "xgboost-infer";
import { runBatch } from "../batch/batch.ts";
import { OUTPUT_KINDS, type OutputKind } from "../batch/output-columns.ts";
import type { BatchSettings } from "../batch/settings.ts";
import { addModelOptions, loadOptions, type ModelFlags, wholeNumber } from "../model/dump-options.ts";
import { FORMATS } from "../tables/format.ts";

export function addPredict(program: Command): void {
  const command = program
    .command("predict")
    .summary("scores a table")
    .description(
      "Scores the rows of a table. Columns are matched with the model's features by name; an empty field, NaN, NA or " +
        "null is missing. Numbers are written as the shortest text that reads back to the same float32.",
    )
    .requiredOption("-m, --model <path>", "model file (JSON, UBJSON, old binary, dump) or model directory")
    .requiredOption("-d, --data <path>", "table to score; - for standard input")
    .option(
      "-o, --out <path>",
      "where predictions go; replaced when all is written (default: standard output)",
    )
    .addOption(new Option("--output <kind>", "what to predict").choices(OUTPUT_KINDS).default("value"))
    .option("--keep <columns>", "columns to pass through, such as id,date; or all", list)
    .option("--rejects <file>", "where refused rows go, with row number and reason: .csv, or .ndjson")
    .option("--resume", "go on with an interrupted run of the same --out")
    .optionsGroup("Tables:")
    .option("--format <name>", `format of the data, where its name does not tell: ${FORMATS.join(", ")}`)
    .option(
      "--output-format <name>",
      "format of the output (default: by its name; on standard output, the input's)",
    )
    .option("--missing <text>", "text that means missing, besides the usual ones; may be repeated", collect)
    .option("--no-header", "CSV and TSV: there is no header, columns are the model's in order")
    .option("--delimiter <char>", "CSV: what parts fields", delimiter)
    .addOption(
      new Option("--libsvm-base <index>", "LIBSVM: the first index").choices(["0", "1"]).default("0"),
    )
    .addOption(
      new Option(
        "--missing-columns <what>",
        "features without a column: an error, or missing in every row (default: error; a model directory's check decides)",
      ).choices(["error", "allow"]),
    )
    .option("--base-margin <columns>", "columns with base margins, one an output of the model", list)
    .optionsGroup("Model:")
    .option("--iteration-range <a:b>", "boosting rounds a to b, without b; 0:0 is all", range)
    .addOption(
      new Option("--engine <name>", "all give the same bits")
        .choices(["auto", "wasm", "javascript", "reference"])
        .default("auto"),
    );
  addModelOptions(command)
    .optionsGroup("Run:")
    .option(
      "--workers <count>",
      "threads that score; 0 for none (default: as many as cores, if it pays)",
      workers,
    )
    .option("--checkpoint <seconds>", "time between two points from which --resume can go on", seconds, 1)
    .option("-q, --quiet", "no progress and no summary")
    .addHelpText("after", HELP)
    .action(async (options: Options) => {
      process.exitCode = await runBatch(settingsOf(options));
    });
}

const HELP = `
Columns of the output: those of --keep, then
  value, margin   score, or score_0, score_1, … for several outputs a row
  leaf            leaf_0, leaf_1, … one a tree
  contribs        contrib_FEATURE …, contrib_bias; contrib_0_FEATURE … for several outputs
  interactions    interaction_FEATURE:FEATURE …, with bias as a feature

Rows that cannot be scored are not in the output: --rejects takes them, with the number of the row (the first row of data
is 1), line, column and reason. Without it, the first few are printed.

The output is written to OUT.partial, and gets its name when it is whole. A run that was stopped, killed or cut off goes on
with --resume and the same options, and ends with the same bytes.

Exit status: 0 all rows scored; 1 some refused, or the run could not be ended; 2 usage; 3 the model cannot be used;
130 stopped with Ctrl-C.

Examples:
  Score a CSV file, keep two of its columns:
    $ xgboost-infer predict --model model.ubj --data rows.csv --out scores.csv --keep id,date
  Nightly job: compressed in, Parquet out, refused rows aside, safe to start again after a failure:
    $ xgboost-infer predict -m risk-score/ -d rows.csv.gz -o scores.parquet --keep id --rejects refused.csv --resume
  In a pipe:
    $ zcat rows.csv.gz | xgboost-infer predict -m model.json -d - --format csv | head
  Why each row has its score (SHAP):
    $ xgboost-infer predict -m model.ubj -d rows.parquet -o why.parquet --output contribs --keep id
  The first 100 rounds alone, margins instead of probabilities:
    $ xgboost-infer predict -m model.ubj -d rows.csv --output margin --iteration-range 0:100
  A table where -999 means missing, parted by semicolons:
    $ xgboost-infer predict -m model.ubj -d rows.csv --missing -999 --delimiter ";"`;

interface Options extends ModelFlags {
  readonly model: string;
  readonly data: string;
  readonly out?: string;
  readonly output: OutputKind;
  readonly keep?: readonly string[];
  readonly rejects?: string;
  readonly resume?: boolean;
  readonly format?: string;
  readonly outputFormat?: string;
  readonly missing?: readonly string[];
  readonly header: boolean;
  readonly delimiter?: string;
  readonly libsvmBase: "0" | "1";
  readonly missingColumns?: "error" | "allow";
  readonly baseMargin?: readonly string[];
  readonly iterationRange?: readonly [number, number];
  readonly engine: NonNullable<LoadOptions["engine"]>;
  readonly workers?: number;
  readonly checkpoint: number;
  readonly quiet?: boolean;
}

function settingsOf(options: Options): BatchSettings {
  const { keep = [], delimiter: fieldDelimiter } = options;
  return {
    model: options.model,
    load: { ...loadOptions(options), engine: options.engine },
    data: pathOf(options.data),
    format: options.format,
    table: {
      missing: options.missing ?? [],
      header: options.header,
      libsvmBase: options.libsvmBase === "1" ? 1 : 0,
      ...(fieldDelimiter === undefined ? {} : { delimiter: fieldDelimiter }),
    },
    out: pathOf(options.out),
    outputFormat: options.outputFormat,
    kind: options.output,
    iterationRange: options.iterationRange,
    keep: keep.length === 1 && keep[0] === "all" ? "all" : keep,
    baseMargin: options.baseMargin ?? [],
    missingColumns: options.missingColumns,
    rejects: options.rejects,
    resume: options.resume ?? false,
    workers: options.workers ?? "auto",
    checkpoint: options.checkpoint,
    quiet: options.quiet ?? false,
    terminal: process.stderr,
  };
}

/** `undefined` for standard input or output. */
function pathOf(path: string | undefined): string | undefined {
  return path === "-" ? undefined : path;
}

function list(text: string): string[] {
  return text.split(",").filter((name) => name !== "");
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function delimiter(text: string): string {
  if (text === "\\t") {
    return "\t";
  }
  if (text.length !== 1) {
    throw new InvalidArgumentError("Expected one character.");
  }
  return text;
}

function range(text: string): readonly [number, number] {
  const match = /^(\d+):(\d+)$/.exec(text);
  if (match === null) {
    throw new InvalidArgumentError("Expected two whole numbers, such as 0:100.");
  }
  return [Number(match[1]), Number(match[2])];
}

function workers(text: string): number | undefined {
  if (text === "auto") {
    return undefined;
  }
  const value = wholeNumber(text, 0);
  if (value > 256) {
    throw new InvalidArgumentError("Expected at most 256, or auto.");
  }
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0)) {
    throw new InvalidArgumentError("Expected a number of seconds.");
  }
  return value;
}
