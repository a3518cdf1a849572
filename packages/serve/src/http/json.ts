/** JSON as clients send it: with literal NaN, and never with surprises. */
import { isUtf8 } from "node:buffer";
import { invalid } from "../failure.ts";

/** Deeper values mean nothing in any protocol, and would exhaust the stack of whoever walks through them. */
const MAX_DEPTH = 64;

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

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
  const colons = scan(text, what);
  const value = parse(text, what);
  if (colons > 0 && countMembers(value) !== colons) {
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

/** Colons outside of strings: as many as there are members in all objects. */
function scan(text: string, what: string): number {
  let depth = 0;
  let colons = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case COLON:
        colons++;
        break;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        depth++;
        if (depth > MAX_DEPTH) {
          throw invalid(`${what} is nested more than ${MAX_DEPTH} levels deep`);
        }
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth--;
        break;
    }
  }
  return colons;
}

/** Index of the quote that ends the string that begins at `begin`; the end of the text where there is none. */
function endOfString(text: string, begin: number): number {
  let end = text.indexOf('"', begin + 1);
  while (end >= 0 && isEscaped(text, end)) {
    end = text.indexOf('"', end + 1);
  }
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) {
    backslashes++;
  }
  return backslashes % 2 === 1;
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

/** Members of all objects in a value. Its depth has been checked. */
function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) {
    return 0;
  }
  let count = 0;
  if (Array.isArray(value)) {
    for (const element of value) {
      if (typeof element === "object") {
        count += countMembers(element);
      }
    }
    return count;
  }
  for (const element of Object.values(value)) {
    count += typeof element === "object" ? 1 + countMembers(element) : 1;
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
