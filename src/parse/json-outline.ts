import { COUNTED_LIST, type Outline } from "./unread-list.ts";

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/**
 * Looks over a list of objects, whose first begins at `start`. It is not checked: what is read later is. `undefined` where the
 * list has other elements or escapes in its texts, or does not end.
 */
export function outlineOfJson(bytes: Uint8Array, start: number): Outline | undefined {
  const starts: number[] = [];
  let counted = 0;
  let at = start;
  for (;;) {
    if (bytes[at] !== OPEN_BRACE) {
      return undefined;
    }
    starts.push(at);
    let depth = 0;
    do {
      let byte = bytes[at++]!;
      // Digits, points and commas, which are most of a file.
      while (byte > QUOTE && byte < OPEN_BRACKET) {
        byte = bytes[at++]!;
      }
      if (byte === QUOTE) {
        const key = at;
        at = endOfText(bytes, key);
        if (at < 0) {
          return undefined;
        }
        if (at - key === COUNTED_LIST.length && isCounted(bytes, key)) {
          counted += entries(bytes, at + 1);
        }
        at++;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        depth++;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth--;
      } else if (byte === undefined) {
        return undefined;
      }
    } while (depth > 0);
    at = skipSpace(bytes, at);
    if (bytes[at] === CLOSE_BRACKET) {
      return { starts, end: at + 1, counted };
    }
    if (bytes[at] !== COMMA) {
      return undefined;
    }
    at = skipSpace(bytes, at + 1);
  }
}

/** Where the closing quote stands; -1 for a text with escapes or without end. */
function endOfText(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      return at;
    }
    if (byte === undefined || byte === BACKSLASH) {
      return -1;
    }
    at++;
  }
}

function isCounted(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < COUNTED_LIST.length; i++) {
    if (bytes[start + i] !== COUNTED_LIST.charCodeAt(i)) {
      return false;
    }
  }
  return true;
}

/** Entries of the list of numbers that follows a key, which `start` is behind. */
function entries(bytes: Uint8Array, start: number): number {
  let at = skipSpace(bytes, start);
  if (bytes[at] !== COLON) {
    return 0;
  }
  at = skipSpace(bytes, at + 1);
  let count = 1;
  for (let byte = bytes[at]; byte !== undefined && byte !== CLOSE_BRACKET; byte = bytes[++at]) {
    count += byte === COMMA ? 1 : 0;
  }
  return count;
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  let byte = bytes[at];
  while (byte === 32 || byte === 10 || byte === 13 || byte === 9) {
    byte = bytes[++at];
  }
  return at;
}
