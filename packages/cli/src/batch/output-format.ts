/** What the output is written as. */
import { UsageError } from "../errors.ts";
import { compressed } from "../tables/compression.ts";
import { type Compression, compressionOfPath, detectFormat } from "../tables/format.ts";
import { createEncoder } from "../tables/open.ts";
import type { OutputColumn, TableEncoder, TableFormat } from "../tables/table.ts";
import { isDevice } from "./files.ts";

export interface OutputFormat {
  readonly format: TableFormat;
  readonly compression: Compression | undefined;
  readonly delimiter: string | undefined;
}

/** Formats whose blocks become bytes one without the other. */
const SEPARATE: ReadonlySet<TableFormat> = new Set(["csv", "tsv", "ndjson", "libsvm"]);

export function encodesBlocksApart({ format }: OutputFormat): boolean {
  return SEPARATE.has(format);
}

/**
 * What the user says, else what the extension says. Standard output gets the format of the input, where that can be read while it
 * is written: LIBSVM has no names, and Parquet needs its end.
 * @param out `undefined` for standard output
 */
export function outputFormat(
  out: string | undefined,
  explicit: string | undefined,
  input: TableFormat,
  delimiter: string | undefined,
): OutputFormat {
  const isStream = out === undefined || (isDevice(out) && !/\.\w+$/.test(out));
  const format = isStream && explicit === undefined ? likeInput(input) : detectFormat(out, explicit);
  if (format === "libsvm") {
    throw new UsageError("scores cannot be written as libsvm; say another --output-format, such as csv");
  }
  const compression = out === undefined ? undefined : compressionOfPath(out);
  const result = { format, compression, delimiter };
  if (compression !== undefined && !encodesBlocksApart(result)) {
    throw new UsageError(`--out ${out}: ${format} is compressed inside, and not as a whole`);
  }
  if (out === undefined && process.stdout.isTTY && !encodesBlocksApart(result)) {
    throw new UsageError(`${format} is not text: write it to a file with --out, or into a pipe`);
  }
  return result;
}

function likeInput(input: TableFormat): TableFormat {
  switch (input) {
    case "libsvm":
    case "parquet":
      return "csv";
    case "arrow":
      return "arrows";
    default:
      return input;
  }
}

export async function makeEncoder(
  { format, compression, delimiter }: OutputFormat,
  columns: readonly OutputColumn[],
): Promise<TableEncoder> {
  const encoder = createEncoder(format, columns, delimiter);
  return compression === undefined ? encoder : compressed(encoder, compression);
}
