/** Numbers as readers want them: few digits, a real minus sign, words for what is no number. */

/** At most `digits` significant ones, but never fewer than an integer part has below a million. */
export function number(value: number, digits = 4): string {
  if (Number.isNaN(value)) {
    return "NaN";
  }
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size === Number.POSITIVE_INFINITY) {
    return `${sign}∞`;
  }
  if (size === 0) {
    return "0";
  }
  const rounded = Number(size.toPrecision(digits));
  if (rounded >= 1e6 || rounded < 1e-4) {
    const [digitsPart, power] = size.toExponential(digits - 1).split("e") as [string, string];
    const mantissa = digitsPart.includes(".") ? digitsPart.replace(/\.?0+$/, "") : digitsPart;
    return Number.isInteger(size) && size < 1e9
      ? sign + count(size)
      : `${sign}${mantissa}e${power.replace("+", "").replace("-", "−")}`;
  }
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(rounded)));
  return sign + String(Number(size.toFixed(places)));
}

/** With its sign, also when it is positive; 0 has none. */
export function signed(value: number, digits = 3): string {
  const text = number(value, digits);
  return value > 0 ? `+${text}` : text;
}

/** "12,345". */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "1 row", "12,345 rows". */
export function plural(many: number, one: string, several = `${one}s`): string {
  return `${count(many)} ${many === 1 ? one : several}`;
}

/** The shortest text that reads back as the same float32: for inputs that must not change what they hold. */
export function float32Text(value: number): string {
  const exact = Math.fround(value);
  for (let digits = 1; digits <= 9; digits++) {
    const text = String(Number(exact.toPrecision(digits)));
    if (Math.fround(Number(text)) === exact) {
      return text;
    }
  }
  return String(exact);
}
