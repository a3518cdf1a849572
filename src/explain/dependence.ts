/** What a feature's value does to its contribution, over many rows. */
import { describe, InputError } from "../errors.ts";
import { dots, drawable, finiteExtent, makeScale, type Scale, X_AXIS_HEIGHT, xAxis, yAxis } from "./axis.ts";
import { checkMaxPoints, columnOf } from "./beeswarm.ts";
import { type Contributions, checkContributions, featureName } from "./contributions.ts";
import { LEGEND_WIDTH, legend } from "./legend.ts";
import { formatCount, formatNumber, plural } from "./numbers.ts";
import { type ColourScale, colourScale, evenSample, groupByClass } from "./sample.ts";
import { element, FONT_SIZE, frame, label, line, type PictureOptions, pictureWidth } from "./svg.ts";

export interface DependenceOptions extends PictureOptions {
  /** The feature: its name or index. */
  readonly feature: string | number;
  /** Feature whose value colours the dots, such as the one it interacts with most. Default: none. */
  readonly partner?: string | number;
  /** Names of the feature's categories by code: the axis then has a place for each. */
  readonly categories?: readonly string[] | undefined;
  /** Names of the partner's categories by code, for the legend. */
  readonly partnerCategories?: readonly string[] | undefined;
  /** Dots, from 10 to 10,000. Of more rows this many are drawn, evenly spread over the ranks of x. Default: 2000. */
  readonly maxPoints?: number;
}

const PLOT_HEIGHT = 300;
const TOP = 40;
const LEFT = 76;
const MISSING_WIDTH = 64;
/** Categories that have a place on the axis. */
const MAX_CATEGORIES = 40;

interface Columns {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly colour: Float64Array | undefined;
}

/**
 * A dependence plot as an SVG document: the feature's value against its contribution, a dot a row, coloured by the value of
 * a partner. Rows in which the value is missing stand apart on the left; infinite ones stand at the ends of the axis.
 * @throws InputError for unknown features, contributions without `features`, and options that do not fit
 */
export function dependence(contributions: Contributions, options: DependenceOptions): string {
  checkContributions(contributions);
  const width = pictureWidth(options ?? null, 640);
  const { features, values, names } = contributions;
  if (features === undefined) {
    throw new InputError("dependence needs the features of the rows, found contributions alone");
  }
  const feature = findFeature("feature", options.feature, contributions);
  const partner =
    options.partner === undefined ? undefined : findFeature("partner", options.partner, contributions);
  const columns: Columns = {
    x: columnOf(features, feature),
    y: columnOf(values, feature),
    colour: partner === undefined ? undefined : columnOf(features, partner),
  };
  const maxPoints = checkMaxPoints(options.maxPoints ?? 2000);
  const name = featureName(names, feature);
  const colours = columns.colour && colourScale(columns.colour);
  const right = width - 20 - (colours ? LEGEND_WIDTH + 4 : 0);
  const bottom = TOP + PLOT_HEIGHT;
  const hasMissing = columns.x.some(Number.isNaN);
  const plotLeft = LEFT + (hasMissing ? MISSING_WIDTH : 0);
  const extent = finiteExtent(columns.y) ?? [0, 0];
  const y = makeScale([Math.min(0, extent[0]), Math.max(0, extent[1])], [bottom - 8, TOP + 8]);
  const x = horizontal(columns.x, [plotLeft + 14, right - 14], options.categories);
  const body =
    yAxis(y, LEFT, right, `contribution of ${name}`) +
    line(LEFT, y(0), right, y(0), { class: "line" }) +
    line(LEFT, bottom, right, bottom, { class: "line" }) +
    x.axis(TOP, bottom, name) +
    (hasMissing ? missingStrip(plotLeft, bottom) : "") +
    element(
      "g",
      { fill: "none", "stroke-linecap": "round", "stroke-width": 5, "stroke-opacity": 0.85 },
      drawDots(columns, x.at, y, colours, maxPoints, LEFT + MISSING_WIDTH / 2),
    ) +
    (colours && partner !== undefined
      ? legend(right + 16, TOP, bottom, {
          name: featureName(names, partner),
          low: partnerText(colours.low, options.partnerCategories),
          high: partnerText(colours.high, options.partnerCategories),
          missing: colours.hasMissing,
        })
      : "") +
    (values.rows === 0 ? label(plotLeft + 16, TOP + 20, "no rows", { class: "muted" }) : "");
  const sampled = values.rows > maxPoints;
  return frame(
    {
      width,
      height: bottom + X_AXIS_HEIGHT + (sampled ? 22 : 6),
      name: `Dependence on ${name}`,
      description: describeDots(
        columns,
        name,
        partner === undefined ? undefined : featureName(names, partner),
      ),
    },
    options,
    body +
      (sampled
        ? label(
            16,
            bottom + X_AXIS_HEIGHT + 6,
            `${formatCount(maxPoints)} of ${plural(values.rows, "row")}, evenly by rank`,
            {
              class: "muted",
            },
          )
        : ""),
  );
}

function partnerText(code: number, categories: readonly string[] | undefined): string {
  return categories?.[code] ?? formatNumber(code);
}

function findFeature(what: string, feature: string | number, { values, names }: Contributions): number {
  const index =
    typeof feature === "number"
      ? feature
      : (names?.indexOf(feature) ?? (/^f\d{1,9}$/.test(feature) ? Number(feature.slice(1)) : -1));
  if (!(Number.isInteger(index) && index >= 0 && index < values.cols)) {
    throw new InputError(
      `${what} is ${describe(feature)}, expected a name or an index from 0 to ${values.cols - 1}`,
    );
  }
  return index;
}

interface Horizontal {
  readonly at: (value: number, row: number) => number;
  readonly axis: (top: number, bottom: number, name: string) => string;
}

/** The axis of the feature: numbers, or a place for each category. */
function horizontal(
  values: Float64Array,
  range: readonly [number, number],
  categories: readonly string[] | undefined,
): Horizontal {
  if (categories === undefined || categories.length === 0 || categories.length > MAX_CATEGORIES) {
    const scale = makeScale(finiteExtent(values) ?? [0, 1], range);
    return {
      at: (value) =>
        Number.isFinite(value) ? scale(drawable(value)) : value < 0 ? range[0] - 10 : range[1] + 10,
      axis: (top, bottom, name) => xAxis(scale, top, bottom, name),
    };
  }
  const step = (range[1] - range[0]) / categories.length;
  const middle = (code: number): number => range[0] + step * (code + 0.5);
  return {
    // Dots of one category beside each other: multiples of the golden ratio spread evenly.
    at: (value, row) => {
      const code = Math.max(
        0,
        Math.min(categories.length - 1, Math.trunc(Number.isFinite(value) ? value : 0)),
      );
      return middle(code) + (((row * 0.618034) % 1) - 0.5) * Math.min(step * 0.6, 36);
    },
    axis: (_, bottom, name) =>
      categories
        .map((category, code) =>
          label(middle(code), bottom + 14, category, { class: "muted", anchor: "middle", room: step - 6 }),
        )
        .join("") +
      label((range[0] + range[1]) / 2, bottom + 36, name, {
        anchor: "middle",
        size: FONT_SIZE,
        room: range[1] - range[0],
      }),
  };
}

function missingStrip(right: number, bottom: number): string {
  return (
    line(right, TOP, right, bottom, { class: "line", "stroke-dasharray": "3 3" }) +
    label(LEFT + MISSING_WIDTH / 2, bottom + 14, "missing", { class: "muted", anchor: "middle" })
  );
}

function drawDots(
  { x, y, colour }: Columns,
  at: (value: number, row: number) => number,
  scale: Scale,
  colours: ColourScale | undefined,
  maxPoints: number,
  missingAt: number,
): string {
  // Where x is missing or infinite, the sample is one of ranks of y, and as large as its share.
  const ordinary = y.map((value, row) =>
    Number.isFinite(x[row]!) && Number.isFinite(value) ? x[row]! : Number.NaN,
  );
  const odd = y.map((value, row) => (Number.isFinite(x[row]!) ? Number.NaN : value));
  const share = odd.filter(Number.isFinite).length / Math.max(1, y.length);
  const oddPoints = Math.max(10, Math.round(maxPoints * share));
  const rows = [...evenSample(ordinary, Math.max(10, maxPoints - oddPoints)), ...evenSample(odd, oddPoints)];
  const groups = groupByClass(rows, (row) => (colours === undefined ? "r0" : colours.classOf(colour![row]!)));
  return Array.from(groups, ([name, each]) =>
    dots(
      each.map((row) => {
        const place = Number.isNaN(x[row]!)
          ? missingAt + (((row * 0.618034) % 1) - 0.5) * 30
          : at(x[row]!, row);
        return [place, scale(drawable(y[row]!))];
      }),
      name,
    ),
  ).join("");
}

function describeDots({ x, y }: Columns, name: string, partner: string | undefined): string {
  const missing = x.filter(Number.isNaN).length;
  const text = (extent: [number, number] | undefined): string =>
    extent === undefined ? "none" : `${formatNumber(extent[0])} to ${formatNumber(extent[1])}`;
  return (
    `${plural(x.length, "row")}. ${name}: ${text(finiteExtent(x))}` +
    `${missing > 0 ? `, missing in ${plural(missing, "row")}` : ""}. ` +
    `Contribution: ${text(finiteExtent(y))}.${partner === undefined ? "" : ` Coloured by ${partner}.`}`
  );
}
