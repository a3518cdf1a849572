/** Linear scales with round ticks (d3-scale), and their axes. */
import { type ScaleLinear, scaleLinear } from "d3-scale";
import { FONT_SIZE, label, line, px } from "./svg.ts";

export type Scale = ScaleLinear<number, number>;

/** Keeps sums, differences and ratios of drawn numbers finite. */
const LARGEST = 1e300;
const SMALLEST = 1e-300;

/** A number that can be drawn: what is none or too small counts as 0, what is too large as the largest. */
export function drawable(value: number): number {
  return Math.abs(value) >= SMALLEST ? Math.max(-LARGEST, Math.min(LARGEST, value)) : 0;
}

/** Smallest and largest finite number of many; `undefined` where there is none. */
export function finiteExtent(values: Iterable<number>): [number, number] | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (Number.isFinite(value)) {
      low = value < low ? value : low;
      high = value > high ? value : high;
    }
  }
  return low <= high ? [drawable(low), drawable(high)] : undefined;
}

/** A scale over numbers of which at least one pair differs once it is widened. */
export function makeScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  let [low, high] = domain;
  const least = Math.max(Math.abs(low), Math.abs(high)) * 1e-9;
  if (high - low <= Math.max(least, SMALLEST)) {
    const pad = Math.max(Math.abs(low) * 0.1, low === 0 ? 1 : least);
    [low, high] = [low - pad, high + pad];
  }
  return scaleLinear([low, high], range);
}

/** Ticks with their texts, as many as fit at about `every` pixels. */
export function ticksOf(scale: Scale, every: number): { readonly at: number; readonly text: string }[] {
  const [from, to] = scale.range() as [number, number];
  const count = Math.max(2, Math.floor(Math.abs(to - from) / every));
  const domain = scale.domain();
  const size = Math.max(Math.abs(domain[0]!), Math.abs(domain[1]!));
  const format = size >= 1e6 || size < 1e-3 ? scale.tickFormat(count, "~e") : scale.tickFormat(count, "~f");
  const plain = scale.tickFormat(count);
  return scale.ticks(count).map((value) => ({
    at: scale(value),
    text: (size >= 1e6 || size < 1e-3 ? format(value) : plain(value)).replace(/,/g, "").replace(/^-0$/, "0"),
  }));
}

/** Ticks below the plot, with the name of what they measure under them. Needs `X_AXIS_HEIGHT` below `bottom`. */
export function xAxis(scale: Scale, top: number, bottom: number, name: string): string {
  const [from, to] = scale.range() as [number, number];
  const ticks = ticksOf(scale, 76).map(
    ({ at, text }) =>
      line(at, top, at, bottom, { class: "grid" }) +
      label(at, bottom + 14, text, { class: "muted", anchor: "middle" }),
  );
  return (
    ticks.join("") +
    line(from, bottom, to, bottom, { class: "line" }) +
    (name === ""
      ? ""
      : label((from + to) / 2, bottom + 36, name, {
          anchor: "middle",
          size: FONT_SIZE,
          room: Math.abs(to - from),
        }))
  );
}

export const X_AXIS_HEIGHT = 52;

/** Ticks left of the plot, with the name above them. */
export function yAxis(scale: Scale, left: number, right: number, name: string): string {
  const [from, to] = scale.range() as [number, number];
  const ticks = ticksOf(scale, 50).map(
    ({ at, text }) =>
      line(left, at, right, at, { class: "grid" }) +
      label(left - 8, at, text, { class: "muted", anchor: "end" }),
  );
  return (
    ticks.join("") +
    line(left, Math.min(from, to), left, Math.max(from, to), { class: "line" }) +
    label(16, Math.min(from, to) - 20, name, { size: FONT_SIZE, room: right - 16 })
  );
}

/** Many dots of one class as one path: a point of no length, drawn with round ends. */
export function dots(points: readonly (readonly [number, number])[], className: string): string {
  const path = points.map(([x, y]) => `M${px(x)} ${px(y)}h0`).join("");
  return path === "" ? "" : `<path class="${className}" d="${path}"/>`;
}
