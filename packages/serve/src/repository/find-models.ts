/** What lies in a model repository: directories and files that hold a model each, not opened yet. */
import { type Dirent, readdirSync, type Stats, statSync } from "node:fs";
import { basename, extname, join } from "node:path";

/** Where a model lies and what it is called there. A manifest may say otherwise. */
export interface ModelSource {
  /** Path of the model directory or file: what tells one source from another. */
  readonly path: string;
  readonly kind: "directory" | "file";
  /** Name of the entry of the repository, without extension. */
  readonly name: string;
  /** Name of the folder of the version. */
  readonly version: string | undefined;
  /** Changes when a file of it does. */
  readonly fingerprint: string;
}

/** Files that hold a model; text of an unknown kind would be a readme or a list. */
const MODEL_EXTENSIONS = new Set([".ubj", ".json", ".model", ".bst", ".bin", ".deprecated", ".xgb"]);
const MANIFESTS = ["model.yaml", "model.json"];
/** Beside a model in its directory: XGBoost's own answers. */
export const CERTIFICATE = "certificate.json";
/** Beside a model, and never one itself. */
const NOT_MODELS = new Set([CERTIFICATE, "package.json"]);
/** Names of folders of versions, as Triton and KServe have them. */
const VERSION = /^\d{1,18}$/;
/** Folders in a model directory that are looked into for its fingerprint. */
const MAX_DEPTH = 4;

/**
 * Looks through a repository: `DIR/NAME/` (with a manifest, or with a single model file), `DIR/NAME/VERSION/` (the same, by
 * numbers), `DIR/NAME.ubj`; or `DIR` itself, where it has a manifest. Hidden entries are passed over.
 * @throws Node's own error where the repository cannot be read
 */
export function findModels(repository: string): ModelSource[] {
  const entries = visible(readdirSync(repository, { withFileTypes: true }));
  if (entries.includes("model.yaml")) {
    return [directorySource(repository, basename(repository), undefined)];
  }
  return entries.flatMap((entry) => {
    const path = join(repository, entry);
    const stats = statOf(path);
    if (stats?.isDirectory()) {
      return inFolder(path, entry);
    }
    return stats?.isFile() && isModelFile(entry) ? [fileSource(path, stats, stem(entry), undefined)] : [];
  });
}

/** Fingerprints of all that is in a repository, to see whether anything has changed. */
export function lookThrough(repository: string): string {
  return findModels(repository)
    .map(({ path, fingerprint }) => `${path}\n${fingerprint}`)
    .join("\n\n");
}

function inFolder(path: string, name: string): ModelSource[] {
  const entries = namesIn(path);
  const versions = entries.filter((entry) => VERSION.test(entry) && statOf(join(path, entry))?.isDirectory());
  if (entries.includes("model.yaml") || versions.length === 0) {
    return oneModel(path, name, undefined);
  }
  return versions.flatMap((version) => oneModel(join(path, version), name, version));
}

/** A directory with a manifest, or with just one file that holds a model. An unclear one is a source all the same, so that it is reported. */
function oneModel(path: string, name: string, version: string | undefined): ModelSource[] {
  const entries = namesIn(path);
  const files = modelFiles(entries);
  const [only] = files;
  const isBare = files.length === 1 && !entries.includes("model.yaml") && only !== "model.json";
  if (only !== undefined && isBare && !entries.includes(CERTIFICATE)) {
    const file = join(path, only);
    const stats = statOf(file);
    return stats?.isFile() ? [fileSource(file, stats, name, version)] : [];
  }
  const empty = files.length === 0 && !entries.some((entry) => MANIFESTS.includes(entry));
  return empty ? [] : [directorySource(path, name, version)];
}

function directorySource(path: string, name: string, version: string | undefined): ModelSource {
  return { path, kind: "directory", name, version, fingerprint: fingerprintOf(path, MAX_DEPTH).join("\n") };
}

function fileSource(path: string, stats: Stats, name: string, version: string | undefined): ModelSource {
  return { path, kind: "file", name, version, fingerprint: stamp(path, stats) };
}

/** A source's fingerprint as it is now; empty where it went away. */
export function fingerprintNow({ path, kind }: ModelSource): string {
  if (kind === "directory") {
    return fingerprintOf(path, MAX_DEPTH).join("\n");
  }
  const stats = statOf(path);
  return stats === undefined ? "" : stamp(path, stats);
}

function fingerprintOf(folder: string, depth: number): string[] {
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    const stats = statOf(path);
    if (stats === undefined) {
      return [];
    }
    return stats.isDirectory() ? (depth === 0 ? [] : fingerprintOf(path, depth - 1)) : [stamp(path, stats)];
  });
}

/** The inode tells a file that was put in another's place within the same tick of the clock. */
function stamp(path: string, stats: Stats): string {
  return `${path} ${stats.size} ${stats.mtimeMs} ${stats.ino}`;
}

/** Of the names in a directory, those of files that hold a model. */
export function modelFiles(entries: readonly string[]): string[] {
  return entries.filter((entry) => isModelFile(entry) && !NOT_MODELS.has(entry));
}

function isModelFile(name: string): boolean {
  return MODEL_EXTENSIONS.has(extname(name).toLowerCase());
}

function stem(name: string): string {
  return basename(name, extname(name));
}

function namesIn(folder: string): string[] {
  try {
    return visible(readdirSync(folder, { withFileTypes: true }));
  } catch (error) {
    if (isGone(error)) {
      return [];
    }
    throw error;
  }
}

/** In the order of names, whatever the order on disk. Names with a dot in front are hidden; with a tilde or .tmp behind, not done yet. */
function visible(entries: readonly Dirent[]): string[] {
  return entries
    .map(({ name }) => name)
    .filter((name) => !name.startsWith(".") && !/(?:~|\.tmp|\.part)$/.test(name))
    .sort();
}

/** `undefined` for what went away after it was listed. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (isGone(error)) {
      return undefined;
    }
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP"].includes((error as { readonly code?: string }).code ?? "");
}
