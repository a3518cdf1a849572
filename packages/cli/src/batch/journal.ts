/**
 * The journal of a run: how far the files beside their final names are good, and what must be the same for the run to go on. It is
 * replaced as a whole, after what it speaks of is on disk.
 */
import { open, readFile, rename, rm } from "node:fs/promises";
import { UsageError } from "../errors.ts";
import type { BlockPosition, OutputColumn } from "../tables/table.ts";
import { asidePath, guarded } from "./files.ts";
import type { StatisticsState } from "./statistics.ts";

/** What makes a run the same run: texts by name, as messages show them. */
export type RunIdentity = Readonly<Record<string, string>>;

/** Where a run stands after whole blocks. */
export interface Checkpoint {
  /** Where reading goes on. */
  readonly position: BlockPosition;
  /** Lines of the table without its header. */
  readonly lines: number;
  readonly outputBytes: number;
  readonly rejectBytes: number;
  /** Of the output, and of its encoder. */
  readonly columns: readonly OutputColumn[];
  readonly encoder: unknown;
  readonly statistics: StatisticsState;
  /** Whether all is written, so that nothing but the final names is missing. */
  readonly whole: boolean;
}

interface JournalFile {
  readonly journal: typeof FORMAT;
  readonly run: RunIdentity;
  readonly checkpoint: Checkpoint;
}

/** Changes with what the file means. */
const FORMAT = "xgboost-infer predict 1";

export function journalPath(output: string): string {
  return `${asidePath(output)}.journal`;
}

export class Journal {
  readonly path: string;
  readonly #run: RunIdentity;

  constructor(output: string, run: RunIdentity) {
    this.path = journalPath(output);
    this.#run = run;
  }

  async write(checkpoint: Checkpoint): Promise<void> {
    const content: JournalFile = { journal: FORMAT, run: this.#run, checkpoint };
    const next = `${this.path}.next`;
    await guarded(this.path, async () => {
      const handle = await open(next, "w");
      try {
        await handle.writeFile(JSON.stringify(content));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(next, this.path);
    });
  }

  /**
   * Where an interrupted run of the same kind stands; `undefined` where there is none.
   * @throws UsageError where the journal is of another run, and names what differs
   */
  async read(): Promise<Checkpoint | undefined> {
    const text = await readFile(this.path, "utf8").catch((error: { readonly code?: unknown }) => {
      if (error.code === "ENOENT") {
        return undefined;
      }
      throw new UsageError(`--resume: ${this.path} cannot be read: ${error.code}`);
    });
    if (text === undefined) {
      return undefined;
    }
    const { run, checkpoint } = parseJournal(text, this.path);
    const differences = differencesOf(run, this.#run);
    if (differences.length > 0) {
      throw new UsageError(
        `--resume: this is not the run that was interrupted: ${differences.join("; ")}. ` +
          "Start anew without --resume, or as that run was started",
      );
    }
    return checkpoint;
  }

  async remove(): Promise<void> {
    await rm(`${this.path}.next`, { force: true });
    await rm(this.path, { force: true });
  }
}

function parseJournal(text: string, path: string): JournalFile {
  let content: Partial<JournalFile> | null;
  try {
    content = JSON.parse(text);
  } catch {
    content = null;
  }
  if (content?.journal !== FORMAT || content.run === undefined || content.checkpoint === undefined) {
    throw new UsageError(`--resume: ${path} is not a journal of this version; start anew without --resume`);
  }
  return content as JournalFile;
}

function differencesOf(before: RunIdentity, now: RunIdentity): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names]
    .filter((name) => before[name] !== now[name])
    .map((name) => `${name} was ${before[name] ?? "not given"}, now ${now[name] ?? "not given"}`);
}
