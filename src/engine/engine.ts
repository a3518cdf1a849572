/**
 * What an engine is: it finds the leaf of each tree for each row. It knows nothing of base scores, objectives or shapes.
 *
 * Rows are dense, row-major float32, one column a feature of the model, NaN for missing. Trees are taken in file order and
 * added in float32 one by one, so that every engine gives the same bits.
 */
export interface Engine {
  readonly name: EngineName;

  /**
   * Room for one row, which `addTrees` reads without a copy when it is given this very array; no engine has to have it. Only
   * for rows that can be written at one go: the engine uses the room itself.
   */
  rowInput?(): Float32Array | undefined;

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

export type EngineName = "reference" | "javascript" | "wasm";
