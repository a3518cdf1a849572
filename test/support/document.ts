/**
 * Writers of the two document formats, as XGBoost 3.4 writes them (reference §2.4 and §2.5), so that tests can make any
 * model they like and still go through the parser. The type of an array says how it is written: `Float32Array` as floats,
 * integer arrays as integers; in UBJSON each as the typed array of its kind, other arrays as counted ones.
 */

export type Document =
  | null
  | boolean
  | number
  | string
  | Float32Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array
  | BigInt64Array
  | readonly Document[]
  | { readonly [key: string]: Document };

/** A float32 as XGBoost prints it, apart from needless digits: nine always suffice. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  }
  const text = value.toExponential(8).replace(/\.?0*e\+?/, "E");
  return Object.is(value, -0) ? `-${text}` : text;
}

export function writeJson(document: Document): string {
  if (document instanceof Float32Array) {
    return `[${Array.from(document, floatText).join(",")}]`;
  }
  if (ArrayBuffer.isView(document)) {
    return `[${document.join(",")}]`;
  }
  if (Array.isArray(document)) {
    return `[${document.map(writeJson).join(",")}]`;
  }
  if (typeof document === "object" && document !== null) {
    const members = Object.entries(document).map(
      ([key, value]) => `${JSON.stringify(key)}:${writeJson(value)}`,
    );
    return `{${members.join(",")}}`;
  }
  return typeof document === "number" && !Number.isInteger(document)
    ? floatText(document)
    : JSON.stringify(document);
}

const encoder = new TextEncoder();

/** Bytes in a list that grows. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  #room(count: number): number {
    const at = this.#length;
    if (at + count > this.#bytes.length) {
      const larger = new Uint8Array(2 * (at + count));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length += count;
    return at;
  }

  ascii(text: string): this {
    for (let i = 0; i < text.length; i++) {
      this.int8(text.charCodeAt(i));
    }
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  int8(value: number): this {
    const at = this.#room(1);
    this.#view.setInt8(at, value);
    return this;
  }

  int16(value: number): this {
    const at = this.#room(2);
    this.#view.setInt16(at, value);
    return this;
  }

  int32(value: number, littleEndian = false): this {
    const at = this.#room(4);
    this.#view.setInt32(at, value, littleEndian);
    return this;
  }

  int64(value: number | bigint, littleEndian = false): this {
    const at = this.#room(8);
    this.#view.setBigInt64(at, BigInt(value), littleEndian);
    return this;
  }

  float32(value: number, littleEndian = false): this {
    const at = this.#room(4);
    this.#view.setFloat32(at, value, littleEndian);
    return this;
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

export function writeUbjson(document: Document): Uint8Array {
  const out = new ByteWriter();
  writeUbjsonValue(out, document);
  return out.bytes();
}

function writeUbjsonValue(out: ByteWriter, value: Document): void {
  if (value === null || typeof value === "boolean") {
    out.ascii(value === null ? "Z" : value ? "T" : "F");
  } else if (typeof value === "number") {
    writeUbjsonNumber(out, value);
  } else if (typeof value === "string") {
    out.ascii("S");
    writeUbjsonText(out, value);
  } else if (ArrayBuffer.isView(value)) {
    writeTypedArray(out, value);
  } else if (Array.isArray(value)) {
    out.ascii("[#L").int64(value.length);
    for (const item of value) {
      writeUbjsonValue(out, item);
    }
  } else {
    out.ascii("{");
    for (const [key, item] of Object.entries(value)) {
      writeUbjsonText(out, key);
      writeUbjsonValue(out, item);
    }
    out.ascii("}");
  }
}

function writeUbjsonText(out: ByteWriter, text: string): void {
  const bytes = encoder.encode(text);
  out.ascii("L").int64(bytes.length).raw(bytes);
}

/** The smallest integer type that holds the value, else float32. */
function writeUbjsonNumber(out: ByteWriter, value: number): void {
  if (!Number.isInteger(value) || Object.is(value, -0)) {
    out.ascii("d").float32(value);
  } else if (value === (value << 24) >> 24) {
    out.ascii("i").int8(value);
  } else if (value === (value << 16) >> 16) {
    out.ascii("I").int16(value);
  } else if (value === (value | 0)) {
    out.ascii("l").int32(value);
  } else {
    out.ascii("L").int64(value);
  }
}

type TypedArray = Extract<Document, ArrayBufferView>;

function writeTypedArray(out: ByteWriter, array: TypedArray): void {
  const mark =
    array instanceof Float32Array
      ? "d"
      : array instanceof Int32Array
        ? "l"
        : array instanceof Int16Array
          ? "I"
          : array instanceof Int8Array
            ? "i"
            : array instanceof Uint8Array
              ? "U"
              : "L";
  out.ascii(`[$${mark}#L`).int64(array.length);
  for (const item of array) {
    if (typeof item === "bigint") {
      out.int64(item);
    } else if (mark === "d") {
      out.float32(item);
    } else if (mark === "l") {
      out.int32(item);
    } else if (mark === "I") {
      out.int16(item);
    } else {
      out.int8(item);
    }
  }
}
