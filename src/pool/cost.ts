/** How large a block is, and when workers are worth their while. Costs are counted in trees walked. */
import { isExplanation, type OutputKind, type Plan } from "../predict/options.ts";

/**
 * Walks of a tree that one explanation by it costs, measured with trees of 50 to 60 leaves: contributions take 100 to 200 by
 * quadrature and 600 to 900 by paths; interactions 350 by quadrature and a hundred thousand by paths, which a block in
 * between keeps from being blocks of seconds.
 */
const WALKS: Partial<Record<OutputKind, number>> = {
  contribs: 512,
  interactions: 4096,
  approxContribs: 32,
  approxInteractions: 32,
};
/** Rows that explainers take at a time. */
const EXPLAINED_ROWS = 4;
/** Values of a block's rows, and of its results: 1 MB each. */
const BLOCK_VALUES = 2 ** 18;
/** Blocks for each worker, so that all of them are busy until nearly the end. */
const BLOCKS_PER_WORKER = 4;
/** Rows that engines walk at a time. */
const ENGINE_ROWS = 64;

/** In rows × trees, of which the WebAssembly engine walks a million in 5 to 10 ms. */
export interface Limits {
  /** Of a block: so large that posting costs less than one in a hundred, so small that cancelling is prompt. */
  readonly blockWalks: number;
  /** Up to here the calling thread is done as soon as workers would be, which answer after 0.1 to 0.3 ms at best. */
  readonly localWalks: number;
}

export const LIMITS: Limits = { blockWalks: 2 ** 20, localWalks: 2 ** 18 };

function walksPerRow(plan: Plan): number {
  const trees = Math.max(1, plan.treeEnd - plan.treeBegin);
  return trees * (WALKS[plan.kind] ?? 1);
}

/** Whether the calling thread is as quick as workers. */
export function isSmall(plan: Plan, rows: number, limits: Limits): boolean {
  return rows * walksPerRow(plan) <= limits.localWalks;
}

/** @param values the larger of a row's features and results */
export function blockRowsOf(
  plan: Plan,
  rows: number,
  values: number,
  workers: number,
  limits: Limits,
): number {
  const wanted = Math.min(
    limits.blockWalks / walksPerRow(plan),
    BLOCK_VALUES / Math.max(1, values),
    rows / (workers * BLOCKS_PER_WORKER),
  );
  const atOnce = isExplanation(plan.kind) ? EXPLAINED_ROWS : wanted < ENGINE_ROWS ? 1 : ENGINE_ROWS;
  return Math.max(1, Math.ceil(wanted / atOnce)) * atOnce;
}
