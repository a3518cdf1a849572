/**
 * Numbers in bytes of text, rounded as `Number` rounds them, without making a text of each. Up to 2^53, and with powers of ten up to
 * 10^22, both parts are exact in a double, and one division or multiplication rounds correctly (W. D. Clinger, How to Read Floating
 * Point Numbers Accurately, 1990). All others go the long way.
 */

const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const [MINUS, PLUS, DOT, ZERO, NINE] = [45, 43, 46, 48, 57];

/** Stands for "this is no number": NaN is one. */
export const NO_NUMBER: unique symbol = Symbol("no number");

/** The number that bytes begin … end are, from first to last. */
export function readNumber(bytes: Uint8Array, begin: number, end: number): number | typeof NO_NUMBER {
  let at = begin;
  const first = bytes[at]!;
  const negative = first === MINUS;
  if (negative || first === PLUS) {
    at++;
  }
  const start = at;
  let mantissa = 0;
  let fraction = 0;
  let dots = 0;
  for (; at < end; at++) {
    const c = bytes[at]!;
    if (c >= ZERO && c <= NINE) {
      mantissa = mantissa * 10 + (c - ZERO);
      fraction += dots;
    } else if (c === DOT && dots === 0) {
      dots = 1;
    } else {
      return long(bytes, begin, end);
    }
  }
  if (at - start - dots < 1 || mantissa > Number.MAX_SAFE_INTEGER || fraction > 22) {
    return long(bytes, begin, end);
  }
  const value = fraction === 0 ? mantissa : mantissa / POWERS[fraction]!;
  return negative ? -value : value;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** Exponents, many digits, infinities, and what is no number. */
function long(bytes: Uint8Array, begin: number, end: number): number | typeof NO_NUMBER {
  if (end - begin > 400) {
    return NO_NUMBER;
  }
  let text = "";
  for (let at = begin; at < end; at++) {
    text += String.fromCharCode(bytes[at]!);
  }
  text = text.trim();
  if (NUMBER.test(text)) {
    return isLongInteger(text) ? NO_NUMBER : Number(text);
  }
  const infinite = INFINITE.exec(text);
  return infinite === null
    ? NO_NUMBER
    : infinite[1] === "-"
      ? Number.NEGATIVE_INFINITY
      : Number.POSITIVE_INFINITY;
}

/** Whole numbers of 64 bits that a double may not hold, such as identifiers: they stay text, so that they are shown as they are. */
function isLongInteger(text: string): boolean {
  return /^[+-]?\d{16,20}$/.test(text) && !Number.isSafeInteger(Number(text));
}

const double = new Float64Array(1);
const bits = new BigInt64Array(double.buffer);

/**
 * A number in text as float32. Integers of 64 bits are rounded once, as NumPy and XGBoost round them, and not to a double first: the
 * double is rounded to odd where it is inexact, which no later rounding mistakes for a tie.
 */
export function float32OfText(text: string): number {
  const trimmed = text.trim();
  if (!isLongInteger(trimmed)) {
    return Math.fround(trimmed === "" ? Number.NaN : Number(trimmed));
  }
  const exact = BigInt(trimmed.replace(/^\+/, ""));
  double[0] = Number(exact);
  const rounded = BigInt(double[0]);
  if (rounded !== exact && bits[0]! % 2n === 0n) {
    bits[0]! += rounded > exact === exact > 0n ? -1n : 1n;
  }
  return Math.fround(double[0]);
}
