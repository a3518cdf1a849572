/** Values of typed columns as text. */
import type { KeptType } from "../table.ts";

const PER_SECOND = { s: 1n, ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n } as const;
const FRACTION_DIGITS = { s: 0, ms: 3, us: 6, ns: 9 } as const;
const DAY = 86_400_000;

/** Dates and times that JavaScript can name; others are their number. */
const MAX_SECONDS = 8_640_000_000_000n;

/** ISO 8601, with as many digits as the unit has; `Z` where the column has a time zone, as its values are UTC then. */
export function timestampText(value: bigint, type: Extract<KeptType, { name: "timestamp" }>): string {
  const per = PER_SECOND[type.unit];
  const fraction = ((value % per) + per) % per;
  const seconds = (value - fraction) / per;
  if (seconds > MAX_SECONDS || seconds < -MAX_SECONDS) {
    return String(value);
  }
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, -".000Z".length);
  const digits = FRACTION_DIGITS[type.unit];
  const tail = digits === 0 ? "" : `.${String(fraction).padStart(digits, "0")}`;
  return `${text}${tail}${type.timezone === null ? "" : "Z"}`;
}

/** @param value a Date, or days since 1970 */
export function dateText(value: unknown): string {
  const date = value instanceof Date ? value : new Date(Number(value) * DAY);
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString().slice(0, -"T00:00:00.000Z".length);
}

/** A finite float64, its sign too. */
export function float64Text(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
