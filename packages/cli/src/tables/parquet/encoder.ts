/** Tables as Parquet files: a row group a block. */
import type { RowGroup, SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { KeptType, OutputBlock, OutputColumn, TableEncoder } from "../table.ts";

export function createParquetEncoder(columns: readonly OutputColumn[]): TableEncoder {
  return new ParquetEncoder(columns);
}

/** What the footer says of the blocks so far. Big integers of the library are text, behind this mark. */
const BIG = "n:";

class ParquetEncoder implements TableEncoder {
  readonly #columns: readonly OutputColumn[];
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;

  constructor(columns: readonly OutputColumn[]) {
    this.#columns = columns;
    const root: SchemaElement = { name: "schema", num_children: columns.length };
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [root, ...columns.map(elementOf)],
      // Minima and maxima of scores would make the state of a long run large.
      statistics: false,
      createdBy: "xgboost-infer",
    });
  }

  /** The library has written the magic number already. */
  begin(): Uint8Array {
    return this.#take();
  }

  block({ rows, columns }: OutputBlock): Uint8Array {
    if (rows > 0) {
      const columnData = this.#columns.map(({ name, type }, i) => ({
        name,
        data: valuesOf(columns[i]!, type),
        // A dictionary would not tell -0 from 0.
        ...(type.name === "float32" || type.name === "float64" ? { encoding: "PLAIN" as const } : {}),
        offsetIndex: false,
      }));
      // Without `flush`, nothing waits.
      void this.#writer.write({ columnData, rowGroupSize: rows });
    }
    return this.#take();
  }

  end(): Uint8Array {
    void this.#writer.finish();
    return this.#take();
  }

  state(): unknown {
    const groups = JSON.stringify(this.#writer.row_groups, (_, value) =>
      typeof value === "bigint" ? BIG + value : value,
    );
    return { offset: this.#bytes.offset, groups: JSON.parse(groups) };
  }

  restore(state: unknown): void {
    const { offset, groups } = state as { readonly offset: number; readonly groups: unknown };
    this.#bytes.offset = offset;
    this.#bytes.index = 0;
    this.#writer.row_groups = JSON.parse(JSON.stringify(groups), (_, value) =>
      typeof value === "string" && value.startsWith(BIG) ? BigInt(value.slice(BIG.length)) : value,
    ) as RowGroup[];
    this.#writer.num_rows = this.#writer.row_groups.reduce((sum, group) => sum + group.num_rows, 0n);
  }

  #take(): Uint8Array {
    const bytes = this.#bytes.getBytes().slice();
    this.#bytes.index = 0;
    // What its indexes would be made of; there are none.
    this.#writer.pendingIndexes = [];
    return bytes;
  }
}

const PHYSICAL: Readonly<Record<KeptType["name"], Omit<SchemaElement, "name">>> = {
  text: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  json: { type: "BYTE_ARRAY", converted_type: "JSON", logical_type: { type: "JSON" } },
  boolean: { type: "BOOLEAN" },
  int32: { type: "INT32" },
  int64: { type: "INT64" },
  // The newer name of the type is left out: hyparquet-writer 0.17.0 writes its width as a number that pyarrow refuses.
  uint64: { type: "INT64", converted_type: "UINT_64" },
  float32: { type: "FLOAT" },
  float64: { type: "DOUBLE" },
  date: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
  timestamp: { type: "INT64" },
};

/** Parquet has no seconds. */
const UNITS = { s: "MILLIS", ms: "MILLIS", us: "MICROS", ns: "NANOS" } as const;

function elementOf({ name, type }: OutputColumn): SchemaElement {
  const element: SchemaElement = { name, repetition_type: "OPTIONAL", ...PHYSICAL[type.name] };
  if (type.name === "timestamp") {
    element.logical_type = {
      type: "TIMESTAMP",
      isAdjustedToUTC: type.timezone !== null,
      unit: UNITS[type.unit],
    };
  }
  return element;
}

/** Values as the library takes them. */
function valuesOf(values: ArrayLike<unknown>, type: KeptType): unknown[] | Float32Array {
  if (values instanceof Float32Array && type.name === "float32") {
    return values;
  }
  const list = Array.from(values);
  if (type.name === "timestamp" && type.unit === "s") {
    return list.map((value) => (typeof value === "bigint" ? value * 1000n : value));
  }
  return list;
}
