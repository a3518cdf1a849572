/** `xgboost-infer convert`: model files between formats. */
import type { Command } from "commander";
import { convertModel } from "xgboost-infer/convert";
import { UsageError } from "../errors.ts";
import { addDumpOptions, dumpOptions, type ModelFlags } from "../model/dump-options.ts";
import { withModelErrors } from "../model/errors.ts";
import { readBytes, writeBytes } from "../model/read-file.ts";
import { byteSize } from "../terminal/format.ts";

const HELP = `
Reads JSON, UBJSON, the old binary format (0.x to 3.0), payloads of pickles, and dumps in JSON and text. JSON and UBJSON
are copied field by field: nothing is lost. What is not in the old format or in a dump is said on standard error.
Predictions stay the same to the bit; XGBoost 1.6 and later loads .ubj, 1.0 and later .json.

Examples:
  xgboost-infer convert model.json model.ubj
  xgboost-infer convert old-0.90.model model.json
  xgboost-infer convert dump.txt model.ubj --dump-objective binary:logistic --dump-base-score 0.5
  xgboost-infer convert model.ubj - --to json | python3 -m json.tool | less
`;

interface Flags extends ModelFlags {
  readonly to?: string;
  readonly quiet?: boolean;
}

export function addConvert(program: Command): void {
  const command = program
    .command("convert")
    .summary("converts model files: JSON, UBJSON; the old binary format and dumps to these")
    .description("Converts a model file to JSON or UBJSON.")
    .argument("<in>", "model file")
    .argument("<out>", "file to write, .json or .ubj; - for standard output")
    .option("--to <format>", "json or ubj (default: by the name of <out>)")
    .option("-q, --quiet", "does not say what was written and what is lost");
  addDumpOptions(command)
    .addHelpText("after", HELP)
    .action((from: string, out: string, flags: Flags) => {
      convert(from, out, flags);
    });
}

function convert(from: string, out: string, flags: Flags): void {
  const to = targetFormat(out, flags.to);
  const note = (text: string): void => {
    if (flags.quiet !== true) {
      process.stderr.write(`${text}\n`);
    }
  };
  const source = readBytes(from);
  const dump = dumpOptions(flags);
  const result = withModelErrors(from, () =>
    convertModel(source, {
      to,
      ...(dump === undefined ? {} : { dump }),
      onLoss: (loss) => {
        // The library names its own option.
        note(`not in ${from}: ${loss.replace("dump.featureNames", "--dump-feature-names")}`);
      },
    }),
  );
  if (out === "-") {
    process.stdout.write(result);
  } else {
    writeBytes(out, result);
    note(
      `${out}: ${byteSize(result.length)} of ${to === "json" ? "JSON" : "UBJSON"}, from ${byteSize(source.length)}`,
    );
  }
}

function targetFormat(out: string, asked: string | undefined): "json" | "ubj" {
  const name = (asked ?? /\.([^./\\]+)$/.exec(out)?.[1] ?? "").toLowerCase();
  if (name === "json") {
    return "json";
  }
  if (name === "ubj" || name === "ubjson") {
    return "ubj";
  }
  throw new UsageError(
    asked === undefined
      ? `${out}: the format cannot be told from the name; end it in .json or .ubj, or give --to json or --to ubj`
      : `--to ${asked}: expected json or ubj`,
  );
}
