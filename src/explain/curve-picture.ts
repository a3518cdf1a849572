/** A response curve as a picture: the true steps, the row's own place on them, and what a missing value gives. */
import { describe, InputError } from "../errors.ts";
import type { CategoricalAxis, NumericAxis } from "./axes.ts";
import { cellOf, cellText } from "./axes.ts";
import { finiteExtent, makeScale, type Scale, X_AXIS_HEIGHT, xAxis, yAxis } from "./axis.ts";
import { checkMaxDisplay } from "./contributions.ts";
import { formatNumber, plural } from "./numbers.ts";
import type { ResponseCurve } from "./response.ts";
import {
  element,
  FONT_SIZE,
  frame,
  label,
  line,
  type PictureOptions,
  pictureWidth,
  px,
  SMALL,
  withTooltip,
} from "./svg.ts";
import { cleanText, textWidth } from "./text.ts";

export interface CurvePictureOptions extends PictureOptions {
  /** Output that is drawn: class, target. Default: 0. */
  readonly group?: number;
  /** What the output is, for the axis: "probability of default". Default: "model output". */
  readonly output?: string;
  /** A limit to draw across, such as that of `counterfactuals`. */
  readonly limit?: number;
  /** Names of the categories by code, where the model file has none. */
  readonly categories?: readonly string[] | undefined;
  /** Ends of the axis, for thresholds that lie far out. Default: all breakpoints, and the row's own value. */
  readonly domain?: readonly [number, number];
  /** Categories that are shown; those with values nearest to the row's own are left out first. Default: 30. */
  readonly maxDisplay?: number;
}

const TOP = 40;
const PLOT_HEIGHT = 260;
const LEFT = 76;
const MISSING_WIDTH = 72;
const ROW = 26;

/**
 * A response curve as an SVG document: steps with their exact breakpoints for numbers, a line for each category.
 * @throws InputError for a group that the curve does not have, and for options that do not fit
 */
export function curvePicture(curve: ResponseCurve, options: CurvePictureOptions = {}): string {
  const { group = 0 } = options;
  if (!(Number.isInteger(group) && group >= 0 && group < curve.outputs)) {
    throw new InputError(`group is ${describe(group)}, expected 0 to ${curve.outputs - 1}`);
  }
  const values = Float64Array.from(
    { length: curve.axis.size },
    (_, cell) => curve.values[cell * curve.outputs + group]!,
  );
  return curve.axis.kind === "numeric"
    ? numericPicture(curve.axis, values, curve.current, options)
    : categoricalPicture(withNames(curve.axis, options.categories), values, curve.current, options);
}

function withNames(axis: CategoricalAxis, names: readonly string[] | undefined): CategoricalAxis {
  return names === undefined
    ? axis
    : { ...axis, labels: Array.from(axis.codes, (code, i) => names[code] ?? axis.labels[i]!) };
}

function numericPicture(
  axis: NumericAxis,
  values: Float64Array,
  current: number,
  options: CurvePictureOptions,
): string {
  const width = pictureWidth(options, 680);
  const output = options.output ?? "model output";
  const limit = options.limit ?? Number.NaN;
  const bottom = TOP + PLOT_HEIGHT;
  const left = LEFT + MISSING_WIDTH;
  const right = width - 24;
  const y = makeScale(padded(finiteExtent([...values, limit]) ?? [0, 1], 0.06), [bottom, TOP]);
  const x = makeScale(
    options.domain ?? padded(finiteExtent([...axis.breakpoints, current]) ?? [0, 1], 0.05),
    [left, right],
  );
  const missing = values[axis.size - 1]!;
  const body =
    yAxis(y, LEFT, right, output) +
    line(LEFT, bottom, right, bottom, { class: "line" }) +
    xAxis(x, bottom - 4, bottom, axis.name) +
    line(left, TOP, left, bottom, { class: "line", "stroke-dasharray": "3 3" }) +
    label(LEFT + MISSING_WIDTH / 2, bottom + 14, "missing", { class: "muted", anchor: "middle" }) +
    (Number.isFinite(missing)
      ? line(LEFT + 12, y(missing), left - 12, y(missing), { class: "sd", "stroke-width": 2.5 })
      : "") +
    steps(axis, values, x, y) +
    limitLine(options.limit, y, right) +
    currentMark(axis, values, current, x, y, LEFT + MISSING_WIDTH / 2);
  return frame(
    {
      width,
      height: bottom + X_AXIS_HEIGHT + 6,
      name: `Exact response of ${output} to ${axis.name}`,
      description: describeCurve(axis, values, current, output),
    },
    options,
    body,
  );
}

function padded([low, high]: readonly [number, number], share: number): [number, number] {
  const pad = (high - low) * share;
  return [low - pad, high + pad];
}

/** Cells as bold levels, jumps as thin lines between them; what lies outside the axis is cut off. */
function steps(axis: NumericAxis, values: Float64Array, x: Scale, y: Scale): string {
  const [from, to] = x.range() as [number, number];
  const clamp = (value: number): number => Math.max(from, Math.min(to, x(value)));
  let levels = "";
  let jumps = "";
  let previous: string | undefined;
  for (let cell = 0; cell < axis.size - 1; cell++) {
    const start = cell === 0 ? from : clamp(axis.breakpoints[cell - 1]!);
    const end = cell === axis.breakpoints.length ? to : clamp(axis.breakpoints[cell]!);
    if (!Number.isFinite(values[cell]!)) {
      previous = undefined;
      continue;
    }
    const at = px(y(values[cell]!));
    if (previous !== undefined && start > from && start < to) {
      jumps += `M${px(start)} ${previous}V${at}`;
    }
    if (end > start) {
      levels += `M${px(start)} ${at}H${px(end)}`;
    }
    previous = at;
  }
  const path = (d: string, strokeWidth: number): string =>
    d === "" ? "" : element("path", { d, fill: "none", class: "sd", "stroke-width": strokeWidth });
  return path(jumps, 0.8) + path(levels, 2.5);
}

function limitLine(limit: number | undefined, y: Scale, right: number): string {
  return limit === undefined || !Number.isFinite(limit)
    ? ""
    : line(LEFT, y(limit), right, y(limit), { class: "su", "stroke-dasharray": "6 4", "stroke-width": 1.5 }) +
        label(right - 4, y(limit) - 10, `limit ${formatNumber(limit)}`, { class: "up halo", anchor: "end" });
}

function currentMark(
  axis: NumericAxis,
  values: Float64Array,
  current: number,
  x: Scale,
  y: Scale,
  missingAt: number,
): string {
  const value = values[cellOf(axis, current)]!;
  const [from, to] = x.range() as [number, number];
  const at = Number.isNaN(current) ? missingAt : x(Math.max(-1e300, Math.min(1e300, current)));
  if (!Number.isFinite(value) || (!Number.isNaN(current) && !(at >= from && at <= to))) {
    return "";
  }
  const text = Number.isNaN(current)
    ? `missing → ${formatNumber(value)}`
    : `${formatNumber(current, 6)} → ${formatNumber(value)}`;
  const half = textWidth(text, SMALL) / 2 + 6;
  const textAt = Math.max(LEFT + half, Math.min(to - half, at));
  const above = y(value) - 16 > TOP - 4;
  return (
    element("circle", { cx: at, cy: y(value), r: 5, class: "dot strong", "stroke-width": 1.5 }) +
    label(textAt, y(value) + (above ? -16 : 18), text, { class: "halo", anchor: "middle", bold: true })
  );
}

function categoricalPicture(
  axis: CategoricalAxis,
  values: Float64Array,
  current: number,
  options: CurvePictureOptions,
): string {
  const width = pictureWidth(options, 680);
  const output = options.output ?? "model output";
  const here = cellOf(axis, current);
  const cells = shownCells(values, here, options.maxDisplay ?? 30);
  const names = cells.map((cell) => cellText(axis, cell));
  const texts = cells.map((cell) => formatNumber(values[cell]!));
  const room = Math.max(30, ...texts.map((text) => textWidth(text, SMALL) * 1.08)) + 18;
  const left = Math.min(
    Math.max(70, ...names.map((name) => textWidth(cleanText(name), FONT_SIZE) * 1.08)) + 34,
    width * 0.45,
  );
  const extent = finiteExtent([...values, options.limit ?? Number.NaN]) ?? [0, 1];
  const x = makeScale(extent, [left + room, width - 16 - room]);
  const bottom = TOP + cells.length * ROW + 4;
  const reference = Number.isFinite(values[here]!) ? x(values[here]!) : left;
  const rows = cells.map((cell, i) => {
    const y = TOP + ROW * (i + 0.5);
    const bold = cell === here;
    const at = Number.isFinite(values[cell]!) ? x(values[cell]!) : reference;
    const isLeft = at < reference;
    return (
      label(left - 12, y, names[i]!, { anchor: "end", size: FONT_SIZE, bold, room: left - 30 }) +
      line(left, y, width - 16, y, { class: "grid", "stroke-dasharray": "1 4" }) +
      withTooltip(
        `${names[i]}: ${texts[i]}`,
        line(reference, y, at, y, { class: isLeft ? "sd" : "su", "stroke-width": 3 }) +
          element("circle", {
            cx: at,
            cy: y,
            r: bold ? 6 : 5,
            class: bold ? "dot strong" : isLeft ? "down" : "up",
          }) +
          label(at + (isLeft ? -10 : 10), y, texts[i]!, {
            anchor: isLeft ? "end" : "start",
            bold,
            class: "halo",
          }),
      )
    );
  });
  const more = axis.size - cells.length;
  const limit = options.limit;
  const body =
    label(16, 18, axis.name, { size: FONT_SIZE, room: left - 16 }) +
    (more > 0
      ? label(left, 18, `${plural(more, "more category", "more categories")} not shown`, { class: "muted" })
      : "") +
    xAxis(x, TOP - 4, bottom, output) +
    line(reference, TOP - 4, reference, bottom, { class: "line" }) +
    (limit === undefined || !Number.isFinite(limit)
      ? ""
      : line(x(limit), TOP - 4, x(limit), bottom, {
          class: "su",
          "stroke-dasharray": "6 4",
          "stroke-width": 1.5,
        }) +
        label(x(limit), TOP - 14, `limit ${formatNumber(limit)}`, { class: "up halo", anchor: "middle" })) +
    rows.join("");
  return frame(
    {
      width,
      height: bottom + X_AXIS_HEIGHT + 6,
      name: `Exact response of ${output} to ${axis.name}`,
      description: describeCurve(axis, values, current, output),
    },
    options,
    body,
  );
}

/** All cells, or those farthest from the row's value, the row's own and the last two among them, in their order. */
function shownCells(values: Float64Array, here: number, maxDisplay: number): number[] {
  checkMaxDisplay(maxDisplay);
  const cells = Array.from(values, (_, cell) => cell);
  const fixed = new Set([here, values.length - 1, values.length - 2]);
  const distance = (cell: number): number =>
    fixed.has(cell) ? Infinity : Math.abs(values[cell]! - values[here]!) || 0;
  return cells
    .sort((a, b) => (distance(a) === distance(b) ? a - b : distance(b) - distance(a)))
    .slice(0, Math.max(3, maxDisplay))
    .sort((a, b) => a - b);
}

/** Cells that the text alternative lists. */
const LISTED = 60;

function describeCurve(
  axis: NumericAxis | CategoricalAxis,
  values: Float64Array,
  current: number,
  output: string,
): string {
  const here = cellOf(axis, current);
  const cells = Array.from(values, (_, cell) => cell);
  const listed = cells.length > LISTED ? [...cells.slice(0, LISTED - 1), cells.length - 1] : cells;
  const texts = listed.map((cell) => `${cellText(axis, cell)}: ${formatNumber(values[cell]!)}`);
  const left = cells.length - listed.length;
  return (
    `${output} by ${axis.name}; the row has ${Number.isNaN(current) ? "missing" : axis.kind === "numeric" ? formatNumber(current, 6) : cellText(axis, here)}` +
    ` and ${formatNumber(values[here]!)}. ${texts.join("; ")}${left > 0 ? `; and ${left} more` : ""}.`
  );
}
