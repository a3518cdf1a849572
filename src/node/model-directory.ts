/** Model directories on disk. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, InputError } from "../errors.ts";

/**
 * Opens a model directory for `ModelExecutor.load`: a function that reads a file in it by name, at once and in this thread.
 * @throws InputError for what is not a directory; Node's own error for one that cannot be opened, and later for a file
 */
export function openModelDirectory(directory: string | URL): (name: string) => Uint8Array | undefined {
  if (typeof directory !== "string" && !(directory instanceof URL)) {
    throw new InputError(`directory is ${describe(directory)}, expected a string or a URL`);
  }
  const folder = typeof directory === "string" ? directory : fileURLToPath(directory);
  if (!statSync(folder).isDirectory()) {
    throw new InputError(`${folder} is a file, expected the directory that it is in`);
  }
  return (name) => {
    try {
      return readFileSync(join(folder, name));
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === "ENOENT") {
        return undefined;
      }
      throw error;
    }
  };
}
