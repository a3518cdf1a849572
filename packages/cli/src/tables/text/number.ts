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

/** Digits that are kept: two whole numbers of nine. The rest is below 1e-17 of the value. */
const HALF = 9;
const KEPT = 18;

/** Whole numbers of so many digits are doubles, and so are powers of ten up to the 22nd: one rounding (Clinger, 1990). */
const EXACT_DIGITS = 15;
const EXACT_POWER = 22;

/** Beyond these, a double may be subnormal or overflow. */
const MAX_POWER = 290;

/** Relative error of the approximation below, with room to spare: five roundings of 2^-53, and the digits left out. */
const ABOVE = 1 + 2 ** -48;
const BELOW = 1 - 2 ** -48;

const POWERS = Float64Array.from({ length: 2 * MAX_POWER + 1 }, (_, i) => Number(`1e${i - MAX_POWER}`));

const latin1 = new TextDecoder("latin1");

/**
 * Reads the number that begins at `begin`: `-12.5e3`, `.5`, `5.`, `+1`. Sets `cursor.end`, which is `begin` where there is no
 * number. A byte that is not of a number has to follow.
 */
export function readNumber(bytes: Uint8Array, begin: number): number {
  let at = begin;
  let c = bytes[at]!;
  const negative = c === MINUS;
  if (negative || c === PLUS) {
    c = bytes[++at]!;
  }
  const first = at;
  while (c === ZERO) {
    c = bytes[++at]!;
  }
  let digits = 0;
  let high = 0;
  let low = 0;
  let power = 0;
  for (let d = c ^ ZERO; d < 10; d = c ^ ZERO) {
    if (digits < HALF) {
      high = (Math.imul(high, 10) + d) | 0;
    } else if (digits < KEPT) {
      low = (Math.imul(low, 10) + d) | 0;
    } else {
      power++;
    }
    digits++;
    c = bytes[++at]!;
  }
  let none = at === first;
  if (c === POINT) {
    c = bytes[++at]!;
    const fraction = at;
    let dropped = 0;
    if (digits === 0) {
      while (c === ZERO) {
        c = bytes[++at]!;
      }
    }
    for (let d = c ^ ZERO; d < 10; d = c ^ ZERO) {
      if (digits < HALF) {
        high = (Math.imul(high, 10) + d) | 0;
      } else if (digits < KEPT) {
        low = (Math.imul(low, 10) + d) | 0;
      } else {
        dropped++;
      }
      digits++;
      c = bytes[++at]!;
    }
    power -= at - fraction - dropped;
    none &&= at === fraction;
  }
  if (none) {
    cursor.end = begin;
    return Number.NaN;
  }
  if ((c | LOWER) === E) {
    let exponent = 0;
    c = bytes[++at]!;
    const down = c === MINUS;
    if (down || c === PLUS) {
      c = bytes[++at]!;
    }
    const start = at;
    for (let d = c ^ ZERO; d < 10; d = c ^ ZERO) {
      if (exponent < 1e8) {
        exponent = exponent * 10 + d;
      }
      c = bytes[++at]!;
    }
    if (at === start) {
      cursor.end = begin;
      return Number.NaN;
    }
    power += down ? -exponent : exponent;
  }
  cursor.end = at;
  const value = digits <= HALF ? high : high * POWERS[MAX_POWER + Math.min(digits, KEPT) - HALF]! + low;
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
  return Math.fround(Number(latin1.decode(bytes.subarray(begin, at))));
}
