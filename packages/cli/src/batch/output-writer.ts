/** Blocks of the output to the bytes of the file, in order. */
import type { OutputBlock, OutputColumn, TableEncoder } from "../tables/table.ts";
import type { ScoredBlock } from "./block-scorer.ts";
import type { Sink } from "./files.ts";
import { makeEncoder, type OutputFormat } from "./output-format.ts";

/** Rows and values that are gathered for a row group or record batch. Groups end with a block, so that they are the same every time. */
const GROUP_ROWS = 1 << 16;
const GROUP_VALUES = 1 << 22;

export class OutputWriter {
  readonly #sink: Sink;
  readonly #format: OutputFormat;
  #encoder: TableEncoder | undefined;
  #columns: readonly OutputColumn[];
  #group: OutputBlock[] = [];
  #groupRows = 0;

  /** @param columns as they are known before the first block, which knows their types */
  constructor(sink: Sink, format: OutputFormat, columns: readonly OutputColumn[]) {
    this.#sink = sink;
    this.#format = format;
    this.#columns = columns;
  }

  /** Goes on where a writer was when it was between groups. */
  async restore(columns: readonly OutputColumn[], encoder: unknown): Promise<void> {
    this.#columns = columns;
    this.#encoder = await makeEncoder(this.#format, columns);
    this.#encoder.restore(encoder);
  }

  /** Whether all rows so far are written, so that a run can go on from here. */
  get isBetweenGroups(): boolean {
    return this.#encoder !== undefined && this.#groupRows === 0;
  }

  get columns(): readonly OutputColumn[] {
    return this.#columns;
  }

  get encoderState(): unknown {
    return this.#encoder!.state();
  }

  async write({ columns, content, scored }: ScoredBlock): Promise<void> {
    await this.#begin(columns);
    if (content instanceof Uint8Array) {
      await this.#sink.append(content);
    } else if (scored > 0) {
      this.#group.push(content);
      this.#groupRows += scored;
      if (this.#groupRows >= GROUP_ROWS || this.#groupRows * columns.length >= GROUP_VALUES) {
        await this.#writeGroup();
      }
    }
  }

  async end(): Promise<void> {
    await this.#begin(this.#columns);
    if (this.#groupRows > 0) {
      await this.#writeGroup();
    }
    await this.#sink.append(this.#encoder!.end());
  }

  async #begin(columns: readonly OutputColumn[]): Promise<void> {
    if (this.#encoder === undefined) {
      this.#columns = columns;
      this.#encoder = await makeEncoder(this.#format, columns);
      await this.#sink.append(this.#encoder.begin());
    }
  }

  async #writeGroup(): Promise<void> {
    const block = { rows: this.#groupRows, columns: joinColumns(this.#group) };
    this.#group = [];
    this.#groupRows = 0;
    await this.#sink.append(this.#encoder!.block(block));
  }
}

function joinColumns(blocks: readonly OutputBlock[]): ArrayLike<unknown>[] {
  const first = blocks[0]!;
  return blocks.length === 1
    ? [...first.columns]
    : first.columns.map((_, column) => joined(blocks.map(({ columns }) => columns[column]!)));
}

function joined(parts: readonly ArrayLike<unknown>[]): ArrayLike<unknown> {
  if (parts.every((part) => part instanceof Float32Array)) {
    const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
  return parts.flatMap((part) => Array.from(part));
}
