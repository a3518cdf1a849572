/** Events to UBJSON as XGBoost writes it: big-endian, every length an int64, every array counted. */
import { ELEMENT_BYTES, type NumberArray } from "../parse/packed-array.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { DocumentWriter, ElementType, Scalar } from "./document-writer.ts";

const MARKS = { null: "Z", true: "T", false: "F", float32: "d", float64: "D" } as const;

/** An array that is open: where its count belongs and what it is so far. An object has no count. */
interface Container {
  readonly countAt: number | undefined;
  count: number;
}

export class UbjsonWriter implements DocumentWriter {
  readonly #out = new ByteWriter();
  readonly #open: Container[] = [];

  open(container: "object" | "array"): void {
    this.#count();
    if (container === "object") {
      this.#out.ascii("{");
      this.#open.push({ countAt: undefined, count: 0 });
    } else {
      this.#out.ascii("[#L");
      this.#open.push({ countAt: this.#out.take(8), count: 0 });
    }
  }

  close(): void {
    const { countAt, count } = this.#open.pop()!;
    if (countAt === undefined) {
      this.#out.ascii("}");
    } else {
      this.#out.view.setBigInt64(countAt, BigInt(count));
    }
  }

  key(name: Uint8Array): void {
    this.#text(name);
  }

  scalar(scalar: Scalar): void {
    this.#count();
    if (scalar.type === "text") {
      this.#out.ascii("S");
      this.#text(scalar.value);
    } else if (scalar.type === "integer") {
      this.#integer(scalar.value);
    } else {
      this.#out.ascii(MARKS[scalar.type]);
      if ("value" in scalar) {
        this.#element(MARKS[scalar.type] as ElementType, scalar.value);
      }
    }
  }

  numbers(type: ElementType, values: NumberArray | BigInt64Array): void {
    this.#count();
    this.#out.ascii(`[$${type}#`);
    this.#length(values.length);
    for (let i = 0; i < values.length; i++) {
      this.#element(type, values[i]!);
    }
  }

  /** Bytes so far. */
  get length(): number {
    return this.#out.length;
  }

  finish(): Uint8Array {
    return this.#out.finish();
  }

  /** Counts a value of the innermost array. */
  #count(): void {
    const container = this.#open[this.#open.length - 1];
    if (container !== undefined) {
      container.count++;
    }
  }

  /** In the smallest type; XGBoost's bounds leave out the greatest number of each. */
  #integer(value: number | bigint): void {
    const type =
      value > -128 && value < 127
        ? "i"
        : value > -32768 && value < 32767
          ? "I"
          : value > -2147483648 && value < 2147483647
            ? "l"
            : "L";
    this.#out.ascii(type);
    this.#element(type, value);
  }

  #element(type: ElementType, value: number | bigint): void {
    const at = this.#out.take(ELEMENT_BYTES[type]!);
    const { view } = this.#out;
    switch (type) {
      case "L":
        view.setBigInt64(at, BigInt(value));
        break;
      case "d":
        view.setFloat32(at, value as number);
        break;
      case "D":
        view.setFloat64(at, value as number);
        break;
      case "l":
        view.setInt32(at, Number(value));
        break;
      case "I":
        view.setInt16(at, Number(value));
        break;
      default:
        view.setUint8(at, Number(value));
        break;
    }
  }

  #text(value: Uint8Array): void {
    this.#length(value.length);
    this.#out.bytes(value);
  }

  #length(value: number): void {
    this.#out.ascii("L");
    const at = this.#out.take(8);
    this.#out.view.setBigInt64(at, BigInt(value));
  }
}
