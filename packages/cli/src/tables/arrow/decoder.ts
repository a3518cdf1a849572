/** Record batches to features and kept columns. */
import type { RecordBatch } from "apache-arrow";
import { TableError } from "../../errors.ts";
import { FeatureFiller } from "../columnar/feature-filler.ts";
import { FeatureMatrix } from "../columnar/feature-matrix.ts";
import { Refusals } from "../columnar/refusals.ts";
import type {
  BlockPayload,
  ColumnPlan,
  DecodedBlock,
  Decoder,
  DecoderSpec,
  FeatureEncoder,
  KeptColumn,
} from "../table.ts";
import { type ArrowColumn, openColumn } from "./columns.ts";
import { loadArrow } from "./library.ts";

export function createArrowDecoder(spec: DecoderSpec, plan: ColumnPlan, encoder: FeatureEncoder): Decoder {
  return new ArrowDecoder(spec, plan, encoder);
}

class ArrowDecoder implements Decoder {
  readonly #name: string;
  readonly #plan: ColumnPlan;
  readonly #filler: FeatureFiller;
  readonly #matrix: FeatureMatrix;

  constructor({ name }: DecoderSpec, plan: ColumnPlan, encoder: FeatureEncoder) {
    this.#name = name;
    this.#plan = plan;
    this.#filler = new FeatureFiller(encoder);
    this.#matrix = new FeatureMatrix(encoder.names.length);
  }

  decode(payload: BlockPayload): DecodedBlock {
    if (payload.kind !== "arrow") {
      throw new TypeError(`a block is ${payload.kind}, expected arrow`);
    }
    const batch = this.#read(payload.bytes);
    const rows = batch.numRows;
    this.#matrix.begin(rows);
    const refusals = new Refusals();
    this.#plan.features.forEach((feature, at) => {
      if (feature >= 0) {
        this.#column(batch, at, (column, name) => {
          if (!column.isFeature) {
            throw this.#error(name, `is ${column.name}, expected numbers, booleans or text for a feature`);
          }
          const place = { out: this.#matrix.column(feature), feature, column: name };
          this.#filler.fill({ rows, hasGaps: true, ...column }, 0, place, refusals);
        });
      }
    });
    const kept = this.#plan.keep.map((at) =>
      this.#column(batch, at, (column, name) => this.#keep(column, name, rows)),
    );
    return { rows, lines: 0, features: this.#matrix.toRows(), kept, refused: refusals.list() };
  }

  #read(bytes: Uint8Array): RecordBatch {
    let batches: readonly RecordBatch[];
    try {
      batches = loadArrow().arrow.tableFromIPC(bytes).batches;
    } catch (error) {
      throw new TableError(`${this.#name}: a record batch cannot be read: ${(error as Error).message}`);
    }
    const [batch] = batches;
    if (batch === undefined || batches.length > 1 || batch.data.children.length !== this.#plan.names.length) {
      throw new TableError(`${this.#name}: a record batch is damaged`);
    }
    return batch;
  }

  /** Whatever a damaged column makes the library throw is told with the column's name. */
  #column<T>(batch: RecordBatch, at: number, use: (column: ArrowColumn, name: string) => T): T {
    const name = this.#plan.names[at]!;
    try {
      const data = batch.data.children[at]!;
      if (data.length !== batch.numRows) {
        throw new RangeError(`it has ${data.length} rows, its record batch has ${batch.numRows}`);
      }
      return use(openColumn(data), name);
    } catch (error) {
      throw error instanceof TableError
        ? error
        : this.#error(name, `cannot be read: ${(error as Error).message}`);
    }
  }

  #keep(
    { kept, name: typeName, present, indices, entries }: ArrowColumn,
    name: string,
    rows: number,
  ): KeptColumn {
    if (kept === undefined) {
      throw this.#error(name, `is ${typeName}, which cannot be passed through`);
    }
    const values = new Array<unknown>(rows).fill(null);
    for (let row = 0; row < rows; row++) {
      if (present === undefined || present[row] === 1) {
        const index = indices === undefined ? row : indices[row]!;
        if (!(index >= 0 && index < entries.length)) {
          throw new RangeError(`the index ${index} is not in a dictionary of ${entries.length} values`);
        }
        values[row] = entries.at(index);
      }
    }
    return { name, type: kept, values };
  }

  #error(name: string, problem: string): TableError {
    return new TableError(`${this.#name}: column ${JSON.stringify(name)} ${problem}`, { column: name });
  }
}
