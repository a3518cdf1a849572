/** What a scoring thread runs. */
import { parentPort, workerData } from "node:worker_threads";
import type { LoadOptions } from "xgboost-infer";
import { TableError } from "../errors.ts";
import { loadSnapshot, type ModelSnapshot } from "../model/open-model.ts";
import type { BlockPayload } from "../tables/table.ts";
import { BlockScorer, type ScoredBlock, type ScoringSpec } from "./block-scorer.ts";

export interface WorkerStart {
  readonly files: ModelSnapshot["files"];
  readonly load: LoadOptions;
  readonly spec: ScoringSpec;
}

/** Blocks are answered in the order in which they were asked for. */
export type WorkerAnswer =
  | { readonly block: ScoredBlock }
  | { readonly tableError: { readonly message: string; readonly line?: number; readonly column?: string } }
  | { readonly defect: string };

const port = parentPort!;
const { files, load, spec } = workerData as WorkerStart;
const scorer = new BlockScorer(loadSnapshot(files, load), spec);
/** A block may be read in several steps, and the next must not overtake it. */
let last: Promise<void> = Promise.resolve();

port.on("message", (payload: BlockPayload) => {
  last = last.then(() => answer(payload));
});

async function answer(payload: BlockPayload): Promise<void> {
  try {
    const block = await scorer.score(payload);
    port.postMessage({ block } satisfies WorkerAnswer, buffersOf(block));
  } catch (error) {
    port.postMessage(describeError(error));
  }
}

/** What need not be copied. */
function buffersOf({ content }: ScoredBlock): ArrayBuffer[] {
  const arrays: readonly unknown[] = content instanceof Uint8Array ? [content] : content.columns;
  return [...new Set(arrays.filter(isWholeBuffer).map(({ buffer }) => buffer))];
}

function isWholeBuffer(values: unknown): values is { readonly buffer: ArrayBuffer } {
  return (
    ArrayBuffer.isView(values) &&
    values.buffer instanceof ArrayBuffer &&
    values.byteLength === values.buffer.byteLength
  );
}

function describeError(error: unknown): WorkerAnswer {
  if (error instanceof TableError) {
    const { message, line, column } = error;
    return {
      tableError: {
        message,
        ...(line === undefined ? {} : { line }),
        ...(column === undefined ? {} : { column }),
      },
    };
  }
  return { defect: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
