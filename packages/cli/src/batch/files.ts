/** Files that are written beside their final name, and what can go wrong with them. */
import { realpathSync, statSync } from "node:fs";
import { access, constants, type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { EXIT, UsageError } from "../errors.ts";

/** Something that was written could not be. */
export class OutputError extends Error {
  readonly exitCode = EXIT.refused;
  override readonly name = "OutputError";
}

/** Whoever reads the output has had enough, as `head` does. */
export class ClosedPipe extends Error {
  override readonly name = "ClosedPipe";
}

/** Takes bytes. */
export interface Sink {
  /** Bytes so far. */
  readonly length: number;
  append(bytes: Uint8Array): Promise<void>;
}

/** What a file is called while it is written. */
export function asidePath(path: string): string {
  return `${path}.partial`;
}

/** The file itself where `path` is a link to one, so that the link stays what it is. */
export function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** Whether `path` names something that is not replaced but written to, such as a pipe or /dev/null. */
export function isDevice(path: string): boolean {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts !== undefined && !facts.isFile() && !facts.isDirectory();
}

/** @throws UsageError where a file of that name could not be made */
export async function checkWritable(path: string | undefined, option: string): Promise<void> {
  if (path === undefined) {
    return;
  }
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts?.isDirectory()) {
    throw new UsageError(`${option} ${path}: is a directory, expected a file`);
  }
  if (isDevice(path)) {
    return;
  }
  const folder = dirname(resolve(path));
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new UsageError(`${option} ${path}: there is no directory ${folder}`);
  }
  if (!found.isDirectory()) {
    throw new UsageError(`${option} ${path}: ${folder} is not a directory`);
  }
  try {
    await access(folder, constants.W_OK);
  } catch {
    throw new UsageError(`${option} ${path}: the directory ${folder} cannot be written to`);
  }
}

/** A file that gets its final name when it is whole. */
export class AsideFile implements Sink {
  readonly path: string;
  readonly #handle: FileHandle;
  #length: number;

  private constructor(path: string, handle: FileHandle, length: number) {
    this.path = path;
    this.#handle = handle;
    this.#length = length;
  }

  /** Begins anew. What another run may still be writing under this name is another file from now on. */
  static async create(path: string): Promise<AsideFile> {
    const aside = asidePath(path);
    return guarded(aside, async () => {
      await rm(aside, { force: true });
      return new AsideFile(path, await open(aside, "wx"), 0);
    });
  }

  /**
   * Goes on after the first `length` bytes, and forgets the rest.
   * @throws UsageError where there are fewer
   */
  static async resume(path: string, length: number): Promise<AsideFile> {
    const aside = asidePath(path);
    return guarded(aside, async () => {
      const handle = await open(aside, "r+");
      const { size } = await handle.stat();
      if (size < length) {
        await handle.close();
        throw new UsageError(
          `--resume: ${aside} has ${size} bytes, expected at least ${length}: it was changed since; start anew without --resume`,
        );
      }
      await handle.truncate(length);
      return new AsideFile(path, handle, length);
    });
  }

  get length(): number {
    return this.#length;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await guarded(asidePath(this.path), async () => {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, this.#length);
        at += bytesWritten;
        this.#length += bytesWritten;
      }
    });
  }

  /** Returns when the bytes so far would outlive a power failure. */
  async sync(): Promise<void> {
    await guarded(asidePath(this.path), () => this.#handle.sync());
  }

  /** Gives the file its name, in place of what has it now. */
  async finish(): Promise<void> {
    const aside = asidePath(this.path);
    await guarded(aside, async () => {
      await this.#handle.sync();
      const [mine, named] = await Promise.all([this.#handle.stat(), stat(aside)]);
      if (mine.ino !== named.ino || mine.dev !== named.dev) {
        throw new OutputError(`${aside}: another run with the same output has replaced it`);
      }
      await this.#handle.close();
      await rename(aside, this.path);
      await syncDirectory(dirname(this.path));
    });
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** A name outlives a power failure when its directory is on disk. Not every system lets a directory be opened. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** A pipe or a device, by its path. */
export class DeviceSink implements Sink {
  readonly #path: string;
  readonly #handle: FileHandle;
  length = 0;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async open(path: string): Promise<DeviceSink> {
    return guarded(path, async () => new DeviceSink(path, await open(path, "w")));
  }

  async append(bytes: Uint8Array): Promise<void> {
    await guarded(this.#path, async () => {
      for (let at = 0; at < bytes.length; ) {
        at += (await this.#handle.write(bytes, at, bytes.length - at)).bytesWritten;
      }
    });
    this.length += bytes.length;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Standard output. */
export class StreamSink implements Sink {
  readonly #stream: NodeJS.WritableStream;
  #failure: unknown;
  length = 0;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    // Each write tells of its failure; without a listener, the event would end the process.
    stream.on("error", (error) => {
      this.#failure ??= error;
    });
  }

  append(bytes: Uint8Array): Promise<void> {
    this.length += bytes.length;
    return guarded("standard output", () => {
      if (this.#failure !== undefined) {
        throw this.#failure;
      }
      return new Promise((resolve, reject) => {
        this.#stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
    });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  EFBIG: "the file would be larger than is allowed",
  EIO: "the device reports a failure",
};

/** Failures of the system, with a name and in words. */
export async function guarded<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = String((error as { readonly code?: unknown }).code);
    if (code === "EPIPE") {
      throw new ClosedPipe(`${name}: closed by its reader`);
    }
    if (Object.hasOwn(REASONS, code)) {
      throw new OutputError(`${name}: ${REASONS[code]}`, { cause: error });
    }
    throw error;
  }
}
