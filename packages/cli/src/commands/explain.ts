/** `xgboost-infer explain`: why rows have their scores. */
import type { Command } from "commander";
import { textWaterfall } from "xgboost-infer/explain";
import { addModelOptions, loadOptions, type ModelFlags, wholeNumber } from "../model/dump-options.ts";
import { withModelErrors } from "../model/errors.ts";
import { type Explanation, explainRows } from "../model/explanation.ts";
import { openModel } from "../model/open-model.ts";
import { type RowFlags, readRows, rowNumbers } from "../model/rows.ts";
import { printable, short } from "../terminal/format.ts";
import { bold, outputWidth, print, wantsColour } from "../terminal/output.ts";

const HELP = `
Contributions are SHAP values, those of XGBoost's pred_contribs: how much each feature moves the margin of a row away
from the mean E[f(x)]. They add up to the margin, which is the score before the objective's transform.
For whole tables there is: xgboost-infer predict --output contribs

Examples:
  xgboost-infer explain model.ubj --data rows.csv --row 3
  xgboost-infer explain model.ubj --data rows.csv --row 1,5,10-12 --top 5
  xgboost-infer explain model.ubj --row-json '{"age": 41, "plan": "basic"}'
  xgboost-infer explain model.ubj --data rows.csv --row 3 --json | jq '.[0].contributions[0]'

Keys of --json, one object a row and output: row, group, prediction, margin, base, contributions (feature, value,
contribution; the largest first).
`;

interface Flags extends ModelFlags, RowFlags {
  readonly top: number;
  readonly group?: number;
  readonly json?: boolean;
}

export function addExplain(program: Command): void {
  const command = program
    .command("explain")
    .summary("shows why a row has its score")
    .description("Shows how much each feature contributes to the score of a row.")
    .argument("<model>", "model file or model directory");
  addRowOptions(command)
    .option(
      "--top <count>",
      "lines to show; the last one sums what is left",
      (text) => wholeNumber(text, 1),
      10,
    )
    .option("--group <number>", "output to explain: class or target, counted from 0 (default: all)", (text) =>
      wholeNumber(text, 0),
    )
    .option("--json", "as JSON");
  addModelOptions(command)
    .addHelpText("after", HELP)
    .action((path: string, flags: Flags) => explain(path, flags));
}

/** The row or rows that a command is about. */
export function addRowOptions(command: Command): Command {
  return command
    .option("-d, --data <path>", "table with the row; - for standard input")
    .option("--row <numbers>", "rows, counted from 1: 3, or 1,5,10-12 (default: 1)", rowNumbers)
    .option("--row-json <object>", "the row itself, by feature name; absent features are missing")
    .option("--format <name>", "format of the table, where its name does not tell");
}

async function explain(path: string, flags: Flags): Promise<void> {
  const executor = openModel(path, loadOptions(flags));
  const rows = await readRows(executor, flags);
  const { numOutputGroups } = executor.booster;
  const groups =
    flags.group === undefined ? Array.from({ length: numOutputGroups }, (_, g) => g) : [flags.group];
  const explanations = withModelErrors(path, () => explainRows(executor, rows, groups));
  if (flags.json === true) {
    print(
      JSON.stringify(
        explanations.map((each) => jsonOf(each, flags.top)),
        jsonNumber,
        2,
      ),
    );
  } else {
    print(explanations.map((each) => textOf(each, flags.top, numOutputGroups)).join("\n"));
  }
}

function textOf(explanation: Explanation, top: number, groups: number): string {
  const { row, group, prediction, contributions } = explanation;
  const title = `row ${row}${groups > 1 ? `, output ${group}` : ""}: predicted ${prediction.map(short).join(", ")}`;
  const text = textWaterfall(
    { ...contributions, names: contributions.names?.map(printable) },
    { width: outputWidth(), colour: wantsColour(), maxDisplay: top },
  );
  return `${bold(title)}\n${text}`;
}

function jsonOf({ row, group, prediction, contributions, values }: Explanation, top: number): object {
  const all = Array.from(contributions.values);
  const ranked = all
    .map((contribution, index) => ({
      feature: contributions.names?.[index] ?? `f${index}`,
      value: Number.isNaN(values[index]) ? null : contributions.features?.[index],
      contribution,
    }))
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  return {
    row,
    group,
    prediction: prediction.length === 1 ? prediction[0] : prediction,
    margin: all.reduce((sum, each) => sum + each, contributions.base),
    base: contributions.base,
    contributions: ranked.slice(0, top),
  };
}

/** Numbers that JSON lacks stand as text. */
function jsonNumber(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
