/**
 * Arrow's metadata, checked before the library decodes them: it believes every length that it reads, and a damaged one keeps it
 * busy for minutes and gigabytes. Metadata are FlatBuffers (https://flatbuffers.dev/internals), their tables those of
 * https://github.com/apache/arrow/tree/main/format, in Schema.fbs, Message.fbs and File.fbs.
 */

/** What a slot of a table holds; slots that are not listed are not read by the library. */
type Slot =
  | { readonly kind: "scalar"; readonly bytes: number }
  | { readonly kind: "text" }
  | { readonly kind: "table"; readonly table: Table }
  /** Fields are of fields. */
  | { readonly kind: "tables"; readonly table: () => Table }
  | { readonly kind: "values"; readonly bytes: number }
  /** The slot before it has the type, which is the place in the list. */
  | { readonly kind: "union"; readonly tables: readonly Table[] };

type Table = readonly Slot[];

const TEXT: Slot = { kind: "text" };

function scalar(bytes: number): Slot {
  return { kind: "scalar", bytes };
}

function table(type: Table): Slot {
  return { kind: "table", table: type };
}

function tables(type: () => Table): Slot {
  return { kind: "tables", table: type };
}

/** Structs and numbers, one after the other. */
function values(bytes: number): Slot {
  return { kind: "values", bytes };
}

function union(...types: readonly Table[]): Slot {
  return { kind: "union", tables: types };
}

const NOTHING: Table = [];
const KEY_VALUE: Table = [TEXT, TEXT];
const INT: Table = [scalar(4), scalar(1)];
const UNIT: Table = [scalar(2)];
const WIDTH: Table = [scalar(4)];

const TYPES: readonly Table[] = [
  NOTHING,
  NOTHING, // Null
  INT,
  UNIT, // FloatingPoint
  NOTHING, // Binary
  NOTHING, // Utf8
  NOTHING, // Bool
  [scalar(4), scalar(4), scalar(4)], // Decimal
  UNIT, // Date
  [scalar(2), scalar(4)], // Time
  [scalar(2), TEXT], // Timestamp
  UNIT, // Interval
  NOTHING, // List
  NOTHING, // Struct
  [scalar(2), values(4)], // Union
  WIDTH, // FixedSizeBinary
  WIDTH, // FixedSizeList
  [scalar(1)], // Map
  UNIT, // Duration
  ...Array.from({ length: 8 }, () => NOTHING), // the large, the views and RunEndEncoded
];

const DICTIONARY_ENCODING: Table = [scalar(8), table(INT), scalar(1), scalar(2)];

const FIELD: Table = [
  TEXT,
  scalar(1),
  scalar(1),
  union(...TYPES),
  table(DICTIONARY_ENCODING),
  tables(() => FIELD),
  tables(() => KEY_VALUE),
];

const SCHEMA: Table = [scalar(2), tables(() => FIELD), tables(() => KEY_VALUE), values(8)];

const RECORD_BATCH: Table = [scalar(8), values(16), values(16), table([scalar(1), scalar(1)]), values(8)];

const DICTIONARY_BATCH: Table = [scalar(8), table(RECORD_BATCH), scalar(1)];

const MESSAGE: Table = [
  scalar(2),
  scalar(1),
  // Of tensors, which are refused, nothing is read.
  union(NOTHING, SCHEMA, DICTIONARY_BATCH, RECORD_BATCH, NOTHING, NOTHING),
  scalar(8),
  tables(() => KEY_VALUE),
];

const FOOTER: Table = [scalar(2), table(SCHEMA), values(24), values(24), tables(() => KEY_VALUE)];

/** Of fields in fields; Arrow's implementation in C++ allows as many. */
const MAX_DEPTH = 128;
/** What is decoded may be this many times what is stored: parts may be stored once and named often. */
const MAX_SHARE = 8;

/** @throws RangeError where anything that the library would read is not wholly within the bytes */
export function checkMessage(bytes: Uint8Array): void {
  new Check(bytes).root(MESSAGE);
}

/** @throws RangeError where anything that the library would read is not wholly within the bytes */
export function checkFooter(bytes: Uint8Array): void {
  new Check(bytes).root(FOOTER);
}

class Check {
  readonly #view: DataView;
  #left: number;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#view = new DataView(buffer, byteOffset, byteLength);
    this.#left = MAX_SHARE * byteLength;
  }

  root(type: Table): void {
    this.#table(this.#follow(0), type, 0);
  }

  #table(at: number, type: Table, depth: number): void {
    if (depth > MAX_DEPTH) {
      throw new RangeError(`tables are nested deeper than ${MAX_DEPTH}`);
    }
    const slots = at - this.#view.getInt32(at, true);
    const slotBytes = this.#view.getUint16(slots, true);
    const bytes = this.#view.getUint16(slots + 2, true);
    this.#take(slots, slotBytes);
    this.#take(at, bytes);
    let tag = 0;
    type.forEach((slot, i) => {
      const place = 4 + 2 * i;
      const offset = place + 2 <= slotBytes ? this.#view.getUint16(slots + place, true) : 0;
      if (offset !== 0) {
        if (offset + (slot.kind === "scalar" ? slot.bytes : 4) > bytes) {
          throw new RangeError("a value lies beyond its table");
        }
        this.#slot(at + offset, slot, tag, depth);
      }
      tag = offset !== 0 && slot.kind === "scalar" ? this.#view.getUint8(at + offset) : 0;
    });
  }

  #slot(at: number, slot: Slot, tag: number, depth: number): void {
    switch (slot.kind) {
      case "scalar":
        return;
      case "text":
        this.#vector(at, 1);
        return;
      case "values":
        this.#vector(at, slot.bytes);
        return;
      case "table":
        this.#table(this.#follow(at), slot.table, depth + 1);
        return;
      case "tables": {
        const { start, length } = this.#vector(at, 4);
        for (let i = 0; i < length; i++) {
          this.#table(this.#follow(start + 4 * i), slot.table(), depth + 1);
        }
        return;
      }
      case "union": {
        const type = slot.tables[tag];
        if (type === undefined) {
          throw new RangeError(`there is no type ${tag}`);
        }
        this.#table(this.#follow(at), type, depth + 1);
      }
    }
  }

  #vector(at: number, bytes: number): { readonly start: number; readonly length: number } {
    const place = this.#follow(at);
    const length = this.#view.getUint32(place, true);
    this.#take(place + 4, length * bytes);
    return { start: place + 4, length };
  }

  #follow(at: number): number {
    return at + this.#view.getUint32(at, true);
  }

  #take(at: number, bytes: number): void {
    if (at < 0 || at + bytes > this.#view.byteLength) {
      throw new RangeError("a part lies beyond the metadata");
    }
    this.#left -= bytes;
    if (this.#left < 0) {
      throw new RangeError("parts are named again and again");
    }
  }
}
