/** One batch: a table in, its predictions out. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { InputError } from "xgboost-infer";
import { EXIT, UsageError } from "../errors.ts";
import { type ModelSnapshot, openSnapshot } from "../model/open-model.ts";
import { detectFormat } from "../tables/format.ts";
import { openTable } from "../tables/open.ts";
import type { TableFormat, TableSource } from "../tables/table.ts";
import { BatchRun, statusOf } from "./batch-run.ts";
import { outputColumns, type ScoringSpec } from "./block-scorer.ts";
import { ClosedPipe, checkWritable, isDevice, targetOf } from "./files.ts";
import { identityOf } from "./identity.ts";
import { checkNames, outputNames, predictOptionsOf } from "./output-columns.ts";
import { encodesBlocksApart, type OutputFormat, outputFormat } from "./output-format.ts";
import { Progress } from "./progress.ts";
import { Report } from "./report.ts";
import { RunFiles } from "./run-files.ts";
import { Scoring } from "./scoring.ts";
import type { BatchSettings } from "./settings.ts";
import { Statistics } from "./statistics.ts";
import { SIGNAL_STATUS, StopRequest } from "./stop.ts";
import { matchColumns, type TableColumns } from "./table-columns.ts";

/**
 * Runs a batch.
 * @returns the exit status
 * @throws errors with an `exitCode`, for what the user can do something about
 */
export async function runBatch(settings: BatchSettings): Promise<number> {
  checkPaths(settings);
  await checkWritable(settings.out, "--out");
  await checkWritable(settings.rejects, "--rejects");
  const snapshot = openSnapshot(settings.model, settings.load);
  const { features } = snapshot.executor;
  const format = inputFormat(settings);
  const source = await openTable(settings.data ?? process.stdin, format, settings.table, features);
  try {
    return await score(settings, prepare(settings, snapshot, source));
  } finally {
    await source.close();
  }
}

/** All that is settled before the first row is read. */
interface Prepared {
  readonly snapshot: ModelSnapshot;
  readonly source: TableSource;
  readonly columns: TableColumns;
  readonly format: OutputFormat;
  readonly spec: ScoringSpec;
}

function prepare(settings: BatchSettings, snapshot: ModelSnapshot, source: TableSource): Prepared {
  const { kind, iterationRange, out, table, baseMargin } = settings;
  const options = predictOptionsOf(kind, iterationRange);
  const outputs = namesOrUsage(() => outputNames(snapshot.executor, kind, options));
  const groups = snapshot.executor.booster.numOutputGroups;
  if (baseMargin.length > 0 && baseMargin.length !== groups) {
    throw new UsageError(
      `--base-margin: names ${baseMargin.length} columns, the model takes ${groups} a row`,
    );
  }
  const columns = matchColumns(source, snapshot, settings);
  checkNames(columns.passed, outputs);
  const format = outputFormat(out, settings.outputFormat, source.format, table.delimiter);
  const spec = {
    decoder: source.decoder,
    plan: columns.plan,
    passed: columns.passed.length,
    options,
    outputs,
    areScores: kind === "value" || kind === "margin",
    encodeAs: encodesBlocksApart(format) ? format : undefined,
  };
  return { snapshot, source, columns, format, spec };
}

/** What the engine does not compute of this model was asked for on the command line. */
function namesOrUsage(names: () => string[]): string[] {
  try {
    return names();
  } catch (error) {
    throw error instanceof InputError ? new UsageError(error.message, { cause: error }) : error;
  }
}

async function score(settings: BatchSettings, prepared: Prepared): Promise<number> {
  const { snapshot, source, columns, format, spec } = prepared;
  const { out, rejects, resume, terminal, quiet } = settings;
  const stop = new StopRequest();
  const files = await RunFiles.open({
    out,
    rejects,
    resume,
    rereadable: isRereadable(settings),
    run: identityOf(settings, snapshot, source.format, format),
  });
  const report = new Report(settings, prepared, files);
  if (files.isWhole) {
    const statistics = Statistics.restored(files.from!.statistics);
    report.done(statistics, 0);
    return statusOf(statistics);
  }
  const scoring = new Scoring(snapshot, settings.load, spec, settings.workers, source.size);
  const progress = new Progress(quiet ? undefined : terminal);
  try {
    const run = await BatchRun.open({
      source,
      scoring,
      files,
      format,
      columns: outputColumns(
        columns.passed.map((name) => ({ name, type: { name: "text" } })),
        spec.outputs,
      ),
      rejects,
      features: snapshot.executor.features.length,
      checkpointPeriod: 1000 * settings.checkpoint,
      onBlock: (rows, read) => progress.show(rows, read, source.size?.total),
    });
    const signal = await run.run(stop.signal);
    progress.clear();
    if (signal !== undefined) {
      report.stopped(signal, run.statistics);
      return SIGNAL_STATUS[signal];
    }
    report.done(run.statistics, scoring.workers);
    return statusOf(run.statistics);
  } catch (error) {
    progress.clear();
    if (error instanceof ClosedPipe) {
      return EXIT.closedPipe;
    }
    throw report.failed(error);
  } finally {
    stop.dispose();
    await files.close();
  }
}

/** @throws UsageError for paths that exclude each other */
function checkPaths(settings: BatchSettings): void {
  const { data, out, rejects, resume } = settings;
  if (resume && (out === undefined || isDevice(out))) {
    throw new UsageError("--resume: needs --out to be a file, to go on with what was written of it");
  }
  if (resume && !isRereadable(settings)) {
    throw new UsageError("--resume: needs --data to be a file: what a pipe gave is gone");
  }
  if (data !== undefined && out !== undefined && isSameFile(data, out)) {
    throw new UsageError(`--out ${out}: is the table that is read`);
  }
  if (data !== undefined && rejects !== undefined && isSameFile(data, rejects)) {
    throw new UsageError(`--rejects ${rejects}: is the table that is read`);
  }
  if (out !== undefined && rejects !== undefined && !isDevice(out) && targetOf(out) === targetOf(rejects)) {
    throw new UsageError(`--rejects ${rejects}: is the file of --out, too`);
  }
}

function isRereadable({ data }: BatchSettings): boolean {
  return data !== undefined && !isDevice(data);
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a?.isFile() === true && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

const FIRST_BYTES = 8;

function inputFormat({ data, format }: BatchSettings): TableFormat {
  if (format === undefined && data === undefined) {
    throw new UsageError("--data -: say with --format what standard input is: csv, ndjson, arrow …");
  }
  const isFile = data !== undefined && statSync(data, { throwIfNoEntry: false })?.isFile() === true;
  return detectFormat(data, format, isFile && format === undefined ? firstBytes(data) : undefined);
}

function firstBytes(path: string): Uint8Array {
  const bytes = new Uint8Array(FIRST_BYTES);
  const file = openSync(path, "r");
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, FIRST_BYTES, 0));
  } finally {
    closeSync(file);
  }
}
