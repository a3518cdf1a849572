/** `xgboost-infer inspect`: what is in a model. */
import type { Command } from "commander";
import { addModelOptions, loadOptions, type ModelFlags, wholeNumber } from "../model/dump-options.ts";
import { openModel } from "../model/open-model.ts";
import { type FeatureSummary, type ModelSummary, type Spread, summarise } from "../model/summary.ts";
import { byteSize, grouped, short } from "../terminal/format.ts";
import { bold, outputWidth, print } from "../terminal/output.ts";
import { factsText, tableText } from "../terminal/table.ts";

const HELP = `
Examples:
  xgboost-infer inspect model.ubj
  xgboost-infer inspect models/risk-score            a model directory: its manifest too
  xgboost-infer inspect model.json --json | jq .importance.total_gain
  xgboost-infer inspect dump.txt --dump-objective reg:squarederror --dump-base-score 0.5

Keys of --json: path, format, bytes, objective, booster, rounds, trees, outputGroups, version, baseScore,
bestIteration, attributes, features (index, name, type, categories, splits), structure (nodes, leaves,
categoricalSplits, depth, leavesPerTree, leafValue: least, median, greatest), importance (by type, as get_score),
engine, manifest. What a file does not say is null.
`;

interface Flags extends ModelFlags {
  readonly json?: boolean;
  readonly top: number;
}

export function addInspect(program: Command): void {
  const command = program
    .command("inspect")
    .summary("shows what is in a model")
    .description("Shows what is in a model: objective, trees, features, categories, versions, importance.")
    .argument("<model>", "model file or model directory")
    .option("--json", "everything, as one JSON object")
    .option("--top <count>", "features to list", (text) => wholeNumber(text, 1), 20);
  addModelOptions(command)
    .addHelpText("after", HELP)
    .action((path: string, flags: Flags) => {
      const summary = summarise(path, openModel(path, loadOptions(flags)));
      print(flags.json === true ? jsonText(summary) : summaryText(summary, flags.top));
    });
}

/** Numbers that JSON lacks stand as text. */
function jsonText(summary: ModelSummary): string {
  return JSON.stringify(
    summary,
    (_, value: unknown) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value),
    2,
  );
}

function summaryText(summary: ModelSummary, top: number): string {
  const width = outputWidth();
  const parts = [bold(titleOf(summary)), factsText(factsOf(summary), width)];
  if (summary.features.length > 0) {
    parts.push(featuresText(summary, top, width));
  }
  if (summary.manifest !== null) {
    parts.push(`${bold("Manifest")}\n${factsText(manifestFacts(summary.manifest), width)}`);
  }
  return parts.join("\n\n");
}

function titleOf({ path, objective, booster, trees }: ModelSummary): string {
  return `${path}: ${booster} model, ${objective}${trees > 0 ? `, ${grouped(trees)} trees` : ""}`;
}

function factsOf(summary: ModelSummary): [string, string][] {
  const { structure: trees, attributes, outputGroups, baseScore } = summary;
  const facts: [string, string][] = [
    ["file", `${summary.format}, ${byteSize(summary.bytes)}, written by ${versionOf(summary)}`],
    [
      "rounds",
      `${grouped(summary.rounds)}${summary.bestIteration === null ? "" : `, the best one is ${summary.bestIteration} (counted from 0)`}`,
    ],
    ["outputs", `${outputGroups} a row before the objective's transform`],
    [
      "base score",
      baseScore.length > 8
        ? `${baseScore.slice(0, 8).map(short).join(", ")}, … (${baseScore.length})`
        : baseScore.map(short).join(", "),
    ],
    ["features", featureCounts(summary.features)],
  ];
  if (trees !== null) {
    facts.push(
      [
        "nodes",
        `${grouped(trees.nodes)}, of which ${grouped(trees.leaves)} are leaves${trees.categoricalSplits > 0 ? `, ${grouped(trees.categoricalSplits)} categorical splits` : ""}`,
      ],
      ["depth", spreadText(trees.depth)],
      ["leaves a tree", spreadText(trees.leavesPerTree)],
      ["leaf values", spreadText(trees.leafValue)],
    );
  }
  facts.push(["engine", `${summary.engine} on this machine`]);
  for (const [name, value] of Object.entries(attributes)) {
    facts.push([
      `attribute`,
      `${name} = ${value.length > 200 ? `${value.slice(0, 200)}… (${value.length} characters)` : value}`,
    ]);
  }
  return facts;
}

function versionOf({ version, format }: ModelSummary): string {
  if (version !== null) {
    return `XGBoost ${version}`;
  }
  return format.endsWith("dump") ? "an XGBoost that a dump does not name" : "an XGBoost before 1.0";
}

function featureCounts(features: readonly FeatureSummary[]): string {
  const used = features.filter(({ splits }) => splits > 0).length;
  const categorical = features.filter(({ type }) => type === "c").length;
  return [
    `${grouped(features.length)}`,
    ...(used > 0 ? [`${grouped(used)} used by splits`] : []),
    ...(categorical > 0 ? [`${grouped(categorical)} categorical`] : []),
  ].join(", ");
}

function spreadText({ least, median, greatest }: Spread): string {
  return least === greatest ? short(least) : `${short(least)} to ${short(greatest)}, median ${short(median)}`;
}

/** Places of a bar of importance. */
const BAR = 24;

/** The features that matter most, with bars; the rest is counted. */
function featuresText({ features, importance }: ModelSummary, top: number, width: number): string {
  const type = importance.total_gain === undefined ? "weight" : "total_gain";
  const scores = importance[type] ?? {};
  const scoreOf = ({ name }: FeatureSummary): number => {
    const score = scores[name];
    return typeof score === "number" ? Math.abs(score) : Math.max(0, ...(score ?? []).map(Math.abs));
  };
  const ranked = [...features].sort((a, b) => scoreOf(b) - scoreOf(a) || a.index - b.index);
  const total = ranked.reduce((sum, feature) => sum + scoreOf(feature), 0);
  const most = scoreOf(ranked[0]!);
  const rows = ranked.slice(0, top).map((feature) => {
    const score = scoreOf(feature);
    return [
      String(feature.index),
      feature.name,
      feature.type ?? "",
      feature.splits === 0 ? "" : grouped(feature.splits),
      total > 0 ? `${((100 * score) / total).toFixed(1)} %` : "",
      "█".repeat(most > 0 ? Math.max(score > 0 ? 1 : 0, Math.round((BAR * score) / most)) : 0),
      categoriesText(feature),
    ];
  });
  const columns = [
    { title: "#", right: true },
    { title: "feature" },
    { title: "type" },
    { title: "splits", right: true },
    { title: type.replace("_", " "), right: true },
    { title: "" },
    { title: features.some(({ categories }) => categories !== null) ? "categories" : "" },
  ];
  const left = features.length - rows.length;
  return `${tableText(columns, rows, width)}${left > 0 ? `\n… and ${grouped(left)} more: --top ${features.length}` : ""}`;
}

function categoriesText({ categories }: FeatureSummary): string {
  return categories === null
    ? ""
    : `${categories.length}: ${categories.slice(0, 12).join(", ")}${categories.length > 12 ? ", …" : ""}`;
}

function manifestFacts(manifest: object): [string, string][] {
  return Object.entries(manifest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : String(value)]);
}
