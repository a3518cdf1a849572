/** Events to JSON as XGBoost writes it: no spaces, bare NaN and Infinity, floats with exponents. */
import type { NumberArray } from "../parse/packed-array.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { DocumentWriter, ElementType, Scalar } from "./document-writer.ts";
import { float32Text, float64Text } from "./float-text.ts";

const QUOTE = 34;
const COLON = 58;
const COMMA = 44;
const BACKSLASH = 92;
const CLOSING = { object: 125, array: 93 } as const;
const OPENING = { object: 123, array: 91 } as const;
/** XGBoost writes `\b` and `\f` too, and then refuses to read them. */
const ESCAPES: Readonly<Record<number, string>> = { 34: '\\"', 92: "\\\\", 10: "\\n", 13: "\\r", 9: "\\t" };

export class JsonWriter implements DocumentWriter {
  readonly #out = new ByteWriter();
  readonly #open: ("object" | "array")[] = [];
  /** Whether a value stands before the next one in its container. */
  #follows = false;

  open(container: "object" | "array"): void {
    this.#separate();
    this.#out.byte(OPENING[container]);
    this.#open.push(container);
    this.#follows = false;
  }

  close(): void {
    this.#out.byte(CLOSING[this.#open.pop()!]);
    this.#follows = true;
  }

  key(name: Uint8Array): void {
    this.#separate();
    this.#text(name);
    this.#out.byte(COLON);
    this.#follows = false;
  }

  scalar(scalar: Scalar): void {
    this.#separate();
    if (scalar.type === "text") {
      this.#text(scalar.value);
    } else {
      this.#out.ascii(plainText(scalar));
    }
    this.#follows = true;
  }

  numbers(type: ElementType, values: NumberArray | BigInt64Array): void {
    this.#separate();
    const out = this.#out;
    out.byte(OPENING.array);
    const text = type === "d" ? float32Text : type === "D" ? float64Text : String;
    for (let i = 0; i < values.length; i++) {
      if (i > 0) {
        out.byte(COMMA);
      }
      out.ascii(text(values[i] as number));
    }
    out.byte(CLOSING.array);
    this.#follows = true;
  }

  /** Bytes so far. */
  get length(): number {
    return this.#out.length;
  }

  finish(): Uint8Array {
    return this.#out.finish();
  }

  #separate(): void {
    if (this.#follows) {
      this.#out.byte(COMMA);
    }
  }

  #text(value: Uint8Array): void {
    const out = this.#out;
    out.byte(QUOTE);
    let start = 0;
    for (let i = 0; i < value.length; i++) {
      const byte = value[i]!;
      if (byte < 32 || byte === QUOTE || byte === BACKSLASH) {
        out.bytes(value.subarray(start, i));
        out.ascii(ESCAPES[byte] ?? `\\u${byte.toString(16).padStart(4, "0")}`);
        start = i + 1;
      }
    }
    out.bytes(value.subarray(start));
    out.byte(QUOTE);
  }
}

function plainText(scalar: Exclude<Scalar, { readonly type: "text" }>): string {
  switch (scalar.type) {
    case "integer":
      return String(scalar.value);
    case "float32":
      return float32Text(scalar.value);
    case "float64":
      return float64Text(scalar.value);
    default:
      return scalar.type;
  }
}
