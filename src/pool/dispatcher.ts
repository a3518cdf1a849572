/**
 * Hands blocks of rows to workers, and results to jobs: fair among jobs, at most two blocks a worker at a time, so that one
 * is filled while the other is scored. Replaces workers that die.
 */
import { type Block, Job, type Task } from "./job.ts";
import { Member } from "./member.ts";
import type { Platform } from "./platform.ts";
import type { FromWorker } from "./protocol.ts";
import type { SetupFactory } from "./setup.ts";
import { WorkerError } from "./worker-error.ts";

/** What of an `AbortSignal` is used; declared here because the core compiles without any platform's types. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Blocks of a worker at a time: one being scored and one waiting. */
const DEPTH = 2;
/** Workers that may die of one block, and starts in a row that may fail, before that is an error. */
const MAX_DEATHS = 3;

export class Dispatcher {
  readonly #platform: Platform;
  readonly #setups: SetupFactory;
  readonly #size: number;
  readonly #members = new Set<Member>();
  /** Unfinished jobs; the next block comes from the first one that has any. */
  readonly #jobs: Job[] = [];
  #failedStarts = 0;
  #closed = false;

  constructor(platform: Platform, setups: SetupFactory, size: number) {
    this.#platform = platform;
    this.#setups = setups;
    this.#size = size;
  }

  /** Live workers, including those that are starting. */
  get size(): number {
    return this.#members.size;
  }

  /** Starts the workers; rejects where none of them starts. */
  async start(): Promise<void> {
    const members = Array.from({ length: this.#size }, () => this.#startMember());
    const failures = await Promise.all(members.map((member) => member.started));
    if (this.#members.size === 0) {
      this.#closed = true;
      throw cannotStart(failures[0]?.error);
    }
    this.#keepAlive();
  }

  /** Scores all rows of a task: rows × width. */
  run(task: Task, signal: CancelSignal | undefined): Promise<Float32Array> {
    const job = new Job(task, this.#platform.sharesMemory);
    if (this.#closed) {
      job.fail(new WorkerError("the pool is closed"));
      return job.finished;
    }
    const cancel = (): void => this.#fail(job, signal?.reason);
    signal?.addEventListener("abort", cancel);
    this.#jobs.push(job);
    this.#failedStarts = 0;
    this.#fillUp();
    this.#keepAlive();
    this.#pump();
    return job.finished.finally(() => signal?.removeEventListener("abort", cancel));
  }

  /** Ends all workers; unfinished jobs fail. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#jobs.splice(0)) {
      job.fail(new WorkerError("the pool was closed before this prediction was finished"));
    }
    const members = [...this.#members];
    this.#members.clear();
    await Promise.all(members.map((member) => this.#dismiss(member, new WorkerError("the pool was closed"))));
  }

  #startMember(): Member {
    const member = new Member(this.#platform.sharesMemory);
    this.#members.add(member);
    try {
      member.port = this.#platform.start({
        message: (message) => this.#receive(member, message),
        died: (error) => this.#bury(member, error),
      });
      const withTrees = this.#jobs.some((job) => job.task.needsTrees);
      member.hasTrees = withTrees;
      member.port.post({ type: "setup", setup: this.#setups.make(withTrees) }, []);
    } catch (error) {
      this.#bury(member, error);
    }
    return member;
  }

  #receive(member: Member, message: FromWorker): void {
    if (!this.#members.has(member)) {
      return;
    }
    if (message.type === "scored") {
      const job = member.land(message)?.job;
      if (job?.settled) {
        this.#forget(job);
      }
    } else if (!member.ready) {
      this.#failedStarts = 0;
      member.becomeReady();
    }
    this.#pump();
  }

  /** A worker died: its blocks go back, and another worker takes its place where there is work. */
  #bury(member: Member, error: unknown): void {
    if (!this.#members.delete(member)) {
      return;
    }
    this.#failedStarts += member.ready ? 0 : 1;
    for (const [i, block] of this.#dismissedBlocks(member, error).entries()) {
      // Only the oldest was being scored.
      block.deaths += i === 0 ? 1 : 0;
      if (block.deaths >= MAX_DEATHS) {
        this.#fail(block.job, diedAgain(block, error));
      } else {
        block.job.giveBack(block);
      }
    }
    this.#fillUp();
    if (this.#members.size === 0) {
      for (const job of [...this.#jobs]) {
        this.#fail(job, cannotStart(error));
      }
    }
    this.#pump();
  }

  #dismissedBlocks(member: Member, error: unknown): Block[] {
    const blocks = member.die(error);
    void member.port?.terminate();
    return blocks;
  }

  #dismiss(member: Member, error: unknown): Promise<unknown> {
    member.die(error);
    return member.port?.terminate() ?? Promise.resolve();
  }

  /** Starts workers in place of dead ones, where there is work for them. */
  #fillUp(): void {
    while (
      this.#jobs.length > 0 &&
      this.#members.size < this.#size &&
      this.#failedStarts < MAX_DEATHS &&
      !this.#closed
    ) {
      this.#startMember();
    }
  }

  /** Gives every worker a first block before any gets a second one. */
  #pump(): void {
    for (let depth = 1; depth <= DEPTH; depth++) {
      for (const member of this.#members) {
        if (member.ready && member.flights.length < depth) {
          const block = this.#nextBlock();
          if (block === undefined) {
            return;
          }
          this.#send(member, block);
        }
      }
    }
  }

  /** Jobs take turns. */
  #nextBlock(): Block | undefined {
    for (const [i, job] of this.#jobs.entries()) {
      const block = job.take();
      if (block !== undefined) {
        this.#jobs.push(...this.#jobs.splice(i, 1));
        return block;
      }
    }
    return undefined;
  }

  #send(member: Member, block: Block): void {
    try {
      if (block.job.task.needsTrees && !member.hasTrees) {
        member.hasTrees = true;
        member.port!.post({ type: "setup", setup: this.#setups.make(true) }, []);
      }
      member.send(block);
    } catch (error) {
      this.#fail(block.job, error);
    }
  }

  #fail(job: Job, reason: unknown): void {
    if (!job.settled) {
      job.fail(reason);
      this.#forget(job);
    }
  }

  #forget(job: Job): void {
    const at = this.#jobs.indexOf(job);
    if (at >= 0) {
      this.#jobs.splice(at, 1);
      this.#keepAlive();
    }
  }

  /** The process waits for workers while there are jobs. */
  #keepAlive(): void {
    for (const member of this.#members) {
      member.port?.keepAlive(this.#jobs.length > 0);
    }
  }
}

function cannotStart(cause: unknown): WorkerError {
  return new WorkerError(`no worker could start: ${messageOf(cause)}`, { cause });
}

function diedAgain({ begin, end, deaths }: Block, cause: unknown): WorkerError {
  return new WorkerError(
    `rows ${begin} to ${end - 1}: ${deaths} workers died while scoring them, the last with: ${messageOf(cause)}`,
    { cause },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
