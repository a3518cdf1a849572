/** A beeswarm: one line a feature, one dot a row; lines and dots can be chosen. */
import { scaleLinear } from "d3-scale";
import { useMemo, useState } from "preact/hooks";
import { Canvas, pointIn } from "../../charts/canvas.tsx";
import { type Palette, rampColour } from "../../charts/palette.ts";
import { Tip } from "../../charts/panel.tsx";
import { columnOf, extentOf, meanSizes, nearestDot, stack, topFeatures } from "../../logic/beeswarm.ts";
import { number, plural, signed } from "../../logic/format.ts";
import { colourShares } from "../../logic/sample.ts";
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

interface SwarmLine {
  readonly feature: number;
  readonly mean: number;
  readonly contributions: Float32Array;
  readonly values: Float32Array;
  /** Places of the values between low and high; NaN for missing ones and categories. */
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
  const lines = useMemo(() => linesOf(found, limit), [found, limit]);
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
  const chosen = found.rows.indexOf(props.row);
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
              props.onRow(found.rows[at[1]]!);
            }
          }}
        >
          {hover !== undefined && (
            <DotTip
              line={lines[hover[0]]!}
              dots={dots[hover[0]]!}
              dot={hover[1]}
              found={found}
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
        {lines.length < found.contributions.cols && (
          <button type="button" class="button small" onClick={() => setLimit(limit + LINES)}>
            More features
          </button>
        )}
      </div>
    </>
  );
}

function linesOf({ contributions, features }: Explanations, limit: number): SwarmLine[] {
  const means = meanSizes(contributions);
  const loaded = model.peek()!;
  return topFeatures(contributions, limit).map((feature) => {
    const { categories, type } = loaded.features[feature]!;
    const values = columnOf(features, feature);
    const isCategory = categories !== undefined || type === "c";
    return {
      feature,
      mean: means[feature]!,
      contributions: columnOf(contributions, feature),
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

/** Dots of one colour are one path: that is ten times as fast as one path each. */
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
    context.beginPath();
    for (const dot of group) {
      context.moveTo(xs[dot]! + radius, ys[dot]!);
      context.arc(xs[dot]!, ys[dot]!, radius, 0, 2 * Math.PI);
    }
    context.fill();
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
  readonly found: Explanations;
  readonly width: number;
}) {
  const { line, dots, dot, found } = props;
  const names = namesOf(model.value!);
  return (
    <Tip x={dots.xs[dot]!} y={dots.ys[dot]!} width={props.width}>
      <b>Row {found.rows[dot]}</b>
      {names.features[line.feature]} = {valueText(line.values[dot]!, line.feature, names)}:{" "}
      {signed(line.contributions[dot]!)}
    </Tip>
  );
}
