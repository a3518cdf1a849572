/** The files of a model as they are at one moment, with a digest over them. */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { ModelSource } from "./find-models.ts";

/** Bytes by name, with `/` between a folder and what is in it. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** Files of a model directory: a manifest, lists, the model. Much more is another kind of directory. */
const MAX_FILES = 200;

/** @throws Error where there is too much, or a file cannot be read */
export async function readFiles({ path, kind }: ModelSource, maxBytes: number): Promise<Files> {
  if (kind === "file") {
    return new Map([[basename(path), await readWithin(path, maxBytes)]]);
  }
  const files = new Map<string, Uint8Array>();
  for (const name of filesIn(path)) {
    files.set(name, await readWithin(join(path, name), maxBytes));
  }
  return files;
}

/** Names of all files in a directory that are not hidden, also those in folders. */
function filesIn(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(directory.length + 1)
        .replaceAll("\\", "/"),
    )
    .filter((name) => !name.split("/").some((part) => part.startsWith(".")))
    .sort();
  if (names.length > MAX_FILES) {
    throw new Error(`has ${names.length} files, a model directory has at most ${MAX_FILES}`);
  }
  return names;
}

async function readWithin(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) {
      throw new Error(`${basename(path)} has ${size} bytes, maxModelBytes allows ${maxBytes}`);
    }
    return await readFile(file);
  } finally {
    await file.close();
  }
}

/** SHA-256 over the names and the contents of all files: two models of one digest answer alike. */
export function digestOf(files: Files): string {
  const hash = createHash("sha256");
  for (const [name, bytes] of files) {
    hash.update(`${name.length}:${name}:${bytes.length}:`).update(bytes);
  }
  return `sha256:${hash.digest("hex")}`;
}
