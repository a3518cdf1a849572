/**
 * Decimal numbers from bytes to float32, without text in between. The result is the float32 of the double that a correctly
 * rounded reader gives (`Number`, Python's `float`).
 */

/** Where the last `readNumber` stopped: at the first byte that is not of the number. */
export const cursor = { end: 0 };

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
/** `e` and `E` but for the case. */
const LOWER = 32;
const E = 101;

/** Digits that are kept are two whole numbers of nine; the rest is below 1e-17 of the value. */
const HALF = 9;

/** Whole numbers of so many digits are doubles, and so are powers of ten up to the 22nd: one rounding (Clinger, 1990). */
const EXACT_DIGITS = 15;
const EXACT_POWER = 22;

/** Far beyond any double; exponents are not added up any further. */
const MAX_EXPONENT = 1e8;

/** Beyond these, a double may be subnormal or overflow. */
const MAX_POWER = 290;

/** Relative error of the approximation below, with room to spare: five roundings of 2^-53, and the digits left out. */
const ABOVE = 1 + 2 ** -48;
const BELOW = 1 - 2 ** -48;

const POWERS = Float64Array.from({ length: 2 * MAX_POWER + 1 }, (_, i) => Number(`1e${i - MAX_POWER}`));

const latin1 = new TextDecoder("latin1");

/**
 * Reads the number that begins at `begin`: `-12.5e3`, `.5`, `5.`, `+1`. Sets `cursor.end`, which is `begin` where there is no
 * number. A byte that is not of a number has to follow. Loops of nine digits at most take a quarter less time than one loop
 * that asks at each digit where it belongs.
 */
export function readNumber(bytes: Uint8Array, begin: number): number {
  let at = begin;
  let c = bytes[at]!;
  const negative = c === MINUS;
  if (negative || c === PLUS) {
    c = bytes[++at]!;
  }
  let start = at;
  while (c === ZERO) {
    c = bytes[++at]!;
  }
  const leading = at - start;
  let high = 0;
  let low = 0;
  let lowDigits = 0;
  let power = 0;
  let d = c ^ ZERO;
  start = at;
  let limit = at + HALF;
  for (; d < 10 && at < limit; d = bytes[++at]! ^ ZERO) {
    high = (Math.imul(high, 10) + d) | 0;
  }
  let digits = at - start;
  if (d < 10) {
    start = at;
    limit = at + HALF;
    for (; d < 10 && at < limit; d = bytes[++at]! ^ ZERO) {
      low = (Math.imul(low, 10) + d) | 0;
    }
    lowDigits = at - start;
    digits += lowDigits;
    for (; d < 10; d = bytes[++at]! ^ ZERO) {
      power++;
    }
  }
  let read = leading + digits;
  if (d === (POINT ^ ZERO)) {
    d = bytes[++at]! ^ ZERO;
    const fraction = at;
    if (digits === 0) {
      while (d === 0) {
        d = bytes[++at]! ^ ZERO;
      }
    }
    start = at;
    limit = at + HALF - digits;
    for (; d < 10 && at < limit; d = bytes[++at]! ^ ZERO) {
      high = (Math.imul(high, 10) + d) | 0;
    }
    digits += at - start;
    power -= at - fraction;
    if (d < 10) {
      start = at;
      limit = at + HALF - lowDigits;
      for (; d < 10 && at < limit; d = bytes[++at]! ^ ZERO) {
        low = (Math.imul(low, 10) + d) | 0;
      }
      lowDigits += at - start;
      digits += at - start;
      power -= at - start;
      while (d < 10) {
        d = bytes[++at]! ^ ZERO;
      }
    }
    read += at - fraction;
  }
  if (read === 0) {
    cursor.end = begin;
    return Number.NaN;
  }
  cursor.end = at;
  if (((d ^ ZERO) | LOWER) === E) {
    power += readExponent(bytes, at);
    if (cursor.end === at) {
      cursor.end = begin;
      return Number.NaN;
    }
  }
  const value = lowDigits === 0 ? high : high * POWERS[MAX_POWER + lowDigits]! + low;
  if (value === 0) {
    return negative ? -0 : 0;
  }
  if (digits <= EXACT_DIGITS && power >= -EXACT_POWER && power <= EXACT_POWER) {
    const exact = power < 0 ? value / POWERS[MAX_POWER - power]! : value * POWERS[MAX_POWER + power]!;
    return Math.fround(negative ? -exact : exact);
  }
  if (power >= -MAX_POWER && power <= MAX_POWER) {
    // Rounding to float32 is monotonic: where both ends of the error round to the same, so does the double in between. One in
    // eight million does not.
    const near = value * POWERS[MAX_POWER + power]!;
    const below = Math.fround(near * BELOW);
    if (below === Math.fround(near * ABOVE)) {
      return negative ? -below : below;
    }
  }
  return Math.fround(Number(latin1.decode(bytes.subarray(begin, cursor.end))));
}

/** Reads `e-12` at `begin`, and leaves `cursor.end` where it is if that is none. */
function readExponent(bytes: Uint8Array, begin: number): number {
  let at = begin + 1;
  const down = bytes[at] === MINUS;
  if (down || bytes[at] === PLUS) {
    at++;
  }
  let exponent = 0;
  for (let d = bytes[at]! ^ ZERO; d < 10; d = bytes[++at]! ^ ZERO) {
    if (exponent < MAX_EXPONENT) {
      exponent = exponent * 10 + d;
    }
    cursor.end = at + 1;
  }
  return down ? -exponent : exponent;
}
