/** What an explainer is: it says how much each feature of a row, or each pair of features, adds to the margins. */

/** What is asked for; the approximation credits each split with the change of the mean below it. */
export type ExplanationKind = "contribs" | "approxContribs" | "interactions" | "approxInteractions";

/**
 * Rows are as engines take them. A result has one column a feature and one, the last, for the bias; for each row and
 * output group a vector of these (contributions) or a square matrix (interactions).
 */
export interface Explainer {
  /**
   * Overwrites `out` with the explanations of `count` rows by trees `0 … treeEnd)`.
   * @param base base margins, one a group or one a row and group
   */
  explain(
    rows: Float32Array,
    count: number,
    base: Float32Array,
    kind: ExplanationKind,
    treeEnd: number,
    out: Float32Array,
  ): void;
}

/** Values that a row of a result has. */
export function explanationWidth(kind: ExplanationKind, numFeatures: number, groups: number): number {
  const columns = numFeatures + 1;
  return groups * (isMatrix(kind) ? columns * columns : columns);
}

export function isMatrix(kind: ExplanationKind): boolean {
  return kind === "interactions" || kind === "approxInteractions";
}
