/** Model files by path. */
import { open } from "node:fs/promises";
import { describe, InputError, ModelFormatError, UnsupportedModelError } from "../errors.ts";
import { Booster, type LoadOptions } from "../predict/booster.ts";

/**
 * Reads and loads a model file. `maxBytes` is obeyed before anything is read.
 * @throws what `Booster.load` throws, with the path in front of the message; Node's own error for a file that cannot be read
 */
export async function loadFile(path: string | URL, options: LoadOptions = {}): Promise<Booster> {
  const bytes = await readModel(path, options?.maxBytes);
  try {
    return Booster.load(bytes, options);
  } catch (error) {
    if (error instanceof ModelFormatError || error instanceof UnsupportedModelError) {
      error.message = `${path}: ${error.message}`;
    }
    throw error;
  }
}

async function readModel(path: string | URL, maxBytes: number | undefined): Promise<Uint8Array> {
  if (typeof path !== "string" && !(path instanceof URL)) {
    throw new InputError(`path is ${describe(path)}, expected a string or a URL`);
  }
  const file = await open(path);
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) {
      throw new InputError(`${path} is a directory, expected a model file`);
    }
    if (typeof maxBytes === "number" && stats.size > maxBytes) {
      throw new ModelFormatError(`${path}`, `has ${stats.size} bytes, maxBytes allows ${maxBytes}`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}
