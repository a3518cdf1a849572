/** Everything that a run writes: output, refused rows, and the journal by which it can be resumed. */
import { existsSync, statSync } from "node:fs";
import { rename } from "node:fs/promises";
import { UsageError } from "../errors.ts";
import {
  AsideFile,
  asidePath,
  DeviceSink,
  guarded,
  isDevice,
  type Sink,
  StreamSink,
  targetOf,
} from "./files.ts";
import { type Checkpoint, Journal, type RunIdentity } from "./journal.ts";

export interface RunFileOptions {
  /** `undefined` for standard output. */
  readonly out: string | undefined;
  readonly rejects: string | undefined;
  readonly resume: boolean;
  /** Whether the table can be read again, from any block on. */
  readonly rereadable: boolean;
  readonly run: RunIdentity;
}

export class RunFiles {
  /** Where the run that is resumed stands; `undefined` where it starts at the beginning. */
  readonly from: Checkpoint | undefined;
  /** Whether the interrupted run had written everything. */
  readonly isWhole: boolean;
  readonly output: Sink;
  readonly rejects: Sink | undefined;
  readonly #journal: Journal | undefined;
  #isNoted: boolean;

  private constructor(
    output: Sink,
    rejects: Sink | undefined,
    journal: Journal | undefined,
    from: Checkpoint | undefined,
  ) {
    this.output = output;
    this.rejects = rejects;
    this.#journal = journal;
    this.from = from;
    this.#isNoted = from !== undefined;
    this.isWhole = from?.whole === true;
  }

  /** Whether the run can be gone on with. */
  get isResumable(): boolean {
    return this.#journal !== undefined && this.#isNoted;
  }

  /** @throws UsageError for a run that cannot be resumed */
  static async open({ out, rejects, resume, rereadable, run }: RunFileOptions): Promise<RunFiles> {
    if (out === undefined || isDevice(out)) {
      const output = out === undefined ? new StreamSink(process.stdout) : await DeviceSink.open(out);
      return new RunFiles(output, await openAside(rejects, undefined), undefined, undefined);
    }
    const journal = new Journal(targetOf(out), run);
    const from = resume ? await journal.read() : undefined;
    if (from === undefined) {
      await journal.remove();
    }
    if (from?.whole) {
      await nameWhole(targetOf(out), from.outputBytes);
      if (rejects !== undefined && !isDevice(rejects)) {
        await nameWhole(targetOf(rejects), from.rejectBytes);
      }
      await journal.remove();
      return new RunFiles(new Finished(from.outputBytes), undefined, undefined, from);
    }
    const output = await openAside(out, from?.outputBytes);
    const refused = await openAside(rejects, from?.rejectBytes);
    return new RunFiles(output!, refused, rereadable ? journal : undefined, from);
  }

  /** Returns when the run could go on from here even after a power failure. */
  async checkpoint(checkpoint: Checkpoint): Promise<void> {
    if (this.#journal !== undefined) {
      await this.#asides((file) => file.sync());
      await this.#journal.write(checkpoint);
      this.#isNoted = true;
    }
  }

  /** Gives the files their names. A run that is killed on the way does the rest when it is resumed. */
  async finish(checkpoint: Checkpoint): Promise<void> {
    await this.checkpoint(checkpoint);
    await this.#asides((file) => file.finish());
    await this.#journal?.remove();
    await this.close();
  }

  async close(): Promise<void> {
    for (const file of [this.rejects, this.output]) {
      if (file instanceof AsideFile || file instanceof DeviceSink) {
        await file.close();
      }
    }
  }

  async #asides(work: (file: AsideFile) => Promise<void>): Promise<void> {
    for (const file of [this.rejects, this.output]) {
      if (file instanceof AsideFile) {
        await work(file);
      }
    }
  }
}

/** Stands for an output that has its name already. */
class Finished implements Sink {
  readonly length: number;

  constructor(length: number) {
    this.length = length;
  }

  append(): Promise<void> {
    throw new Error("nothing is written to an output that is whole");
  }
}

async function openAside(path: string | undefined, length: number | undefined): Promise<Sink | undefined> {
  if (path === undefined) {
    return undefined;
  }
  if (isDevice(path)) {
    return DeviceSink.open(path);
  }
  const target = targetOf(path);
  return length === undefined ? AsideFile.create(target) : AsideFile.resume(target, length);
}

/** Gives a whole file its name, unless the interrupted run did so. */
async function nameWhole(path: string, length: number): Promise<void> {
  const aside = asidePath(path);
  if (existsSync(aside)) {
    await guarded(aside, () => rename(aside, path));
  }
  if (statSync(path, { throwIfNoEntry: false })?.size !== length) {
    throw new UsageError(`--resume: ${path} was changed since; start anew without --resume`);
  }
}
