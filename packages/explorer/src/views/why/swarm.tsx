/** A beeswarm: one line a feature, one dot a row; lines and dots can be chosen. */
import { scaleLinear } from "d3-scale";
import { useMemo, useState } from "preact/hooks";
import { Canvas, pointIn } from "../../charts/canvas.tsx";
import { type Palette, rampColour } from "../../charts/palette.ts";
import { Tip } from "../../charts/panel.tsx";
import { extentOf, meanSizes, nearestDot, stack, topFeatures } from "../../logic/beeswarm.ts";
import { count, number, plural, signed } from "../../logic/format.ts";
import { colourShares, spreadRows } from "../../logic/sample.ts";
import { valueText } from "../../logic/tree-words.ts";
import { marginUnit } from "../../state/choices.ts";
import type { Explanations } from "../../state/explanations.ts";
import { model } from "../../state/model.ts";
import { namesOf } from "../shared/names.ts";

const LINE = 34;
const DOT = 4.6;
const AXIS = 40;
const TOP = 4;
/** Lines before more are asked for, and how many are added. */
const LINES = 12;
/** Dots a line: more would hold up frames, and lie on top of each other anyway. */
const DOTS = 1000;

interface SwarmLine {
  readonly feature: number;
  readonly mean: number;
  readonly contributions: Float32Array;
  readonly values: Float32Array;
  /** Places of the values between low and high of those that are drawn; NaN for missing ones and categories. */
  readonly shares: Float32Array;
}

interface Dots {
  readonly xs: Float32Array;
  readonly ys: Float32Array;
}

export function Swarm(props: {
  readonly found: Explanations;
  readonly feature: number | undefined;
  readonly onFeature: (feature: number) => void;
  readonly row: number;
  readonly onRow: (row: number) => void;
}) {
  const { found } = props;
  const [limit, setLimit] = useState(LINES);
  const [width, setWidth] = useState(0);
  const [hover, setHover] = useState<readonly [line: number, dot: number] | undefined>(undefined);
  const loaded = model.value!;
  const names = namesOf(loaded);
  const shown = useMemo(() => rowsShown(found, props.row), [found, props.row]);
  const lines = useMemo(() => linesOf(found, shown, limit), [found, shown, limit]);
  const extent = useMemo(
    () => extentOf(lines.flatMap(({ contributions }) => extentOf(contributions) ?? [])),
    [lines],
  );
  const scale = scaleLinear(
    [Math.min(0, extent?.[0] ?? 0), Math.max(0, extent?.[1] ?? 0)],
    [10, Math.max(20, width - 10)],
  );
  const dots = useMemo(() => lines.map((line, i) => dotsOf(line, scale, i)), [lines, width]);
  const height = TOP + lines.length * LINE + AXIS;
  const chosen = shown.findIndex((at) => found.rows[at] === props.row);
  const draw = (context: CanvasRenderingContext2D, wide: number, high: number, colours: Palette): void => {
    drawAxis(context, scale, wide, high, colours);
    lines.forEach((line, i) => void drawLine(context, line, dots[i]!, wide, i, colours));
    if (chosen >= 0) {
      lines.forEach((_, i) => void ring(context, dots[i]!.xs[chosen]!, dots[i]!.ys[chosen]!, colours));
    }
    if (hover !== undefined) {
      ring(context, dots[hover[0]]!.xs[hover[1]]!, dots[hover[0]]!.ys[hover[1]]!, colours);
    }
  };
  const find = (event: MouseEvent): readonly [number, number] | undefined => {
    const [x, y] = pointIn(event);
    const line = Math.floor((y - TOP) / LINE);
    const at = dots[line] === undefined ? -1 : nearestDot(dots[line].xs, dots[line].ys, x, y, 10);
    return at === -1 ? undefined : [line, at];
  };
  const summary = lines
    .map(({ feature, mean }) => `${names.features[feature]} ${number(mean, 3)}`)
    .join(", ");
  return (
    <>
      <div class="swarm">
        <ol class="plain swarm-names" style={{ paddingTop: `${TOP}px` }}>
          {lines.map(({ feature, mean }) => (
            <li key={feature} style={{ height: `${LINE}px` }}>
              <button
                type="button"
                aria-pressed={feature === props.feature}
                title={`${names.features[feature]}: mean size ${number(mean, 3)}`}
                onClick={() => props.onFeature(feature)}
              >
                {names.features[feature]}
              </button>
            </li>
          ))}
        </ol>
        <Canvas
          label={`Beeswarm of ${plural(found.rows.length, "row")}. Features by mean size of their contribution: ${summary}.`}
          height={height}
          draw={draw}
          onWidth={setWidth}
          onPointerMove={(event) => setHover(find(event))}
          onPointerLeave={() => setHover(undefined)}
          onClick={(event) => {
            const at = find(event);
            if (at !== undefined) {
              props.onRow(found.rows[shown[at[1]]!]!);
            }
          }}
        >
          {hover !== undefined && (
            <DotTip
              line={lines[hover[0]]!}
              dots={dots[hover[0]]!}
              dot={hover[1]}
              row={found.rows[shown[hover[1]]!]!}
              width={width}
            />
          )}
        </Canvas>
      </div>
      <div class="legend">
        <span>low</span>
        <span class="legend-ramp" />
        <span>high value of the feature</span>
        <span class="legend-none" />
        <span>missing, or a category</span>
        {shown.length < found.rows.length && <span>· {count(DOTS)} dots a line are drawn</span>}
        {lines.length < found.contributions.cols && (
          <button type="button" class="button small" onClick={() => setLimit(limit + LINES)}>
            More features
          </button>
        )}
      </div>
    </>
  );
}

/** Places among the rows explained of those that are drawn: evenly spread, with the one that is looked at. */
function rowsShown({ rows }: Explanations, row: number): Int32Array {
  const spread = spreadRows(rows.length, DOTS);
  const chosen = rows.indexOf(row);
  return chosen < 0 || spread.includes(chosen) ? spread : Int32Array.of(...spread, chosen);
}

function linesOf({ contributions, features }: Explanations, shown: Int32Array, limit: number): SwarmLine[] {
  const means = meanSizes(contributions);
  const loaded = model.peek()!;
  return topFeatures(contributions, limit).map((feature) => {
    const { categories, type } = loaded.features[feature]!;
    const values = Float32Array.from(shown, (at) => features.data[at * features.cols + feature]!);
    const isCategory = categories !== undefined || type === "c";
    return {
      feature,
      mean: means[feature]!,
      contributions: Float32Array.from(shown, (at) => contributions.data[at * contributions.cols + feature]!),
      values,
      shares: isCategory ? new Float32Array(values.length).fill(Number.NaN) : colourShares(values),
    };
  });
}

function dotsOf({ contributions }: SwarmLine, scale: (value: number) => number, index: number): Dots {
  const xs = contributions.map((value) => (Number.isFinite(value) ? scale(value) : Number.NaN));
  const middle = TOP + (index + 0.5) * LINE;
  return { xs, ys: stack(xs, DOT, LINE - 2).map((offset) => middle + offset) };
}

function drawLine(
  context: CanvasRenderingContext2D,
  { shares }: SwarmLine,
  { xs, ys }: Dots,
  width: number,
  index: number,
  colours: Palette,
): void {
  context.strokeStyle = colours.line;
  context.beginPath();
  context.moveTo(0, TOP + (index + 0.5) * LINE);
  context.lineTo(width, TOP + (index + 0.5) * LINE);
  context.stroke();
  drawDots(context, xs, ys, DOT / 2, (dot) => rampColour(colours, shares[dot]!));
}

/** Dots of one path: one path each, or all in one, takes several times as long. */
const PATH_DOTS = 250;

export function drawDots(
  context: CanvasRenderingContext2D,
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  radius: number,
  colourOf: (dot: number) => string,
): void {
  const byColour = new Map<string, number[]>();
  for (let dot = 0; dot < xs.length; dot++) {
    if (!Number.isNaN(xs[dot]!) && !Number.isNaN(ys[dot]!)) {
      const colour = colourOf(dot);
      const group = byColour.get(colour);
      if (group === undefined) {
        byColour.set(colour, [dot]);
      } else {
        group.push(dot);
      }
    }
  }
  context.globalAlpha = 0.85;
  for (const [colour, group] of byColour) {
    context.fillStyle = colour;
    for (let begin = 0; begin < group.length; begin += PATH_DOTS) {
      context.beginPath();
      for (const dot of group.slice(begin, begin + PATH_DOTS)) {
        context.moveTo(xs[dot]! + radius, ys[dot]!);
        context.arc(xs[dot]!, ys[dot]!, radius, 0, 2 * Math.PI);
      }
      context.fill();
    }
  }
  context.globalAlpha = 1;
}

export function ring(context: CanvasRenderingContext2D, x: number, y: number, colours: Palette): void {
  if (Number.isNaN(x) || Number.isNaN(y)) {
    return;
  }
  context.beginPath();
  context.arc(x, y, 6, 0, 2 * Math.PI);
  context.strokeStyle = colours.surface;
  context.lineWidth = 4;
  context.stroke();
  context.strokeStyle = colours.text;
  context.lineWidth = 2;
  context.stroke();
  context.lineWidth = 1;
}

function drawAxis(
  context: CanvasRenderingContext2D,
  scale: ReturnType<typeof scaleLinear<number, number>>,
  width: number,
  height: number,
  colours: Palette,
): void {
  const bottom = height - AXIS;
  context.font = `12px ${colours.font}`;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.lineWidth = 1;
  for (const tick of scale.ticks(Math.max(4, Math.floor(width / 90)))) {
    const x = Math.round(scale(tick)) + 0.5;
    context.strokeStyle = tick === 0 ? colours.lineStrong : colours.line;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, bottom + 4);
    context.stroke();
    context.fillStyle = colours.quiet;
    context.fillText(signed(tick), Math.max(14, Math.min(width - 14, x)), bottom + 7);
  }
  context.fillText(`contribution, in ${marginUnit.value}`, width / 2, bottom + 23);
}

function DotTip(props: {
  readonly line: SwarmLine;
  readonly dots: Dots;
  readonly dot: number;
  readonly row: number;
  readonly width: number;
}) {
  const { line, dots, dot } = props;
  const names = namesOf(model.value!);
  return (
    <Tip x={dots.xs[dot]!} y={dots.ys[dot]!} width={props.width}>
      <b>Row {props.row}</b>
      {names.features[line.feature]} = {valueText(line.values[dot]!, line.feature, names)}:{" "}
      {signed(line.contributions[dot]!)}
    </Tip>
  );
}
