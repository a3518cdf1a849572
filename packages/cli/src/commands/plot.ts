/** `xgboost-infer plot`: pictures of a model. */
import { type Command, InvalidArgumentError } from "commander";
import type { ImportanceType } from "xgboost-infer";
import type { ModelExecutor } from "xgboost-infer/executor";
import { importanceBars, textTree, textWaterfall, treeDiagram, waterfall } from "xgboost-infer/explain";
import { UsageError } from "../errors.ts";
import { addModelOptions, loadOptions, type ModelFlags, wholeNumber } from "../model/dump-options.ts";
import { withModelErrors } from "../model/errors.ts";
import { explainRows, shownValues } from "../model/explanation.ts";
import { openModel } from "../model/open-model.ts";
import { writeBytes } from "../model/read-file.ts";
import { type RowFlags, readRows } from "../model/rows.ts";
import { short } from "../terminal/format.ts";
import { outputWidth, print, wantsColour } from "../terminal/output.ts";
import { tableText } from "../terminal/table.ts";
import { addRowOptions } from "./explain.ts";

const TYPES: readonly ImportanceType[] = ["weight", "gain", "cover", "total_gain", "total_cover"];

const HELP = `
One of --tree, --importance and --waterfall. With --out, an SVG document; without it, text in the terminal.

Examples:
  xgboost-infer plot model.ubj --tree 0
  xgboost-infer plot model.ubj --tree 0 --depth 4 --out tree.svg
  xgboost-infer plot model.ubj --tree 0 --data rows.csv --row 3 --out path.svg    with the path of a row
  xgboost-infer plot model.ubj --importance total_gain --out importance.svg
  xgboost-infer plot model.ubj --waterfall --data rows.csv --row 3 --out why.svg
`;

interface Flags extends ModelFlags, RowFlags {
  readonly tree?: number;
  readonly importance?: true | string;
  readonly waterfall?: true;
  readonly out?: string;
  readonly top: number;
  readonly group: number;
  readonly depth?: number;
  readonly title?: string;
  readonly theme?: "light" | "dark" | "auto";
}

/** The same picture twice. */
interface Picture {
  svg(): string;
  text(): string;
}

export function addPlot(program: Command): void {
  const command = program
    .command("plot")
    .summary("draws a tree, importances, or why a row has its score")
    .description("Draws a picture of a model, as SVG or in the terminal.")
    .argument("<model>", "model file or model directory")
    .option("--tree <number>", "a tree, counted from 0", (text) => wholeNumber(text, 0))
    .option("--importance [type]", `importance of features: ${TYPES.join(", ")} (default: total_gain)`)
    .option("--waterfall", "contributions to the score of a row")
    .option("-o, --out <file>", "SVG file to write; - for standard output")
    .option("--top <count>", "bars of --importance and --waterfall", (text) => wholeNumber(text, 1), 12)
    .option("--depth <count>", "levels of --tree; deeper ones are summed", (text) => wholeNumber(text, 1))
    .option("--group <number>", "output of --waterfall: class or target", (text) => wholeNumber(text, 0), 0)
    .option("--title <text>", "title of the picture")
    .option("--theme <name>", "light, dark, or auto, which follows the reader's system", theme)
    .optionsGroup("Row:");
  addRowOptions(command);
  addModelOptions(command)
    .addHelpText("after", HELP)
    .action((path: string, flags: Flags) => plot(path, flags));
}

function theme(text: string): string {
  if (!["light", "dark", "auto"].includes(text)) {
    throw new InvalidArgumentError("Expected light, dark or auto.");
  }
  return text;
}

async function plot(path: string, flags: Flags): Promise<void> {
  const asked = [flags.tree, flags.importance, flags.waterfall].filter((each) => each !== undefined);
  if (asked.length !== 1) {
    throw new UsageError("expected one of --tree N, --importance [type] and --waterfall");
  }
  const executor = openModel(path, loadOptions(flags));
  const picture = await pictureOf(executor, path, flags);
  if (flags.out === undefined) {
    print(picture.text());
  } else if (flags.out === "-") {
    print(picture.svg());
  } else {
    writeBytes(flags.out, `${picture.svg()}\n`);
    process.stderr.write(`${flags.out}: written\n`);
  }
}

function pictureOf(executor: ModelExecutor, path: string, flags: Flags): Picture | Promise<Picture> {
  if (flags.tree !== undefined) {
    return treePicture(executor, path, flags.tree, flags);
  }
  return flags.importance === undefined
    ? waterfallPicture(executor, path, flags)
    : importancePicture(executor, path, flags.importance, flags);
}

function look(flags: Flags): { readonly title?: string; readonly theme?: "light" | "dark" | "auto" } {
  return {
    ...(flags.title === undefined ? {} : { title: flags.title }),
    ...(flags.theme === undefined ? {} : { theme: flags.theme }),
  };
}

async function treePicture(
  executor: ModelExecutor,
  path: string,
  index: number,
  flags: Flags,
): Promise<Picture> {
  const { booster } = executor;
  if (index >= booster.numTrees) {
    throw new UsageError(
      `--tree ${index}: ${path} has ${booster.numTrees === 0 ? "no trees" : `${booster.numTrees} trees, numbered from 0`}`,
    );
  }
  const tree = booster.tree(index);
  const options = {
    names: executor.features,
    categories: (feature: number) => booster.categoryNames(feature),
    ...(flags.depth === undefined ? {} : { maxDepth: flags.depth }),
    ...(await pathOf(executor, index, flags)),
  };
  return {
    svg: () => treeDiagram(tree, { ...options, ...look(flags) }),
    text: () => textTree(tree, { ...options, width: outputWidth(), colour: wantsColour() }),
  };
}

/** The leaf of a row, where one is asked for. */
async function pathOf(
  executor: ModelExecutor,
  index: number,
  flags: Flags,
): Promise<{ leaf?: number; row?: readonly (number | string)[] }> {
  if (flags.data === undefined && flags.rowJson === undefined) {
    return {};
  }
  const [first] = await readRows(executor, flags);
  const leaves = executor.booster.predictRow(first!.values, { predLeaf: true });
  return { leaf: leaves[index]!, row: shownValues(executor, first!.values) };
}

function importancePicture(
  executor: ModelExecutor,
  path: string,
  asked: true | string,
  flags: Flags,
): Picture {
  const type = asked === true ? defaultType(executor) : TYPES.find((each) => each === asked);
  if (type === undefined) {
    throw new UsageError(`--importance ${asked}: expected ${TYPES.join(", ")}`);
  }
  const scores = withModelErrors(path, () =>
    executor.booster.getScore<number | readonly number[]>({ importanceType: type }),
  );
  const sizes: Record<string, number> = Object.create(null);
  for (const [name, score] of Object.entries(scores)) {
    // Coefficients of several outputs: the largest.
    sizes[name] = typeof score === "number" ? score : Math.max(...score.map(Math.abs));
  }
  return {
    svg: () => importanceBars(sizes, { importanceType: type, maxDisplay: flags.top, ...look(flags) }),
    text: () => barsText(sizes, type, flags.top),
  };
}

/** Linear models have coefficients alone. */
function defaultType({ booster }: ModelExecutor): ImportanceType {
  return booster.booster === "gblinear" ? "weight" : "total_gain";
}

/** Places of the longest bar. */
const BAR = 40;

function barsText(scores: Readonly<Record<string, number>>, type: string, top: number): string {
  const ranked = Object.entries(scores).sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  const most = Math.abs(ranked[0]?.[1] ?? 0);
  const rows = ranked
    .slice(0, top)
    .map(([name, score]) => [
      name,
      short(score),
      "█".repeat(most > 0 ? Math.max(1, Math.round((BAR * Math.abs(score)) / most)) : 0),
    ]);
  const rest = ranked.length > top ? `\n… and ${ranked.length - top} more: --top ${ranked.length}` : "";
  const columns = [{ title: "feature" }, { title: type.replace("_", " "), right: true }, { title: "" }];
  return tableText(columns, rows, outputWidth()) + rest;
}

async function waterfallPicture(executor: ModelExecutor, path: string, flags: Flags): Promise<Picture> {
  const rows = await readRows(executor, flags);
  if (rows.length > 1) {
    throw new UsageError(`--row: a waterfall is of one row, ${rows.length} were asked for`);
  }
  const [explanation] = withModelErrors(path, () => explainRows(executor, rows, [flags.group]));
  const { contributions } = explanation!;
  return {
    svg: () => waterfall(contributions, { maxDisplay: flags.top, ...look(flags) }),
    text: () =>
      textWaterfall(contributions, { maxDisplay: flags.top, width: outputWidth(), colour: wantsColour() }),
  };
}
