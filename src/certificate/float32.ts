/** How far apart two float32 are. */
const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/**
 * Steps from one float32 to the other over the float32 between them: 0 for equal bits (any NaN equals any other), 1 for
 * neighbours and for 0 and -0, Infinity where one alone is NaN. Numbers are rounded to float32 first.
 */
export function ulpsBetween(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) {
    return Number.isNaN(a) && Number.isNaN(b) ? 0 : Infinity;
  }
  return Math.abs(place(a) - place(b));
}

/** Number of a float32 in rising order, -0 just before 0. */
function place(value: number): number {
  floats[0] = value;
  const pattern = bits[0]!;
  return pattern < 0 ? -(pattern & 0x7fff_ffff) - 1 : pattern;
}
