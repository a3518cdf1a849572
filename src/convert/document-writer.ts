/** A model document as a stream of events: readers call, writers write. Nothing of a document is ever held whole. */
import type { NumberArray } from "../parse/packed-array.ts";

/** UBJSON's element types: float32, float64, int32, int64, int16, int8, uint8. JSON tells floats from integers only. */
export type ElementType = "d" | "D" | "l" | "L" | "I" | "i" | "U";

export type Scalar =
  | { readonly type: "null" | "true" | "false" }
  /** UTF-8 without quotes or escapes; bytes that are not UTF-8 pass as they are. */
  | { readonly type: "text"; readonly value: Uint8Array }
  | { readonly type: "integer"; readonly value: number | bigint }
  | { readonly type: "float32" | "float64"; readonly value: number };

/** Takes one document: each value of an object comes after its key, each value of an array after the one before it. */
export interface DocumentWriter {
  open(container: "object" | "array"): void;
  close(): void;
  /** UTF-8 without quotes or escapes. */
  key(name: Uint8Array): void;
  scalar(scalar: Scalar): void;
  /** A typed array, which UBJSON stores without a mark for each number. */
  numbers(type: ElementType, values: NumberArray | BigInt64Array): void;
}
