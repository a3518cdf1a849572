/** The model of a command: a directory of the model library, or a model file alone. */
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { type LoadOptions, ModelFormatError, UnsupportedModelError } from "xgboost-infer";
import { ModelDirectoryError, ModelExecutor } from "xgboost-infer/executor";
import { EXIT, UsageError } from "../errors.ts";

/** A model that cannot be used. */
export class ModelError extends Error {
  readonly exitCode = EXIT.model;
  override readonly name = "ModelError";
}

/**
 * Loads `--model`. A file becomes a directory of its own, without checks.
 * @throws UsageError where there is no such file, ModelError where it cannot be used
 */
export function openModel(path: string, options: LoadOptions = {}): ModelExecutor {
  try {
    return statSync(path).isDirectory()
      ? ModelExecutor.load(path, options)
      : ModelExecutor.load({ "model.json": manifestFor(path), model: readFileSync(path) }, options);
  } catch (error) {
    throw explain(error, path);
  }
}

function manifestFor(path: string): string {
  return JSON.stringify({ name: basename(path), model: "model" });
}

function explain(error: unknown, path: string): unknown {
  if (error instanceof ModelDirectoryError) {
    return new ModelError(error.message, { cause: error });
  }
  if (error instanceof ModelFormatError || error instanceof UnsupportedModelError) {
    const message = error.message.startsWith(`${path}/`)
      ? error.message
      : error.message.replace(/^model:/, `${path}:`);
    return new ModelError(message, { cause: error });
  }
  const code = (error as { readonly code?: unknown }).code;
  return code === "ENOENT" || code === "EACCES"
    ? new UsageError(
        `--model ${path}: ${code === "ENOENT" ? "no such file or directory" : "permission denied"}`,
      )
    : error;
}
