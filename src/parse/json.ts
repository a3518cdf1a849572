/**
 * JSON as XGBoost writes and reads it: bare `NaN`, `Infinity` and `-Infinity` (and the `nan`, `inf` of dumps) are
 * numbers, each number rounds to float32 once, and an array of numbers alone becomes a typed array.
 *
 * Our own reader rather than `JSON.parse`, which knows none of the three. Nothing recurses, so depth is limited by
 * memory only: a dump of a 10,000-level tree is legitimate.
 */
import { ModelFormatError } from "../errors.ts";
import { outlineOfJson } from "./json-outline.ts";
import { isHalfway, nudge } from "./number.ts";
import type { NumberArray, PackedArray } from "./packed-array.ts";
import type { PackedObject } from "./packed-object.ts";
import { Slab } from "./slab.ts";
import { decodeUtf8, Names } from "./text.ts";
import { leadsToTrees, type PartlyRead, type TreeFinder, UnreadList } from "./unread-list.ts";

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonObject
  | readonly JsonValue[]
  | NumberArray
  | PackedArray
  | PackedObject
  | UnreadList;

/** Without a prototype, so that a key named `__proto__` or `constructor` is a key like any other. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Stands for every empty list, of which a tree has four. */
export const EMPTY_LIST: JsonValue = Object.freeze([]);

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const WORDS: readonly (readonly [string, JsonValue])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
  ["NaN", Number.NaN],
  ["nan", Number.NaN],
  ["Infinity", Infinity],
  ["inf", Infinity],
];
/** Lists of a model file that are of float32 only. */
const FLOAT32_KEYS: ReadonlySet<string> = new Set([
  "base_weights",
  "leaf_weights",
  "loss_changes",
  "split_conditions",
  "sum_hessian",
  "weight_drop",
  "weights",
]);
/** So many digits always fit. */
const MAX_INT32_DIGITS = 9;
/** 10^0 … 10^22 are exact doubles: a mantissa below 2^53 times or divided by one of them is correctly rounded. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** What `Object.create(null)` makes is a hash table from the start; this has fields at fixed places, five times as fast. */
class Bare {}
Object.setPrototypeOf(Bare.prototype, null);
Reflect.deleteProperty(Bare.prototype, "constructor");

export function newObject(): JsonObject {
  return new Bare() as JsonObject;
}

/** Bytes of one JSON document, UTF-8, to its value. Throws `ModelFormatError` with the byte offset. */
export function parseJson(bytes: Uint8Array): JsonValue {
  return new JsonReader(bytes, false).document();
}

/** As `parseJson`, with trees left unread: reading one checks it, which nothing else does. */
export function parseJsonModel(bytes: Uint8Array, finder?: TreeFinder): PartlyRead {
  const reader = new JsonReader(bytes, true, finder);
  return { document: reader.document(), unread: reader.unread };
}

class JsonReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** Containers that are open, outermost first, and for each object among them the key whose value comes next. */
  readonly #containers: (JsonObject | JsonValue[])[] = [];
  readonly #keys: string[] = [];
  readonly #names = new Names();
  #slab = new Slab();
  #numbers = new Float64Array(1024);
  #leavesTrees: boolean;
  readonly #finder: TreeFinder | undefined;
  readonly unread: UnreadList[] = [];

  constructor(bytes: Uint8Array, leavesTrees: boolean, finder?: TreeFinder) {
    this.#bytes = bytes;
    this.#leavesTrees = leavesTrees;
    this.#finder = finder;
  }

  document(): JsonValue {
    if (this.#bytes[0] === 0xef && this.#bytes[1] === 0xbb && this.#bytes[2] === 0xbf) {
      this.#at = 3;
    }
    const value = this.#value();
    if (this.#peek() !== undefined) {
      this.#fail("expected the end of the document");
    }
    // From here on, its memory is that of one tree after the other.
    this.#slab = new Slab();
    this.#leavesTrees = false;
    return value;
  }

  #value(): JsonValue {
    for (;;) {
      let value = this.#open();
      if (value === undefined) {
        continue;
      }
      for (;;) {
        const container = this.#containers[this.#containers.length - 1];
        if (container === undefined) {
          return value;
        }
        if (!this.#attach(container, value)) {
          break;
        }
        this.#containers.pop();
        this.#keys.pop();
        value = container;
      }
    }
  }

  /** Reads a scalar, an empty container or an array of numbers; or opens a container and returns `undefined`. */
  #open(): JsonValue | undefined {
    const byte = this.#peek();
    if (byte === OPEN_BRACE) {
      this.#at++;
      if (this.#peek() === CLOSE_BRACE) {
        this.#at++;
        return newObject();
      }
      return this.#push(newObject(), this.#key());
    }
    if (byte !== OPEN_BRACKET) {
      return this.#scalar(byte);
    }
    this.#at++;
    const first = this.#peek();
    if (first === CLOSE_BRACKET) {
      this.#at++;
      return EMPTY_LIST;
    }
    if (first !== undefined && startsNumber(first)) {
      return this.#numberArray();
    }
    if (first === OPEN_BRACE && this.#leavesTrees && leadsToTrees(this.#keys)) {
      const list = this.#leaveUnread();
      if (list !== undefined) {
        return list;
      }
    }
    return this.#push([], "");
  }

  #leaveUnread(): UnreadList | undefined {
    const found =
      this.#finder?.find(this.#bytes, this.#at, "json", -1) ?? outlineOfJson(this.#bytes, this.#at);
    if (found === undefined) {
      // Once: lists in lists would be looked over again and again.
      this.#leavesTrees = false;
      return undefined;
    }
    const { source, counted } = found;
    const { starts, end } = source;
    this.#at = end;
    const read = (index: number): JsonValue => {
      this.#slab.clear();
      // The reading of another may have ended in an error.
      this.#containers.length = 0;
      this.#keys.length = 0;
      this.#at = starts[index]!;
      return this.#value();
    };
    const list = new UnreadList(starts.length, counted, read, source);
    this.unread.push(list);
    return list;
  }

  #push(container: JsonObject | JsonValue[], key: string): undefined {
    this.#containers.push(container);
    this.#keys.push(key);
  }

  /** Puts a value into its container; returns whether that was its last value. */
  #attach(container: JsonObject | JsonValue[], value: JsonValue): boolean {
    const isArray = Array.isArray(container);
    const last = this.#keys.length - 1;
    if (isArray) {
      container.push(value);
    } else {
      container[this.#keys[last]!] = value;
    }
    const byte = this.#peek();
    if (byte === COMMA) {
      this.#at++;
      if (!isArray) {
        this.#keys[last] = this.#key();
      }
      return false;
    }
    if (byte !== (isArray ? CLOSE_BRACKET : CLOSE_BRACE)) {
      this.#fail(`expected "," or "${isArray ? "]" : "}"}"`);
    }
    this.#at++;
    return true;
  }

  #key(): string {
    if (this.#peek() !== QUOTE) {
      this.#fail("expected a key in quotes");
    }
    const key = this.#string();
    if (this.#peek() !== COLON) {
      this.#fail('expected ":"');
    }
    this.#at++;
    return key;
  }

  #scalar(byte: number | undefined): JsonValue {
    if (byte === QUOTE) {
      return this.#string();
    }
    if (byte !== undefined && startsNumber(byte)) {
      return this.#number();
    }
    for (const [word, value] of WORDS) {
      if (this.#skipWord(word)) {
        return value;
      }
    }
    return this.#fail("expected a value");
  }

  /** An array that starts with a number; becomes a general array when something else turns up in it. */
  #numberArray(): JsonValue | undefined {
    let numbers = this.#numbers;
    let count = 0;
    for (;;) {
      if (count === numbers.length) {
        numbers = new Float64Array(2 * count);
        numbers.set(this.#numbers);
        this.#numbers = numbers;
      }
      count = this.#integers(numbers, count);
      if (count === numbers.length) {
        continue;
      }
      numbers[count++] = this.#number();
      const byte = this.#peek();
      if (byte === CLOSE_BRACKET) {
        this.#at++;
        return this.#keep(count);
      }
      if (byte !== COMMA) {
        this.#fail('expected "," or "]"');
      }
      this.#at++;
      const next = this.#peek();
      if (next === undefined || !startsNumber(next)) {
        return this.#push([...this.#numbers.subarray(0, count)], "");
      }
    }
  }

  /**
   * Reads short integers while each is followed by a comma and a number: most of a file, and a third of the time that
   * `#number` takes. Stops before any other number. Returns the new count.
   */
  #integers(numbers: Float64Array, from: number): number {
    const bytes = this.#bytes;
    let count = from;
    let start = this.#at;
    while (count < numbers.length) {
      let at = start;
      const negative = bytes[at] === MINUS;
      at += negative ? 1 : 0;
      const first = at;
      let value = 0;
      let digit = bytes[at]! - ZERO;
      while (digit >= 0 && digit <= 9 && at < first + MAX_INT32_DIGITS) {
        value = (value * 10 + digit) | 0;
        digit = bytes[++at]! - ZERO;
      }
      if (at === first || bytes[at] !== COMMA || !startsNumber(bytes[at + 1]!)) {
        break;
      }
      numbers[count++] = negative ? -value : value;
      start = at + 1;
    }
    this.#at = start;
    return count;
  }

  /** The first numbers read: integers as such, and numbers that will be rounded to float32 as float32. */
  #keep(count: number): NumberArray {
    const numbers = this.#numbers;
    const integers = this.#slab.int32Array(count);
    let i = 0;
    while (i < count && Object.is(numbers[i]! | 0, numbers[i])) {
      integers[i] = numbers[i]!;
      i++;
    }
    if (i === count) {
      return integers;
    }
    if (!FLOAT32_KEYS.has(this.#keys[this.#keys.length - 1]!)) {
      return numbers.slice(0, count);
    }
    const floats = new Float32Array(integers.buffer, integers.byteOffset, count);
    for (i = 0; i < count; i++) {
      floats[i] = numbers[i]!;
    }
    return floats;
  }

  #number(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    const negative = bytes[at] === MINUS;
    if (negative) {
      at++;
    }
    let mantissa = 0;
    let scale = 0;
    const whole = at;
    let byte = bytes[at]!;
    while (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO);
      byte = bytes[++at]!;
    }
    let digits = at - whole;
    if (digits === 0) {
      return this.#word(negative);
    }
    if (byte === DOT) {
      byte = bytes[++at]!;
      const fraction = at;
      // Integers are quicker than doubles.
      let low = 0;
      while (byte >= ZERO && byte <= NINE && at < fraction + MAX_INT32_DIGITS) {
        low = (low * 10 + (byte - ZERO)) | 0;
        byte = bytes[++at]!;
      }
      mantissa = mantissa * POWERS_OF_TEN[at - fraction]! + low;
      while (byte >= ZERO && byte <= NINE) {
        mantissa = mantissa * 10 + (byte - ZERO);
        byte = bytes[++at]!;
      }
      scale = fraction - at;
      digits -= scale;
      if (scale === 0) {
        this.#at = at;
        this.#fail("expected a digit");
      }
    }
    if (byte === 69 || byte === 101) {
      this.#at = at + 1;
      scale += this.#exponent();
      at = this.#at;
    }
    this.#at = at;
    // 15 digits are below 2^53: one exact operation on exact operands instead of a general conversion.
    const easy = digits <= 15 && scale >= -22 && scale <= 22;
    let value: number;
    if (easy) {
      value = scale < 0 ? mantissa / POWERS_OF_TEN[-scale]! : mantissa * POWERS_OF_TEN[scale]!;
      value = negative ? -value : value;
    } else {
      value = Number(this.#ascii(start, at));
    }
    return isHalfway(value) ? nudge(value, this.#ascii(start, at)) : value;
  }

  #exponent(): number {
    const bytes = this.#bytes;
    let sign = 1;
    let byte = bytes[this.#at]!;
    if (byte === MINUS || byte === 43) {
      sign = byte === MINUS ? -1 : 1;
      byte = bytes[++this.#at]!;
    }
    if (!(byte >= ZERO && byte <= NINE)) {
      this.#fail("expected a digit of the exponent");
    }
    let exponent = 0;
    while (byte >= ZERO && byte <= NINE) {
      exponent = Math.min(exponent * 10 + (byte - ZERO), 1e9);
      byte = bytes[++this.#at]!;
    }
    return sign * exponent;
  }

  /** `NaN`, `Infinity` and their like, after an optional minus. */
  #word(negative: boolean): number {
    if (negative) {
      this.#at++;
    }
    for (const [word, value] of WORDS) {
      if (typeof value === "number" && this.#skipWord(word)) {
        return negative ? -value : value;
      }
    }
    return this.#fail("expected a number");
  }

  #skipWord(word: string): boolean {
    for (let i = 0; i < word.length; i++) {
      if (this.#bytes[this.#at + i] !== word.charCodeAt(i)) {
        return false;
      }
    }
    this.#at += word.length;
    return true;
  }

  #string(): string {
    const bytes = this.#bytes;
    const start = ++this.#at;
    let plain = true;
    let at = start;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) {
        this.#fail("expected the closing quote of a string");
      }
      if (byte === QUOTE) {
        break;
      }
      if (byte === BACKSLASH) {
        plain = false;
        at++;
      }
      at++;
    }
    this.#at = at + 1;
    const text = this.#names.text(bytes, start, at);
    return plain ? text : this.#unescape(text, start);
  }

  #unescape(text: string, start: number): string {
    return text.replace(/\\(u[0-9a-fA-F]{4}|.)/gs, (_, mark: string) => {
      if (mark.length === 5) {
        return String.fromCharCode(Number.parseInt(mark.slice(1), 16));
      }
      const plain = Object.hasOwn(ESCAPES, mark) ? ESCAPES[mark] : undefined;
      if (plain === undefined) {
        throw new ModelFormatError(`byte ${start}`, `string has the unknown escape \\${mark}`);
      }
      return plain;
    });
  }

  /** The next byte after white space; `undefined` at the end. */
  #peek(): number | undefined {
    const bytes = this.#bytes;
    let byte = bytes[this.#at];
    while (byte === 32 || byte === 10 || byte === 13 || byte === 9) {
      byte = bytes[++this.#at];
    }
    return byte;
  }

  #ascii(start: number, end: number): string {
    return decodeUtf8(this.#bytes.subarray(start, end));
  }

  #fail(expected: string): never {
    const found = this.#at < this.#bytes.length ? this.#ascii(this.#at, this.#at + 20) : "the end";
    throw new ModelFormatError(`byte ${this.#at}`, `${expected}, found ${JSON.stringify(found)}`);
  }
}

function startsNumber(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || byte === MINUS || byte === 78 || byte === 73;
}
