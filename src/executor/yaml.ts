/** YAML, and JSON as the part of it that it is, to fields that know their lines. */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { describe } from "../errors.ts";
import { ModelDirectoryError } from "./errors.ts";

/** A value of a manifest and where it stands. */
export interface Field {
  readonly file: string;
  /** Such as `check.weightLimit` or `check.allowMissing[2]`; empty for the whole. */
  readonly path: string;
  readonly line: number;
  readonly value: unknown;
}

/** A manifest has some dozen lines; a longer text is something else, and YAML takes long to read. */
const MAX_LENGTH = 1 << 18;

/** @throws ModelDirectoryError for what is not one well-formed document without aliases and tags of its own */
export function parseFields(file: string, text: string): Field {
  if (text.length > MAX_LENGTH) {
    throw new ModelDirectoryError(
      file,
      `has ${text.length} characters, a manifest has at most ${MAX_LENGTH}; is it the model itself?`,
    );
  }
  if (file.endsWith(".json")) {
    checkJson(file, text);
  }
  const lines = new LineCounter();
  // Repeated keys are found below in linear time: the library compares all pairs.
  const document: Document.Parsed = parseDocument(text, {
    lineCounter: lines,
    version: "1.2",
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "error",
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    throw new ModelDirectoryError(file, problem.message, lines.linePos(problem.pos[0]).line);
  }
  return fieldOf({ file, lines }, "", document.contents);
}

/** What YAML allows beyond JSON, such as comments, is an error in JSON for any other reader. */
function checkJson(file: string, text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new ModelDirectoryError(file, `is not JSON: ${(error as Error).message}`);
  }
}

interface Source {
  readonly file: string;
  readonly lines: LineCounter;
}

function fieldOf(source: Source, path: string, node: Node | null | undefined, near = 1): Field {
  const line = node?.range ? source.lines.linePos(node.range[0]).line : near;
  const field = (value: unknown): Field => ({ file: source.file, path, line, value });
  if (isAlias(node)) {
    throw new ModelDirectoryError(source.file, `${path} is an alias, expected the value itself`, line);
  }
  if (isSeq<Node>(node)) {
    return field(node.items.map((item, i) => fieldOf(source, `${path}[${i}]`, item, line)));
  }
  if (isMap<Node, Node | null>(node)) {
    const fields = new Map<string, Field>();
    for (const { key, value } of node.items) {
      const at = key.range ? source.lines.linePos(key.range[0]).line : line;
      const name: unknown = isScalar(key) ? key.value : undefined;
      if (typeof name !== "string" || fields.has(name)) {
        const what =
          typeof name === "string" ? `${inside(path, name)} stands here again` : "a key is not text";
        throw new ModelDirectoryError(source.file, what, at);
      }
      fields.set(name, fieldOf(source, inside(path, name), value, at));
    }
    return field(fields);
  }
  return field(isScalar(node) ? node.value : null);
}

function inside(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

export function isMapping(field: Field): field is Field & { readonly value: ReadonlyMap<string, Field> } {
  return field.value instanceof Map;
}

/** Throws the error for a field that cannot be used. */
export function refuseField(field: Field, expected: string): never {
  const found = isMapping(field) ? "a mapping" : describe(field.value);
  const what = field.path === "" ? "the manifest" : field.path;
  throw new ModelDirectoryError(field.file, `${what} is ${found}, expected ${expected}`, field.line);
}
