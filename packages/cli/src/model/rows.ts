/** Single rows of a table, or a row given as JSON, as a model sees them. */
import { InputError } from "xgboost-infer";
import type { ModelExecutor } from "xgboost-infer/executor";
import { TableError, UsageError } from "../errors.ts";
import { detectFormat } from "../tables/format.ts";
import { createDecoder, openTable } from "../tables/open.ts";
import { planColumns } from "../tables/plan.ts";
import type { DecodedBlock, Decoder, TableSource } from "../tables/table.ts";
import { featureEncoder } from "./feature-encoder.ts";

export interface RowFlags {
  readonly data?: string;
  readonly row?: readonly number[];
  readonly rowJson?: string;
  readonly format?: string;
}

/** A row with its number in the table, counted from 1; 1 for one given as JSON. */
export interface ModelRow {
  readonly row: number;
  /** float32, one value a feature, codes for categories, NaN for missing. */
  readonly values: Float32Array;
}

/** `3`, `1,5,7`, `10-19` → row numbers. */
export function rowNumbers(text: string): number[] {
  const rows: number[] = [];
  for (const part of text.split(",")) {
    const range = /^\s*(\d{1,12})(?:-(\d{1,12}))?\s*$/.exec(part);
    const [first, last] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])];
    if (range === null || last < first || first < 1) {
      throw new UsageError(`--row ${text}: expected row numbers counted from 1, such as 3, 1,5,7 or 10-19`);
    }
    if (last - first + rows.length >= MOST_ROWS) {
      throw new UsageError(
        `--row ${text}: more than ${MOST_ROWS} rows; for whole tables there is predict --output contribs`,
      );
    }
    for (let row = first; row <= last; row++) {
      rows.push(row);
    }
  }
  return rows;
}

/** Each row is a picture of its own: more are a table. */
const MOST_ROWS = 1000;

/**
 * The rows that options ask for, in the order they were asked for.
 * @throws UsageError, or TableError for a row that is refused
 */
export async function readRows(executor: ModelExecutor, flags: RowFlags): Promise<ModelRow[]> {
  if ((flags.data === undefined) === (flags.rowJson === undefined)) {
    throw new UsageError("a row is needed: --data FILE --row N, or --row-json '{\"feature\": 1}'");
  }
  if (flags.rowJson !== undefined) {
    return [{ row: 1, values: jsonRow(executor, flags.rowJson) }];
  }
  const wanted = flags.row ?? [1];
  const found = await scanTable(executor, flags.data!, flags.format, new Set(wanted));
  return wanted.map((row) => {
    const values = found.rows.get(row);
    if (values === undefined) {
      throw new UsageError(`--row ${row}: ${flags.data} has ${found.count} rows`);
    }
    return { row, values };
  });
}

function jsonRow(executor: ModelExecutor, text: string): Float32Array {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--row-json: not JSON: ${(error as Error).message}`);
  }
  if (typeof row !== "object" || row === null || Array.isArray(row)) {
    throw new UsageError(
      '--row-json: expected an object by feature name, such as {"age": 41, "plan": "basic"}',
    );
  }
  const unknown = Object.keys(row).filter((name) => !executor.features.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(
      `--row-json: the model has no feature ${JSON.stringify(unknown[0])}; it has ${executor.features.slice(0, 10).join(", ")}${executor.features.length > 10 ? ", …" : ""}`,
    );
  }
  try {
    return executor.encode(row as Record<string, unknown>);
  } catch (error) {
    throw error instanceof InputError ? new UsageError(`--row-json: ${error.message}`) : error;
  }
}

interface Found {
  readonly rows: ReadonlyMap<number, Float32Array>;
  /** Rows of the table, where it was read to its end. */
  readonly count: number;
}

async function scanTable(
  executor: ModelExecutor,
  path: string,
  format: string | undefined,
  wanted: ReadonlySet<number>,
): Promise<Found> {
  const encoder = featureEncoder(executor);
  const isStream = path === "-";
  const source = await openTable(
    isStream ? process.stdin : path,
    detectFormat(isStream ? undefined : path, format),
    {},
    executor.features,
  );
  try {
    const { plan, missing } = planColumns(source.columns, encoder, []);
    if (missing.length === encoder.names.length && encoder.names.length > 0) {
      throw new UsageError(
        `${path}: no column has the name of a feature; the model has ${encoder.names.slice(0, 10).join(", ")}${encoder.names.length > 10 ? ", …" : ""}`,
      );
    }
    return await takeRows(source, createDecoder(source.decoder, plan, encoder), wanted, encoder.names.length);
  } finally {
    await source.close();
  }
}

async function takeRows(
  source: TableSource,
  decoder: Decoder,
  wanted: ReadonlySet<number>,
  features: number,
): Promise<Found> {
  const last = Math.max(...wanted);
  const rows = new Map<number, Float32Array>();
  let count = 0;
  for await (const block of source.blocks()) {
    const decoded = await decoder.decode(block.payload);
    for (const row of wanted) {
      const at = row - 1 - count;
      if (at >= 0 && at < decoded.rows) {
        rows.set(row, rowOf(decoded, at, row, features, source.name));
      }
    }
    count += decoded.rows;
    if (count >= last) {
      break;
    }
  }
  return { rows, count };
}

function rowOf(block: DecodedBlock, at: number, row: number, features: number, name: string): Float32Array {
  const refusal = block.refused.find((each) => each.row === at);
  if (refusal !== undefined) {
    const column = refusal.column === undefined ? "" : `, column ${refusal.column}`;
    throw new TableError(`${name}, row ${row}${column}: ${refusal.reason}`);
  }
  return block.features.slice(at * features, (at + 1) * features);
}
