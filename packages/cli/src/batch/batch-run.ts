/** From the first block to the last: scores them, writes them in order, and notes from time to time how far it is. */
import { EXIT, TableError } from "../errors.ts";
import type { BlockPosition, OutputColumn, RawBlock, TableSource } from "../tables/table.ts";
import type { ScoredBlock } from "./block-scorer.ts";
import type { Checkpoint } from "./journal.ts";
import { mapInOrder } from "./ordered.ts";
import type { OutputFormat } from "./output-format.ts";
import { OutputWriter } from "./output-writer.ts";
import { createRejectsEncoder, type RejectsEncoder } from "./rejects.ts";
import type { RunFiles } from "./run-files.ts";
import type { Scoring } from "./scoring.ts";
import { refusalInTable, Statistics } from "./statistics.ts";
import type { StopSignal } from "./stop.ts";

export interface RunParts {
  readonly source: TableSource;
  readonly scoring: Scoring;
  readonly files: RunFiles;
  readonly format: OutputFormat;
  /** Of the output, as they are known before the first block. */
  readonly columns: readonly OutputColumn[];
  /** Path of the file for refused rows. */
  readonly rejects: string | undefined;
  readonly features: number;
  /** Milliseconds between two checkpoints. */
  readonly checkpointPeriod: number;
  /** Told after each block: rows so far, and how much of the source was read. */
  readonly onBlock: (rows: number, read: number) => void;
}

/** A block that was scored, or why it could not be read. */
type Scored =
  | { readonly raw: RawBlock; readonly block: ScoredBlock }
  | { readonly raw: RawBlock; readonly error: unknown };

export class BatchRun {
  readonly statistics: Statistics;
  readonly #parts: RunParts;
  readonly #writer: OutputWriter;
  readonly #rejects: RejectsEncoder | undefined;
  /** Where reading goes on; `undefined` before the first block. */
  #position: BlockPosition | undefined;
  /** Lines of the table without its header. */
  #lines = 0;
  /** Whether all of the last block is written: only then do the files agree with the figures. */
  #isBetweenBlocks = true;
  /** The first block has one, so that a run which is ended again and again still gets on. */
  #lastCheckpoint = Number.NEGATIVE_INFINITY;

  private constructor(parts: RunParts) {
    const { files, format, columns, rejects, features } = parts;
    this.#parts = parts;
    this.#writer = new OutputWriter(files.output, format, columns);
    this.#rejects = rejects === undefined ? undefined : createRejectsEncoder(rejects);
    this.statistics =
      files.from === undefined ? new Statistics(features) : Statistics.restored(files.from.statistics);
    this.#position = files.from?.position;
    this.#lines = files.from?.lines ?? 0;
  }

  static async open(parts: RunParts): Promise<BatchRun> {
    const run = new BatchRun(parts);
    const { from, rejects } = parts.files;
    if (from !== undefined) {
      await run.#writer.restore(from.columns, from.encoder);
    } else if (run.#rejects !== undefined) {
      await rejects!.append(run.#rejects.begin());
    }
    return run;
  }

  /**
   * Goes through the table.
   * @returns the signal that ended the run early; `undefined` after the last row
   * @throws TableError, OutputError, ClosedPipe, WorkerFailure; what was written till then can be gone on with
   */
  async run(stop: Promise<StopSignal>): Promise<StopSignal | undefined> {
    const { source, scoring, files } = this.#parts;
    const scored = mapInOrder(source.blocks(this.#position), scoring.inFlight, (raw) => this.#score(raw));
    const before = new Before(stop);
    try {
      for (;;) {
        const next = await before.settled(scored.next());
        if (typeof next === "string") {
          await this.#checkpoint();
          return next;
        }
        if (next.done === true) {
          break;
        }
        await this.#take(next.value);
      }
      this.#isBetweenBlocks = false;
      await this.#writer.end();
      await files.finish(this.#state(true));
      return undefined;
    } catch (error) {
      // What is good so far stays, also where the disk is full; then the checkpoint before this one does.
      await this.#checkpoint().catch(() => undefined);
      throw error;
    } finally {
      // It may wait for a source that never ends.
      void scored.return(undefined).catch(() => undefined);
      await scoring.close();
    }
  }

  async #score(raw: RawBlock): Promise<Scored> {
    try {
      return { raw, block: await this.#parts.scoring.score(raw.payload) };
    } catch (error) {
      return { raw, error };
    }
  }

  async #take(scored: Scored): Promise<void> {
    const { raw } = scored;
    const { source, files, checkpointPeriod, onBlock } = this.#parts;
    const before = { rows: this.statistics.rows, lines: source.headerLines + this.#lines };
    if ("error" in scored) {
      throw inTable(scored.error, source.name, before.lines);
    }
    const { block } = scored;
    const refusals = block.refused.map((refusal) => refusalInTable(refusal, before));
    this.#isBetweenBlocks = false;
    await this.#writer.write(block);
    if (this.#rejects !== undefined && refusals.length > 0) {
      await files.rejects!.append(this.#rejects.rows(refusals));
    }
    this.statistics.add(block.rows, block.statistics, refusals);
    this.#lines += block.lines;
    this.#position = raw.next;
    this.#isBetweenBlocks = true;
    onBlock(this.statistics.rows, raw.read);
    if (performance.now() - this.#lastCheckpoint >= checkpointPeriod) {
      await this.#checkpoint();
    }
  }

  /** Notes how far the run is, unless rows wait for their group to be full: then the one before must do. */
  async #checkpoint(): Promise<void> {
    if (this.#position !== undefined && this.#isBetweenBlocks && this.#writer.isBetweenGroups) {
      await this.#parts.files.checkpoint(this.#state(false));
      this.#lastCheckpoint = performance.now();
    }
  }

  #state(whole: boolean): Checkpoint {
    const { files } = this.#parts;
    return {
      position: this.#position ?? {},
      lines: this.#lines,
      outputBytes: files.output.length,
      rejectBytes: files.rejects?.length ?? 0,
      columns: this.#writer.columns,
      encoder: this.#writer.encoderState,
      statistics: this.statistics.state(),
      whole,
    };
  }
}

/**
 * Races against one promise that may never settle. `Promise.race` would keep what every race gave for as long as that promise is
 * pending: the blocks of the whole table.
 */
class Before<Event> {
  #happened: { readonly event: Event } | undefined;
  #tell: (event: Event) => void = () => undefined;

  constructor(event: Promise<Event>) {
    void event.then((value) => {
      this.#happened = { event: value };
      this.#tell(value);
    });
  }

  /** The event if it comes first, or came before. */
  settled<Result>(result: Promise<Result>): Promise<Result | Event> {
    return new Promise((resolve, reject) => {
      if (this.#happened !== undefined) {
        resolve(this.#happened.event);
      }
      this.#tell = resolve;
      result.then(resolve, reject);
    });
  }
}

/** A decoder counts lines from the beginning of its block. */
function inTable(error: unknown, table: string, linesBefore: number): unknown {
  if (!(error instanceof TableError) || error.line === undefined) {
    return error;
  }
  const line = linesBefore + error.line;
  const { column } = error;
  return new TableError(`${table}:${line}: ${error.message}`, {
    line,
    ...(column === undefined ? {} : { column }),
  });
}

/** Exit status of a run that went through the table. */
export function statusOf({ refused }: Statistics): number {
  return refused > 0 ? EXIT.refused : EXIT.ok;
}
