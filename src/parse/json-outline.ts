import { COUNTED_LIST, type FoundTrees } from "./unread-list.ts";

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
export function outlineOfJson(bytes: Uint8Array, start: number): FoundTrees | undefined {
  const starts: number[] = [];
  let counted = 0;
  let at = start;
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  for (;;) {
    if (bytes[at] !== OPEN_BRACE) {
      return undefined;
    }
    starts.push(at);
    let depth = 0;
    do {
      at = skipPlain(bytes, view, at);
      if (at === length) {
        return undefined;
      }
      const byte = bytes[at++]!;
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
      }
    } while (depth > 0);
    at = skipSpace(bytes, at);
    if (bytes[at] === CLOSE_BRACKET) {
      return {
        source: { bytes, format: "json", starts: Uint32Array.from(starts), end: at + 1 },
        counted,
      };
    }
    if (bytes[at] !== COMMA) {
      return undefined;
    }
    at = skipSpace(bytes, at + 1);
  }
}

/** The high bit of each byte of a word. */
const HIGH = 0x80808080 | 0;

/**
 * The first byte that is none of the digits, points and commas which are most of a file, nor any other from 35 to 90; the end
 * where there is none. Eight bytes at a time take a third of the time that one at a time takes.
 */
function skipPlain(bytes: Uint8Array, view: DataView, start: number): number {
  let at = start;
  for (const last = bytes.length - 8; at <= last; at += 8) {
    const a = view.getInt32(at);
    const b = view.getInt32(at + 4);
    // Adding 37 takes bytes from 91 on over 127; taking 35 away takes those below 35 under 128, where their high bit was set.
    const beyond = (a + 0x25252525) | (b + 0x25252525) | a | b;
    const below = ~(((a | HIGH) - 0x23232323) & ((b | HIGH) - 0x23232323));
    if (((beyond | below) & HIGH) !== 0) {
      break;
    }
  }
  while (at < bytes.length && bytes[at]! > QUOTE && bytes[at]! < OPEN_BRACKET) {
    at++;
  }
  return at;
}

/** Where the closing quote stands; -1 for a text with escapes or without end. */
function endOfText(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      return at;
    }
    if (byte === BACKSLASH) {
      return -1;
    }
  }
  return -1;
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
  for (; at < bytes.length && bytes[at] !== CLOSE_BRACKET; at++) {
    count += bytes[at] === COMMA ? 1 : 0;
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
