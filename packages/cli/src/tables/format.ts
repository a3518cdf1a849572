/** What a table is, by its name and its first bytes. */
import { UsageError } from "../errors.ts";
import type { TableFormat } from "./table.ts";

export type Compression = "gzip" | "zstd";

export const FORMATS: readonly TableFormat[] = [
  "csv",
  "tsv",
  "ndjson",
  "libsvm",
  "parquet",
  "arrow",
  "arrows",
];

const EXTENSIONS: Readonly<Record<string, TableFormat>> = {
  csv: "csv",
  tsv: "tsv",
  tab: "tsv",
  ndjson: "ndjson",
  jsonl: "ndjson",
  libsvm: "libsvm",
  svm: "libsvm",
  svmlight: "libsvm",
  parquet: "parquet",
  pq: "parquet",
  arrow: "arrow",
  feather: "arrow",
  ipc: "arrow",
  arrows: "arrows",
};

const COMPRESSIONS: Readonly<Record<string, Compression>> = {
  gz: "gzip",
  gzip: "gzip",
  zst: "zstd",
  zstd: "zstd",
};

const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];
const PARQUET = [0x50, 0x41, 0x52, 0x31];
const ARROW = [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31];
const ARROW_STREAM = [0xff, 0xff, 0xff, 0xff];

/**
 * The format of a table: what the user says, else what its extension says, else what its first bytes say.
 * @param path `undefined` for standard input or output
 * @throws UsageError where neither does
 */
export function detectFormat(
  path: string | undefined,
  explicit?: string,
  firstBytes?: Uint8Array,
): TableFormat {
  if (explicit !== undefined) {
    return named(explicit);
  }
  const format =
    (path === undefined ? undefined : own(EXTENSIONS, extensions(path).format)) ?? formatOfBytes(firstBytes);
  if (format === undefined) {
    const what = path === undefined ? "standard input or output" : path;
    throw new UsageError(
      `${what}: the format cannot be told from the name; say which: ${FORMATS.join(", ")}`,
    );
  }
  return format;
}

/** How a file is compressed, by its extension. */
export function compressionOfPath(path: string): Compression | undefined {
  return own(COMPRESSIONS, extensions(path).compression);
}

/** How bytes are compressed, by their first four. */
export function compressionOfBytes(bytes: Uint8Array): Compression | undefined {
  return starts(bytes, GZIP) ? "gzip" : starts(bytes, ZSTD) ? "zstd" : undefined;
}

function named(text: string): TableFormat {
  const format = FORMATS.find((each) => each === text) ?? own(EXTENSIONS, text);
  if (format === undefined) {
    throw new UsageError(`format ${JSON.stringify(text)} is not known; expected ${FORMATS.join(", ")}`);
  }
  return format;
}

/** `rows.CSV.gz` → `csv` and `gz`. */
function extensions(path: string): { readonly format: string; readonly compression: string } {
  const parts = path
    .slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1)
    .toLowerCase()
    .split(".");
  const last = parts.length > 1 ? parts.pop()! : "";
  if (!Object.hasOwn(COMPRESSIONS, last)) {
    return { format: last, compression: "" };
  }
  return { format: parts.length > 1 ? parts.pop()! : "", compression: last };
}

/** CSV and TSV have no sign of their own: text is only told apart where it is JSON. */
function formatOfBytes(bytes: Uint8Array | undefined): TableFormat | undefined {
  if (bytes === undefined) {
    return undefined;
  }
  if (starts(bytes, PARQUET)) {
    return "parquet";
  }
  if (starts(bytes, ARROW)) {
    return "arrow";
  }
  if (starts(bytes, ARROW_STREAM)) {
    return "arrows";
  }
  return bytes[0] === 0x7b ? "ndjson" : undefined;
}

function starts(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
