/** UTF-8 to text. */
/** Every JavaScript platform has it; declared here because the core compiles without any platform's types. */
declare const TextDecoder: new (
  label: string,
  options: { ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

/** A byte order mark is a character like any other inside a name; at the front of a file, readers skip it. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** UTF-8 to text; bytes that are not UTF-8 become U+FFFD, as in files of 3.1 to 3.3 with truncated category names. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

const SLOTS = 1024;
const MAX_BYTES = 32;

/** Texts of a document by their bytes: the same few dozen keys stand in every tree, and decoding one takes as long as 20 numbers. */
export class Names {
  readonly #known: (string | undefined)[] = new Array(SLOTS).fill(undefined);

  /** The text of `bytes[start … end)`. */
  text(bytes: Uint8Array, start: number, end: number): string {
    if (end - start > MAX_BYTES) {
      return decodeUtf8(bytes.subarray(start, end));
    }
    // Enough to give each key of a tree, and each number of up to three digits, a place of its own.
    let hash = bytes[start]! + end - start;
    for (let i = Math.max(start, end - 4); i < end; i++) {
      hash = (17 * hash + bytes[i]!) | 0;
    }
    const slot = hash & (SLOTS - 1);
    const known = this.#known[slot];
    if (known !== undefined && isText(known, bytes, start, end)) {
      return known;
    }
    const text = decodeUtf8(bytes.subarray(start, end));
    this.#known[slot] = text;
    return text;
  }
}

/** Whether bytes are the text, which has to be ASCII for that: others are decoded every time. */
function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) {
    return false;
  }
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== bytes[start + i] || code > 127) {
      return false;
    }
  }
  return true;
}
