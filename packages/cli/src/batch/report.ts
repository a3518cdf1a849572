/** What a run tells the user, on standard error. */

import { TableError } from "../errors.ts";
import type { ModelSnapshot } from "../model/open-model.ts";
import { grouped, printable } from "../terminal/format.ts";
import type { ScoringSpec } from "./block-scorer.ts";
import { AsideFile, asidePath, OutputError, targetOf } from "./files.ts";
import type { RunFiles } from "./run-files.ts";
import { WorkerFailure } from "./scoring-pool.ts";
import type { BatchSettings } from "./settings.ts";
import type { Statistics } from "./statistics.ts";
import type { StopSignal } from "./stop.ts";
import { longSummary, type RunFacts, shortSummary } from "./summary.ts";
import type { TableColumns } from "./table-columns.ts";

/** What was settled before the first row. */
export interface Settled {
  readonly snapshot: ModelSnapshot;
  readonly columns: TableColumns;
  readonly spec: ScoringSpec;
}

const DEFAULT_WIDTH = 80;

export class Report {
  readonly #settings: BatchSettings;
  readonly #settled: Settled;
  readonly #files: RunFiles;
  readonly #start = performance.now();

  constructor(settings: BatchSettings, settled: Settled, files: RunFiles) {
    this.#settings = settings;
    this.#settled = settled;
    this.#files = files;
    if (settings.resume && files.from === undefined) {
      this.#note("there is nothing to resume: starts from the beginning");
    }
  }

  done(statistics: Statistics, workers: number): void {
    const { quiet, terminal, rejects } = this.#settings;
    if (rejects === undefined && statistics.refused > 0) {
      this.#examples(statistics);
    }
    if (!quiet) {
      const facts = this.#facts(statistics, workers);
      if (terminal.isTTY === true) {
        terminal.write(`${longSummary(statistics, facts, terminal.columns || DEFAULT_WIDTH)}\n`);
      } else {
        this.#note(shortSummary(statistics, facts));
      }
    }
  }

  stopped(signal: StopSignal, statistics: Statistics): void {
    this.#note(`ended by ${signal} after ${grouped(statistics.rows)} rows${this.#hint()}`);
  }

  /** The error with what can be done about it. */
  failed(error: unknown): unknown {
    if (error instanceof TableError) {
      // The same table would end the same way; a better one is another one.
      error.message += this.#partial("the rows before");
    } else if (error instanceof OutputError || error instanceof WorkerFailure) {
      error.message += this.#hint();
    }
    return error;
  }

  #hint(): string {
    return (
      this.#partial("what was written") + (this.#files.isResumable ? "; --resume goes on from there" : "")
    );
  }

  #partial(what: string): string {
    const { out } = this.#settings;
    return this.#files.output instanceof AsideFile && this.#files.output.length > 0
      ? `. ${asidePath(targetOf(out!))} has ${what}`
      : "";
  }

  #examples({ refused, examples }: Statistics): void {
    this.#note(
      `${refused === 1 ? "1 row was" : `${grouped(refused)} rows were`} refused; --rejects FILE lists all of them`,
    );
    for (const { row, line, column, reason } of examples) {
      const place = [
        `row ${row}`,
        ...(line === undefined ? [] : [`line ${line}`]),
        ...(column === undefined ? [] : [`column ${column}`]),
      ];
      this.#settings.terminal.write(`  ${printable(`${place.join(", ")}: ${reason}`)}\n`);
    }
    if (refused > examples.length) {
      this.#settings.terminal.write(`  … and ${grouped(refused - examples.length)} more\n`);
    }
  }

  #facts(statistics: Statistics, workers: number): RunFacts {
    const { out, rejects } = this.#settings;
    const { snapshot, columns, spec } = this.#settled;
    return {
      features: snapshot.executor.features,
      outputs: spec.outputs,
      absent: columns.absent,
      unused: columns.unused,
      output: out ?? "standard output",
      rejects,
      engine: snapshot.executor.booster.engine,
      workers,
      seconds: (performance.now() - this.#start) / 1000,
      rowsNow: statistics.rows - (this.#files.from?.statistics.rows ?? 0),
      resumed: this.#files.from !== undefined,
      peakMemory: 1024 * process.resourceUsage().maxRSS,
    };
  }

  #note(text: string): void {
    this.#settings.terminal.write(`xgboost-infer: ${text}\n`);
  }
}
