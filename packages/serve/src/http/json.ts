/** JSON as clients send it: with literal NaN, and never with surprises. */
import { isUtf8 } from "node:buffer";
import { invalid } from "../failure.ts";

/** Deeper values mean nothing in any protocol, and would exhaust the stack of whoever walks through them. */
const MAX_DEPTH = 64;

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws Failure for bytes that are not UTF-8 */
export function bodyText(body: Uint8Array): string {
  if (!isUtf8(body)) {
    throw invalid("the body is not UTF-8 text");
  }
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString();
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/**
 * Parses JSON. `NaN` is `null`, and `Infinity` an infinite number, since clients send these although JSON has no such words.
 * A key that stands twice in an object is refused: which value was meant, nobody knows.
 * @throws Failure for what is not JSON, too deep, or has a key twice
 */
export function parseJson(text: string, what = "the body"): unknown {
  if (text.trim() === "") {
    throw invalid(`${what} is empty, expected JSON`);
  }
  // Without escapes, a colon in a string is one in the text: looking for colons is quicker than looking at each character.
  const escapes = text.includes("\\");
  const value = parse(text, what);
  const colons = escapes ? colonsOutsideStrings(text) : occurrences(text, ":");
  if (countColons(value, !escapes, 1, what) !== colons) {
    throw invalid(`${what} has the key ${JSON.stringify(repeatedKey(text))} twice in one object`);
  }
  return value;
}

/** @throws Failure for any other value than an object */
export function parseObject(text: string, what = "the body"): JsonObject {
  const value = parseJson(text, what);
  if (!isObject(value)) {
    throw invalid(`${what} is ${nameOf(value)}, expected a JSON object`);
  }
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member that is the object's own: `__proto__` and `constructor` are keys as any other. */
export function member(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function nameOf(value: unknown): string {
  if (value === null || value === undefined) {
    return value === null ? "null" : "absent";
  }
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    count++;
  }
  return count;
}

/** As many as there are members in all objects of JSON. */
function colonsOutsideStrings(text: string): number {
  let colons = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        inString = !inString;
        break;
      case BACKSLASH:
        i++;
        break;
      case COLON:
        colons += inString ? 0 : 1;
        break;
    }
  }
  return colons;
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const relaxed = withoutWords(text);
    try {
      if (relaxed !== text) {
        return JSON.parse(relaxed);
      }
    } catch {
      // The first error is about the text as it was sent.
    }
    throw invalid(`${what} is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

/** Strings are matched so that words in them stay. 1e999 is read as an infinite number. */
const STRING_OR_WORD = /"(?:[^"\\]|\\.)*"|\bNaN\b|-?\bInfinity\b/gs;

function withoutWords(text: string): string {
  return text.replace(STRING_OR_WORD, (found) => {
    switch (found) {
      case "NaN":
        return "null";
      case "Infinity":
        return "1e999";
      case "-Infinity":
        return "-1e999";
      default:
        return found;
    }
  });
}

/**
 * Colons of the text that a value was parsed from, unless members were lost: one for each member of each object, and those in its strings
 * if these count.
 * @throws Failure for what is too deep
 */
function countColons(value: unknown, inStrings: boolean, depth: number, what: string): number {
  if (typeof value === "string") {
    return inStrings ? occurrences(value, ":") : 0;
  }
  if (typeof value !== "object" || value === null) {
    return 0;
  }
  if (depth > MAX_DEPTH) {
    throw invalid(`${what} is nested more than ${MAX_DEPTH} levels deep`);
  }
  let count = 0;
  if (!Array.isArray(value)) {
    const keys = Object.keys(value);
    count = keys.length;
    for (let i = 0; inStrings && i < keys.length; i++) {
      count += occurrences(keys[i]!, ":");
    }
  }
  for (const element of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof element !== "number") {
      count += countColons(element, inStrings, depth + 1, what);
    }
  }
  return count;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gs;

/** The first key that stands twice in an object. */
function repeatedKey(text: string): string {
  const open: Set<string>[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      open.push(new Set());
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (token === ":") {
      const keys = open.at(-1)!;
      if (keys.has(last)) {
        return last;
      }
      keys.add(last);
    } else {
      last = JSON.parse(token) as string;
    }
  }
  return "";
}
