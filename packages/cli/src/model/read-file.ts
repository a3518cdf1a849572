/** Files of commands, with errors that say which option named them. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory, expected a file",
  ENOTDIR: "is not a directory",
  ENOSPC: "no space is left",
};

/** @throws UsageError */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError(path, error);
  }
}

/** @throws UsageError */
export function writeBytes(path: string, bytes: Uint8Array | string): void {
  try {
    writeFileSync(path, bytes);
  } catch (error) {
    throw fileError(path, error);
  }
}

/** The model file of a path: itself, or the one that a directory's manifest names. */
export function modelPath(path: string, modelOfManifest: string): string {
  return statSync(path).isDirectory() ? join(path, modelOfManifest) : path;
}

export function fileError(path: string, error: unknown): unknown {
  const reason = REASONS[String((error as { readonly code?: unknown }).code)];
  return reason === undefined ? error : new UsageError(`${path}: ${reason}`);
}
