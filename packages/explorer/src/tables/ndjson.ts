/** NDJSON, one object a line; and a JSON array of objects, which many tools write for it. */
import type { PostedTable } from "../workers/protocol.ts";
import { ColumnBuilder } from "./column-builder.ts";

export class NdjsonReader {
  readonly #builders = new Map<string, ColumnBuilder>();
  #rest = "";
  #line = 0;
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  write(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      this.#read(line);
    }
  }

  end(): PostedTable {
    this.#read(this.#rest);
    if (this.#rows === 0) {
      throw new Error("the file has no rows");
    }
    const columns = [...this.#builders.values()];
    for (const column of columns) {
      column.missingUpTo(this.#rows);
    }
    return {
      format: "NDJSON",
      rows: this.#rows,
      hasNames: true,
      columns: columns.map((each) => each.done()),
    };
  }

  row(value: unknown, where: string): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Error(
        `${where} is ${Array.isArray(value) ? "an array" : String(value)}, expected an object such as {"age": 41}`,
      );
    }
    const row = this.#rows++;
    for (const [name, each] of Object.entries(value)) {
      let builder = this.#builders.get(name);
      if (builder === undefined) {
        builder = new ColumnBuilder(name);
        this.#builders.set(name, builder);
      }
      builder.missingUpTo(row);
      builder.value(each);
    }
  }

  #read(line: string): void {
    this.#line++;
    if (line.trim() === "") {
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw new Error(`line ${this.#line} is not JSON: ${(error as Error).message}`);
    }
    this.row(value, `line ${this.#line}`);
  }
}

/** A file that is one array. It is read whole. */
export function readJsonArray(text: string): PostedTable {
  const reader = new NdjsonReader();
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch (error) {
    throw new Error(`the file is not JSON: ${(error as Error).message}`);
  }
  (rows as unknown[]).forEach((row, i) => {
    reader.row(row, `element ${i}`);
  });
  return reader.end();
}
