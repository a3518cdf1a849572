/** The score as a function of one feature: exact, from the model's own splits. */
import { scaleLinear } from "d3-scale";
import { useMemo } from "preact/hooks";
import { cellOf, cellText, type ResponseCurve } from "xgboost-infer/explain";
import { useWidth } from "../../charts/canvas.tsx";
import { Panel, Problem } from "../../charts/panel.tsx";
import { extentOf } from "../../logic/beeswarm.ts";
import { histogram, missingValue, nextStep, stepsBetween } from "../../logic/curve.ts";
import type { Domain } from "../../logic/domains.ts";
import { float32Text, number, plural } from "../../logic/format.ts";
import { analyst, useAnswer } from "../../state/analyst.ts";
import { binding } from "../../state/binding.ts";
import { output, threshold } from "../../state/choices.ts";
import { model } from "../../state/model.ts";
import { change, row } from "../../state/what-if.ts";

const HEIGHT = 240;
const LEFT = 52;
const RIGHT = 70;
const TOP = 12;
const BOTTOM = 52;
const BINS = 60;

interface Props {
  readonly feature: number;
  readonly domain: Domain;
}

export function CurvePanel({ feature, domain }: Props) {
  const loaded = model.value!;
  const { name } = loaded.features[feature]!;
  const values = row.value;
  // The curve of a feature does not change with the feature itself.
  const others = values.slice();
  others[feature] = Number.NaN;
  const { answer, problem } = useAnswer(`${feature} ${others.join()}`, async () => {
    const { curve } = await analyst().call("respond", values, feature, "value");
    return { feature, curve };
  });
  const curve = answer?.feature === feature ? answer.curve : undefined;
  return (
    <Panel title={`Score by ${name}`}>
      {problem !== undefined && <Problem>{problem}</Problem>}
      {curve === undefined && problem === undefined && <div style={{ height: `${HEIGHT + 60}px` }} />}
      {curve !== undefined &&
        (curve.axis.kind === "numeric" && domain.kind === "numeric" ? (
          <NumberCurve
            curve={curve}
            feature={feature}
            name={name}
            least={domain.least}
            greatest={domain.greatest}
            whole={domain.whole}
          />
        ) : (
          <CategoryCurve curve={curve} feature={feature} name={name} />
        ))}
    </Panel>
  );
}

/** A chart's range of scores. */
function rangeOf(values: readonly number[], isProbability: boolean): readonly [number, number] {
  const [low, high] = extentOf(values) ?? [0, 1];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  const [least, greatest] = [low - room, high + room];
  return isProbability ? [Math.max(0, least), Math.min(1, greatest)] : [least, greatest];
}

function NumberCurve(props: {
  readonly curve: ResponseCurve;
  readonly feature: number;
  readonly name: string;
  readonly least: number;
  readonly greatest: number;
  readonly whole: boolean;
}) {
  const { curve, feature, name } = props;
  const [place, width] = useWidth<HTMLDivElement>();
  const value = row.value[feature]!;
  const least = Number.isFinite(value) ? Math.min(props.least, value) : props.least;
  const greatest = Number.isFinite(value) ? Math.max(props.greatest, value) : props.greatest;
  const group = output.value;
  const limit = threshold.value;
  const steps = useMemo(() => stepsBetween(curve, group, least, greatest), [curve, group, least, greatest]);
  const missing = missingValue(curve, group);
  const now = curve.values[cellOf(curve.axis, value) * curve.outputs + group]!;
  const [low, high] = rangeOf([...steps.map((step) => step.value), missing, now], model.value!.isProbability);
  const x = scaleLinear([least, greatest], [LEFT, Math.max(LEFT + 10, width - RIGHT)]);
  const y = scaleLinear([low, high], [HEIGHT - BOTTOM, TOP]);
  const path = steps
    .map(({ from, to, value: at }, i) => `${i === 0 ? "M" : "L"}${x(from)} ${y(at)}H${x(to)}`)
    .join("");
  const missingX = width - RIGHT / 2;
  const set = (event: PointerEvent): void => {
    if (event.buttons !== 1) {
      return;
    }
    const at = event.clientX - (event.currentTarget as SVGElement).getBoundingClientRect().left;
    const to = at > width - RIGHT + 12 ? Number.NaN : Math.max(least, Math.min(greatest, x.invert(at)));
    change(feature, props.whole ? Math.round(to) : to);
  };
  const down = nextStep(curve, value, "down", least, greatest);
  const up = nextStep(curve, value, "up", least, greatest);
  const cell = cellText(curve.axis, cellOf(curve.axis, value));
  return (
    <>
      <div ref={place}>
        <svg
          role="img"
          aria-label={`Score by ${name}, from ${number(least)} to ${number(greatest)}: ${plural(steps.length, "step")} between ${number(low)} and ${number(high)}. Missing: ${number(missing)}.`}
          class="curve"
          width={width}
          height={HEIGHT}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            set(event);
          }}
          onPointerMove={set}
        >
          <Bars feature={feature} x={x} least={least} greatest={greatest} />
          {y.ticks(4).map((tick) => (
            <g key={tick}>
              <line class="grid" x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
              <text class="tick" x={LEFT - 7} y={y(tick)} text-anchor="end" dominant-baseline="middle">
                {number(tick)}
              </text>
            </g>
          ))}
          {x.ticks(Math.max(2, Math.floor(width / 90))).map((tick) => (
            <text key={tick} class="tick" x={x(tick)} y={HEIGHT - BOTTOM + 18} text-anchor="middle">
              {number(tick)}
            </text>
          ))}
          <text class="tick" x={missingX} y={HEIGHT - BOTTOM + 18} text-anchor="middle">
            missing
          </text>
          <line class="axis" x1={LEFT} x2={width} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM} />
          {limit !== undefined && limit > low && limit < high && (
            <line class="limit" x1={LEFT} x2={width} y1={y(limit)} y2={y(limit)} />
          )}
          <path class="curve-line" d={path} />
          <line class="curve-line" x1={missingX - 14} x2={missingX + 14} y1={y(missing)} y2={y(missing)} />
          <line
            class="now"
            x1={Number.isNaN(value) ? missingX : x(value)}
            x2={Number.isNaN(value) ? missingX : x(value)}
            y1={TOP}
            y2={HEIGHT - BOTTOM}
          />
          <circle class="now-dot" cx={Number.isNaN(value) ? missingX : x(value)} cy={y(now)} r={6} />
          <text class="tick" x={(LEFT + width - RIGHT) / 2} y={HEIGHT - 14} text-anchor="middle">
            {name}
          </text>
        </svg>
      </div>
      <div class="curve-foot">
        <button
          type="button"
          class="button small"
          disabled={down === undefined}
          onClick={() => change(feature, down!)}
        >
          ‹ Step down
        </button>
        <span>
          <b>{Number.isNaN(value) ? "missing" : float32Text(value)}</b>: {number(now, 6)}
          {!Number.isNaN(value) && <span class="quiet"> for all of {cell}</span>}
        </span>
        <button
          type="button"
          class="button small"
          disabled={up === undefined}
          onClick={() => change(feature, up!)}
        >
          Step up ›
        </button>
      </div>
      <p class="small quiet">
        {curve.axis.kind === "numeric" && plural(curve.axis.breakpoints.length, "step")}, from the model’s own
        splits: between two of them every value has the same score, to the bit. Drag in the chart to move the
        row.
      </p>
    </>
  );
}

/** Where the table's rows lie. */
function Bars(props: {
  readonly feature: number;
  readonly x: (value: number) => number;
  readonly least: number;
  readonly greatest: number;
}) {
  const { feature, x, least, greatest } = props;
  const rows = binding.value;
  const counts = useMemo(() => {
    const values = rows?.values(feature);
    return values === undefined ? undefined : histogram(values, least, greatest, BINS);
  }, [rows, feature, least, greatest]);
  if (counts === undefined) {
    return null;
  }
  const most = Math.max(1, ...counts);
  const wide = (greatest - least) / BINS;
  return (
    <g class="rows-bars">
      {Array.from(counts, (many, i) => {
        const high = (many / most) * 46;
        const from = x(least + i * wide);
        return (
          <rect
            key={i}
            x={from}
            width={Math.max(1, x(least + (i + 1) * wide) - from - 1)}
            y={HEIGHT - BOTTOM - high}
            height={high}
          />
        );
      })}
    </g>
  );
}

/** Categories as lines that can be chosen. */
function CategoryCurve(props: {
  readonly curve: ResponseCurve;
  readonly feature: number;
  readonly name: string;
}) {
  const { curve, feature, name } = props;
  const { axis, values, outputs } = curve;
  const group = output.value;
  const value = row.value[feature]!;
  const now = cellOf(axis, value);
  // The cell of unknown codes is left out where nothing is there: nobody can choose it.
  const cells = Array.from({ length: axis.size }, (_, cell) => cell).filter(
    (cell) => axis.kind !== "categorical" || cell !== axis.size - 2 || cell === now,
  );
  const [low, high] = rangeOf(
    cells.map((cell) => values[cell * outputs + group]!),
    model.value!.isProbability,
  );
  const codeOf = (cell: number): number =>
    axis.kind === "categorical" && cell < axis.codes.length
      ? axis.codes[cell]!
      : cell === axis.size - 1
        ? Number.NaN
        : value;
  return (
    <ul class="plain category-curve" aria-label={`Score by ${name}`}>
      {cells.map((cell) => {
        const score = values[cell * outputs + group]!;
        return (
          <li key={cell}>
            <button
              type="button"
              class="category"
              aria-pressed={cell === now}
              onClick={() => change(feature, codeOf(cell))}
            >
              <span class="category-name">{cellText(axis, cell)}</span>
              <span class="category-track">
                <span class="category-dot" style={{ left: `${(100 * (score - low)) / (high - low)}%` }} />
              </span>
              <span class="category-score">{number(score, 5)}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
