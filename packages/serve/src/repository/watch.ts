/** Notices that models have changed on disk, and says so when they have settled. */
import { type FSWatcher, watch } from "chokidar";

export interface WatchOptions {
  readonly directory: string;
  /** What is there now; a change of it is a change of the models. */
  look(): string;
  /** Takes the changes in. */
  changed(): Promise<void>;
  /** The directory cannot be read, or watched. It is looked at again after `pollInterval`. */
  failed(error: unknown): void;
  readonly pollInterval: number;
  readonly settleTime: number;
}

/** Folders of a repository: name, version, and one in a model directory. */
const DEPTH = 4;

/**
 * The system's reports only say when to look: they can be late, doubled or missing, as on network file systems. What counts is
 * what is there, and that it stays so for `settleTime`, since a copy of a large file takes its time.
 */
export class RepositoryWatch {
  readonly #options: WatchOptions;
  readonly #watcher: FSWatcher;
  readonly #poll: NodeJS.Timeout;
  #settle: NodeJS.Timeout | undefined;
  /** What was there when the models were taken in. */
  #taken: string | undefined;
  /** What was there when it was looked at last. */
  #seen: string | undefined;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#taken = this.#look();
    this.#seen = this.#taken;
    this.#watcher = watch(options.directory, {
      ignoreInitial: true,
      depth: DEPTH,
      ignorePermissionErrors: true,
    });
    // Not those that are reported as changes: some are left out of these, such as what happens before all folders are watched.
    this.#watcher.on("raw", () => this.#later());
    this.#watcher.on("ready", () => this.#check());
    this.#watcher.on("error", (error) => options.failed(error));
    this.#poll = setInterval(() => this.#check(), options.pollInterval);
    this.#poll.unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#poll);
    clearTimeout(this.#settle);
    await this.#watcher.close();
  }

  #look(): string | undefined {
    try {
      return this.#options.look();
    } catch (error) {
      this.#options.failed(error);
      return undefined;
    }
  }

  #check(): void {
    this.#seen = this.#look();
    if (this.#seen !== undefined && this.#seen !== this.#taken && this.#settle === undefined) {
      this.#later();
    }
  }

  /** Looks again after a while without reports. */
  #later(): void {
    if (!this.#closed) {
      clearTimeout(this.#settle);
      this.#settle = setTimeout(() => this.#settled(), this.#options.settleTime);
    }
  }

  #settled(): void {
    this.#settle = undefined;
    const now = this.#look();
    if (now === undefined || now === this.#taken) {
      return;
    }
    if (now !== this.#seen) {
      this.#seen = now;
      this.#later();
      return;
    }
    this.#taken = now;
    this.#options.changed().catch((error: unknown) => {
      this.#taken = undefined;
      this.#options.failed(error);
    });
  }
}
