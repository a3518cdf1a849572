/** The steps of a waterfall: from the expected output to that of a row, largest contribution first. */

export interface Step {
  /** Index of the feature; -1 for the sum of all that have no line. */
  readonly feature: number;
  readonly amount: number;
  /** Running sum before and after. */
  readonly from: number;
  readonly to: number;
  /** Features that the line stands for. */
  readonly features: number;
}

export interface Waterfall {
  readonly base: number;
  readonly total: number;
  /** In the order of the lines, top first: as Python's `shap`, the sum grows from the bottom line to the top one. */
  readonly steps: readonly Step[];
  readonly least: number;
  readonly greatest: number;
}

export function waterfall(values: ArrayLike<number>, base: number, maxLines: number): Waterfall {
  const order = bySize(values);
  const shown = order.length > maxLines ? order.slice(0, Math.max(0, maxLines - 1)) : order;
  const others = order.slice(shown.length);
  const lines = shown.map((feature) => ({ feature, amount: values[feature]!, features: 1 }));
  if (others.length > 0) {
    const amount = others.reduce((sum, feature) => sum + values[feature]!, 0);
    lines.push({ feature: -1, amount, features: others.length });
  }
  const steps: Step[] = [];
  let [at, least, greatest] = [base, base, base];
  for (const line of lines.reverse()) {
    const from = at;
    at += line.amount;
    least = Math.min(least, at);
    greatest = Math.max(greatest, at);
    steps.unshift({ ...line, from, to: at });
  }
  return { base, total: at, steps, least, greatest };
}

/** Features by falling |contribution|; NaN last, equal ones in their own order. */
export function bySize(values: ArrayLike<number>): number[] {
  const size = (i: number): number => (Number.isNaN(values[i]!) ? -1 : Math.abs(values[i]!));
  return Array.from({ length: values.length }, (_, i) => i).sort((a, b) => size(b) - size(a) || a - b);
}
