/** One feature closely: its value against its contribution, a dot a row, coloured by another feature. */
import { scaleLinear } from "d3-scale";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Canvas, pointIn } from "../../charts/canvas.tsx";
import { type Palette, rampColour } from "../../charts/palette.ts";
import { Choice, Panel, Tip } from "../../charts/panel.tsx";
import { columnOf, extentOf, nearestDot } from "../../logic/beeswarm.ts";
import { number, plural, signed } from "../../logic/format.ts";
import { colourShares } from "../../logic/sample.ts";
import { valueText } from "../../logic/tree-words.ts";
import { analyst, useAnswer } from "../../state/analyst.ts";
import { marginUnit } from "../../state/choices.ts";
import type { Explanations } from "../../state/explanations.ts";
import { model } from "../../state/model.ts";
import { namesOf } from "../shared/names.ts";
import { drawDots, ring } from "./swarm.tsx";

const HEIGHT = 340;
const LEFT = 54;
const BOTTOM = 44;
const MISSING = 56;
/** Categories that have a place each; more are drawn as numbers. */
const PLACES = 40;
/** Dots that are drawn, about: every second or third row of more. */
const DOTS = 3000;

interface Props {
  readonly found: Explanations;
  readonly feature: number;
  readonly onFeature: (feature: number) => void;
  readonly row: number;
  readonly onRow: (row: number) => void;
}

export function DependencePanel(props: Props) {
  const { found, feature } = props;
  const loaded = model.value!;
  const names = namesOf(loaded);
  const [partner, setPartner] = useState("auto");
  useEffect(() => {
    void analyst()
      .call("keepSample", found.features, found.contributions)
      .catch(() => undefined);
  }, [found]);
  const { answer: partners } = useAnswer(`${feature} ${found.time}`, () =>
    analyst().call("partners", feature),
  );
  const colouring = partner === "none" ? undefined : partner === "auto" ? partners?.[0] : Number(partner);
  const options = names.features.map((name, i) => [i, name] as const);
  const auto = partners?.[0] === undefined ? "automatic" : `automatic: ${names.features[partners[0]]}`;
  return (
    <Panel
      title={`What ${names.features[feature]} does`}
      tools={
        <>
          <Choice
            label="Feature"
            value={feature}
            options={options}
            onChange={(value) => props.onFeature(Number(value))}
          />
          <Choice
            label="Coloured by"
            value={partner}
            options={[["auto", auto], ["none", "nothing"], ...options]}
            onChange={setPartner}
          />
        </>
      }
    >
      <Dependence {...props} partner={colouring} />
    </Panel>
  );
}

interface Columns {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly shares: Float32Array | undefined;
  readonly partnerValues: Float32Array | undefined;
}

function Dependence({
  found,
  feature,
  row,
  onRow,
  partner,
}: Props & { readonly partner: number | undefined }) {
  const [width, setWidth] = useState(0);
  const [hover, setHover] = useState(-1);
  const loaded = model.value!;
  const names = namesOf(loaded);
  const columns = useMemo(() => columnsOf(found, feature, partner), [found, feature, partner]);
  const categories = categoriesOf(columns.x, feature);
  const hasMissing = columns.x.some(Number.isNaN);
  const places = useMemo(
    () => placesOf(columns, width, categories?.length, hasMissing),
    [columns, width, categories?.length],
  );
  const chosen = found.rows.indexOf(row);
  const find = (event: MouseEvent): number => {
    const [x, y] = pointIn(event);
    return nearestDot(places.xs, places.ys, x, y, 12);
  };
  const draw = (context: CanvasRenderingContext2D, wide: number, _high: number, colours: Palette): void => {
    drawFrame(context, places, wide, colours, { categories, hasMissing, name: names.features[feature]! });
    const { shares } = columns;
    drawDots(context, places.xs, places.ys, 2.6, (dot) =>
      shares === undefined ? colours.mark : rampColour(colours, shares[dot]!),
    );
    for (const dot of [chosen, hover]) {
      if (dot >= 0) {
        ring(context, places.xs[dot]!, places.ys[dot]!, colours);
      }
    }
  };
  const [low, high] = extentOf(columns.y) ?? [0, 0];
  const [from, to] = extentOf(columns.x) ?? [Number.NaN, Number.NaN];
  return (
    <>
      <Canvas
        label={`${plural(found.rows.length, "row")}: ${names.features[feature]} from ${number(from)} to ${number(to)} contributes ${signed(low)} to ${signed(high)}.`}
        height={HEIGHT}
        draw={draw}
        onWidth={setWidth}
        onPointerMove={(event) => setHover(find(event))}
        onPointerLeave={() => setHover(-1)}
        onClick={(event) => {
          const dot = find(event);
          if (dot >= 0) {
            onRow(found.rows[dot]!);
          }
        }}
      >
        {hover >= 0 && (
          <Tip x={places.xs[hover]!} y={places.ys[hover]!} width={width}>
            <b>Row {found.rows[hover]}</b>
            {names.features[feature]} = {valueText(columns.x[hover]!, feature, names)}:{" "}
            {signed(columns.y[hover]!)}
            {partner !== undefined && columns.partnerValues !== undefined && (
              <>
                <br />
                {names.features[partner]} = {valueText(columns.partnerValues[hover]!, partner, names)}
              </>
            )}
          </Tip>
        )}
      </Canvas>
      {found.rows.length > DOTS && (
        <p class="small quiet">One dot for {Math.ceil(found.rows.length / DOTS)} rows is drawn.</p>
      )}
      {partner !== undefined && (
        <div class="legend">
          <span>low</span>
          <span class="legend-ramp" />
          <span>high {names.features[partner]}</span>
          {columns.shares?.some(Number.isNaN) && (
            <>
              <span class="legend-none" />
              <span>missing</span>
            </>
          )}
        </div>
      )}
    </>
  );
}

function columnsOf(found: Explanations, feature: number, partner: number | undefined): Columns {
  const partnerValues = partner === undefined ? undefined : columnOf(found.features, partner);
  return {
    x: columnOf(found.features, feature),
    y: columnOf(found.contributions, feature),
    partnerValues,
    shares: partnerValues && colourShares(partnerValues),
  };
}

/** Names of the places on the axis, for categories that are not too many. */
function categoriesOf(x: Float32Array, feature: number): readonly string[] | undefined {
  const { categories, type } = model.peek()!.features[feature]!;
  if (categories !== undefined) {
    return categories.length <= PLACES ? categories : undefined;
  }
  const greatest = extentOf(x)?.[1] ?? -1;
  return type === "c" && greatest >= 0 && greatest < PLACES
    ? Array.from({ length: Math.floor(greatest) + 1 }, (_, code) => String(code))
    : undefined;
}

interface Places {
  readonly xs: Float32Array;
  readonly ys: Float32Array;
  readonly x: ReturnType<typeof scaleLinear<number, number>>;
  readonly y: ReturnType<typeof scaleLinear<number, number>>;
  readonly left: number;
}

function placesOf(
  columns: Columns,
  width: number,
  categories: number | undefined,
  hasMissing: boolean,
): Places {
  const left = LEFT + (hasMissing ? MISSING : 0);
  const [low, high] = extentOf(columns.y) ?? [0, 0];
  const y = scaleLinear([Math.min(0, low), Math.max(0, high)], [HEIGHT - BOTTOM - 8, 12]);
  const domain = categories === undefined ? (extentOf(columns.x) ?? [0, 1]) : [-0.5, categories - 0.5];
  const x = scaleLinear(domain, [left + 10, Math.max(left + 20, width - 12)]);
  const step = Math.abs(x(1) - x(0));
  const stride = Math.ceil(columns.x.length / DOTS);
  const xs = columns.x.map((value, i) => {
    if (i % stride !== 0) {
      return Number.NaN;
    }
    // Multiples of the golden ratio spread dots of one place evenly.
    const jitter = ((i * 0.618034) % 1) - 0.5;
    if (Number.isNaN(value)) {
      return LEFT + MISSING / 2 + jitter * 26;
    }
    const at = Number.isFinite(value) ? x(value) : value < 0 ? x.range()[0]! - 6 : x.range()[1]! + 6;
    return categories === undefined ? at : x(Math.trunc(value)) + jitter * Math.min(step * 0.6, 36);
  });
  return { xs, ys: columns.y.map((value) => (Number.isFinite(value) ? y(value) : Number.NaN)), x, y, left };
}

function drawFrame(
  context: CanvasRenderingContext2D,
  { x, y, left }: Places,
  width: number,
  colours: Palette,
  axis: {
    readonly categories: readonly string[] | undefined;
    readonly hasMissing: boolean;
    readonly name: string;
  },
): void {
  const bottom = HEIGHT - BOTTOM;
  context.font = `12px ${colours.font}`;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const tick of y.ticks(6)) {
    const at = Math.round(y(tick)) + 0.5;
    context.strokeStyle = tick === 0 ? colours.lineStrong : colours.line;
    context.beginPath();
    context.moveTo(LEFT, at);
    context.lineTo(width, at);
    context.stroke();
    context.fillStyle = colours.quiet;
    context.fillText(signed(tick), LEFT - 6, at);
  }
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillStyle = colours.quiet;
  if (axis.categories !== undefined) {
    const room = Math.abs(x(1) - x(0)) - 6;
    axis.categories.forEach(
      (name, code) => void context.fillText(fitted(context, name, room), x(code), bottom + 6),
    );
  } else {
    for (const tick of x.ticks(Math.max(2, Math.floor(width / 90)))) {
      context.fillText(number(tick), x(tick), bottom + 6);
    }
  }
  if (axis.hasMissing) {
    context.fillText("missing", LEFT + MISSING / 2, bottom + 6);
    context.setLineDash([3, 3]);
    context.strokeStyle = colours.line;
    context.beginPath();
    context.moveTo(left + 0.5, 4);
    context.lineTo(left + 0.5, bottom);
    context.stroke();
    context.setLineDash([]);
  }
  context.fillText(fitted(context, axis.name, width - left), (left + width) / 2, bottom + 24);
  context.save();
  context.translate(10, (HEIGHT - BOTTOM) / 2);
  context.rotate(-Math.PI / 2);
  context.textBaseline = "middle";
  context.fillText(`contribution, in ${marginUnit.value}`, 0, 0);
  context.restore();
}

/** A text cut to a width. */
export function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) {
    return text;
  }
  let length = text.length;
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > room) {
    length--;
  }
  return `${text.slice(0, length)}…`;
}
