/** Numbers as readers want them: few digits, a real minus sign, words for what is no number. */

/** At most `digits` significant ones, but never fewer than an integer part has below a million. */
export function formatNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) {
    return "NaN";
  }
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size === Infinity) {
    return `${sign}∞`;
  }
  if (size === 0) {
    return "0";
  }
  const rounded = Number(size.toPrecision(digits));
  if (rounded >= 1e6 || rounded < 1e-4) {
    const isShort = Number.isInteger(size) && size < 1e9;
    return sign + (isShort ? String(size) : exponential(size.toExponential(digits - 1)));
  }
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(rounded)));
  return sign + String(Number(size.toFixed(places)));
}

/** Without the zeros at the end of the fraction: "1.500e-7" is "1.5e−7". */
function exponential(text: string): string {
  return text
    .replace(/\.?0*e/, "e")
    .replace("e+", "e")
    .replace("e-", "e−");
}

/** With its sign, also when it is positive; 0 has none. */
export function formatSigned(value: number, digits = 3): string {
  const text = formatNumber(value, digits);
  return value > 0 ? `+${text}` : text;
}

/** A feature's value of one row: a number to six digits, a category by name, or "missing". */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return "missing";
  }
  return typeof value === "number" ? formatNumber(value, 6) : String(value);
}

/** "1 row", "12,345 rows". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
