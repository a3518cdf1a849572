/** NDJSON out: an object a line. Missing values and scores that are no finite number are `null`, as JSON has no others. */
import type { KeptType, OutputBlock, OutputColumn, TableEncoder } from "../table.ts";
import { ByteWriter } from "./byte-writer.ts";
import { dateText, timestampText } from "./value-text.ts";

/** Text of which JSON is the same between quotes. */
const PLAIN = /^[ !#-[\]-~]*$/;

export class NdjsonEncoder implements TableEncoder {
  readonly #columns: readonly OutputColumn[];
  /** What stands before each value. */
  readonly #before: readonly string[];
  readonly #out = new ByteWriter();

  constructor(columns: readonly OutputColumn[]) {
    this.#columns = columns;
    this.#before = columns.map(({ name }, i) => `${i === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  }

  begin(): Uint8Array {
    return new Uint8Array(0);
  }

  block({ rows, columns }: OutputBlock): Uint8Array {
    const types = this.#columns.map(({ type }) => type);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < types.length; column++) {
        this.#out.text(this.#before[column]!);
        this.#value(columns[column]![row], types[column]!);
      }
      this.#out.text(types.length === 0 ? "{}\n" : "}\n");
    }
    return this.#out.take();
  }

  end(): Uint8Array {
    return new Uint8Array(0);
  }

  state(): unknown {
    return null;
  }

  restore(): void {
    // Every row stands for itself.
  }

  #value(value: unknown, type: KeptType): void {
    if (type.name === "float32" && typeof value === "number" && Number.isFinite(value)) {
      this.#out.float32(value);
    } else if (typeof value === "string" && PLAIN.test(value)) {
      this.#out.text(`"${value}"`);
    } else {
      this.#out.text(jsonOf(value, type));
    }
  }
}

function jsonOf(value: unknown, type: KeptType): string {
  if (value === null || value === undefined) {
    return "null";
  }
  if (typeof value === "bigint") {
    return type.name === "timestamp" ? JSON.stringify(timestampText(value, type)) : String(value);
  }
  if (type.name === "date" && typeof value !== "string") {
    return JSON.stringify(dateText(value));
  }
  return Object.is(value, -0) ? "-0" : JSON.stringify(value);
}
