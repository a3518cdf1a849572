/** Tables read whole, for tests. */
import { Readable } from "node:stream";
import { InputError } from "xgboost-infer";
import type { TableInput } from "../../src/tables/byte-reader.ts";
import { createDecoder, openTable } from "../../src/tables/open.ts";
import { planColumns } from "../../src/tables/plan.ts";
import type {
  BlockPosition,
  FeatureEncoder,
  FeatureKind,
  RawBlock,
  RowRefusal,
  TableFormat,
  TableOptions,
} from "../../src/tables/table.ts";

/** Texts that mean missing where no category has that name. */
const MISSING = ["", "NaN", "nan", "NA", "null"];

/** An encoder as a model has it: categories by name and column. */
export function encoderOf(
  names: readonly string[],
  categories: Readonly<Record<string, readonly string[]>> = {},
): FeatureEncoder {
  const kinds = names.map(
    (name): FeatureKind => (Object.hasOwn(categories, name) ? "text category" : "number"),
  );
  const refuse = (value: unknown, column: number, expected: string): never => {
    const name = names[column]!;
    throw new InputError(
      `row 0, feature ${column} (${JSON.stringify(name)}): found ${quoted(value)}, expected ${expected}`,
      { row: 0, feature: name },
    );
  };
  const code = (text: string, column: number) => {
    const found = categories[names[column]!]!.indexOf(text);
    return found < 0 ? refuse(text, column, "a category of the training set") : found;
  };
  return {
    names,
    kinds,
    encodeText(text, column) {
      const trimmed = text.trim();
      if (kinds[column] === "text category") {
        return MISSING.includes(text) ? Number.NaN : code(text, column);
      }
      if (MISSING.includes(trimmed)) {
        return Number.NaN;
      }
      if (/^[+-]?inf(inity)?$/i.test(trimmed)) {
        return trimmed.startsWith("-") ? -Infinity : Infinity;
      }
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)
        ? Number(trimmed)
        : refuse(text, column, "a number, also as text");
    },
    encodeValue(value, column) {
      if (value === null || value === undefined || value === "") {
        return Number.NaN;
      }
      if (kinds[column] === "text category") {
        return typeof value === "string" ? code(value, column) : Number(value);
      }
      return typeof value === "number" ? value : refuse(value, column, "a number");
    },
  };
}

/** As the engine's messages have values. */
function quoted(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
    : String(value);
}

export interface WholeTable {
  readonly rows: number;
  readonly lines: number;
  readonly features: readonly number[];
  readonly kept: Readonly<Record<string, readonly unknown[]>>;
  /** Rows and lines counted from the beginning of the table's rows. */
  readonly refused: readonly RowRefusal[];
  readonly blocks: readonly RawBlock[];
}

export interface ReadOptions extends TableOptions {
  readonly keep?: readonly string[] | "all";
  readonly from?: BlockPosition;
}

export async function readWhole(
  input: TableInput,
  format: TableFormat,
  encoder: FeatureEncoder,
  { keep = [], from, ...options }: ReadOptions = {},
): Promise<WholeTable> {
  const source = await openTable(input, format, options, encoder.names);
  const { plan } = planColumns(source.columns, encoder, keep);
  const decoder = createDecoder(source.decoder, plan, encoder);
  const features: number[] = [];
  const kept: Record<string, unknown[]> = Object.create(null);
  const refused: RowRefusal[] = [];
  const blocks: RawBlock[] = [];
  let rows = 0;
  let lines = 0;
  try {
    for await (const block of source.blocks(from)) {
      const decoded = await decoder.decode(block.payload);
      for (const value of decoded.features) {
        features.push(value);
      }
      for (const { name, values } of decoded.kept) {
        kept[name] = [...(kept[name] ?? []), ...Array.from(values)];
      }
      for (const each of decoded.refused) {
        refused.push({
          ...each,
          row: each.row + rows,
          ...(each.line === undefined ? {} : { line: each.line + lines }),
        });
      }
      rows += decoded.rows;
      lines += decoded.lines;
      blocks.push(block);
    }
  } finally {
    decoder.close?.();
    await source.close();
  }
  return { rows, lines, features, kept, refused, blocks };
}

/** Bytes as a stream gives them, cut into chunks of so many bytes, again and again. */
export function streamOf(bytes: Uint8Array, sizes: readonly number[] = [65536]): Readable {
  return Readable.from(chunks(bytes, sizes), { objectMode: false });
}

function* chunks(bytes: Uint8Array, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield Buffer.from(bytes.subarray(at, at + size));
    at += size;
  }
}
