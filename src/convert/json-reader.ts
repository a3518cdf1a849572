/** JSON to events. The bytes have been read as a model before, so they are known to be well formed. */
import { describe, ModelFormatError } from "../errors.ts";
import { parseDecimal } from "../parse/number.ts";
import type { NumberArray } from "../parse/packed-array.ts";
import { decodeUtf8 } from "../parse/text.ts";
import type { DocumentWriter, ElementType, Scalar } from "./document-writer.ts";
import { elementType, FLOAT_LISTS } from "./element-types.ts";
import { float32Text } from "./float-text.ts";

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
const encoder = new TextEncoder();

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const BYTE_ORDER_MARK = 3;

/** A container that is open. */
interface Container {
  readonly isObject: boolean;
  /** In an object: the key whose value comes next; `undefined` where a key comes next. In an array: its own key. */
  key: string | undefined;
  /** The integer under `type` of an object. */
  sibling: number | undefined;
}

export function copyJson(bytes: Uint8Array, writer: DocumentWriter): void {
  new JsonCopier(bytes, writer).run();
}

class JsonCopier {
  readonly #bytes: Uint8Array;
  readonly #writer: DocumentWriter;
  readonly #open: Container[] = [];
  #at: number;

  constructor(bytes: Uint8Array, writer: DocumentWriter) {
    this.#bytes = bytes;
    this.#writer = writer;
    this.#at = bytes[0] === 0xef ? BYTE_ORDER_MARK : 0;
  }

  run(): void {
    do {
      this.#step();
    } while (this.#open.length > 0);
  }

  /** One mark, key or value. */
  #step(): void {
    const byte = this.#peek();
    const last = this.#open[this.#open.length - 1];
    if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      this.#at++;
      this.#open.pop();
      this.#writer.close();
      return;
    }
    if (last?.isObject === true && last.key === undefined) {
      const key = this.#text();
      last.key = decodeUtf8(key);
      this.#writer.key(key);
      return;
    }
    this.#value(byte, last);
    if (last?.isObject === true) {
      last.key = undefined;
    }
  }

  #value(byte: number, container: Container | undefined): void {
    if (byte === OPEN_BRACE) {
      this.#at++;
      this.#push(true, undefined);
    } else if (byte === OPEN_BRACKET) {
      this.#at++;
      this.#array(container);
    } else if (byte === QUOTE) {
      this.#writer.scalar({ type: "text", value: this.#text() });
    } else {
      const found = scalarOf(this.#word(), container?.key);
      if (container?.key === "type" && found.type === "integer") {
        container.sibling = Number(found.value);
      }
      this.#writer.scalar(found);
    }
  }

  #array(container: Container | undefined): void {
    const key = container?.isObject === true ? container.key : undefined;
    const type = key === undefined ? undefined : elementType(key, container?.sibling);
    if (type === undefined) {
      this.#push(false, key);
    } else {
      this.#typedArray(key!, type);
    }
  }

  #push(isObject: boolean, key: string | undefined): void {
    this.#open.push({ isObject, key, sibling: undefined });
    this.#writer.open(isObject ? "object" : "array");
  }

  #typedArray(key: string, type: ElementType): void {
    const words: string[] = [];
    while (this.#peek() !== CLOSE_BRACKET) {
      const word = this.#word();
      if (word === "") {
        throw new ModelFormatError(key, "has something else than numbers in it");
      }
      words.push(word);
    }
    this.#at++;
    this.#writer.numbers(type, numbersOf(key, type, words));
  }

  /** The next byte that is not between values. */
  #peek(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at]!;
    while (byte <= 32 || byte === COMMA || byte === COLON) {
      byte = bytes[++this.#at]!;
    }
    return byte;
  }

  /** A number, or a word such as `true`. */
  #word(): string {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let byte = bytes[at];
    while (
      byte !== undefined &&
      byte > 32 &&
      byte !== COMMA &&
      byte !== CLOSE_BRACKET &&
      byte !== CLOSE_BRACE
    ) {
      byte = bytes[++at];
    }
    this.#at = at;
    let word = "";
    for (let i = start; i < at; i++) {
      word += String.fromCharCode(bytes[i]!);
    }
    return word;
  }

  /** The bytes of a string, without its quotes and escapes. */
  #text(): Uint8Array {
    const bytes = this.#bytes;
    const start = ++this.#at;
    let at = start;
    let escaped = false;
    while (bytes[at] !== QUOTE) {
      escaped ||= bytes[at] === BACKSLASH;
      at += bytes[at] === BACKSLASH ? 2 : 1;
    }
    this.#at = at + 1;
    const raw = bytes.subarray(start, at);
    return escaped ? unescaped(raw) : raw;
  }
}

/** Escapes become bytes; everything else stays as it is, UTF-8 or not. */
function unescaped(raw: Uint8Array): Uint8Array {
  const parts: number[] = [];
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] !== BACKSLASH) {
      parts.push(raw[i]!);
      continue;
    }
    // Consecutive escapes are read together: two of them may be one character.
    let end = i;
    while (raw[end] === BACKSLASH) {
      end += raw[end + 1] === 117 ? 6 : 2;
    }
    parts.push(...encoder.encode(JSON.parse(`"${decodeUtf8(raw.subarray(i, end))}"`) as string));
    i = end - 1;
  }
  return Uint8Array.from(parts);
}

function scalarOf(word: string, key: string | undefined): Scalar {
  if (word === "true" || word === "false" || word === "null") {
    return { type: word };
  }
  if (/^-?\d+$/.test(word) && !(key !== undefined && FLOAT_LISTS.has(key))) {
    const value = Number(word);
    if (Number.isSafeInteger(value)) {
      return { type: "integer", value };
    }
    const exact = BigInt(word);
    return BigInt.asIntN(64, exact) === exact
      ? { type: "integer", value: exact }
      : { type: "float64", value };
  }
  const value = parseNumber(word);
  const nearest = Math.fround(value);
  // XGBoost's numbers are float32; others would lose digits.
  const isFloat32 =
    (key !== undefined && FLOAT_LISTS.has(key)) ||
    Object.is(nearest, value) ||
    Number(float32Text(nearest)) === Number(word);
  return isFloat32 ? { type: "float32", value: nearest } : { type: "float64", value };
}

function parseNumber(word: string): number {
  switch (word.replace("-", "").toLowerCase()) {
    case "nan":
      return Number.NaN;
    case "infinity":
    case "inf":
      return word.startsWith("-") ? -Infinity : Infinity;
    default:
      return parseDecimal(word);
  }
}

const ARRAYS = {
  d: Float32Array,
  D: Float64Array,
  l: Int32Array,
  I: Int16Array,
  i: Int8Array,
  U: Uint8Array,
} as const;
const NUMBER = /^-?(?:\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|NaN|nan|Infinity|inf)$/;

/** Not every array of a document is part of the model: what stands in the others has not been looked at before. */
function numbersOf(key: string, type: ElementType, words: readonly string[]): NumberArray | BigInt64Array {
  const isFloat = type === "d" || type === "D";
  for (const word of words) {
    const fits = isFloat
      ? NUMBER.test(word)
      : /^-?\d{1,20}$/.test(word) || (type === "U" && /^(?:true|false)$/.test(word));
    if (!fits) {
      throw new ModelFormatError(key, `has ${describe(word)}, expected ${isFloat ? "numbers" : "integers"}`);
    }
  }
  if (type === "L") {
    return BigInt64Array.from(words, (word) => BigInt(word));
  }
  // As XGBoost reads flags: true and 1 are set, everything else is not.
  const read =
    type === "U"
      ? (word: string): number => (word === "true" || word === "1" ? 1 : 0)
      : isFloat
        ? parseNumber
        : Number;
  const array = new ARRAYS[type](words.length);
  words.forEach((word, i) => {
    array[i] = read(word);
  });
  return array;
}
