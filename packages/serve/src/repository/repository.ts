/** The models that are served. What requests see is one immutable table, which is replaced as a whole. */
import { Failure } from "../failure.ts";
import { findModels, fingerprintNow, type ModelSource } from "./find-models.ts";
import type { ModelLoader } from "./model-loader.ts";
import type { ServedModel } from "./served-model.ts";
import { compareVersions } from "./versions.ts";

/** A line of the index: a version of a model, whether it is ready, and what is wrong. */
export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly state: "READY" | "LOADING" | "UNAVAILABLE";
  /** Empty where nothing is wrong. A model that is ready can have one: newer files that cannot be used. */
  readonly reason: string;
  readonly digest: string | undefined;
}

/** What the repository tells of its doings, for log and metrics. */
export interface RepositoryObserver {
  /** A model is visible from now on; `previous` is the one in whose place it is. */
  loaded(model: ServedModel, previous: ServedModel | undefined): void;
  /** Files that cannot be used; `serving` goes on in their place, if it was there before. */
  failed(name: string, reason: string, serving: ServedModel | undefined): void;
  removed(model: ServedModel): void;
}

export interface RepositoryOptions {
  readonly directory: string;
  readonly loader: ModelLoader;
  readonly observer: RepositoryObserver;
}

/** What came of a source when it was looked at last. */
interface Entry {
  readonly source: ModelSource;
  /** The one that answers: of these files, or of older ones where these are broken. */
  readonly model: ServedModel | undefined;
  /** Why these files are not served. */
  readonly problem: string | undefined;
  /** Why the model is not visible, though nothing is wrong with it. */
  readonly hidden?: string | undefined;
}

/** Versions of a model, the latest first. */
type Table = ReadonlyMap<string, readonly ServedModel[]>;

const UNLOADED = "unloaded";

/** Files that change while they are read are read again, so many times at most. */
const ATTEMPTS = 3;

export class ModelRepository {
  readonly #options: RepositoryOptions;
  /** By path of the source. */
  #entries: ReadonlyMap<string, Entry> = new Map();
  /** What requests see. Replaced, never changed. */
  #table: Table = new Map();
  /** Names that were unloaded on request: they stay so until they are loaded on request. */
  readonly #unloaded = new Set<string>();
  /** Whether models have been looked for: from then on, requests are answered while others are loaded. */
  #isOpen = false;
  /** Reloads come one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: RepositoryOptions) {
    this.#options = options;
  }

  /**
   * The model that is to answer a request: the latest version, or the one that is asked for.
   * @throws Failure where there is none
   */
  get(name: string, version?: string): ServedModel {
    const versions = this.#table.get(name);
    if (versions === undefined) {
      throw this.#absent(name);
    }
    if (version === undefined) {
      return versions[0]!;
    }
    const found = versions.find((each) => each.version === version);
    if (found === undefined) {
      const known = versions.map((each) => each.version).join(", ");
      throw new Failure("notFound", `model ${quote(name)} has no version ${quote(version)}, only ${known}`);
    }
    return found;
  }

  /** As `get`, for those who need not know why there is none. */
  find(name: string, version?: string): ServedModel | undefined {
    const versions = this.versions(name);
    return version === undefined ? versions[0] : versions.find((each) => each.version === version);
  }

  /** Versions of a model that are ready, the latest first; none for an unknown one. */
  versions(name: string): readonly ServedModel[] {
    return this.#table.get(name) ?? [];
  }

  /** Names of the models that are ready. */
  names(): string[] {
    return [...this.#table.keys()].sort();
  }

  /** Whether a request can be answered at all. */
  get ready(): boolean {
    return this.#table.size > 0;
  }

  /** All versions of all models, also those that cannot be used. */
  index(): IndexEntry[] {
    return [...this.#entries.values()].map(({ source, model, problem, hidden }) => {
      const ready = model !== undefined && hidden === undefined;
      return {
        name: model?.name ?? source.name,
        version: model?.version ?? source.version ?? "1",
        state: ready ? "READY" : "UNAVAILABLE",
        reason: hidden ?? problem ?? "",
        digest: ready ? model.digest : undefined,
      };
    });
  }

  /** As `reload`, the first time; models of these names stay unloaded. */
  async open(unloaded: readonly string[]): Promise<void> {
    for (const name of unloaded) {
      this.#unloaded.add(name);
    }
    await this.reload();
    this.#isOpen = true;
  }

  /**
   * Looks through the directory and takes in what has changed; resolves when that is visible. Broken files are reported to the
   * observer, and what was served before goes on.
   * @throws Node's own error where the directory cannot be read
   */
  reload(): Promise<void> {
    return this.#inTurn(() => this.#reload(() => false));
  }

  /**
   * Loads a model anew, also one that was unloaded, whether its files have changed or not.
   * @throws Failure where there is none, or it cannot be used
   */
  load(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const wasUnloaded = this.#unloaded.delete(name);
      await this.#reload((entry) => nameOf(entry) === name);
      const entries = [...this.#entries.values()].filter((entry) => nameOf(entry) === name);
      const problem = entries.find((entry) => entry.problem !== undefined)?.problem;
      if (entries.length === 0 && wasUnloaded) {
        this.#unloaded.add(name);
      }
      if (entries.length === 0 || problem !== undefined) {
        throw entries.length === 0 ? this.#absent(name) : new Failure("invalid", problem!);
      }
    });
  }

  /**
   * Takes a model away until it is loaded on request.
   * @throws Failure where there is none
   */
  unload(name: string): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#table.has(name)) {
        throw this.#absent(name);
      }
      this.#unloaded.add(name);
      this.#publish(this.#entries);
    });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #reload(anew: (entry: Entry) => boolean): Promise<void> {
    const entries = new Map<string, Entry>();
    for (const source of findModels(this.#options.directory)) {
      const before = this.#entries.get(source.path);
      const same = before?.source.fingerprint === source.fingerprint;
      entries.set(
        source.path,
        before !== undefined && same && !anew(before) ? before : await this.#load(source, before),
      );
    }
    this.#publish(entries);
  }

  /** A source's new entry. Where its files are broken, the model of the entry before goes on. */
  async #load(found: ModelSource, before: Entry | undefined): Promise<Entry> {
    let source = found;
    for (let attempt = 1; ; attempt++) {
      const entry = await this.#loadOnce(source, before);
      const now = fingerprintNow(source);
      if (now === source.fingerprint || attempt === ATTEMPTS) {
        if (entry.problem !== undefined) {
          this.#options.observer.failed(nameOf(entry), entry.problem, entry.model);
        }
        return entry;
      }
      source = { ...source, fingerprint: now };
    }
  }

  async #loadOnce(source: ModelSource, before: Entry | undefined): Promise<Entry> {
    try {
      const model = await this.#options.loader.load(source, this.#isOpen);
      return { source, model, problem: undefined };
    } catch (error) {
      const problem = withoutPath((error as Error).message, this.#options.directory);
      return { source, model: before?.model, problem };
    }
  }

  /** Makes entries visible, all at once. */
  #publish(entries: ReadonlyMap<string, Entry>): void {
    const table = new Map<string, ServedModel[]>();
    const kept = new Map<string, Entry>();
    for (const [path, entry] of entries) {
      const hidden = entry.model && this.#reasonToHide(entry.model, table);
      if (hidden !== undefined && hidden !== UNLOADED && hidden !== entry.hidden) {
        this.#options.observer.failed(entry.model!.name, hidden, undefined);
      }
      kept.set(path, { ...entry, hidden });
      if (entry.model !== undefined && hidden === undefined) {
        table.set(entry.model.name, [...(table.get(entry.model.name) ?? []), entry.model]);
      }
    }
    for (const versions of table.values()) {
      versions.sort((a, b) => compareVersions(b.version, a.version));
    }
    const before = this.#table;
    this.#entries = kept;
    this.#table = table;
    this.#report(before, table);
  }

  /** Of two sources of one name and version, the first by path is served. */
  #reasonToHide({ name, version }: ServedModel, table: Table): string | undefined {
    if (this.#unloaded.has(name)) {
      return UNLOADED;
    }
    return table.get(name)?.some((each) => each.version === version)
      ? `model ${quote(name)} has version ${quote(version)} already, from another place in the repository`
      : undefined;
  }

  #report(before: Table, now: Table): void {
    for (const model of [...now.values()].flat()) {
      const previous = before.get(model.name)?.find(({ version }) => version === model.version);
      if (previous !== model) {
        this.#options.observer.loaded(model, previous);
      }
    }
    for (const model of [...before.values()].flat()) {
      if (!now.get(model.name)?.some(({ version }) => version === model.version)) {
        this.#options.observer.removed(model);
      }
    }
  }

  #absent(name: string): Failure {
    if (this.#unloaded.has(name)) {
      return new Failure("unavailable", `model ${quote(name)} is unloaded`);
    }
    const broken = [...this.#entries.values()].find((entry) => nameOf(entry) === name);
    return broken === undefined
      ? new Failure("notFound", `no model ${quote(name)}`)
      : new Failure("unavailable", `model ${quote(name)} is not ready`);
  }
}

function nameOf({ model, source }: Entry): string {
  return model?.name ?? source.name;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 97)}...` : text);
}

/** Clients of the index need not know where the repository lies. */
function withoutPath(message: string, directory: string): string {
  return message.replaceAll(`${directory}/`, "");
}
