/** One way in and one way out for tables of all formats. */
import { UsageError } from "../errors.ts";
import { createArrowDecoder } from "./arrow/decoder.ts";
import { createArrowEncoder } from "./arrow/encoder.ts";
import { openArrowTable } from "./arrow/source.ts";
import type { TableInput } from "./byte-reader.ts";
import { createParquetDecoder } from "./parquet/decoder.ts";
import { createParquetEncoder } from "./parquet/encoder.ts";
import { openParquetTable } from "./parquet/source.ts";
import type {
  ColumnPlan,
  Decoder,
  DecoderSpec,
  FeatureEncoder,
  OutputColumn,
  TableEncoder,
  TableFormat,
  TableOptions,
  TableSource,
} from "./table.ts";
import { CsvDecoder } from "./text/csv-decoder.ts";
import { CsvEncoder } from "./text/csv-encoder.ts";
import { LibsvmDecoder } from "./text/libsvm-decoder.ts";
import { NdjsonDecoder } from "./text/ndjson-decoder.ts";
import { NdjsonEncoder } from "./text/ndjson-encoder.ts";
import { openText } from "./text/source.ts";

/**
 * Opens a table.
 * @param input a path, or a stream such as standard input
 * @param features names of the model's features in order: columns of tables that do not name theirs
 * @throws UsageError for options that cannot be used or where there is no such file, TableError for a head that cannot be read
 */
export function openTable(
  input: TableInput,
  format: TableFormat,
  options: TableOptions,
  features: readonly string[],
): Promise<TableSource> {
  switch (format) {
    case "csv":
    case "tsv":
    case "ndjson":
    case "libsvm":
      return openText(input, format, options, features);
    case "parquet":
      return openParquetTable(input, options);
    case "arrow":
    case "arrows":
      return openArrowTable(input, format, options);
  }
}

/** What reads the blocks of a table, in any thread. A block without rows gives the types of kept columns. */
export function createDecoder(spec: DecoderSpec, plan: ColumnPlan, encoder: FeatureEncoder): Decoder {
  switch (spec.format) {
    case "csv":
    case "tsv":
      return new CsvDecoder(spec, plan, encoder);
    case "ndjson":
      return new NdjsonDecoder(spec, plan, encoder);
    case "libsvm":
      return new LibsvmDecoder(spec, plan, encoder);
    case "parquet":
      return createParquetDecoder(spec, plan, encoder);
    case "arrow":
    case "arrows":
      return createArrowDecoder(spec, plan, encoder);
  }
}

/**
 * What writes a table.
 * @param delimiter between fields of CSV
 * @throws UsageError for a format that is only read
 */
export function createEncoder(
  format: TableFormat,
  columns: readonly OutputColumn[],
  delimiter?: string,
): TableEncoder {
  switch (format) {
    case "csv":
    case "tsv":
      return new CsvEncoder(format, columns, delimiter);
    case "ndjson":
      return new NdjsonEncoder(columns);
    case "libsvm":
      throw new UsageError("scores cannot be written as libsvm; expected csv, tsv, ndjson, parquet or arrow");
    case "parquet":
      return createParquetEncoder(columns);
    case "arrow":
    case "arrows":
      return createArrowEncoder(format, columns);
  }
}
