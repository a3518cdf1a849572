/**
 * What an engine is: it finds the leaf of each tree for each row. It knows nothing of base scores, objectives or shapes.
 *
 * Rows are dense, row-major float32, one column a feature of the model, NaN for missing. Trees are taken in file order and
 * added in float32 one by one, so that every engine gives the same bits.
 */
export interface Engine {
  readonly name: EngineName;

  /** Single rows on the shortest way, where there is one: for one output group whose trees are all walked by one loop. */
  rowSum?(): RowSum | undefined;

  /**
   * Adds the leaves of trees `treeBegin … treeEnd)` to margins.
   * @param rows numRows × features
   * @param margins numRows × groups; holds what the sums start from
   */
  addTrees(
    rows: Float32Array,
    numRows: number,
    margins: Float32Array,
    treeBegin: number,
    treeEnd: number,
  ): void;

  /**
   * Writes the node id of the leaf of trees `0 … treeEnd)`.
   * @param leaves numRows × treeEnd
   */
  writeLeaves(rows: Float32Array, numRows: number, leaves: Float32Array, treeEnd: number): void;
}

/** One row, and the sum of all its leaves. */
export interface RowSum {
  /** Where the row is to be written before each sum; none where engines take other rows only. */
  readonly input: Float32Array | undefined;
  /** `first`, and the leaves of all trees, added in float32 one by one. */
  sum(first: number): number;
}

export type EngineName = "reference" | "javascript" | "wasm";
