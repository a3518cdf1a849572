/** What a dump leaves out, as options of every command that loads a model. */
import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import type { DumpOptions, LoadOptions, RulesOption } from "xgboost-infer";
import { UsageError } from "../errors.ts";

export interface ModelFlags {
  readonly dumpObjective?: string;
  readonly dumpBaseScore?: readonly number[];
  readonly dumpNumClass?: number;
  readonly dumpFeatureNames?: string;
  readonly rules?: string;
}

export function addDumpOptions(command: Command): Command {
  return command
    .optionsGroup("Model:")
    .option("--dump-objective <name>", "of a dump, which does not know its objective")
    .option("--dump-base-score <numbers>", "of a dump: one number, or several with commas between", numbers)
    .option("--dump-num-class <count>", "of a dump of a multi-class model", count)
    .option("--dump-feature-names <file>", "of a dump: a file with one feature name a line, in order");
}

/** The options of dumps, and whose rules. */
export function addModelOptions(command: Command): Command {
  return addDumpOptions(command).option(
    "--rules <release>",
    "whose rules: file, latest, or a release such as 1.7",
    "file",
  );
}

export function dumpOptions(flags: ModelFlags): DumpOptions | undefined {
  const { dumpObjective: objective, dumpBaseScore, dumpNumClass: numClass, dumpFeatureNames } = flags;
  if (
    objective === undefined &&
    dumpBaseScore === undefined &&
    numClass === undefined &&
    dumpFeatureNames === undefined
  ) {
    return undefined;
  }
  const baseScore = dumpBaseScore?.length === 1 ? dumpBaseScore[0] : dumpBaseScore;
  return {
    ...(objective === undefined ? {} : { objective }),
    ...(baseScore === undefined ? {} : { baseScore }),
    ...(numClass === undefined ? {} : { numClass }),
    ...(dumpFeatureNames === undefined ? {} : { featureNames: linesOf(dumpFeatureNames) }),
  };
}

export function loadOptions(flags: ModelFlags): LoadOptions {
  const dump = dumpOptions(flags);
  return {
    ...(dump === undefined ? {} : { dump }),
    ...(flags.rules === undefined ? {} : { rules: flags.rules as RulesOption }),
  };
}

function linesOf(path: string): string[] {
  try {
    const lines = readFileSync(path, "utf8").split(/\r?\n/);
    return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  } catch (error) {
    throw new UsageError(`--dump-feature-names ${path}: ${(error as Error).message}`);
  }
}

function numbers(text: string): number[] {
  const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (!values.every(Number.isFinite)) {
    throw new InvalidArgumentError("Expected a number, or several with commas between.");
  }
  return values;
}

function count(text: string): number {
  return wholeNumber(text, 1);
}

/** For options: a whole number from `least` on. */
export function wholeNumber(text: string, least: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value < least) {
    throw new InvalidArgumentError(`Expected a whole number from ${least}.`);
  }
  return value;
}
