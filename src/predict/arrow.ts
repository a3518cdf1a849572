/**
 * Arrow tables in memory, by the shape that apache-arrow's and flechette's have in common, so that neither is imported. Values
 * are read from the table's own buffers.
 */
import { describe, InputError } from "../errors.ts";
import { type NamedColumn, openNamedColumns } from "./columns.ts";
import type { ArrowTableLike, RowSource } from "./data.ts";
import type { FeatureTable } from "./features.ts";
import type { RowOptions } from "./rows.ts";

/** A vector: `get` takes a row of the whole column. */
interface ArrowColumn {
  readonly length: number;
  readonly data: readonly ArrowChunk[];
  get(row: number): unknown;
}

/** Buffers of one record batch. */
interface ArrowChunk {
  readonly type: { readonly typeId: number };
  readonly length: number;
  readonly nullCount: number;
  /** From the first row of the chunk on; bits of booleans from the first row of its buffer on. */
  readonly values?: ArrayLike<number | bigint>;
  /** apache-arrow: 1 where there is a value. Of a slice, it is that of the whole, and `offset` says where the slice begins. */
  readonly nullBitmap?: Uint8Array;
  readonly offset?: number;
  /** The same of flechette, which has no slices. */
  readonly validity?: Uint8Array;
  /** Values that the values of a dictionary column are indices of. */
  readonly dictionary?: ArrowColumn;
}

/** Numbers of types as Arrow's format has them, and what both libraries call a dictionary. */
const [DICTIONARY, NULL, INT, FLOAT, UTF8, BOOL, LARGE_UTF8, UTF8_VIEW] = [-1, 1, 2, 3, 5, 6, 20, 24];

/** Names of types by number, for errors. */
const TYPE_NAMES =
  ",,,,Binary,,,Decimal,Date,Time,Timestamp,Interval,List,Struct,Union,FixedSizeBinary,FixedSizeList,Map,Duration,LargeBinary,,LargeList,RunEndEncoded,BinaryView,,ListView,LargeListView".split(
    ",",
  );

export function isArrowTable(data: object): data is ArrowTableLike {
  return typeof (data as ArrowTableLike).getChildAt === "function" && "numRows" in data && "schema" in data;
}

export function openArrow(table: ArrowTableLike, features: FeatureTable, options: RowOptions): RowSource {
  const seen = new Set<string>();
  const columns = table.schema.fields.map(({ name }, index): NamedColumn => {
    const column = table.getChildAt(index) as ArrowColumn;
    const feature = features.column(name);
    if (feature < 0) {
      // Refused, or not looked at.
      return { name, length: column.length, fill: () => undefined };
    }
    if (seen.has(name)) {
      throw refusal(name, "stands in the table twice");
    }
    seen.add(name);
    const chunks = column.data.map((chunk) => openChunk(column, chunk, name, feature, features, options));
    return { name, length: column.length, fill: chunkFiller(column, chunks, features.count) };
  });
  return openNamedColumns(columns, table.numRows, features, options);
}

/** Value of a row of a chunk, which is row `row` of the column. */
type ReadValue = (i: number, row: number) => number;

/** Numbers that are values as they are, or a function. */
interface ChunkReader {
  readonly plain: ArrayLike<number> | undefined;
  readonly read: ReadValue;
  /** Validity, where anything is missing. */
  readonly bits: Uint8Array | undefined;
  readonly offset: number;
}

function openChunk(
  column: ArrowColumn,
  chunk: ArrowChunk,
  name: string,
  feature: number,
  features: FeatureTable,
  options: RowOptions,
): ChunkReader {
  const { length, values, nullCount, offset = 0, dictionary } = chunk;
  const { typeId } = chunk.type;
  const bits = nullCount === 0 ? undefined : (chunk.nullBitmap ?? chunk.validity);
  const isNumber = typeId === INT || typeId === FLOAT;
  const needed =
    typeId === BOOL ? (offset + length + 7) >> 3 : isNumber || typeId === DICTIONARY ? length : 0;
  if ((values?.length ?? 0) < needed || (bits?.length && bits.length * 8 < offset + length)) {
    throw refusal(name, `has buffers too short for its ${length} values`);
  }
  const numbers = values as ArrayLike<number>;
  const value = (found: unknown, row: number): number => features.value(found, feature, row, options.missing);
  const half = typeId === FLOAT && values instanceof Uint16Array;
  const big = values instanceof BigInt64Array || values instanceof BigUint64Array;
  let read: ReadValue;
  if (isNumber) {
    read = (i, row) => value(half ? halfToNumber(numbers[i]!) : numbers[i], row);
  } else if (typeId === BOOL) {
    read = (i, row) => value(isSet(numbers, offset + i), row);
  } else if (typeId === UTF8 || typeId === LARGE_UTF8 || typeId === UTF8_VIEW) {
    read = (_, row) => value(column.get(row), row);
  } else if (typeId === DICTIONARY && dictionary !== undefined) {
    read = dictionaryReader(numbers, dictionary, name, value);
  } else if (typeId === NULL) {
    read = () => Number.NaN;
  } else {
    throw refusal(
      name,
      `has the type ${TYPE_NAMES[typeId] || typeId}, expected numbers, booleans, text or a dictionary`,
    );
  }
  return {
    plain: isNumber && !half && !big && !features.hasIntegerCategories(feature) ? numbers : undefined,
    read,
    bits: bits?.length ? bits : undefined,
    offset,
  };
}

/** Looks each value of the dictionary up once. */
function dictionaryReader(
  indices: ArrayLike<number | bigint>,
  dictionary: ArrowColumn,
  name: string,
  value: (found: unknown, row: number) => number,
): ReadValue {
  const codes: number[] = [];
  return (i, row) => {
    const index = Number(indices[i]);
    if (!(index >= 0 && index < dictionary.length)) {
      throw refusal(name, `has the index ${index} into a dictionary of ${dictionary.length} values`);
    }
    codes[index] ??= value(dictionary.get(index), row);
    return codes[index];
  };
}

function chunkFiller(
  { data }: ArrowColumn,
  chunks: readonly ChunkReader[],
  width: number,
): NamedColumn["fill"] {
  // Rows are asked for in order, mostly: the chunk of the last ones is where to look first.
  let chunk = 0;
  let first = 0;
  return (begin, end, feature, out) => {
    if (begin < first) {
      chunk = 0;
      first = 0;
    }
    for (let row = begin, at = feature; row < end; ) {
      const length = data[chunk]!.length;
      if (row >= first + length) {
        first += length;
        chunk++;
        continue;
      }
      const { plain, read, bits, offset } = chunks[chunk]!;
      const to = Math.min(end - first, length);
      for (let i = row - first; i < to; i++, at += width) {
        if (bits === undefined || isSet(bits, offset + i)) {
          out[at] = plain === undefined ? read(i, first + i) : plain[i]!;
        }
      }
      row = first + to;
    }
  };
}

function isSet(bits: ArrayLike<number>, index: number): boolean {
  return ((bits[index >> 3]! >> (index & 7)) & 1) === 1;
}

/** A float16 by its bits. */
function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude =
    exponent === 31
      ? fraction === 0
        ? Number.POSITIVE_INFINITY
        : Number.NaN
      : exponent === 0
        ? fraction * 2 ** -24
        : (1024 + fraction) * 2 ** (exponent - 25);
  return bits < 32768 ? magnitude : -magnitude;
}

function refusal(name: string, problem: string): InputError {
  return new InputError(`column ${describe(name)} ${problem}`, { feature: name });
}
