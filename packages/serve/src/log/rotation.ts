/**
 * The log file is put aside when it is large, and a new one is begun. Renaming it loses no line: what is being written goes into the
 * renamed file, what comes later into the new one. Files that others have moved away, such as logrotate, are begun anew, too.
 *
 * Own code and not a package for it, such as pino-roll: that one brings 12 MB of a library for dates, and goes on writing to a file
 * that was moved away.
 */
import { fstatSync, readdirSync, renameSync, rmSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** How often the file is looked at. It can grow beyond its limit by what is written meanwhile. */
const CHECK_INTERVAL = 200;

/** Of files that were put aside; in the order of time. */
const STAMP = /^\d{8}T\d{9}Z-\d+$/;

/** What writes the file. */
export interface ReopenableFile {
  /** -1 before it is open. */
  readonly fd: number;
  /** Begins the file of the same name anew, when what is being written has been. */
  reopen(): void;
  on(event: "ready" | "error", listener: () => void): unknown;
}

export interface RotationOptions {
  readonly path: string;
  /** 0 for any size. */
  readonly maxBytes: number;
  /** Files that are kept. */
  readonly maxFiles: number;
}

export class Rotation {
  readonly #file: ReopenableFile;
  readonly #options: RotationOptions;
  readonly #check: NodeJS.Timeout;
  #reopening = false;

  constructor(file: ReopenableFile, options: RotationOptions) {
    this.#file = file;
    this.#options = options;
    const opened = () => {
      this.#reopening = false;
    };
    file.on("ready", opened);
    // Not opened: tried again at the next look.
    file.on("error", opened);
    this.#check = setInterval(() => this.look(), CHECK_INTERVAL);
    this.#check.unref();
  }

  /** Puts the file aside if it is large, and begins it anew if it is not there any more. */
  look(): void {
    const { path, maxBytes } = this.#options;
    const open = statOf(() => fstatSync(this.#file.fd));
    if (open === undefined || this.#reopening) {
      return;
    }
    const named = statOf(() => statSync(path));
    if (named?.ino === open.ino) {
      if (maxBytes === 0 || named.size < maxBytes) {
        return;
      }
      this.#putAside();
    }
    this.#reopening = true;
    this.#file.reopen();
  }

  close(): void {
    clearInterval(this.#check);
  }

  #putAside(): void {
    const { path } = this.#options;
    const stamp = new Date().toISOString().replace(/[-:.]/g, "");
    try {
      // With the process, so that several that write one file do not put two aside by one name.
      renameSync(path, `${path}.${stamp}-${process.pid}`);
      this.#removeOldest();
    } catch {
      // Somebody else was quicker, or the directory cannot be written: the lines go on into the same file.
    }
  }

  #removeOldest(): void {
    const { path, maxFiles } = this.#options;
    const start = `${basename(path)}.`;
    const aside = readdirSync(dirname(path))
      .filter((name) => name.startsWith(start) && STAMP.test(name.slice(start.length)))
      .sort();
    for (const name of aside.slice(0, -maxFiles)) {
      rmSync(join(dirname(path), name), { force: true });
    }
  }
}

function statOf(look: () => Stats): Stats | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
