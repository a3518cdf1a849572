/** The rows of a block that are still to be scored. */
import type { DecodedBlock, RowRefusal } from "../tables/table.ts";

/** Why a row is refused. */
export type RefusalReason = Pick<RowRefusal, "column" | "reason">;

export class BlockRows {
  readonly refused: RowRefusal[];
  /** Numbers in the block of the rows that are left; `undefined`: all are. */
  #left: readonly number[] | undefined;
  readonly #block: DecodedBlock;
  readonly #cols: number;

  constructor(block: DecodedBlock, cols: number) {
    this.#block = block;
    this.#cols = cols;
    this.refused = [];
    if (block.refused.length > 0) {
      const byRow = new Map(block.refused.map((refusal) => [refusal.row, refusal]));
      this.#drop((row) => byRow.get(row));
    }
  }

  get count(): number {
    return this.#left?.length ?? this.#block.rows;
  }

  /** Row-major, one row after the other. */
  get features(): Float32Array {
    return this.#block.features.subarray(0, this.count * this.#cols);
  }

  /** By row that is left: names that nobody knows. */
  get unknown(): readonly (readonly string[] | undefined)[] {
    const { unknown } = this.#block;
    return unknown === undefined || this.#left === undefined
      ? (unknown ?? [])
      : this.#left.map((row) => unknown[row]);
  }

  /** Refuses rows that there is a reason for, by their place among those that are left. */
  refuse(reasons: readonly (RefusalReason | undefined)[]): void {
    // Where every row is a line, a row's number is that of its line.
    const hasLines = this.#block.lines === this.#block.rows;
    this.#drop((row, place) => {
      const reason = reasons[place];
      return reason && { row, ...(hasLines ? { line: row } : {}), ...reason };
    });
  }

  /** The values of the rows that are left. */
  take(values: ArrayLike<unknown>): ArrayLike<unknown> {
    return this.#left === undefined ? values : this.#left.map((row) => values[row]);
  }

  #drop(refusalOf: (row: number, place: number) => RowRefusal | undefined): void {
    const { features } = this.#block;
    const cols = this.#cols;
    const left: number[] = [];
    const { count } = this;
    for (let place = 0; place < count; place++) {
      const row = this.#left?.[place] ?? place;
      const refusal = refusalOf(row, place);
      if (refusal !== undefined) {
        this.refused.push(refusal);
        continue;
      }
      if (left.length < place) {
        features.copyWithin(left.length * cols, place * cols, (place + 1) * cols);
      }
      left.push(row);
    }
    this.#left = left;
    this.refused.sort((a, b) => a.row - b.row);
  }
}
