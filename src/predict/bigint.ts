/** Big integers on their way to float32. */

/** Beyond this, not every integer is a double. */
const EXACT = 1n << 53n;

/**
 * A big integer as a double that rounds to the float32 nearest to the integer, as C's cast rounds 64-bit integers: bits beyond the
 * 53 of a double leave a mark in the lowest one. Rounding to a double first would sometimes round twice, and away.
 * Exact for integers of 64 bits.
 */
export function toNumber(value: bigint): number {
  if (value > -EXACT && value < EXACT) {
    return Number(value);
  }
  return Number((value >> 11n) | ((value & 0x7ffn) === 0n ? 0n : 1n)) * 2048;
}
