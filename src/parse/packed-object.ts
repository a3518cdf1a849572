import { type JsonObject, type JsonValue, newObject } from "./json.ts";
import type { ObjectTable } from "./ubjson-outline.ts";

/** An object where it stands in the file: each of its values is read when it is asked for. */
export class PackedObject {
  readonly #table: ObjectTable;
  readonly #row: number;
  readonly #read: (at: number) => JsonValue;

  constructor(table: ObjectTable, row: number, read: (at: number) => JsonValue) {
    this.#table = table;
    this.#row = row;
    this.#read = read;
  }

  get(key: string): JsonValue | undefined {
    const { columns, width, values } = this.#table;
    const column = columns.get(key);
    return column === undefined ? undefined : this.#read(values[this.#row * width + column]!);
  }

  unpack(): JsonObject {
    const object = newObject();
    for (const key of this.#table.columns.keys()) {
      object[key] = this.get(key)!;
    }
    return object;
  }
}
