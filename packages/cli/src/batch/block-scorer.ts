/** A block of a table to a block of the output. This runs in workers, and for small tables in the main thread. */
import type { PredictOptions } from "xgboost-infer";
import type { ModelExecutor } from "xgboost-infer/executor";
import { featureEncoder } from "../model/feature-encoder.ts";
import { createDecoder } from "../tables/open.ts";
import type {
  BlockPayload,
  ColumnPlan,
  Decoder,
  DecoderSpec,
  KeptColumn,
  OutputBlock,
  OutputColumn,
  RowRefusal,
  TableEncoder,
} from "../tables/table.ts";
import { readBaseMargins } from "./base-margins.ts";
import { BlockRows } from "./block-rows.ts";
import { makeEncoder, type OutputFormat } from "./output-format.ts";
import { BucketCounter } from "./score-buckets.ts";
import { type BlockStatistics, countMissing, scoreStatistics } from "./statistics.ts";

/** How blocks are scored, as it can be posted to another thread. */
export interface ScoringSpec {
  readonly decoder: DecoderSpec;
  /** Columns with base margins are kept behind those that are passed through. */
  readonly plan: ColumnPlan;
  /** How many of the kept columns are passed through. */
  readonly passed: number;
  readonly options: PredictOptions;
  /** Names of the columns that predictions go to. */
  readonly outputs: readonly string[];
  /** Whether the outputs are scores, of which there is a distribution to show. */
  readonly areScores: boolean;
  /** Where blocks become bytes one without the other; other formats are encoded where they are written. */
  readonly encodeAs: OutputFormat | undefined;
}

export interface ScoredBlock {
  /** Rows and lines of the table. */
  readonly rows: number;
  readonly lines: number;
  readonly refused: readonly RowRefusal[];
  readonly statistics: BlockStatistics;
  /** Of the output. */
  readonly columns: readonly OutputColumn[];
  /** Rows of the output. */
  readonly scored: number;
  /** Bytes where `encodeAs` says so, else columns. */
  readonly content: Uint8Array | OutputBlock;
}

export class BlockScorer {
  readonly #executor: ModelExecutor;
  readonly #spec: ScoringSpec;
  readonly #decoder: Decoder;
  readonly #counter = new BucketCounter();
  #encoder: TableEncoder | undefined;

  constructor(executor: ModelExecutor, spec: ScoringSpec) {
    this.#executor = executor;
    this.#spec = spec;
    this.#decoder = createDecoder(spec.decoder, spec.plan, featureEncoder(executor));
  }

  /** @throws TableError for a block that cannot be read at all, its line counted from the beginning of the block */
  async score(payload: BlockPayload): Promise<ScoredBlock> {
    const { outputs, passed, areScores, encodeAs } = this.#spec;
    const cols = this.#executor.features.length;
    const decoded = await this.#decoder.decode(payload);
    const rows = new BlockRows(decoded, cols);
    const read = rows.count;
    const missing = countMissing(rows.features, read, cols);
    this.#check(rows);
    const margins = readBaseMargins(decoded.kept.slice(passed), rows);
    const scores = this.#predict(rows, margins);
    const kept = decoded.kept.slice(0, passed);
    const columns = outputColumns(kept, outputs);
    const block = {
      rows: rows.count,
      columns: [
        ...kept.map(({ values }) => rows.take(values)),
        ...parted(scores, rows.count, outputs.length),
      ],
    };
    return {
      rows: decoded.rows,
      lines: decoded.lines,
      refused: rows.refused,
      statistics: {
        missing,
        read,
        ...(areScores ? scoreStatistics(scores, outputs.length, this.#counter) : { scores: [], buckets: [] }),
      },
      columns,
      scored: rows.count,
      content: encodeAs === undefined ? block : await this.#encode(encodeAs, columns, block),
    };
  }

  close(): void {
    this.#decoder.close?.();
  }

  #check(rows: BlockRows): void {
    const { mode, unknownFeatures } = this.#executor.manifest.check;
    if (mode !== "off" || unknownFeatures === "refuse") {
      const errors = this.#executor.refusals(rows.features, rows.count, rows.unknown);
      if (errors.some((error) => error !== undefined)) {
        rows.refuse(
          errors.map(
            (error) =>
              error && {
                ...(error.features.length === 1 ? { column: error.features[0]! } : {}),
                reason: error.message.replace(/^row \d+ is refused: /, ""),
              },
          ),
        );
      }
    }
  }

  #predict(rows: BlockRows, baseMargin: Float32Array | undefined): Float32Array {
    if (rows.count === 0) {
      return new Float32Array(0);
    }
    const data = { data: rows.features, rows: rows.count, cols: this.#executor.features.length };
    const options = baseMargin === undefined ? this.#spec.options : { ...this.#spec.options, baseMargin };
    return this.#executor.booster.predict(data, options).data;
  }

  async #encode(
    format: OutputFormat,
    columns: readonly OutputColumn[],
    block: OutputBlock,
  ): Promise<Uint8Array> {
    this.#encoder ??= await makeEncoder(format, columns);
    return block.rows === 0 ? new Uint8Array(0) : this.#encoder.block(block);
  }
}

/** Predictions are float32 in every format that has types. */
export function outputColumns(
  kept: readonly Pick<KeptColumn, "name" | "type">[],
  outputs: readonly string[],
): OutputColumn[] {
  return [
    ...kept.map(({ name, type }) => ({ name, type })),
    ...outputs.map((name) => ({ name, type: { name: "float32" } as const })),
  ];
}

/** Columns of a row-major matrix. */
function parted(values: Float32Array, rows: number, width: number): Float32Array[] {
  if (width === 1) {
    return [values];
  }
  return Array.from({ length: width }, (_, column) => {
    const part = new Float32Array(rows);
    for (let row = 0, at = column; row < rows; row++, at += width) {
      part[row] = values[at]!;
    }
    return part;
  });
}
