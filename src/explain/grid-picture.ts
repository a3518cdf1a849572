/** A response grid as a heat map of its true rectangles. */
import { describe, InputError } from "../errors.ts";
import { type Axis, cellOf, cellText } from "./axes.ts";
import { finiteExtent, makeScale, type Scale, ticksOf, X_AXIS_HEIGHT } from "./axis.ts";
import { LEGEND_WIDTH, legend } from "./legend.ts";
import { formatNumber } from "./numbers.ts";
import type { ResponseGrid } from "./response.ts";
import { element, FONT_SIZE, frame, label, line, type PictureOptions, pictureWidth, px } from "./svg.ts";
import { STEPS } from "./theme.ts";

export interface GridPictureOptions extends PictureOptions {
  /** Output that is drawn: class, target. Default: 0. */
  readonly group?: number;
  /** What the output is, for the legend. Default: "model output". */
  readonly output?: string;
  /** Names of the categories by code, of the two features, where the model file has none. */
  readonly categories?: readonly [readonly string[] | undefined, readonly string[] | undefined];
}

const TOP = 40;
const PLOT_HEIGHT = 340;
const LEFT = 120;
const STRIP = 34;
/** Columns and rows that are told apart: of more, those thinner than this share of the plot are drawn by the one before. */
const MOST_COLUMNS = 200;
const MOST_ROWS = 150;

/** Where the cells of an axis lie on the picture, in pixels; `cell` may stand for thinner ones beside it. */
interface Band {
  readonly cell: number;
  readonly from: number;
  readonly to: number;
}

interface Layout {
  readonly bands: readonly Band[];
  /** Numbers only: the scale, for ticks and the row's own place. */
  readonly scale: Scale | undefined;
}

/**
 * A response grid as an SVG document: nine steps of colour between the least and the greatest value, a strip for missing
 * values of each feature, a mark where the row is. At most 200 × 150 rectangles: thinner ones are left out.
 * @throws InputError for a group that the grid does not have, and for options that do not fit
 */
export function gridPicture(grid: ResponseGrid, options: GridPictureOptions = {}): string {
  const { group = 0, output = "model output" } = options;
  if (!(Number.isInteger(group) && group >= 0 && group < grid.outputs)) {
    throw new InputError(`group is ${describe(group)}, expected 0 to ${grid.outputs - 1}`);
  }
  const width = pictureWidth(options, 720);
  const right = width - LEGEND_WIDTH - 32;
  const bottom = TOP + PLOT_HEIGHT;
  const x = layout(grid.x, grid.current[0], [LEFT + STRIP + 6, right], [LEFT, LEFT + STRIP], MOST_COLUMNS);
  const y = layout(grid.y, grid.current[1], [bottom - STRIP - 6, TOP], [bottom, bottom - STRIP], MOST_ROWS);
  const valueAt = (column: number, row: number): number =>
    grid.values[(column * grid.y.size + row) * grid.outputs + group]!;
  const extent = finiteExtent(strided(grid.values, grid.outputs, group)) ?? [0, 0];
  const here = valueAt(cellOf(grid.x, grid.current[0]), cellOf(grid.y, grid.current[1]));
  const body =
    rectangles(x.bands, y.bands, valueAt, extent) +
    axisBelow(grid.x, x, bottom, right, options.categories?.[0]) +
    axisLeft(grid.y, y, bottom, options.categories?.[1]) +
    mark(grid, x, y) +
    legend(right + 24, TOP - 6, bottom, {
      name: output,
      low: formatNumber(extent[0]),
      high: formatNumber(extent[1]),
      missing: false,
      prefix: "h",
    });
  return frame(
    {
      width,
      height: bottom + X_AXIS_HEIGHT + 6,
      name: `Exact response of ${output} to ${grid.x.name} and ${grid.y.name}`,
      description:
        `${output} from ${formatNumber(extent[0])} to ${formatNumber(extent[1])} over ${grid.x.size - 1} by ${grid.y.size - 1} ` +
        `cells of ${grid.x.name} and ${grid.y.name}, and for missing values. The row has ${whereIs(grid.x, grid.current[0])} and ` +
        `${whereIs(grid.y, grid.current[1])}: ${formatNumber(here)}.`,
    },
    options,
    body,
  );
}

function* strided(values: Float32Array, stride: number, start: number): Generator<number> {
  for (let i = start; i < values.length; i += stride) {
    yield values[i]!;
  }
}

function whereIs(axis: Axis, value: number): string {
  return axis.kind === "numeric" && !Number.isNaN(value)
    ? `${axis.name} = ${formatNumber(value, 6)}`
    : `${axis.name} = ${cellText(axis, cellOf(axis, value))}`;
}

/** Bands of all cells, the missing one in a strip of its own. */
function layout(
  axis: Axis,
  current: number,
  range: readonly [number, number],
  strip: readonly [number, number],
  most: number,
): Layout {
  const missing: Band = { cell: axis.size - 1, from: strip[0], to: strip[1] };
  if (axis.kind === "categorical") {
    const count = axis.size - 1;
    const edge = (cell: number): number => range[0] + ((range[1] - range[0]) * cell) / count;
    const bands = Array.from({ length: count }, (_, cell) => ({
      cell,
      from: edge(cell),
      to: edge(cell + 1),
    }));
    return { bands: [...thinned(bands, Math.abs(range[1] - range[0]) / most), missing], scale: undefined };
  }
  const [low, high] = finiteExtent([...axis.breakpoints, current]) ?? [0, 1];
  const pad = (high - low) * 0.05;
  const scale = makeScale([low - pad, high + pad], range);
  const edge = (i: number): number =>
    i < 0
      ? range[0]
      : i >= axis.breakpoints.length
        ? range[1]
        : scale(Math.max(low - pad, Math.min(high + pad, axis.breakpoints[i]!)));
  const bands = Array.from({ length: axis.size - 1 }, (_, cell) => ({
    cell,
    from: edge(cell - 1),
    to: edge(cell),
  }));
  return { bands: [...thinned(bands, Math.abs(range[1] - range[0]) / most), missing], scale };
}

/** Bands that are no thinner than `least`: thinner ones give their room to the one before. */
function thinned(bands: readonly Band[], least: number): Band[] {
  const kept: Band[] = [];
  for (const band of bands) {
    const last = kept.at(-1);
    const open = last !== undefined && Math.abs(last.to - last.from) < least;
    if (open) {
      kept[kept.length - 1] = { ...last, to: band.to };
    } else {
      kept.push(band);
    }
  }
  return kept;
}

/** One path a colour; neighbours of one colour in a row are one rectangle. */
function rectangles(
  columns: readonly Band[],
  rows: readonly Band[],
  valueAt: (column: number, row: number) => number,
  [low, high]: readonly [number, number],
): string {
  const paths = Array.from({ length: STEPS }, () => "");
  const stepOf = (value: number): number =>
    Number.isFinite(value)
      ? Math.min(STEPS - 1, Math.floor((high > low ? (value - low) / (high - low) : 0.5) * STEPS))
      : -1;
  for (const row of rows) {
    let start = 0;
    for (let i = 0; i < columns.length; i++) {
      const step = stepOf(valueAt(columns[i]!.cell, row.cell));
      const next = columns[i + 1];
      const goesOn =
        next !== undefined && next.from === columns[i]!.to && stepOf(valueAt(next.cell, row.cell)) === step;
      if (goesOn) {
        continue;
      }
      if (step >= 0) {
        paths[step] +=
          `M${px(columns[start]!.from)} ${px(row.from)}H${px(columns[i]!.to)}V${px(row.to)}H${px(columns[start]!.from)}z`;
      }
      start = i + 1;
    }
  }
  const drawn = paths.map((d, step) => (d === "" ? "" : `<path class="h${step}" d="${d}"/>`)).join("");
  return element("g", { "shape-rendering": "crispEdges" }, drawn);
}

/** Where the row is: a ring that shows on every colour. */
function mark(grid: ResponseGrid, x: Layout, y: Layout): string {
  const [cx, cy] = [place(grid.x, x, grid.current[0]), place(grid.y, y, grid.current[1])];
  if (cx === undefined || cy === undefined) {
    return "";
  }
  const ring = (r: number, className: string, strokeWidth: number): string =>
    element("circle", { cx, cy, r, fill: "none", class: className, "stroke-width": strokeWidth });
  return ring(6, "paper", 5) + ring(6, "strong", 2);
}

function place(axis: Axis, { bands, scale }: Layout, value: number): number | undefined {
  if (scale !== undefined && Number.isFinite(value)) {
    return scale(value);
  }
  const cell = cellOf(axis, value);
  const band = bands.filter((each) => each.cell <= cell).at(-1);
  return band && (band.from + band.to) / 2;
}

function bandTexts(
  axis: Axis,
  { bands }: Layout,
  names: readonly string[] | undefined,
): { band: Band; text: string }[] {
  return bands.map((band) => {
    const code = axis.kind === "categorical" ? axis.codes[band.cell] : undefined;
    return { band, text: (code === undefined ? undefined : names?.[code]) ?? cellText(axis, band.cell) };
  });
}

function axisBelow(
  axis: Axis,
  x: Layout,
  bottom: number,
  right: number,
  names: readonly string[] | undefined,
): string {
  const texts =
    x.scale === undefined
      ? bandTexts(axis, x, names)
      : bandTexts(axis, x, names).filter(({ band }) => band.cell === axis.size - 1);
  const ticks = x.scale === undefined ? [] : ticksOf(x.scale, 70).filter(({ at }) => at > LEFT + STRIP + 40);
  return (
    texts
      .map(({ band, text }) => {
        const isMissing = band.cell === axis.size - 1;
        return label((band.from + band.to) / 2, bottom + 14, text, {
          class: "muted",
          anchor: "middle",
          room: isMissing ? 60 : Math.max(24, band.to - band.from - 6),
        });
      })
      .join("") +
    ticks
      .map(
        ({ at, text }) =>
          line(at, bottom, at, bottom + 5, { class: "line" }) +
          label(at, bottom + 14, text, { class: "muted", anchor: "middle" }),
      )
      .join("") +
    label((LEFT + right) / 2, bottom + 36, axis.name, {
      anchor: "middle",
      size: FONT_SIZE,
      room: right - LEFT,
    })
  );
}

function axisLeft(axis: Axis, y: Layout, bottom: number, names: readonly string[] | undefined): string {
  const texts =
    y.scale === undefined
      ? bandTexts(axis, y, names)
      : bandTexts(axis, y, names).filter(({ band }) => band.cell === axis.size - 1);
  const ticks =
    y.scale === undefined ? [] : ticksOf(y.scale, 50).filter(({ at }) => at < bottom - STRIP - 12);
  return (
    texts
      .filter(({ band }) => Math.abs(band.to - band.from) >= 12)
      .map(({ band, text }) =>
        label(LEFT - 8, (band.from + band.to) / 2, text, { class: "muted", anchor: "end", room: LEFT - 20 }),
      )
      .join("") +
    ticks
      .map(
        ({ at, text }) =>
          line(LEFT - 5, at, LEFT, at, { class: "line" }) +
          label(LEFT - 8, at, text, { class: "muted", anchor: "end" }),
      )
      .join("") +
    label(16, TOP - 20, axis.name, { size: FONT_SIZE, room: 400 })
  );
}
