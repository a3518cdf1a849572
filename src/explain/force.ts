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
const LABEL_LINES = 9;
const LABEL_HEIGHT = 22;
const MAX_LABEL = 260;
/** Room for the names of the outermost bars. */
const SIDE = 150;

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
    [SIDE, width - SIDE],
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
  const higher = "higher →";
  const lower = "← lower";
  const sides = half + 12;
  // Beside f(x) where it touches nothing there, else above.
  const clear = Math.abs(baseX - x) > baseHalf + sides + textWidth(higher, SMALL) + 12;
  const y = clear ? TOP - 28 : TOP - 50;
  return (
    label(x, TOP - 28, output, { anchor: "middle", size: 15, bold: true }) +
    (x - sides - textWidth(higher, SMALL) > 16
      ? label(x - sides, TOP - 28, higher, { class: "up", anchor: "end" })
      : "") +
    (x + sides + textWidth(lower, SMALL) < width - 16
      ? label(x + sides, TOP - 28, lower, { class: "down" })
      : "") +
    line(scale(base), clear ? TOP - 18 : TOP - 10, scale(base), TOP + BAR + 6, {
      class: "line",
      "stroke-dasharray": "3 3",
    }) +
    (clear ? "" : line(scale(base), TOP - 41, scale(base), TOP - 36, { class: "line" })) +
    label(baseX, y, expected, { class: "muted", anchor: "middle" })
  );
}

function xAxisBelow(scale: Scale, bottom: number, name: string): string {
  return xAxis(scale, bottom - 5, bottom, name);
}

interface Placed extends Force {
  readonly level: number;
  /** Where the leader line meets the name, which runs from there away from f(x). */
  readonly x: number;
  readonly room: number;
}

/**
 * Names under their bars. They run away from f(x) and are placed from the outermost bar inwards, so that a bar's leader
 * line never crosses the names of bars further out; a name goes to the first line where it crosses nothing.
 */
function placeLabels(forces: readonly Force[], width: number): Placed[] {
  const placed: Placed[] = [];
  for (const side of [forces.filter(isUp), forces.filter((each) => !isUp(each))]) {
    for (const each of [...side].reverse()) {
      const x = (each.x0 + each.x1) / 2;
      const available = isUp(each) ? x - 8 : width - x - 8;
      const needed = nameAndValueWidth(each.item.name, each.item.value) + 2;
      const room = Math.min(needed, MAX_LABEL, available);
      const level =
        room < Math.min(needed, 40)
          ? -1
          : freeLevel(placed, x, isUp(each) ? [x - room, x + 6] : [x - 6, x + room]);
      if (level >= 0) {
        placed.push({ ...each, level, x, room });
      }
    }
  }
  return placed;
}

function isUp({ item }: Force): boolean {
  return item.amount > 0;
}

function spanOf({ item, x, room }: Placed): readonly [number, number] {
  return item.amount > 0 ? [x - room, x + 6] : [x - 6, x + room];
}

/** The first line on which a name overlaps no other name and no leader line, and its own line no name; -1 for none. */
function freeLevel(placed: readonly Placed[], x: number, [from, to]: readonly [number, number]): number {
  for (let level = 0; level < LABEL_LINES; level++) {
    const free = placed.every((other) => {
      const [left, right] = spanOf(other);
      const overlaps = other.level === level && left < to + 6 && right > from - 6;
      const isCrossed = other.level > level && other.x > from - 3 && other.x < to + 3;
      const crosses = other.level < level && x > left - 3 && x < right + 3;
      return !overlaps && !isCrossed && !crosses;
    });
    if (free) {
      return level;
    }
  }
  return -1;
}

function drawLabel({ item, level, x, room }: Placed): string {
  const y = TOP + BAR + 14 + level * LABEL_HEIGHT + LABEL_HEIGHT / 2;
  const up = item.amount > 0;
  return (
    line(x, TOP + BAR + 2, x, y + 7, { class: up ? "su" : "sd" }) +
    nameAndValue(up ? x - 5 : x + 5, y, item.name, item.value, room, up ? "end" : "start")
  );
}
