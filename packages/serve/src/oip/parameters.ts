/** Parameters of a request: options of the prediction as plain values, as all transports can carry them. */
import { invalid } from "../failure.ts";
import type { ScoreOptions } from "../scoring/request.ts";

/**
 * `iteration_range`: `[begin, end]`, or the text `begin,end`; `approx_contribs`: a boolean. Others are left to those who know them.
 * @throws Failure for a value that cannot be used
 */
export function scoreOptions(
  parameters: Readonly<Record<string, unknown>>,
  baseMargin?: Float32Array,
): ScoreOptions | undefined {
  const range = own(parameters, "iteration_range");
  const approx = own(parameters, "approx_contribs");
  if (range === undefined && approx === undefined && baseMargin === undefined) {
    return undefined;
  }
  if (approx !== undefined && typeof approx !== "boolean") {
    throw invalid("parameter approx_contribs is neither true nor false");
  }
  return {
    iterationRange: range === undefined ? undefined : iterationRange(range),
    approxContribs: approx,
    baseMargin,
  };
}

function own(parameters: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(parameters, name) ? parameters[name] : undefined;
}

function iterationRange(value: unknown): readonly [number, number] {
  const parts: unknown = typeof value === "string" ? value.split(",").map((part) => toNumber(part)) : value;
  if (
    Array.isArray(parts) &&
    parts.length === 2 &&
    parts.every((part) => Number.isSafeInteger(part) && part >= 0)
  ) {
    return parts as unknown as readonly [number, number];
  }
  throw invalid('parameter iteration_range is neither [begin, end] nor "begin,end" in whole numbers');
}

function toNumber(text: string): number {
  return /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : Number.NaN;
}
