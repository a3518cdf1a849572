/** One row as a waterfall: from the expected output, feature by feature, to the row's own. */
import { drawable, finiteExtent, makeScale, type Scale, X_AXIS_HEIGHT, xAxis } from "./axis.ts";
import {
  checkRow,
  DEFAULT_OUTPUT,
  type Item,
  largestItems,
  type RowContributions,
  total,
} from "./contributions.ts";
import { formatNumber, formatSigned } from "./numbers.ts";
import {
  element,
  FONT_SIZE,
  frame,
  label,
  line,
  nameAndValue,
  nameAndValueWidth,
  type PictureOptions,
  pictureWidth,
  px,
  SMALL,
  withTooltip,
} from "./svg.ts";
import { textWidth } from "./text.ts";

export interface WaterfallOptions extends PictureOptions {
  /** Lines; what is left is summed in the last one, as in Python's `shap`. Default: 10. */
  readonly maxDisplay?: number;
}

const ROW = 32;
const BAR = 22;
const TIP = 7;
const TOP = 34;
/** Height of the line of E[f(x)]. */
const BASE_LINE = 26;

/** A bar from where the sum stood to where the item takes it. */
export interface Step {
  readonly item: Item;
  readonly from: number;
  readonly to: number;
}

/** Steps in drawing order, largest first: the sum starts at the base below the last one and ends above the first one. */
export function stepsOf(items: readonly Item[], base: number): Step[] {
  const steps: Step[] = [];
  let from = drawable(base);
  for (let i = items.length - 1; i >= 0; i--) {
    const { amount } = items[i]!;
    const to = drawable(from + (Number.isFinite(amount) ? amount : 0));
    steps.push({ item: items[i]!, from, to });
    from = to;
  }
  return steps.reverse();
}

/**
 * A waterfall as an SVG document: contributions that push the output up or down, the largest on top, from E[f(x)] at the
 * bottom to f(x) at the top.
 * @throws InputError for lists of different lengths and for options that do not fit
 */
export function waterfall(row: RowContributions, options: WaterfallOptions = {}): string {
  checkRow(row);
  const width = pictureWidth(options, 760);
  const items = largestItems(row, options.maxDisplay ?? 10);
  const steps = stepsOf(items, row.base);
  const left = labelColumn(items, width);
  const extent = finiteExtent([drawable(row.base), ...steps.flatMap(({ from, to }) => [from, to])])!;
  const amountWidth = Math.max(40, ...items.map(({ amount }) => textWidth(formatSigned(amount), SMALL) + 14));
  const scale = makeScale(extent, [left + amountWidth, width - amountWidth - 8]);
  const bottom = TOP + Math.max(1, steps.length) * ROW + BASE_LINE;
  const body =
    xAxis(
      scale
        .copy()
        .domain([scale.invert(left), scale.invert(width - 16)])
        .range([left, width - 16]),
      TOP,
      bottom,
      row.output ?? DEFAULT_OUTPUT,
    ) +
    ends(scale, steps, row, bottom, width) +
    steps.map((step, i) => stepLine(scale, step, TOP + 4 + i * ROW, left, steps[i - 1])).join("") +
    (steps.length === 0 ? label(left + 8, TOP + 4 + ROW / 2, "no features", { class: "muted" }) : "");
  return frame(
    {
      width,
      height: bottom + X_AXIS_HEIGHT + 8,
      name: `Waterfall of ${items.length} contributions`,
      description: describeRow(row, items),
    },
    options,
    body,
  );
}

/** Where the bars may start: names get the room they need, up to 45 % of the width. */
function labelColumn(items: readonly Item[], width: number): number {
  const widest = Math.max(60, ...items.map(({ name, value }) => nameAndValueWidth(name, value)));
  return Math.min(widest + 31, width * 0.45);
}

/** Lines and texts of f(x), on top, and of E[f(x)], at the bottom, inside the picture. */
function ends(
  scale: Scale,
  steps: readonly Step[],
  row: RowContributions,
  bottom: number,
  width: number,
): string {
  const [atBase, atOutput] = [scale(drawable(row.base)), scale(steps[0]?.to ?? drawable(row.base))];
  const output = `f(x) = ${formatNumber(total(row))}`;
  const base = `E[f(x)] = ${formatNumber(row.base)}`;
  const inside = (x: number, text: string): number => {
    const half = textWidth(text, FONT_SIZE) * 0.54;
    return Math.max(8 + half, Math.min(width - 8 - half, x));
  };
  return (
    line(atBase, TOP - 4, atBase, bottom, { class: "line", "stroke-dasharray": "3 3" }) +
    line(atOutput, TOP - 6, atOutput, TOP + 4, { class: "strong" }) +
    label(inside(atOutput, output), TOP - 16, output, { anchor: "middle", size: FONT_SIZE, bold: true }) +
    label(inside(atBase, base), bottom - 11, base, {
      class: "muted halo",
      anchor: "middle",
      size: FONT_SIZE,
    })
  );
}

function stepLine(scale: Scale, step: Step, y: number, left: number, above: Step | undefined): string {
  const { item } = step;
  const [x0, x1] = [scale(step.from), scale(step.to)];
  const text = formatSigned(item.amount);
  const connector =
    above === undefined
      ? ""
      : line(x1, y - ROW + BAR / 2, x1, y + BAR / 2, { class: "line", "stroke-dasharray": "2 2" });
  const bar = withTooltip(
    `${item.name}${item.value === undefined ? "" : ` = ${item.value}`}: ${text}`,
    arrow(x0, x1, y, BAR, item.amount) + amountLabel(x0, x1, y + BAR / 2, text, item.amount),
  );
  return connector + nameAndValue(left - 14, y + BAR / 2, item.name, item.value, left - 30, "end") + bar;
}

/** A bar that points where it pushes; nothing for a push of nothing. */
export function arrow(x0: number, x1: number, y: number, height: number, amount: number): string {
  const direction = amount > 0 ? 1 : -1;
  if (amount === 0 || Number.isNaN(amount)) {
    return element("rect", { x: x0 - 1, y, width: 2, height, class: "none" });
  }
  const length = Math.max(1, Math.abs(x1 - x0));
  const tip = Math.min(TIP, length);
  const body = direction * (length - tip);
  const half = height / 2;
  return `<path class="${amount > 0 ? "up" : "down"}" d="M${px(x0)} ${px(y)}h${px(body)}l${px(direction * tip)} ${px(half)}l${px(-direction * tip)} ${px(half)}h${px(-body)}z"/>`;
}

/** Inside the bar where it fits, else beyond its tip. */
function amountLabel(x0: number, x1: number, y: number, text: string, amount: number): string {
  const needed = textWidth(text, SMALL);
  if (Math.abs(x1 - x0) > needed + 2 * TIP + 4) {
    return label((x0 + x1) / 2 - (amount > 0 ? TIP / 2 : -TIP / 2), y, text, {
      class: "on",
      anchor: "middle",
    });
  }
  const right = amount >= 0 || Number.isNaN(amount);
  const tip = right ? Math.max(x1, x0 + 1) : Math.min(x1, x0 - 1);
  return label(tip + (right ? 5 : -5), y, text, {
    class: amount > 0 ? "up halo" : amount < 0 ? "down halo" : "muted halo",
    anchor: right ? "start" : "end",
  });
}

/** The picture in words. */
export function describeRow(row: RowContributions, items: readonly Item[]): string {
  const parts = items.map(
    ({ name, value, amount }) =>
      `${name}${value === undefined ? "" : ` = ${value}`}: ${formatSigned(amount)}`,
  );
  return (
    `${row.output ?? DEFAULT_OUTPUT}: f(x) = ${formatNumber(total(row))}, from E[f(x)] = ${formatNumber(row.base)}. ` +
    `${parts.length === 0 ? "No features" : parts.join("; ")}.`
  );
}
