/** Ends of lines and records in bytes. */

export const LF = 10;
export const CR = 13;
export const QUOTE = 34;

/** Where records end. Records begin where `bytes` begins. */
export interface RecordEnds {
  /** Offset after the last record end in `bytes[0 … end)`, 0 where there is none. */
  last(bytes: Uint8Array, end: number): number;
  /** Offset after the first one. */
  first(bytes: Uint8Array, end: number): number;
}

/** A record is a line. */
export const LINES: RecordEnds = {
  last: (bytes, end) => (end === 0 ? 0 : bytes.lastIndexOf(LF, end - 1) + 1),
  first(bytes, end) {
    const found = bytes.indexOf(LF);
    return found < end ? found + 1 : 0;
  },
};

/** Line ends between quotes are not ends of records. A quote begins a quoted field only where a field begins. */
export function quotedLines(delimiter: number): RecordEnds {
  return {
    last(bytes, end) {
      const quote = bytes.indexOf(QUOTE);
      return quote < 0 || quote >= end ? LINES.last(bytes, end) : scan(bytes, end, delimiter, false);
    },
    first: (bytes, end) => scan(bytes, end, delimiter, true),
  };
}

function scan(bytes: Uint8Array, end: number, delimiter: number, first: boolean): number {
  let found = 0;
  let begins = true;
  for (let at = 0; at < end; at++) {
    const c = bytes[at]!;
    if (c === QUOTE && begins) {
      at = closingQuote(bytes, at, end);
      begins = false;
    } else if (c === LF) {
      found = at + 1;
      begins = true;
      if (first) {
        return found;
      }
    } else {
      begins = c === delimiter;
    }
  }
  return found;
}

/** Offset of the quote that closes the field which the quote at `open` begins; `end` where none does. */
export function closingQuote(bytes: Uint8Array, open: number, end: number): number {
  let at = open + 1;
  while (at < end) {
    if (bytes[at] === QUOTE) {
      if (at + 1 >= end || bytes[at + 1] !== QUOTE) {
        return at;
      }
      at++;
    }
    at++;
  }
  return end;
}

/** Line feeds in `bytes[begin … end)`, four bytes at a time. */
export function countLines(bytes: Uint8Array, begin: number, end: number): number {
  let lines = 0;
  let at = begin;
  if (end - begin < 64) {
    for (; at < end; at++) {
      lines += bytes[at] === LF ? 1 : 0;
    }
    return lines;
  }
  for (; at < end && (bytes.byteOffset + at) % 4 !== 0; at++) {
    lines += bytes[at] === LF ? 1 : 0;
  }
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (end - at) >> 2);
  for (let i = 0; i < words.length; i++) {
    // A byte of `word` is 0 where there is a line feed.
    const word = words[i]! ^ 0x0a0a0a0a;
    if (((word - 0x01010101) & ~word & 0x80808080) !== 0) {
      const from = at + 4 * i;
      for (let k = from; k < from + 4; k++) {
        lines += bytes[k] === LF ? 1 : 0;
      }
    }
  }
  for (at += 4 * words.length; at < end; at++) {
    lines += bytes[at] === LF ? 1 : 0;
  }
  return lines;
}
