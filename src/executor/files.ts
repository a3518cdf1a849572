/** The files of a model directory by name, wherever they are kept. */
import { describe, InputError } from "../errors.ts";
import { ModelDirectoryError } from "./errors.ts";

declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean },
) => { decode(bytes: Uint8Array): string };

/** Bytes or text of a file. */
export type FileContent = Uint8Array | ArrayBuffer | string;

/**
 * Files by name, or a function that reads one by name and answers `undefined` for what is not there. Names are those of
 * the manifest, with `/` between a folder and what is in it.
 */
export type ModelFiles = Readonly<Record<string, FileContent>> | ((name: string) => FileContent | undefined);

/** Reads a file by name; `undefined` for what is not there. */
export type ReadFile = (name: string) => FileContent | undefined;

/** @throws InputError for anything that cannot hold files */
export function openFiles(source: unknown): ReadFile {
  if (typeof source === "function") {
    return (name) => checkContent(name, source(name));
  }
  if (typeof source !== "object" || source === null || Array.isArray(source) || "byteLength" in source) {
    throw new InputError(
      `source is ${describe(source)}, expected files by name, or a function that reads a file by name` +
        `${typeof source === "string" ? ": directories are read in Node only" : ""}`,
    );
  }
  const files = source as Readonly<Record<string, unknown>>;
  return (name) => checkContent(name, Object.hasOwn(files, name) ? files[name] : undefined);
}

function checkContent(name: string, content: unknown): FileContent | undefined {
  if (
    content === undefined ||
    typeof content === "string" ||
    content instanceof Uint8Array ||
    content instanceof ArrayBuffer
  ) {
    return content;
  }
  throw new InputError(`file ${describe(name)} is ${describe(content)}, expected bytes or text`);
}

/** A file that must be there. `why` says who asks for it. */
export function readRequired(read: ReadFile, name: string, why: string): FileContent {
  const content = read(name);
  if (content === undefined) {
    throw new ModelDirectoryError(name, `is not there, but ${why} names it`);
  }
  return content;
}

/** Text of a file in UTF-8, without a byte order mark. */
export function textOf(name: string, content: FileContent): string {
  if (typeof content === "string") {
    return content.startsWith("\uFEFF") ? content.slice(1) : content;
  }
  const bytes = content instanceof Uint8Array ? content : new Uint8Array(content);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ModelDirectoryError(name, "is not UTF-8 text");
  }
}

/** Lines of a list, one thing a line, without the empty ones at its end. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  while (lines.at(-1) === "") {
    lines.pop();
  }
  return lines;
}
