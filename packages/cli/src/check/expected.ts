/** Expected values of a table: what Python predicted, as a typed column has it or as it was written as text. */
import { ulpsBetween } from "xgboost-infer/certificate";

export interface Expected {
  /** As it was written; NaN where there is no number. */
  readonly written: number;
  /** Rounded to float32. */
  readonly value: number;
  readonly text: string | undefined;
  /** Whether it has fewer digits than tell every float32 from the next. */
  readonly isShort: boolean;
}

const ENOUGH_DIGITS = 9;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITY = /^([+-])?inf(?:inity)?$/i;

/** @param raw a value of a kept column */
export function expectedOf(raw: unknown): Expected {
  const text = typeof raw === "string" ? raw : undefined;
  const written = text === undefined ? typedNumber(raw) : textNumber(text.trim());
  const digits = text?.replace(/e.*$/i, "").replace(/\D/g, "").replace(/^0+/, "").length;
  return {
    written,
    value: Math.fround(written),
    text,
    isShort: digits !== undefined && digits < ENOUGH_DIGITS,
  };
}

function typedNumber(raw: unknown): number {
  return raw === null || raw === undefined ? Number.NaN : Number(raw);
}

function textNumber(text: string): number {
  const infinite = INFINITY.exec(text);
  if (infinite !== null) {
    return infinite[1] === "-" ? -Infinity : Infinity;
  }
  return NUMBER.test(text) ? Number(text) : Number.NaN;
}

export type Verdict = "equal" | "equal when rounded" | "different";

/** @param decimals to which the expected value was rounded when it was written; `undefined` where it was not */
export function compare(
  { value, written }: Expected,
  found: number,
  decimals: number | undefined,
): { readonly verdict: Verdict; readonly ulps: number } {
  if (Object.is(value, found)) {
    return { verdict: "equal", ulps: 0 };
  }
  const ulps = ulpsBetween(value, found);
  // Both were rounded from the same number if they are half a unit apart. Doubles are off by less than the last factor.
  const near = decimals !== undefined && Math.abs(found - written) <= 0.5 * 10 ** -decimals * (1 + 1e-9);
  return { verdict: near ? "equal when rounded" : "different", ulps };
}
