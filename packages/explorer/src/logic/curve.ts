/** A response curve as a chart takes it: steps over a range. */
import { cellOf, type ResponseCurve } from "xgboost-infer/explain";

/** A stretch of the axis with one output. */
export interface CurveStep {
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

/** The steps of a numerical curve between two finite numbers. */
export function stepsBetween(
  { axis, values, outputs }: ResponseCurve,
  output: number,
  least: number,
  greatest: number,
): CurveStep[] {
  if (axis.kind !== "numeric") {
    return [];
  }
  const steps: CurveStep[] = [];
  for (let cell = 0; cell <= axis.breakpoints.length; cell++) {
    const from = Math.max(least, axis.breakpoints[cell - 1] ?? Number.NEGATIVE_INFINITY);
    const to = Math.min(greatest, axis.breakpoints[cell] ?? Number.POSITIVE_INFINITY);
    if (from < to || (from === to && to === greatest)) {
      steps.push({ from, to, value: values[cell * outputs + output]! });
    }
  }
  return steps;
}

/** The output for a missing value. */
export function missingValue({ axis, values, outputs }: ResponseCurve, output: number): number {
  return values[(axis.size - 1) * outputs + output]!;
}

/**
 * A value in the next cell with another output, as near as the chart needs it: the breakpoint itself on the way up, and on the
 * way down the start of the cell before (or `least`). Undefined where there is none in the range.
 */
export function nextStep(
  curve: ResponseCurve,
  value: number,
  direction: "up" | "down",
  least: number,
  greatest: number,
): number | undefined {
  const { axis } = curve;
  if (axis.kind !== "numeric") {
    return undefined;
  }
  const cell = Number.isNaN(value)
    ? direction === "up"
      ? -1
      : axis.breakpoints.length + 1
    : cellOf(axis, value);
  const to =
    direction === "up"
      ? cell < 0
        ? least
        : axis.breakpoints[cell]
      : cell === 0
        ? undefined
        : (axis.breakpoints[cell - 2] ?? least);
  return to === undefined || to > greatest ? undefined : Math.max(least, to);
}

/** Rows of a table by equal stretches of a range, for what stands beneath a curve. */
export function histogram(values: Float32Array, least: number, greatest: number, bins: number): Int32Array {
  const counts = new Int32Array(bins);
  const scale = bins / (greatest - least);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value >= least && value <= greatest) {
      counts[Math.min(bins - 1, Math.floor((value - least) * scale))]!++;
    }
  }
  return counts;
}
