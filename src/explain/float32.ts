const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/** The largest float32 below `value`, which is one itself; -Infinity stays. */
export function below(value: number): number {
  if (value === 0) {
    return -(2 ** -149);
  }
  if (value === -Infinity) {
    return value;
  }
  floats[0] = value;
  bits[0]! += value > 0 ? -1 : 1;
  return floats[0]!;
}
