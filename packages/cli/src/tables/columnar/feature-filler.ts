/** Values of typed columns to float32 features of the model. */
import type { FeatureEncoder } from "../table.ts";
import type { Refusals } from "./refusals.ts";

/** Where a column's values go. */
export interface FeaturePlace {
  /** The feature's values by row, all of which are written. */
  readonly out: Float32Array;
  readonly feature: number;
  /** Name of the column, for refusals. */
  readonly column: string;
}

/** Values of some rows one after the other: those of rows that have one, or indices into `entries`. */
export interface Values {
  readonly rows: number;
  /** By row: 1 where it has a value, which takes the next place, 0 where not. `undefined`: all have. */
  readonly present: Uint8Array | undefined;
  /** Whether rows without a value have a place nevertheless. */
  readonly hasGaps: boolean;
  /** Index by place, where the column is a dictionary. */
  readonly indices: ArrayLike<number> | undefined;
  readonly entries: Entries;
}

/** Values of a column, or of its dictionary. */
export interface Entries {
  readonly length: number;
  /** The same as numbers, where they are values as they stand. */
  readonly numbers: ArrayLike<number> | undefined;
  at(i: number): unknown;
}

/** Writes features, and remembers what entries of dictionaries are. */
export class FeatureFiller {
  readonly #encoder: FeatureEncoder;
  readonly #codes = new WeakMap<Entries, Float32Array>();

  constructor(encoder: FeatureEncoder) {
    this.#encoder = encoder;
  }

  /** @param first row of the block that the values begin at */
  fill(values: Values, first: number, place: FeaturePlace, refusals: Refusals): void {
    checkIndices(values);
    const { numbers } = values.entries;
    if (numbers !== undefined && this.#encoder.kinds[place.feature] !== "integer category") {
      copy(numbers, values, first, place);
    } else {
      this.#encode(values, first, place, refusals);
    }
  }

  #encode(values: Values, first: number, place: FeaturePlace, refusals: Refusals): void {
    const { out, feature } = place;
    const { present, hasGaps, indices, rows, entries } = values;
    const codes = this.#codesOf(values);
    for (let row = 0, next = 0; row < rows; row++) {
      out[first + row] = Number.NaN;
      if (present !== undefined && present[row] === 0) {
        next += hasGaps ? 1 : 0;
        continue;
      }
      const index = indices === undefined ? next : indices[next]!;
      next++;
      try {
        const known = codes?.[index];
        const code =
          known === undefined || Number.isNaN(known)
            ? this.#encoder.encodeValue(entries.at(index), feature)
            : known;
        out[first + row] = code;
        if (codes !== undefined) {
          codes[index] = code;
        }
      } catch (error) {
        refusals.add(first + row, place.column, error);
      }
    }
  }

  /** What entries of a dictionary are to a feature: NaN where that is not known yet. */
  #codesOf({ indices, entries }: Values): Float32Array | undefined {
    if (indices === undefined) {
      return undefined;
    }
    let codes = this.#codes.get(entries);
    if (codes === undefined) {
      codes = new Float32Array(entries.length).fill(Number.NaN);
      this.#codes.set(entries, codes);
    }
    return codes;
  }
}

function copy(numbers: ArrayLike<number>, values: Values, first: number, { out }: FeaturePlace): void {
  const { rows, present, hasGaps, indices } = values;
  if (present !== undefined) {
    for (let row = 0, next = 0; row < rows; row++) {
      if (present[row] !== 0) {
        out[first + row] = numbers[indices === undefined ? next : indices[next]!]!;
        next++;
      } else {
        out[first + row] = Number.NaN;
        next += hasGaps ? 1 : 0;
      }
    }
  } else if (indices !== undefined) {
    for (let row = 0; row < rows; row++) {
      out[first + row] = numbers[indices[row]!]!;
    }
  } else {
    for (let row = 0; row < rows; row++) {
      out[first + row] = numbers[row]!;
    }
  }
}

/** @throws RangeError where there are fewer values than rows, or indices of no entry */
function checkIndices({ rows, present, hasGaps, indices, entries }: Values): void {
  const needed = present === undefined || hasGaps ? rows : count(present, rows);
  if ((indices ?? entries).length < needed) {
    throw new RangeError(`there are ${(indices ?? entries).length} values for ${needed} rows`);
  }
  if (indices === undefined) {
    return;
  }
  for (let i = 0, row = 0; i < needed; i++, row++) {
    const index = indices[i]!;
    // What an index is where a row has no value is not said.
    if (!(index >= 0 && index < entries.length) && !(hasGaps && present?.[row] === 0)) {
      throw new RangeError(`the index ${index} is not in a dictionary of ${entries.length} values`);
    }
  }
}

function count(present: Uint8Array, rows: number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    sum += present[row]!;
  }
  return sum;
}
