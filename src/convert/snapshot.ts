/** A snapshot, the payload of a Python pickle, is a document whose member `Model` is a model's. */
import type { NumberArray } from "../parse/packed-array.ts";
import { decodeUtf8 } from "../parse/text.ts";
import type { DocumentWriter, ElementType, Scalar } from "./document-writer.ts";

/** Passes everything on, and remembers where the model of a snapshot went. */
export class ModelFinder implements DocumentWriter {
  readonly #writer: DocumentWriter & { readonly length: number };
  #depth = 0;
  #start: number | undefined;
  #isModel = false;
  #range: readonly [start: number, end: number] | undefined;

  constructor(writer: DocumentWriter & { readonly length: number }) {
    this.#writer = writer;
  }

  /** Where the model of a snapshot lies in what was written; `undefined` where the document is a model itself. */
  get range(): readonly [start: number, end: number] | undefined {
    return this.#range;
  }

  open(container: "object" | "array"): void {
    this.#begin();
    this.#writer.open(container);
    this.#depth++;
  }

  close(): void {
    this.#writer.close();
    this.#depth--;
    if (this.#depth === 1 && this.#start !== undefined) {
      this.#range = [this.#start, this.#writer.length];
      this.#start = undefined;
    }
  }

  key(name: Uint8Array): void {
    this.#writer.key(name);
    this.#isModel = this.#depth === 1 && name.length === 5 && decodeUtf8(name) === "Model";
  }

  scalar(scalar: Scalar): void {
    this.#isModel = false;
    this.#writer.scalar(scalar);
  }

  numbers(type: ElementType, values: NumberArray | BigInt64Array): void {
    this.#isModel = false;
    this.#writer.numbers(type, values);
  }

  /** The first byte of the value under the key. */
  #begin(): void {
    if (this.#isModel) {
      this.#isModel = false;
      this.#start = this.#writer.length;
    }
  }
}
