/** Rows of a Parquet file to features and kept columns. Opens the file itself, so that any thread can do it. */
import { TableError } from "../../errors.ts";
import { type Entries, FeatureFiller } from "../columnar/feature-filler.ts";
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
import { ChunkReader, type Span } from "./chunk-reader.ts";
import { messageOf, ParquetFile } from "./file.ts";
import { columnsOf, type ParquetColumn, type Physical } from "./types.ts";

export function createParquetDecoder(spec: DecoderSpec, plan: ColumnPlan, encoder: FeatureEncoder): Decoder {
  return new ParquetDecoder(spec, plan, encoder);
}

/** Columns of the row group that was read last, each where it was left. */
interface OpenGroup {
  readonly index: number;
  readonly readers: Map<ParquetColumn, ChunkReader>;
}

class ParquetDecoder implements Decoder {
  readonly #name: string;
  readonly #plan: ColumnPlan;
  readonly #filler: FeatureFiller;
  readonly #matrix: FeatureMatrix;
  #file: ParquetFile | undefined;
  #columns: readonly ParquetColumn[] = [];
  #group: OpenGroup | undefined;
  readonly #entries = new WeakMap<Physical, Entries>();

  constructor({ name }: DecoderSpec, plan: ColumnPlan, encoder: FeatureEncoder) {
    this.#name = name;
    this.#plan = plan;
    this.#filler = new FeatureFiller(encoder);
    this.#matrix = new FeatureMatrix(encoder.names.length);
  }

  async decode(payload: BlockPayload): Promise<DecodedBlock> {
    if (payload.kind !== "parquet") {
      throw new TypeError(`a block is ${payload.kind}, expected parquet`);
    }
    const { rowBegin, rowEnd } = payload;
    const file = await this.#open(payload.path);
    const rows = rowEnd - rowBegin;
    this.#matrix.begin(rows);
    const refusals = new Refusals();
    this.#plan.features.forEach((feature, at) => {
      if (feature >= 0) {
        this.#readFeature(file, this.#featureColumn(at), feature, rowBegin, rowEnd, refusals);
      }
    });
    const kept = this.#plan.keep.map((at) => this.#readKept(file, this.#columns[at]!, rowBegin, rowEnd));
    return { rows, lines: 0, features: this.#matrix.toRows(), kept, refused: refusals.list() };
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  async #open(path: string): Promise<ParquetFile> {
    if (this.#file?.path !== path) {
      this.close();
      this.#file = await ParquetFile.open(path, this.#name);
      this.#columns = columnsOf(this.#file.metadata, this.#name);
      this.#group = undefined;
    }
    return this.#file;
  }

  #featureColumn(at: number): ParquetColumn {
    const column = this.#columns[at]!;
    if (!column.type.isFeature) {
      throw this.#error(column, `is ${column.type.name}, expected numbers, booleans or text for a feature`);
    }
    return column;
  }

  #readFeature(
    file: ParquetFile,
    column: ParquetColumn,
    feature: number,
    begin: number,
    end: number,
    refusals: Refusals,
  ): void {
    const place = { out: this.#matrix.column(feature), feature, column: column.name };
    this.#read(file, column, begin, end, ({ rows, present, values, dictionary }, first) => {
      const entries = this.#entriesOf(column, dictionary ?? values);
      const indices = dictionary === undefined ? undefined : (values as Int32Array);
      this.#filler.fill({ rows, present, hasGaps: false, indices, entries }, first, place, refusals);
    });
  }

  #entriesOf({ type }: ParquetColumn, values: Physical): Entries {
    let entries = this.#entries.get(values);
    if (entries === undefined) {
      entries = {
        length: values.length,
        numbers: type.numbers?.(values),
        at: (i) => type.value(values, i),
      };
      this.#entries.set(values, entries);
    }
    return entries;
  }

  #readKept(file: ParquetFile, column: ParquetColumn, begin: number, end: number): KeptColumn {
    const { name, type } = column;
    if (type.kept === undefined) {
      throw this.#error(column, `is ${type.name}, which cannot be passed through`);
    }
    const kept = new Array<unknown>(end - begin).fill(null);
    this.#read(file, column, begin, end, ({ rows, present, values, dictionary }, first) => {
      const known: unknown[] = [];
      let next = 0;
      for (let row = 0; row < rows; row++) {
        if (present !== undefined && present[row] === 0) {
          continue;
        }
        const i = next++;
        if (dictionary === undefined) {
          kept[first + row] = type.value(values, i);
        } else {
          const index = (values as Int32Array)[i]!;
          if (index < 0 || index >= dictionary.length) {
            throw new RangeError(`the index ${index} is not in a dictionary of ${dictionary.length} values`);
          }
          known[index] ??= type.value(dictionary, index);
          kept[first + row] = known[index];
        }
      }
    });
    return { name, type: type.kept, values: kept };
  }

  /** Rows `begin … end)` of the file, span by span; `first` counts rows from `begin`. */
  #read(
    file: ParquetFile,
    column: ParquetColumn,
    begin: number,
    end: number,
    take: (span: Span, first: number) => void,
  ): void {
    try {
      for (const { group, from, to, first } of groupsOf(file, begin, end)) {
        const reader = this.#reader(file, column, group, from);
        for (let row = from; row < to; ) {
          const span = reader.next(to - row);
          take(span, first + row - from);
          row += span.rows;
        }
      }
    } catch (error) {
      throw error instanceof TableError ? error : this.#error(column, `cannot be read: ${messageOf(error)}`);
    }
  }

  /** The column's reader, at a row of a group. */
  #reader(file: ParquetFile, column: ParquetColumn, index: number, row: number): ChunkReader {
    if (this.#group?.index !== index) {
      this.#group = { index, readers: new Map() };
    }
    const { readers } = this.#group;
    let reader = readers.get(column);
    if (reader === undefined || reader.row > row) {
      const group = file.metadata.row_groups[index]!;
      const chunk = group.columns[column.chunk]?.meta_data;
      const path = chunk?.path_in_schema;
      if (chunk === undefined || path?.length !== 1 || path[0] !== column.name) {
        throw new Error(`row group ${index} has ${JSON.stringify(path?.join("."))} in its place`);
      }
      reader = new ChunkReader(file, column, chunk, Number(group.num_rows));
      readers.set(column, reader);
    }
    reader.skipTo(row);
    return reader;
  }

  #error({ name }: ParquetColumn, problem: string): TableError {
    return new TableError(`${this.#name}: column ${JSON.stringify(name)} ${problem}`, { column: name });
  }
}

/** Parts of row groups that rows `begin … end)` of the file lie in. */
function* groupsOf(
  { metadata }: ParquetFile,
  begin: number,
  end: number,
): Generator<{ readonly group: number; readonly from: number; readonly to: number; readonly first: number }> {
  let start = 0;
  for (const [group, { num_rows: count }] of metadata.row_groups.entries()) {
    const rows = Number(count);
    const from = Math.max(begin - start, 0);
    const to = Math.min(end - start, rows);
    if (from < to) {
      yield { group, from, to, first: start + from - begin };
    }
    start += rows;
  }
}
