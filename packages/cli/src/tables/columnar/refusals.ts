/** Rows of a block that are not scored. */
import type { RowRefusal } from "../table.ts";
import { reasonOf } from "../text/reasons.ts";

export class Refusals {
  readonly #byRow = new Map<number, RowRefusal>();

  /** Notes what an encoder threw for a value; the first column that is to blame counts. Throws what is no refusal. */
  add(row: number, column: string, error: unknown): void {
    const reason = reasonOf(error);
    if (!this.#byRow.has(row)) {
      this.#byRow.set(row, { row, column, reason });
    }
  }

  list(): RowRefusal[] {
    return [...this.#byRow.values()].sort((a, b) => a.row - b.row);
  }
}
