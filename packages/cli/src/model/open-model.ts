/** The model of a command: a directory of the model library, or a model file alone. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { InputError, type LoadOptions, ModelFormatError, UnsupportedModelError } from "xgboost-infer";
import { ModelDirectoryError, ModelExecutor } from "xgboost-infer/executor";
import { openModelDirectory } from "xgboost-infer/node";
import { EXIT, UsageError } from "../errors.ts";

/** A model that cannot be used. */
export class ModelError extends Error {
  readonly exitCode = EXIT.model;
  override readonly name = "ModelError";
}

/** A model and the very bytes that it was loaded from: other threads load the same whatever becomes of the files. */
export interface ModelSnapshot {
  readonly executor: ModelExecutor;
  /** By name in the model directory. In shared memory. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Whether the model is a directory, with a manifest that someone wrote. */
  readonly isDirectory: boolean;
  /** SHA-256 of all files. */
  readonly digest: string;
}

/**
 * Loads `--model`. A file becomes a directory of its own, without checks.
 * @throws UsageError where there is no such file, ModelError where it cannot be used
 */
export function openModel(path: string, options: LoadOptions = {}): ModelExecutor {
  return openSnapshot(path, options).executor;
}

/** As `openModel`, with what other threads need to load the same model. */
export function openSnapshot(path: string, options: LoadOptions = {}): ModelSnapshot {
  const files: Record<string, Uint8Array> = {};
  try {
    const isDirectory = statSync(path).isDirectory();
    const read = isDirectory ? openModelDirectory(path) : readerOfFile(path);
    const executor = ModelExecutor.load((name) => {
      const content = read(name);
      if (content !== undefined) {
        files[name] = shared(content);
      }
      return files[name];
    }, options);
    return { executor, files, isDirectory, digest: digestOf(files) };
  } catch (error) {
    throw explain(error, path);
  }
}

/** Loads in another thread what `openSnapshot` loaded in this one. */
export function loadSnapshot(files: ModelSnapshot["files"], options: LoadOptions): ModelExecutor {
  return ModelExecutor.load(files, options);
}

function readerOfFile(path: string): (name: string) => Uint8Array | undefined {
  return (name) => {
    if (name === "model.json") {
      return new TextEncoder().encode(JSON.stringify({ name: basename(path), model: "model" }));
    }
    return name === "model" ? readFileSync(path) : undefined;
  };
}

function shared(content: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(content.length));
  copy.set(content);
  return copy;
}

function digestOf(files: Readonly<Record<string, Uint8Array>>): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(files).sort()) {
    hash.update(`${name}\0${files[name]!.length}\0`).update(files[name]!);
  }
  return hash.digest("hex");
}

function explain(error: unknown, path: string): unknown {
  if (error instanceof ModelDirectoryError) {
    return new ModelError(`${path.replace(/[\\/]+$/, "")}/${error.message}`, { cause: error });
  }
  if (error instanceof ModelFormatError || error instanceof UnsupportedModelError) {
    const message = error.message.startsWith("model: ")
      ? error.message.replace(/^model:/, `${path}:`)
      : `${path.replace(/[\\/]+$/, "")}/${error.message}`;
    return new ModelError(message, { cause: error });
  }
  if (error instanceof InputError) {
    return new UsageError(error.message, { cause: error });
  }
  const code = (error as { readonly code?: unknown }).code;
  return code === "ENOENT" || code === "EACCES"
    ? new UsageError(
        `--model ${path}: ${code === "ENOENT" ? "no such file or directory" : "permission denied"}`,
      )
    : error;
}
