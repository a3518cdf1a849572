import type { TreeSource } from "../model/model.ts";
import type { JsonValue } from "./json.ts";

/** The list of a tree whose entries count its nodes. */
export const COUNTED_LIST = "left_children";

/**
 * The trees of a file where they stand in it, each read when it is asked for: what a parsed tree has besides its numbers, some
 * fifteen objects, weighs more than these where it has few nodes. What was read before is not valid any more.
 */
export class UnreadList {
  readonly length: number;
  /** Nodes of all trees; never less than those that `read` finds. */
  readonly counted: number;
  /** @throws ModelFormatError for what is broken inside */
  readonly read: (index: number) => JsonValue;
  readonly source: TreeSource | undefined;

  constructor(length: number, counted: number, read: (index: number) => JsonValue, source?: TreeSource) {
    this.length = length;
    this.counted = counted;
    this.read = read;
    this.source = source;
  }
}

/** Finds trees where they stand in a file, faster than the readers in this folder. */
export interface TreeFinder {
  /**
   * Looks over a list of trees, the first of which begins at `start`.
   * @param count of the trees, -1 where a closing mark ends the list
   * @returns `undefined` where the list has anything else, or is broken
   */
  find(bytes: Uint8Array, start: number, format: TreeSource["format"], count: number): FoundTrees | undefined;
}

export interface FoundTrees {
  readonly source: TreeSource;
  /** Entries of all lists under the key `COUNTED_LIST`; more where an object has several. */
  readonly counted: number;
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
