/** The colour scale of a feature's values, beside a plot. */
import { element, FONT_SIZE, label, SMALL } from "./svg.ts";
import { STEPS } from "./theme.ts";

export interface LegendOptions {
  readonly name: string;
  readonly low: string;
  readonly high: string;
  /** A mark for missing values below the scale. */
  readonly missing: boolean;
  /** Classes of the steps: r0 … r8 for feature values, h0 … h8 for heat maps. */
  readonly prefix?: "r" | "h";
}

export const LEGEND_WIDTH = 110;

/** A column of nine steps, low at the bottom, from `top` to `bottom`. */
export function legend(x: number, top: number, bottom: number, options: LegendOptions): string {
  const { name, low, high, missing, prefix = "r" } = options;
  const from = top + 28;
  const to = Math.max(from + 60, Math.min(bottom - (missing ? 34 : 12), from + 260));
  const step = (to - from) / STEPS;
  const steps = Array.from({ length: STEPS }, (_, i) =>
    element("rect", {
      class: `${prefix}${i}`,
      x,
      y: to - (i + 1) * step,
      width: 12,
      height: step,
      stroke: "none",
    }),
  );
  const room = LEGEND_WIDTH - 24;
  return (
    label(x, top + 6, name, { size: SMALL, room: LEGEND_WIDTH - 6 }) +
    steps.join("") +
    label(x + 18, from + 6, high, { class: "muted", room }) +
    label(x + 18, to - 6, low, { class: "muted", room }) +
    (missing
      ? element("circle", { cx: x + 6, cy: to + 20, r: 3.5, class: "none" }) +
        label(x + 18, to + 20, "missing", { class: "muted", size: FONT_SIZE - 1 })
      : "")
  );
}
