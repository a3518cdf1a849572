/** What `predContribs` gave, for one output. */

/** rows × features contributions of one output group, without the column of the expected value. */
export function contributionsOf(
  data: Float32Array,
  rows: number,
  groups: number,
  group: number,
  features: number,
): Float32Array {
  const out = new Float32Array(rows * features);
  for (let row = 0; row < rows; row++) {
    const at = (row * groups + group) * (features + 1);
    out.set(data.subarray(at, at + features), row * features);
  }
  return out;
}
