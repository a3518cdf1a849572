/** Columns that grow a value at a time. What a column holds is settled by what comes; see `table.ts`. */
import type { PostedColumn } from "../workers/protocol.ts";
import { float32Text, type TextBytes } from "./table.ts";

/** Texts that mean missing, as in pandas. */
export const MISSING: ReadonlySet<string> = new Set([
  "",
  "NA",
  "N/A",
  "NaN",
  "nan",
  "null",
  "NULL",
  "None",
  "<NA>",
]);

const FIRST_ROWS = 1024;
/** The largest whole number up to which float32 holds all of them. */
const EXACT = 2 ** 24;

/** A column as it is read: numbers until the first text comes, which makes text of all before it. */
export class ColumnBuilder {
  readonly name: string;
  #length = 0;
  #values: Float32Array | Float64Array = new Float32Array(FIRST_ROWS);
  /** While the column is text. */
  #codes: Int32Array | undefined;
  #texts: TextList | undefined;
  /** Numbers that are not missing. */
  #numbers = 0;

  constructor(name: string) {
    this.name = name;
  }

  get length(): number {
    return this.#length;
  }

  get isText(): boolean {
    return this.#codes !== undefined;
  }

  /** Whether numbers came, which text would make texts of that may differ from the file's. */
  get hasNumbers(): boolean {
    return this.#numbers > 0;
  }

  missing(): void {
    this.#grow(1);
    if (this.#codes !== undefined) {
      this.#codes[this.#length++] = -1;
    } else {
      this.#values[this.#length++] = Number.NaN;
    }
  }

  /** Missing values until the column has so many rows. */
  missingUpTo(rows: number): void {
    while (this.#length < rows) {
      this.missing();
    }
  }

  number(value: number): void {
    if (this.#codes !== undefined) {
      this.text(String(value));
      return;
    }
    this.#grow(1);
    if (Math.abs(value) > EXACT && this.#values instanceof Float32Array) {
      this.#widenFor(value);
    }
    this.#values[this.#length++] = value;
    this.#numbers++;
  }

  text(text: string): void {
    if (this.#codes === undefined) {
      this.becomeText();
    }
    this.#grow(1);
    this.#codes![this.#length++] = this.#texts!.code(text);
  }

  /** Makes a column of text of what there is. */
  becomeText(): void {
    const values = this.#values;
    const texts = new TextList();
    const codes = new Int32Array(values.length);
    for (let row = 0; row < this.#length; row++) {
      const value = values[row]!;
      codes[row] = Number.isNaN(value)
        ? -1
        : texts.code(values instanceof Float32Array ? float32Text(value) : String(value));
    }
    this.#codes = codes;
    this.#texts = texts;
    this.#values = new Float32Array(0);
  }

  /** Takes over numbers as they are, where nothing else has come. */
  numbers(values: ArrayLike<number>): void {
    if (this.#codes !== undefined || !(values instanceof Float32Array)) {
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        if (Number.isNaN(value)) {
          this.missing();
        } else {
          this.number(value);
        }
      }
      return;
    }
    this.#grow(values.length);
    this.#values.set(values, this.#length);
    this.#length += values.length;
    this.#numbers += values.length;
  }

  /** A value of a typed format. Objects become JSON. */
  value(value: unknown): void {
    switch (typeof value) {
      case "number":
        if (Number.isNaN(value)) {
          this.missing();
        } else {
          this.number(value);
        }
        break;
      case "bigint":
        // Text keeps what a double cannot, identifiers above all.
        if (Number.isSafeInteger(Number(value))) {
          this.number(Number(value));
        } else {
          this.text(String(value));
        }
        break;
      case "boolean":
        this.number(value ? 1 : 0);
        break;
      case "string":
        this.text(value);
        break;
      default:
        if (value === null || value === undefined) {
          this.missing();
        } else {
          this.text(textOf(value as object));
        }
    }
  }

  done(): PostedColumn {
    const name = this.name;
    return this.#codes === undefined
      ? { kind: "number", name, values: this.#values.slice(0, this.#length) }
      : { kind: "text", name, codes: this.#codes.slice(0, this.#length), texts: this.#texts!.done() };
  }

  #grow(by: number): void {
    const needed = this.#length + by;
    const size = this.#codes?.length ?? this.#values.length;
    if (needed <= size) {
      return;
    }
    const next = Math.max(needed, Math.ceil(size * 1.5), FIRST_ROWS);
    if (this.#codes !== undefined) {
      const codes = new Int32Array(next);
      codes.set(this.#codes);
      this.#codes = codes;
    } else {
      const values = this.#values instanceof Float32Array ? new Float32Array(next) : new Float64Array(next);
      values.set(this.#values);
      this.#values = values;
    }
  }

  /** Whole numbers beyond what float32 holds, such as identifiers, must be shown as they are. */
  #widenFor(value: number): void {
    if (Number.isInteger(value) && Math.fround(value) !== value && Number.isSafeInteger(value)) {
      const narrow = this.#values;
      const wide = new Float64Array(narrow.length);
      for (let i = 0; i < this.#length; i++) {
        // What a file says in a few digits, it says so again: 0.1, not 0.10000000149.
        wide[i] = Number.isNaN(narrow[i]!) ? Number.NaN : Number(float32Text(narrow[i]!));
      }
      this.#values = wide;
    }
  }
}

function textOf(value: object): string {
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "" : value.toISOString().replace(/T00:00:00\.000Z$/, "");
  }
  if (value instanceof Uint8Array) {
    return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  return JSON.stringify(value, (_, each) => (typeof each === "bigint" ? String(each) : each));
}

/** Distinct texts, each with a code. */
class TextList {
  readonly #codes = new Map<string, number>();

  code(text: string): number {
    let code = this.#codes.get(text);
    if (code === undefined) {
      code = this.#codes.size;
      this.#codes.set(text, code);
    }
    return code;
  }

  done(): TextBytes {
    const encoder = new TextEncoder();
    const starts = new Uint32Array(this.#codes.size + 1);
    let bytes = new Uint8Array(4096);
    let [at, i] = [0, 0];
    for (const text of this.#codes.keys()) {
      // A UTF-16 unit takes at most three bytes.
      if (bytes.length - at < text.length * 3) {
        const larger = new Uint8Array(Math.max(bytes.length * 2, at + text.length * 3));
        larger.set(bytes);
        bytes = larger;
      }
      at += encoder.encodeInto(text, bytes.subarray(at)).written;
      starts[++i] = at;
    }
    return { bytes: bytes.slice(0, at), starts };
  }
}
