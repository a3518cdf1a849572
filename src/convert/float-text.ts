/**
 * Floats as XGBoost prints them in JSON: the shortest decimal that reads back to the same float32, the nearest of those,
 * as `d.dddE-n`. An integer would be another type of value there, so 1 is `1E0`.
 */
import { parseDecimal } from "../parse/number.ts";

const MIN_NORMAL = 2 ** -126;
/** Nine digits tell all float32 apart. */
const MOST_DIGITS = 9;
/** A float32 of nine digits and a half is a whole number of halves: it has no digits further on. */
const TIE_DIGITS = 30;
const bits = new Int32Array(1);
const floats = new Float32Array(bits.buffer);

/** @param value a float32 */
export function float32Text(value: number): string {
  const special = specialText(value);
  if (special !== undefined) {
    return special;
  }
  const [digits, exponent] = shortest(Math.abs(value));
  return scientific(value < 0, digits, exponent);
}

/** As `float32Text`, for doubles. */
export function float64Text(value: number): string {
  const special = specialText(value);
  if (special !== undefined) {
    return special;
  }
  const [mantissa = "", exponent = ""] = Math.abs(value).toExponential().split("e");
  return scientific(value < 0, mantissa.replace(".", ""), Number(exponent));
}

function specialText(value: number): string | undefined {
  if (value === 0) {
    return Object.is(value, -0) ? "-0E0" : "0E0";
  }
  if (Number.isFinite(value)) {
    return undefined;
  }
  return Number.isNaN(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity";
}

function scientific(negative: boolean, digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${negative ? "-" : ""}${digits[0]}${fraction}E${exponent}`;
}

/** Digits without zeros at their end, and the exponent of the first of them. Most floats need eight or nine. */
function shortest(value: number): readonly [digits: string, exponent: number] {
  let best = rounded(value, MOST_DIGITS);
  for (let count = MOST_DIGITS - 1; count > 0; count--) {
    const fewer = rounded(value, count);
    if (reads(fewer, value)) {
      best = fewer;
      continue;
    }
    const above = isPowerOfTwo(value) ? next(fewer) : undefined;
    if (above === undefined || !reads(above, value)) {
      break;
    }
    best = above;
  }
  const [mantissa = "", exponent = ""] = best.split("e");
  return [mantissa.replace(".", "").replace(/0+$/, ""), Number(exponent)];
}

/** The decimal of `count` digits that is nearest to the value; of two that are, the even one, as XGBoost has it. */
function rounded(value: number, count: number): string {
  const text = value.toExponential(count - 1);
  const longer = value.toExponential(count);
  const at = longer.indexOf("e") - 1;
  if (longer[at] !== "5") {
    return text;
  }
  // A tie has no digit after the 5; `toExponential` rounds it up.
  const isTie = /^0*e/.test(value.toExponential(count + TIE_DIGITS).slice(at + 1));
  const digit = longer[at - 1] === "." ? longer[at - 2] : longer[at - 1];
  return isTie && Number(digit) % 2 === 0
    ? `${longer.slice(0, at).replace(/\.$/, "")}${longer.slice(at + 1)}`
    : text;
}

function reads(text: string, value: number): boolean {
  return Math.fround(parseDecimal(text)) === value;
}

/** Below a power of two, floats are twice as dense: the nearest decimal may read back to another float, the one above not. */
function isPowerOfTwo(value: number): boolean {
  floats[0] = value;
  return value >= MIN_NORMAL && (bits[0]! & 0x7fffff) === 0;
}

/** The decimal after this one, of as many digits or, after nines, of one more. */
function next(text: string): string {
  const [mantissa = "", exponent = "0"] = text.split("e");
  const digits = mantissa.replace(".", "");
  const after = String(Number(digits) + 1);
  return `${after[0]}.${after.slice(1)}0e${Number(exponent) + after.length - digits.length}`;
}
