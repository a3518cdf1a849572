/**
 * CSV and TSV out: quotes only where they are needed, lines end with LF. Missing values are empty; scores that are no finite
 * number are `NaN`, `inf` and `-inf`, as Python and pandas read them.
 */
import type { KeptType, OutputBlock, OutputColumn, TableEncoder } from "../table.ts";
import { ByteWriter } from "./byte-writer.ts";
import { delimiterOf } from "./csv-header.ts";
import { CR, LF, QUOTE } from "./lines.ts";
import { dateText, float64Text, timestampText } from "./value-text.ts";

export class CsvEncoder implements TableEncoder {
  readonly #columns: readonly OutputColumn[];
  readonly #delimiter: number;
  readonly #out = new ByteWriter();

  constructor(format: "csv" | "tsv", columns: readonly OutputColumn[], delimiter?: string) {
    this.#columns = columns;
    this.#delimiter = delimiterOf(format, delimiter === undefined ? {} : { delimiter });
  }

  begin(): Uint8Array {
    this.#columns.forEach(({ name }, column) => {
      this.#separate(column);
      this.#text(name);
    });
    this.#out.byte(LF);
    return this.#out.take();
  }

  block({ rows, columns }: OutputBlock): Uint8Array {
    const types = this.#columns.map(({ type }) => type);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < types.length; column++) {
        this.#separate(column);
        this.#value(columns[column]![row], types[column]!);
      }
      this.#out.byte(LF);
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

  #separate(column: number): void {
    if (column > 0) {
      this.#out.byte(this.#delimiter);
    }
  }

  #value(value: unknown, type: KeptType): void {
    if (value === null || value === undefined) {
      this.#text("");
    } else if (typeof value === "number") {
      this.#number(value, type);
    } else if (typeof value === "string") {
      this.#text(value);
    } else if (type.name === "timestamp" && typeof value === "bigint") {
      this.#out.text(timestampText(value, type));
    } else if (type.name === "date") {
      this.#out.text(dateText(value));
    } else {
      this.#text(type.name === "json" ? JSON.stringify(value) : String(value));
    }
  }

  #number(value: number, type: KeptType): void {
    if (Number.isFinite(value)) {
      if (type.name === "float32") {
        this.#out.float32(value);
      } else {
        this.#out.text(type.name === "date" ? dateText(value) : float64Text(value));
      }
    } else {
      this.#out.text(Number.isNaN(value) ? "NaN" : value > 0 ? "inf" : "-inf");
    }
  }

  #text(text: string): void {
    if (text === "" ? this.#columns.length === 1 : this.#needsQuotes(text)) {
      // The empty text of a single column would be an empty line, which is no row.
      this.#out.byte(QUOTE);
      this.#out.text(text.includes('"') ? text.replaceAll('"', '""') : text);
      this.#out.byte(QUOTE);
    } else {
      this.#out.text(text);
    }
  }

  #needsQuotes(text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === this.#delimiter || code === QUOTE || code === LF || code === CR) {
        return true;
      }
    }
    return false;
  }
}
