/** One row as forces: what pushes the output up meets what pushes it down at f(x). */
import { drawable, makeScale, type Scale, X_AXIS_HEIGHT, xAxis } from "./axis.ts";
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
  FONT_SIZE,
  frame,
  label,
  line,
  nameAndValue,
  nameAndValueWidth,
  type PictureOptions,
  pictureWidth,
  SMALL,
  withTooltip,
} from "./svg.ts";
import { textWidth } from "./text.ts";
import { arrow, describeRow } from "./waterfall.ts";

export interface ForceOptions extends PictureOptions {
  /** Forces; what is left is summed in one more. Default: 12. */
  readonly maxDisplay?: number;
}

const TOP = 62;
const BAR = 30;
const LABEL_LINES = 5;
const LABEL_HEIGHT = 22;
const MAX_LABEL = 260;

interface Force {
  readonly item: Item;
  readonly x0: number;
  readonly x1: number;
}

/**
 * A force plot as an SVG document: arrows to the right push the output up, arrows to the left push it down, the largest
 * ones next to f(x), where they meet. Names that find no room are in the tooltips and the text alternative.
 * @throws InputError for lists of different lengths and for options that do not fit
 */
export function force(row: RowContributions, options: ForceOptions = {}): string {
  checkRow(row);
  const width = pictureWidth(options, 900);
  const items = largestItems(row, options.maxDisplay ?? 12);
  const output = drawable(Number.isFinite(total(row)) ? total(row) : row.base);
  const ups = items.filter(({ amount }) => amount > 0 && amount < Infinity);
  const downs = items.filter(({ amount }) => amount < 0 && amount > -Infinity);
  const sum = (list: readonly Item[]): number => drawable(list.reduce((all, { amount }) => all + amount, 0));
  const base = drawable(row.base);
  const scale = makeScale(
    [Math.min(drawable(output - sum(ups)), base), Math.max(drawable(output - sum(downs)), base)],
    [24, width - 24],
  );
  const forces = [...chain(ups, output, scale), ...chain(downs, output, scale)];
  const labels = placeLabels(forces, width);
  const lines = Math.max(0, ...labels.map(({ level }) => level + 1));
  const bottom = TOP + BAR + 14 + lines * LABEL_HEIGHT + 8;
  const at = scale(output);
  const body =
    heads(scale, base, at, row, width) +
    xAxisBelow(scale, bottom, row.output ?? DEFAULT_OUTPUT) +
    forces.map(drawForce).join("") +
    line(at, TOP - 16, at, TOP + BAR + 6, { class: "strong", "stroke-width": 2 }) +
    labels.map(drawLabel).join("") +
    (forces.length === 0
      ? label(width / 2, TOP + BAR / 2, "no contributions", { class: "muted", anchor: "middle" })
      : "");
  return frame(
    {
      width,
      height: bottom + X_AXIS_HEIGHT + 8,
      name: `Force plot of ${items.length} contributions`,
      description: describeRow(row, items),
    },
    options,
    body,
  );
}

/** Bars that end where the one before began, outwards from f(x). */
function chain(items: readonly Item[], output: number, scale: Scale): Force[] {
  let at = output;
  return items.map((item) => {
    const to = at;
    at = drawable(at - item.amount);
    return { item, x0: scale(at), x1: scale(to) };
  });
}

function tooltip({ name, value, amount }: Item): string {
  return `${name}${value === undefined ? "" : ` = ${value}`}: ${formatSigned(amount)}`;
}

function drawForce({ item, x0, x1 }: Force): string {
  const text = formatSigned(item.amount);
  const gap = item.amount > 0 ? -0.75 : 0.75;
  const fits = Math.abs(x1 - x0) > textWidth(text, SMALL) + 22;
  return withTooltip(
    tooltip(item),
    arrow(x0 - gap, x1 + gap, TOP, BAR, item.amount) +
      (fits
        ? label((x0 + x1) / 2 + (item.amount > 0 ? -3 : 3), TOP + BAR / 2, text, {
            class: "on",
            anchor: "middle",
          })
        : ""),
  );
}

/** f(x) and E[f(x)] above the bar, and which way is which. */
function heads(scale: Scale, base: number, at: number, row: RowContributions, width: number): string {
  const output = `f(x) = ${formatNumber(total(row))}`;
  const half = (textWidth(output, 15) * 1.08) / 2;
  const x = Math.max(16 + half, Math.min(width - 16 - half, at));
  const expected = `E[f(x)] = ${formatNumber(row.base)}`;
  const baseHalf = textWidth(expected, SMALL) / 2;
  const baseX = Math.max(16 + baseHalf, Math.min(width - 16 - baseHalf, scale(base)));
  const clear = Math.abs(baseX - x) > baseHalf + half + 12;
  const higher = "higher →";
  const lower = "← lower";
  const sides = half + 12;
  return (
    label(x, TOP - 28, output, { anchor: "middle", size: 15, bold: true }) +
    (x - sides - textWidth(higher, SMALL) > 16
      ? label(x - sides, TOP - 28, higher, { class: "up", anchor: "end" })
      : "") +
    (x + sides + textWidth(lower, SMALL) < width - 16
      ? label(x + sides, TOP - 28, lower, { class: "down" })
      : "") +
    line(scale(base), TOP - 10, scale(base), TOP + BAR + 10, { class: "line", "stroke-dasharray": "3 3" }) +
    label(baseX, clear ? TOP - 50 : TOP - 50, expected, { class: "muted", anchor: "middle" })
  );
}

function xAxisBelow(scale: Scale, bottom: number, name: string): string {
  return xAxis(scale, bottom - 5, bottom, name);
}

interface Placed extends Force {
  readonly level: number;
  readonly x: number;
  readonly half: number;
}

/** Names under their bars, on the first line that has room, the largest forces first. */
function placeLabels(forces: readonly Force[], width: number): Placed[] {
  const taken: [number, number][][] = Array.from({ length: LABEL_LINES }, () => []);
  const placed: Placed[] = [];
  const bySize = [...forces].sort((a, b) => Math.abs(b.item.amount) - Math.abs(a.item.amount));
  for (const each of bySize) {
    const { name, value } = each.item;
    const half = Math.min(nameAndValueWidth(name, value) + 4, MAX_LABEL) / 2;
    const middle = (each.x0 + each.x1) / 2;
    const x = Math.max(12 + half, Math.min(width - 12 - half, middle));
    // A name's leader line crosses the lines above it.
    const level = taken.findIndex(
      (spans, i) =>
        spans.every(([from, to]) => x + half + 8 < from || x - half - 8 > to) &&
        taken.slice(0, i).every((above) => above.every(([from, to]) => middle < from - 3 || middle > to + 3)),
    );
    if (level >= 0) {
      taken[level]!.push([x - half, x + half]);
      placed.push({ ...each, level, x, half });
    }
  }
  return placed;
}

function drawLabel({ item, x0, x1, level, x, half }: Placed): string {
  const y = TOP + BAR + 14 + level * LABEL_HEIGHT + LABEL_HEIGHT / 2;
  const middle = (x0 + x1) / 2;
  return (
    line(middle, TOP + BAR + 2, middle, y - FONT_SIZE * 0.6, { class: item.amount > 0 ? "su" : "sd" }) +
    nameAndValue(x - half + 2, y, item.name, item.value, 2 * half, "start")
  );
}
