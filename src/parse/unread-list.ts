import type { JsonValue } from "./json.ts";

/** The list of a tree whose entries count its nodes. */
export const COUNTED_LIST = "left_children";

/** Whether a key is `COUNTED_LIST`: `length` bytes from `start` on. */
export function isCountedKey(bytes: Uint8Array, start: number, length: number): boolean {
  if (length !== COUNTED_LIST.length) {
    return false;
  }
  let i = 0;
  while (i < length && bytes[start + i] === COUNTED_LIST.charCodeAt(i)) {
    i++;
  }
  return i === length;
}

/** What a look over a list of objects finds. */
export interface Outline {
  /** Where each object begins: bytes. */
  readonly starts: readonly number[];
  /** Behind the list. */
  readonly end: number;
  /** Entries of all lists under the key `COUNTED_LIST`; more where an object has several. */
  readonly counted: number;
}

/**
 * The trees of a file where they stand in it, each read when it is asked for: what a parsed tree has besides its numbers, some
 * fifteen objects, weighs more than these where it has few nodes. What was read before is not valid any more.
 */
export class UnreadList {
  readonly length: number;
  /** Nodes of all trees; never less than those that `read` finds. */
  readonly counted: number;
  readonly #starts: readonly number[];
  readonly #read: (start: number) => JsonValue;

  constructor({ starts, counted }: Outline, read: (start: number) => JsonValue) {
    this.length = starts.length;
    this.counted = counted;
    this.#starts = starts;
    this.#read = read;
  }

  /** @throws ModelFormatError for what is broken inside */
  read(index: number): JsonValue {
    return this.#read(this.#starts[index]!);
  }
}

export interface PartlyRead {
  readonly document: JsonValue;
  /** All lists in the document that are left unread, and those that later ones under the same key have replaced. */
  readonly unread: readonly UnreadList[];
}

/** @param keys those that lead to the value, outermost first; the end of them tells, as models stand in snapshots, too */
export function leadsToTrees(keys: readonly string[]): boolean {
  const [first, second, third, fourth] = keys.slice(-4).reverse();
  return (
    first === "trees" &&
    second === "model" &&
    (third === "gradient_booster" || (third === "gbtree" && fourth === "gradient_booster"))
  );
}
