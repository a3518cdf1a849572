/**
 * float32 as the shortest decimal that lies nearer to it than to any other float32; among those, the one nearest to it.
 * Written as JavaScript writes numbers: `0.25`, `1e-7`, `1e+21`.
 */

const ZERO = 48;
const MINUS = 45;
const PLUS = 43;
const POINT = 46;
const LOWER_E = 101;

/** Nine digits tell all float32 apart. */
const DIGITS = 9;

/** Bound of the error of a scaled value, which is below 1e10: three roundings. */
const TOLERANCE = 4e-6;

/** Plain decimals from 1e-6 up to 1e21, as JavaScript has it. */
const MIN_PLAIN = -6;
const MAX_PLAIN = 21;

const POWER_BIAS = 60;
const POWERS = Float64Array.from({ length: 2 * POWER_BIAS + 1 }, (_, i) => Number(`1e${i - POWER_BIAS}`));

/** By binary exponent as it stands in the bits. */
const HALF_ULPS = Float64Array.from({ length: 256 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 151));
const MAGNITUDES = Int8Array.from({ length: 256 }, (_, exponent) =>
  exponent === 0 ? -38 : Math.floor(Math.log10(2 ** (exponent - 127))),
);

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
const scratch = new Uint8Array(DIGITS + 2);

/** The digits that were found last: `found.digits` × 10^`found.power`. */
const found = { digits: 0, power: 0 };

/** Writes a finite float32. @returns where it ends, at most 32 bytes on */
export function float32Text(value: number, out: Uint8Array, begin: number): number {
  let at = begin;
  float[0] = value;
  const all = bits[0]!;
  if (all >>> 31 === 1) {
    out[at++] = MINUS;
  }
  const magnitude = all & 0x7fffffff;
  if (magnitude === 0) {
    out[at++] = ZERO;
    return at;
  }
  if (!findDigits(Math.abs(float[0]!), magnitude)) {
    findExactly(Math.abs(float[0]!));
  }
  return writeDigits(found.digits, found.power, out, at);
}

/** Scales the value and the ends of its interval to nine digits, and drops digits while one number is left inside. */
function findDigits(value: number, magnitude: number): boolean {
  const exponent = magnitude >>> 23;
  let decimal = MAGNITUDES[exponent]!;
  while (value < POWERS[POWER_BIAS + decimal]!) {
    decimal--;
  }
  while (value >= POWERS[POWER_BIAS + decimal + 1]!) {
    decimal++;
  }
  const scale = POWERS[POWER_BIAS + DIGITS - 1 - decimal]!;
  const half = HALF_ULPS[exponent]!;
  // Below a power of two, float32 are twice as dense.
  const below = (magnitude & 0x7fffff) === 0 && exponent > 1 ? half / 2 : half;
  const scaled = value * scale;
  const low = (value - below) * scale;
  const high = (value + half) * scale;
  let best = Math.round(scaled);
  let zeros = 0;
  if (best <= low + TOLERANCE || best >= high - TOLERANCE) {
    return false;
  }
  for (let unit = 10; ; unit *= 10) {
    const down = Math.floor(scaled / unit) * unit;
    const up = down + unit;
    const gap = scaled - down - (up - scaled);
    if (isNear(down, low) || isNear(up, high)) {
      return false;
    }
    const downInside = down > low;
    if (downInside && up < high) {
      if (Math.abs(gap) <= TOLERANCE) {
        return false;
      }
      best = gap < 0 ? down : up;
    } else if (downInside || up < high) {
      best = downInside ? down : up;
    } else {
      break;
    }
    zeros++;
  }
  found.digits = Math.round(best / POWERS[POWER_BIAS + zeros]!);
  found.power = decimal - (DIGITS - 1) + zeros;
  return true;
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE;
}

/** Tries one digit after the other. */
function findExactly(value: number): void {
  for (let digits = 1; digits <= DIGITS; digits++) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e") as [string, string];
    const nearest = Number(mantissa.replace(".", ""));
    const power = Number(exponent) - (digits - 1);
    // Where float32 are denser below, the nearest may lie outside and the next one above inside.
    for (const each of [nearest, nearest + 1]) {
      if (isInside(Number(`${each}e${power}`), value)) {
        found.digits = each;
        found.power = power;
        return;
      }
    }
  }
  throw new Error(`no decimal of ${DIGITS} digits for ${value}`);
}

/** Ends of the interval are left out: readers differ in what they make of them. */
function isInside(decimal: number, value: number): boolean {
  return Math.fround(decimal * (1 + 2 ** -52)) === value && Math.fround(decimal * (1 - 2 ** -52)) === value;
}

function writeDigits(digits: number, power: number, out: Uint8Array, begin: number): number {
  let count = 0;
  let rest = digits;
  let trailing = 0;
  while (rest % 10 === 0) {
    rest /= 10;
    trailing++;
  }
  for (; rest > 0; rest = Math.floor(rest / 10)) {
    scratch[count++] = ZERO + (rest % 10);
  }
  // The point stands behind so many digits.
  const point = count + trailing + power;
  let at = begin;
  if (point > MAX_PLAIN || point <= MIN_PLAIN) {
    return writeExponent(count, point - 1, out, at);
  }
  if (point <= 0) {
    out[at++] = ZERO;
    out[at++] = POINT;
    for (let i = point; i < 0; i++) {
      out[at++] = ZERO;
    }
  }
  for (let i = 0; i < count; i++) {
    if (i === point && i > 0) {
      out[at++] = POINT;
    }
    out[at++] = scratch[count - 1 - i]!;
  }
  for (let i = count; i < point; i++) {
    out[at++] = ZERO;
  }
  return at;
}

function writeExponent(count: number, exponent: number, out: Uint8Array, begin: number): number {
  let at = begin;
  out[at++] = scratch[count - 1]!;
  if (count > 1) {
    out[at++] = POINT;
  }
  for (let i = count - 2; i >= 0; i--) {
    out[at++] = scratch[i]!;
  }
  out[at++] = LOWER_E;
  out[at++] = exponent < 0 ? MINUS : PLUS;
  const size = Math.abs(exponent);
  if (size > 9) {
    out[at++] = ZERO + Math.floor(size / 10);
  }
  out[at++] = ZERO + (size % 10);
  return at;
}
