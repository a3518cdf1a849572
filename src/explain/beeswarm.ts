/** Contributions of many rows, one line of dots a feature. */

import { describe, InputError } from "../errors.ts";
import { dots, drawable, finiteExtent, makeScale, type Scale, X_AXIS_HEIGHT, xAxis } from "./axis.ts";
import {
  type Contributions,
  checkContributions,
  checkMaxDisplay,
  featureName,
  type Matrix,
  othersName,
  rankBySize,
} from "./contributions.ts";
import { LEGEND_WIDTH, legend } from "./legend.ts";
import { formatCount, formatNumber, plural } from "./numbers.ts";
import { type ColourScale, colourScale, evenSample, groupByClass } from "./sample.ts";
import { element, FONT_SIZE, frame, label, line, type PictureOptions, pictureWidth } from "./svg.ts";
import { cleanText, textWidth } from "./text.ts";

export interface BeeswarmOptions extends PictureOptions {
  /** Lines; what is left is summed in the last one, as in Python's `shap`. Default: 12. */
  readonly maxDisplay?: number;
  /**
   * Dots a line, from 10 to 10,000. Of more rows this many are drawn, evenly spread over the ranks of the contribution,
   * the least and the greatest always among them. Default: 1000, at most about 15 kB a line.
   */
  readonly maxPoints?: number;
}

const LINE = 38;
const DOT = 4.4;
const TOP = 16;

export const CONTRIBUTION_OUTPUT = "contribution to the model output";

/** One line of the swarm. */
interface Swarm {
  readonly name: string;
  readonly values: Float64Array;
  readonly features: Float64Array | undefined;
  readonly mean: number;
}

/**
 * A beeswarm as an SVG document: features by falling mean |contribution|, each row of the data a dot, coloured by the
 * feature's value from low to high; grey where that has no order or is missing. Contributions that are not finite are left out, and the text alternative says so.
 * @throws InputError for matrices of different sizes and for options that do not fit
 */
export function beeswarm(contributions: Contributions, options: BeeswarmOptions = {}): string {
  checkContributions(contributions);
  const width = pictureWidth(options, 800);
  const maxPoints = checkMaxPoints(options.maxPoints ?? 1000);
  const swarms = chooseSwarms(contributions, options.maxDisplay ?? 12);
  const hasColours = contributions.features !== undefined;
  const right = width - 20 - (hasColours ? LEGEND_WIDTH : 0);
  const left = nameColumn(swarms, width);
  const extent = finiteExtent(swarms.flatMap(({ values }) => finiteExtent(values) ?? [])) ?? [0, 0];
  const scale = makeScale([Math.min(0, extent[0]), Math.max(0, extent[1])], [left + 8, right - 8]);
  const bottom = TOP + Math.max(1, swarms.length) * LINE + 4;
  const rows = contributions.values.rows;
  const sampled = rows > maxPoints;
  const middle = (i: number): number => TOP + LINE * (i + 0.5);
  const lines = swarms.map(
    ({ name }, i) =>
      label(left - 12, middle(i), name, { anchor: "end", size: FONT_SIZE, room: left - 28 }) +
      line(left, middle(i), right, middle(i), { class: "grid", "stroke-dasharray": "1 4" }),
  );
  const drawn = swarms.map((swarm, i) => drawSwarm(swarm, scale, middle(i), maxPoints));
  const body =
    xAxis(scale, TOP - 4, bottom, contributions.output ?? CONTRIBUTION_OUTPUT) +
    line(scale(0), TOP - 4, scale(0), bottom, { class: "line" }) +
    lines.join("") +
    element("g", { fill: "none", "stroke-linecap": "round", "stroke-width": DOT }, drawn.join("")) +
    (swarms.length === 0
      ? label(left + 8, TOP + LINE / 2, "no rows or no features", { class: "muted" })
      : "") +
    (hasColours
      ? legend(right + 16, TOP, bottom, {
          name: "Feature value",
          low: "low",
          high: "high",
          missing: swarms.some(({ features }) => features?.some(Number.isNaN)),
        })
      : "") +
    (sampled
      ? label(
          16,
          bottom + X_AXIS_HEIGHT + 4,
          `${formatCount(maxPoints)} of ${plural(rows, "row")} a line, evenly by rank`,
          {
            class: "muted",
          },
        )
      : "");
  return frame(
    {
      width,
      height: bottom + X_AXIS_HEIGHT + (sampled ? 20 : 4),
      name: `Beeswarm of ${plural(rows, "row")}`,
      description: describeSwarms(swarms, contributions),
    },
    options,
    body,
  );
}

export function checkMaxPoints(maxPoints: number): number {
  if (!(Number.isInteger(maxPoints) && maxPoints >= 10 && maxPoints <= 10_000)) {
    throw new InputError(`maxPoints is ${describe(maxPoints)}, expected a whole number from 10 to 10000`);
  }
  return maxPoints;
}

/** Mean |contribution| of every feature, over the rows in which it is finite. */
export function meanSizes({ data, rows, cols }: Matrix): Float64Array {
  const sums = new Float64Array(cols);
  const counts = new Float64Array(cols);
  for (let i = 0; i < rows * cols; i++) {
    const value = Math.abs(data[i]!);
    if (value < Infinity) {
      sums[i % cols]! += value;
      counts[i % cols]!++;
    }
  }
  return sums.map((sum, i) => sum / Math.max(1, counts[i]!));
}

function chooseSwarms(contributions: Contributions, maxDisplay: number): Swarm[] {
  checkMaxDisplay(maxDisplay);
  const { values, features, names, featureTypes } = contributions;
  if (values.rows === 0) {
    return [];
  }
  const means = meanSizes(values);
  const order = rankBySize(means);
  const shown = order.length > maxDisplay ? order.slice(0, maxDisplay - 1) : order;
  const swarms = shown.map(
    (feature): Swarm => ({
      name: featureName(names, feature),
      values: columnOf(values, feature),
      features: features && featureTypes?.[feature] !== "c" ? columnOf(features, feature) : undefined,
      mean: means[feature]!,
    }),
  );
  if (order.length > shown.length) {
    swarms.push(sumOfOthers(values, order.slice(shown.length)));
  }
  return swarms;
}

function sumOfOthers({ data, rows, cols }: Matrix, others: readonly number[]): Swarm {
  const values = Float64Array.from({ length: rows }, (_, row) =>
    others.reduce((sum, feature) => sum + data[row * cols + feature]!, 0),
  );
  const mean = meanSizes({ data: values, rows, cols: 1 })[0]!;
  return { name: othersName(others.length), values, features: undefined, mean };
}

export function columnOf({ data, rows, cols }: Matrix, column: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => data[row * cols + column]!);
}

/** Where plots start: names get the room they need, up to 35 % of the width. */
function nameColumn(swarms: readonly Swarm[], width: number): number {
  const widest = Math.max(40, ...swarms.map(({ name }) => textWidth(cleanText(name), FONT_SIZE)));
  return Math.min(widest + 29, width * 0.35);
}

function drawSwarm(swarm: Swarm, scale: Scale, y: number, maxPoints: number): string {
  const rows = evenSample(swarm.values, maxPoints);
  const xs = Float64Array.from(rows, (row) => scale(drawable(swarm.values[row]!)));
  const offsets = stack(xs);
  const colours: ColourScale | undefined = swarm.features && colourScale(swarm.features);
  const points = Array.from(rows, (row, i) => ({ row, x: xs[i]!, y: y + offsets[i]! }));
  const groups = groupByClass(points, ({ row }) =>
    colours === undefined ? "none" : colours.classOf(swarm.features![row]!),
  );
  return Array.from(groups, ([name, each]) =>
    dots(
      each.map((point) => [point.x, point.y]),
      name,
    ),
  ).join("");
}

/** Offsets from the middle of the line: dots of one column lie beside each other, closer where they are many. */
function stack(xs: Float64Array): Float64Array {
  const columnWidth = DOT * 0.6;
  const counts = new Map<number, number>();
  for (const x of xs) {
    const column = Math.round(x / columnWidth);
    counts.set(column, (counts.get(column) ?? 0) + 1);
  }
  const most = Math.max(1, ...counts.values());
  const step = Math.min(DOT * 0.75, (LINE - DOT - 2) / most);
  const seen = new Map<number, number>();
  return xs.map((x) => {
    const column = Math.round(x / columnWidth);
    const place = seen.get(column) ?? 0;
    seen.set(column, place + 1);
    // 0, 1, -1, 2, -2, …
    return (place % 2 === 1 ? (place + 1) / 2 : -place / 2) * step;
  });
}

function describeSwarms(swarms: readonly Swarm[], { values, output }: Contributions): string {
  let left = 0;
  const lines = swarms.map((swarm) => {
    left += swarm.values.length - swarm.values.filter(Number.isFinite).length;
    const [low, high] = finiteExtent(swarm.values) ?? [Number.NaN, Number.NaN];
    return `${swarm.name}: mean size ${formatNumber(swarm.mean, 3)}, from ${formatNumber(low, 3)} to ${formatNumber(high, 3)}`;
  });
  const rows = `${plural(values.rows, "row")}, ${output ?? CONTRIBUTION_OUTPUT}`;
  const not = left === 0 ? "" : ` ${plural(left, "contribution")} that are not finite are not drawn.`;
  return `${rows}. ${lines.join("; ") || "Nothing to show"}.${not}`;
}
