/** Columns in linear memory: search tables, and where values of a row are looked for. */
import type { Layout } from "../compile/layout.ts";
import type { Arena, Views } from "../wasm/platform.ts";
import type { Column } from "./ranks.ts";

/** Of a column's record, what says where to search. */
const SEARCH_BYTES = 12;
const NODE_KEYS = 16;
const NODE_BYTES = 4 * NODE_KEYS;
/** Rows are copied whole where at most this share of their values is not looked at. */
const MAX_UNUSED = 0.75;

/** Where the search tables stand, and what is staged of a row. */
export interface SearchPlaces {
  readonly columnsAt: number;
  readonly columnsEnd: number;
  /** Features of a staged row in order; `undefined` where rows are staged whole. */
  readonly features: Int32Array | undefined;
  /** Bytes of a staged row. */
  readonly rowBytes: number;
}

export class RankSearch {
  readonly places: SearchPlaces;
  readonly #columns: readonly Column[];
  readonly #columnBytes: number;
  readonly #tablesAt: number[];

  /** @param columnBytes of a column's record: 12 that say where to search, then what is to be done with the rank */
  constructor(layout: Layout, columns: readonly Column[], columnBytes: number, arena: Arena) {
    this.#columns = columns;
    this.#columnBytes = columnBytes;
    const features = Int32Array.from(new Set(columns.map(({ feature }) => feature)));
    const isPartial = features.length < layout.features * (1 - MAX_UNUSED);
    const columnsAt = arena.take(columns.length * columnBytes);
    this.places = {
      columnsAt,
      columnsEnd: columnsAt + columns.length * columnBytes,
      features: isPartial ? features : undefined,
      rowBytes: 4 * (isPartial ? features.length : layout.features),
    };
    this.#tablesAt = columns.map(({ thresholds }) =>
      arena.take(nodesOf(levelsFor(thresholds.length)) * NODE_BYTES),
    );
  }

  /** @param writeUse writes the rest of the record of column number `column`, which begins at address `at` */
  write({ words, floats }: Views, writeUse: (column: number, at: number) => void): void {
    const { columnsAt, features } = this.places;
    const position = new Map(Array.from(features ?? [], (feature, i) => [feature, i]));
    this.#columns.forEach(({ feature, thresholds }, i) => {
      const table = this.#tablesAt[i]!;
      const levels = levelsFor(thresholds.length);
      const at = columnsAt + i * this.#columnBytes;
      words[at / 4] = table;
      words[at / 4 + 1] = levels;
      words[at / 4 + 2] = 4 * (features === undefined ? feature : position.get(feature)!);
      writeUse(i, at + SEARCH_BYTES);
      const keys = floats.subarray(table / 4, table / 4 + nodesOf(levels) * NODE_KEYS).fill(Number.NaN);
      writeNode(keys, 0, 0, 17 ** (levels - 1), thresholds);
    });
  }
}

/** Copies rows to `at`, a float's index in linear memory. */
export function stageRows(
  { features }: SearchPlaces,
  floats: Float32Array,
  at: number,
  rows: Float32Array,
  first: number,
  count: number,
  width: number,
): void {
  if (features !== undefined) {
    for (let row = first, to = at; row < first + count; row++) {
      for (let i = 0; i < features.length; i++) {
        floats[to++] = rows[row * width + features[i]!]!;
      }
    }
  } else {
    const size = count * width;
    floats.set(size === rows.length ? rows : rows.subarray(first * width, first * width + size), at);
  }
}

function levelsFor(thresholds: number): number {
  let levels = 1;
  while (17 ** levels - 1 < thresholds) {
    levels++;
  }
  return levels;
}

function nodesOf(levels: number): number {
  return (17 ** levels - 1) / NODE_KEYS;
}

/** Node `node` of the 17-ary tree parts the thresholds from `first` on, every `step`-th of them. */
function writeNode(
  keys: Float32Array,
  node: number,
  first: number,
  step: number,
  thresholds: Float32Array,
): void {
  for (let i = 0; i < NODE_KEYS; i++) {
    const place = first + step * (i + 1) - 1;
    if (place < thresholds.length) {
      keys[node * NODE_KEYS + i] = thresholds[place]!;
    }
  }
  for (let child = 0; step > 1 && child <= NODE_KEYS; child++) {
    writeNode(keys, 17 * node + 1 + child, first + step * child, step / 17, thresholds);
  }
}
