/** Bars by feature: mean |contribution| of many rows, and importance. */
import { describe, InputError } from "../errors.ts";
import { drawable, finiteExtent, makeScale, X_AXIS_HEIGHT, xAxis } from "./axis.ts";
import { meanSizes } from "./beeswarm.ts";
import {
  type Contributions,
  checkContributions,
  checkMaxDisplay,
  featureName,
  othersName,
  rankBySize,
} from "./contributions.ts";
import { formatNumber, plural } from "./numbers.ts";
import {
  element,
  FONT_SIZE,
  frame,
  label,
  line,
  type PictureOptions,
  pictureWidth,
  SMALL,
  withTooltip,
} from "./svg.ts";
import { cleanText, textWidth } from "./text.ts";

export interface BarsOptions extends PictureOptions {
  /** Bars; what is left is summed in the last one. Default: 12. */
  readonly maxDisplay?: number;
}

export interface ImportanceOptions extends BarsOptions {
  /** What was counted, for the axis. Default: "importance". */
  readonly importanceType?: string;
}

interface Bar {
  readonly name: string;
  readonly amount: number;
}

const ROW = 28;
const BAR = 18;
const TOP = 12;

/**
 * Mean |contribution| of every feature over many rows, as an SVG document.
 * @throws InputError for matrices that do not fit and for options that do not fit
 */
export function summaryBars(contributions: Contributions, options: BarsOptions = {}): string {
  checkContributions(contributions);
  const { values, names, output } = contributions;
  const means = values.rows === 0 ? new Float64Array(0) : meanSizes(values);
  const bars = largestBars(means, (feature) => featureName(names, feature), options.maxDisplay ?? 12);
  const rows = plural(values.rows, "row");
  return drawBars(
    bars,
    `mean |${output ?? "contribution"}|`,
    `Mean size of contributions in ${rows}`,
    options,
  );
}

/**
 * Importance of features, as `getScore` gives it, as an SVG document. Weights of a linear model may be negative.
 * @throws InputError for what is no number and for options that do not fit
 */
export function importanceBars(
  scores: Readonly<Record<string, number>>,
  options: ImportanceOptions = {},
): string {
  const entries = Object.entries(scores);
  for (const [name, score] of entries) {
    if (typeof score !== "number") {
      throw new InputError(`score of ${describe(name)} is ${describe(score)}, expected a number`);
    }
  }
  const amounts = entries.map(([, score]) => score);
  const bars = largestBars(amounts, (i) => entries[i]![0], options.maxDisplay ?? 12);
  const what = (options.importanceType ?? "importance").replaceAll("_", " ");
  return drawBars(bars, what, `Feature importance by ${what}`, options);
}

function largestBars(amounts: ArrayLike<number>, nameOf: (i: number) => string, maxDisplay: number): Bar[] {
  checkMaxDisplay(maxDisplay);
  const order = rankBySize(amounts);
  const shown = order.length > maxDisplay ? order.slice(0, maxDisplay - 1) : order;
  const bars = shown.map((i): Bar => ({ name: nameOf(i), amount: amounts[i]! }));
  const others = order.slice(shown.length);
  if (others.length > 0) {
    bars.push({
      name: othersName(others.length),
      amount: others.reduce((sum, i) => sum + (Number.isNaN(amounts[i]!) ? 0 : amounts[i]!), 0),
    });
  }
  return bars;
}

function drawBars(bars: readonly Bar[], axis: string, name: string, options: BarsOptions): string {
  const width = pictureWidth(options, 680);
  const widest = Math.max(40, ...bars.map((bar) => textWidth(cleanText(bar.name), FONT_SIZE)));
  const left = Math.min(widest + 29, width * 0.45);
  const texts = bars.map(({ amount }) => formatNumber(amount, 3));
  const room = Math.max(30, ...texts.map((text) => textWidth(text, SMALL))) + 14;
  const [low, high] = finiteExtent(bars.map(({ amount }) => drawable(amount))) ?? [0, 1];
  const from = low < 0 ? left + room : left;
  const scale = makeScale([Math.min(0, low), Math.max(0, high)], [from, width - 16 - room]);
  const bottom = TOP + Math.max(1, bars.length) * ROW + 4;
  const zero = scale(0);
  const lines = bars.map(({ name: feature, amount }, i) => {
    const middle = TOP + ROW * (i + 0.5);
    const end = scale(Number.isFinite(amount) ? drawable(amount) : 0);
    const isLeft = amount < 0;
    return (
      label(left - 12, middle, feature, { anchor: "end", size: FONT_SIZE, room: left - 28 }) +
      withTooltip(
        `${feature}: ${texts[i]}`,
        element("rect", {
          class: low < 0 && amount > 0 ? "up" : "down",
          x: Math.min(zero, end),
          y: middle - BAR / 2,
          width: Math.max(0.5, Math.abs(end - zero)),
          height: BAR,
        }) + label(end + (isLeft ? -6 : 6), middle, texts[i]!, { anchor: isLeft ? "end" : "start" }),
      )
    );
  });
  const body =
    xAxis(scale, TOP, bottom, axis) +
    line(zero, TOP, zero, bottom, { class: "line" }) +
    lines.join("") +
    (bars.length === 0 ? label(left + 8, TOP + ROW / 2, "no features", { class: "muted" }) : "");
  const words = bars.map((bar, i) => `${bar.name}: ${texts[i]}`).join("; ");
  return frame(
    { width, height: bottom + X_AXIS_HEIGHT + 4, name, description: `${axis}. ${words || "No features"}.` },
    options,
    body,
  );
}
