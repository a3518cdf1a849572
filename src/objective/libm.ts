/**
 * The C library's float functions as XGBoost's Linux wheels call them (glibc 2.36, x86-64 with FMA), bit for bit.
 *
 * glibc's `expf`, `logf`, `log1pf` and `expm1f` are not correctly rounded, so rounding a better result gives
 * other bits; what is reproduced here is their arithmetic. `Math.exp` and its kin are avoided altogether, because
 * ECMAScript leaves their low bits to each engine. All five functions were compared with the C library over
 * all 2^32 float32 inputs: no bit differs (see fixtures/libm).
 *
 * Arguments must be float32 values already. Any NaN gives NaN, and subnormal results are kept.
 */

const { fround } = Math;

/** 32/ln 2 cut to 29 bits, so that its product with a float32 is exact. */
const STEPS_HIGH = 46.16624128818512;
/** The rest of the double nearest to 32/ln 2, which is the constant of glibc's `expf`. */
const STEPS_LOW = 2.026170875524258e-8;
/** The rest of 32/ln 2 itself. */
const STEPS_LOW_TRUE = 2.026170940661134e-8;
/** ln 2 / 32. */
const STEP = 0.02166084939249829;
/** 1.5 · 2^52, a double so large that adding and subtracting it rounds to an integer. */
const ROUNDER = 6755399441055744;

/** ln 2 as two floats; the high one has few enough bits that its product with an exponent is exact. */
const LN2_HIGH = 0.69313812255859375;
const LN2_LOW = 9.05800061445916e-6;

/** 2^(i/32) for i in 0..31. */
const ROOTS: Float64Array = /* @__PURE__ */ rootsOfTwo();
/** 2^(i − 151), from below half of the least float32 to beyond the largest. */
const POWERS: Float64Array = /* @__PURE__ */ powersOfTwo();
const POWERS_ORIGIN = 151;

/** 1/c for a c in the middle of each sixteenth of [0.7, 1.4), chosen by Arm so that ln c is nearly a double. */
const RECIPROCALS: Float64Array = /* @__PURE__ */ new Float64Array([
  1.398907162146528, 1.3403141896637998, 1.286432210124115, 1.2367150214269895, 1.1906977166711752,
  1.1479821020556429, 1.1082251448272158, 1.0711297413057381, 1.036437278977283, 1, 0.9492859795739057,
  0.8951049428609004, 0.8476821620351103, 0.8050314851692001, 0.7664671008843108, 0.731428603316328,
]);
/** ln c. */
const LOGARITHMS: Float64Array = /* @__PURE__ */ new Float64Array([
  -0.33569133332882284, -0.2929040563774074, -0.2518726580937369, -0.21245868807117255, -0.17453945183745634,
  -0.1380057072319758, -0.10275976698545139, -0.06871392447020525, -0.0357891387398228, 0,
  0.05204517742929496, 0.11081431298787942, 0.1652495223695143, 0.21687389031699977, 0.2659635028121397,
  0.3127556664073557,
]);

/** Coefficients of fdlibm's series, highest power first. */
const LOG1P_SERIES: Float32Array = /* @__PURE__ */ new Float32Array([
  0.14798199, 0.15313838, 0.18183573, 0.22222199, 0.2857143, 0.4, 0.6666667,
]);
const EXPM1_SERIES: Float32Array = /* @__PURE__ */ new Float32Array([
  -2.0109921e-7, 4.0082177e-6, -7.936508e-5, 0.0015873016, -0.033333335,
]);

const floatView: Float32Array = /* @__PURE__ */ new Float32Array(1);
const bitsView: Int32Array = /* @__PURE__ */ new Int32Array(floatView.buffer);

/** 80-bit fixed point, rounded correctly: shorter than 32 literals, and `**` is not exact in every engine. */
function rootsOfTwo(): Float64Array {
  const one = 1n << 80n;
  const root = 0x1059b0d31585743ae7c54n;
  const roots = new Float64Array(32);
  for (let i = 0, power = one; i < 32; i++) {
    roots[i] = Number(power) / Number(one);
    power = (power * root) >> 80n;
  }
  return roots;
}

function powersOfTwo(): Float64Array {
  const powers = new Float64Array(280);
  for (let i = 0, power = 3.503246160812043e-46; i < 280; i++) {
    powers[i] = power;
    power *= 2;
  }
  return powers;
}

/**
 * e^x, within 0.502 ulp.
 *
 * Arm optimized routines' algorithm: 2^(k/32) times a cubic in r = x · 32/ln 2 − k, |r| ≤ 1/2, in double.
 * Results over- and underflow by themselves at the clamping bounds.
 *
 * 4 ns a call where inlined (`Math.exp`: 14 ns). Returning 0 and Infinity early instead of clamping costs 4 ns
 * more, and assembling the power of two from integer words instead of a table 10 ns more.
 */
export function expf(x: number): number {
  const clamped = Math.max(Math.min(x, 89), -104);
  const steps = clamped * STEPS_HIGH;
  const k = steps + ROUNDER - ROUNDER;
  const i = k | 0;
  // glibc computes r with one fused rounding; the split constant gives the same results without FMA.
  const r = steps - k + clamped * STEPS_LOW;
  const cubic =
    (1.6938359250920212e-6 * r + 0.00023459809789509004) * (r * r) + (0.021660849396613134 * r + 1);
  return fround(cubic * (ROOTS[i & 31]! * POWERS[(i >> 5) + POWERS_ORIGIN]!));
}

/**
 * e^x as C computes `(float)exp((double)x)`.
 *
 * 2^(k/32) times the Taylor series of e^t to t^6, |t| ≤ ln 2 / 64, in double. Its error, about one ulp of a
 * double, could show only where e^x lies that close to the midpoint of two floats; it does for no float32 x.
 */
export function expOfFloat(x: number): number {
  const clamped = Math.max(Math.min(x, 89), -104);
  const steps = clamped * STEPS_HIGH;
  const k = steps + ROUNDER - ROUNDER;
  const i = k | 0;
  const t = (steps - k + clamped * STEPS_LOW_TRUE) * STEP;
  let series = 1;
  for (let n = 6; n > 0; n--) series = 1 + (t / n) * series;
  return fround(series * (ROOTS[i & 31]! * POWERS[(i >> 5) + POWERS_ORIGIN]!));
}

/**
 * Splits positive x into 2^k · z with z in [least, 2 · least), where `leastBits` are the bits of `least`. Leaves
 * z in `floatView`; returns the distance of x above `least` in bit patterns, whose bits from 23 up are k.
 */
function split(x: number, leastBits: number): number {
  floatView[0] = x;
  const distance = bitsView[0]! - leastBits;
  bitsView[0]! -= distance & 0xff800000;
  return distance;
}

/**
 * ln x, within 0.82 ulp; −Infinity at ±0, NaN below.
 *
 * Arm optimized routines' algorithm: x = 2^k · z, and ln z = ln c + ln(1 + r) with r = z/c − 1 and a quartic, in
 * double.
 */
export function logf(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  const isSubnormal = x < 1.1754943508222875e-38;
  const distance = split(isSubnormal ? x * 8388608 : x, 0x3f330000);
  const k = (distance >> 23) - (isSubnormal ? 23 : 0);
  const i = (distance >> 19) & 15;
  const r = floatView[0]! * RECIPROCALS[i]! - 1;
  const r2 = r * r;
  const tail = -0.25089342214237154 * r2 + (0.333456765744066 * r - 0.4999997485802103);
  return fround(tail * r2 + (LOGARITHMS[i]! + k * Math.LN2 + r));
}

/** x · polynomial(x), every operation rounded to float32. */
function timesPolynomial(x: number, coefficients: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) sum = fround(fround(sum * x) + coefficients[i]!);
  return fround(x * sum);
}

/**
 * ln(1 + x), within 1 ulp (fdlibm's bound); −Infinity at −1, NaN below.
 *
 * fdlibm's algorithm in float32: 1 + x = 2^k · (1 + f) with f in about [−0.293, 0.414), s = f/(2 + f), and
 * ln(1 + f) = f − (f²/2 − s · (f²/2 + R(s²))).
 */
export function log1pf(x: number): number {
  if (x === 0 || x === Infinity) return x;
  if (!(x > -1)) return x === -1 ? -Infinity : NaN;
  let k = 0;
  let f = x;
  let correction = 0;
  if (x < -0.2928934 || x > 0.41421385) {
    const sum = fround(1 + x);
    k = split(sum, 0x3f3504f7) >> 23;
    f = floatView[0]! - 1;
    // What the sum lost; fdlibm leaves it out at k = 0.
    if (k !== 0) correction = fround((sum < 2 ? x - (sum - 1) : 1 - fround(sum - x)) / sum);
  }
  const half = fround(0.5 * f * f);
  const s = fround(f / fround(2 + f));
  const inner = fround(s * fround(half + timesPolynomial(fround(s * s), LOG1P_SERIES)));
  const low = fround(inner + fround(fround(k * LN2_LOW) + correction));
  return fround(k * LN2_HIGH - fround(fround(half - low) - f));
}

/**
 * e^x − 1, within 1 ulp (fdlibm's bound).
 *
 * fdlibm's algorithm in float32: x = k · ln 2 + r with |r| ≤ ln 2 / 2, a rational approximation of e^r − 1, and
 * a way back to e^x − 1 that depends on k.
 */
export function expm1f(x: number): number {
  if (x === 0) return x;
  if (x < -20) return -1;
  if (!(x < 88.722835)) return x + Infinity;
  const k = Math.abs(x) > 0.3465736 ? fround(fround(1.4426950216293335 * x) + (x < 0 ? -0.5 : 0.5)) | 0 : 0;
  const high = fround(x - k * LN2_HIGH);
  const low = fround(k * LN2_LOW);
  const r = fround(high - low);
  const correction = fround(fround(high - r) - low);
  const half = 0.5 * r;
  const square = fround(r * half);
  const a = fround(1 + timesPolynomial(square, EXPM1_SERIES));
  const b = fround(3 - fround(a * half));
  const quotient = fround(square * fround(fround(a - b) / fround(6 - fround(r * b))));
  const e = fround(fround(fround(r * fround(quotient - correction)) - correction) - square);
  const power = POWERS[k + POWERS_ORIGIN]!;
  if (k < -1) return fround(fround(1 - fround(e - r)) * power - 1);
  if (k === 1 && r < -0.25) return -2 * fround(e - fround(r + 0.5));
  if (k < 23) return fround(1 - 1 / power - fround(e - r)) * power;
  return fround(1 + fround(r - fround(e + 1 / power))) * power;
}
