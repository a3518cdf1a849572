/**
 * Decimal text to a double that rounds to the right float32.
 *
 * XGBoost reads a decimal into float32 with one rounding. Rounding twice, to double and then with `Math.fround`, differs
 * when the double falls exactly half-way between two floats: of all floats as XGBoost prints them this happens to
 * ±7.038531E-26, and longer decimals can be made to hit it. In that case the text is compared with the double exactly and
 * the double is moved to its neighbour on the text's side, so that `Math.fround` of the result is the right float32.
 */

const MIN_NORMAL_FLOAT32 = 2 ** -126;
const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer);
const bigWords = new BigInt64Array(doubles.buffer);
const LOW = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;

/** Whether a double lies exactly half-way between two neighbouring float32 values. */
export function isHalfway(value: number): boolean {
  const magnitude = Math.abs(value);
  if (magnitude >= MIN_NORMAL_FLOAT32) {
    doubles[0] = value;
    return (words[LOW]! & 0x1fffffff) === 0x10000000;
  }
  const steps = magnitude * 2 ** 149;
  return steps - Math.floor(steps) === 0.5;
}

/** `Number(text)`, moved off a half-way point that `text` does not name exactly. `text` is a plain decimal number. */
export function parseDecimal(text: string): number {
  const value = Number(text);
  return isHalfway(value) ? nudge(value, text) : value;
}

/** For numbers whose text is lost: the shortest decimal of a double is what it was written as, up to 15 digits. */
export function unhalve(value: number): number {
  return isHalfway(value) ? nudge(value, String(value)) : value;
}

/** `value`, or its neighbour on the side of the exact decimal `text`, where the two differ. */
export function nudge(value: number, text: string): number {
  const order = compareDecimal(text, Math.abs(value));
  if (order === 0) {
    return value;
  }
  doubles[0] = value;
  bigWords[0]! += BigInt(order);
  return doubles[0]!;
}

/** Compares the magnitude of a decimal text with a positive double: -1, 0 or 1. Linear in the length of the text. */
function compareDecimal(text: string, value: number): number {
  const given = decimalDigits(text);
  const exact = decimalDigits(exactDecimal(value));
  if (given.point !== exact.point) {
    return given.point < exact.point ? -1 : 1;
  }
  if (given.digits === exact.digits) {
    return 0;
  }
  const length = Math.max(given.digits.length, exact.digits.length);
  return given.digits.padEnd(length, "0") < exact.digits.padEnd(length, "0") ? -1 : 1;
}

/** The significant digits of a decimal and the place of its point: 0.`digits` × 10^`point`. */
function decimalDigits(text: string): { digits: string; point: number } {
  const [mantissa = "", exponent = "0"] = text.replace(/^[+-]/, "").split(/[eE]/);
  const [whole = "", fraction = ""] = mantissa.split(".");
  const all = whole + fraction;
  let first = 0;
  while (all.charCodeAt(first) === 48) {
    first++;
  }
  let last = all.length;
  while (last > first && all.charCodeAt(last - 1) === 48) {
    last--;
  }
  return { digits: all.slice(first, last), point: whole.length - first + Number(exponent) };
}

/** All digits of a positive double, as `digits` + "e" + exponent. */
function exactDecimal(value: number): string {
  doubles[0] = value;
  const bits = BigInt.asUintN(64, bigWords[0]!);
  const biased = Number(bits >> 52n);
  const mantissa = (bits & 0xfffffffffffffn) | (biased === 0 ? 0n : 0x10000000000000n);
  const exponent = Math.max(biased, 1) - 1075;
  return exponent >= 0
    ? `${mantissa << BigInt(exponent)}`
    : `${mantissa * 5n ** BigInt(-exponent)}e${exponent}`;
}
