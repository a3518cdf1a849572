/** How large a block is, and when workers are worth their while. Costs are counted in trees walked. */
import type { Plan } from "../predict/options.ts";

/** Trees walked for outputs other than sums and leaves: those look at every leaf of a tree. */
const WHOLE_TREE = 64;
/** Rows × trees of a block: some milliseconds, so that cancelling is prompt and posting costs less than one in a hundred. */
const BLOCK_WALKS = 2 ** 20;
/** Values of a block's rows, and of its results: 1 MB each. */
const BLOCK_VALUES = 2 ** 18;
/** Blocks for each worker, so that all of them are busy until nearly the end. */
const BLOCKS_PER_WORKER = 4;
/** Rows that engines walk at a time. */
const ENGINE_ROWS = 64;
/** Rows × trees up to which the calling thread is done before workers would be. */
const LOCAL_WALKS = 2 ** 18;

function walksPerRow(plan: Plan): number {
  const trees = Math.max(1, plan.treeEnd - plan.treeBegin);
  const walked: readonly string[] = ["value", "margin", "leaf"];
  return walked.includes(plan.kind) ? trees : trees * WHOLE_TREE;
}

/** Whether the calling thread is as quick as workers. */
export function isSmall(plan: Plan, rows: number): boolean {
  return rows * walksPerRow(plan) <= LOCAL_WALKS;
}

/** @param values the larger of a row's features and results */
export function blockRowsOf(plan: Plan, rows: number, values: number, workers: number): number {
  const wanted = Math.min(
    BLOCK_WALKS / walksPerRow(plan),
    BLOCK_VALUES / Math.max(1, values),
    rows / (workers * BLOCKS_PER_WORKER),
  );
  return wanted < ENGINE_ROWS
    ? Math.max(1, Math.ceil(wanted))
    : Math.ceil(wanted / ENGINE_ROWS) * ENGINE_ROWS;
}
