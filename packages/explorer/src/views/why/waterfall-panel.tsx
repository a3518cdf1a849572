/** From the expected output to that of the row, feature by feature: each line can be chosen. */

import { scaleLinear } from "d3-scale";
import { useState } from "preact/hooks";
import { Panel } from "../../charts/panel.tsx";
import type { RowExplanation } from "../../logic/analyst.ts";
import { number, plural, signed } from "../../logic/format.ts";
import { valueText } from "../../logic/tree-words.ts";
import { type Step, type Waterfall, waterfall } from "../../logic/waterfall.ts";
import { marginUnit, output } from "../../state/choices.ts";
import { model } from "../../state/model.ts";
import { showView } from "../../state/route.ts";
import { namesOf } from "../shared/names.ts";

/** Lines before all are asked for. */
const LINES = 12;
const ALL_LINES = 200;

export function WaterfallPanel(props: {
  readonly row: number;
  readonly values: Float32Array;
  readonly explanation: RowExplanation;
  readonly feature: number | undefined;
  readonly onFeature: (feature: number) => void;
}) {
  const { row, values, explanation } = props;
  const [all, setAll] = useState(false);
  const loaded = model.value!;
  const names = namesOf(loaded);
  const found = waterfall(explanation.contributions, explanation.base, all ? ALL_LINES : LINES);
  const score = explanation.values[output.value] ?? explanation.values[0]!;
  const unit = marginUnit.value;
  const scale = scaleOf(found);
  const isMargin = Math.fround(score) === Math.fround(found.total);
  return (
    <Panel
      title={`Row ${row}: why ${number(score)}`}
      tools={
        <button type="button" class="button small" onClick={() => showView("whatif", { row: String(row) })}>
          Change this row
        </button>
      }
    >
      <p class="small quiet">
        The rows that the model was trained on have an expected {unit === "score" ? "score" : unit} of{" "}
        <b>{number(found.base)}</b>. This row’s features move it to <b>{number(found.total)}</b>
        {isMargin ? (
          "."
        ) : (
          <>
            , which is a score of <b>{number(score)}</b>.
          </>
        )}
      </p>
      <ol class="plain waterfall">
        {found.steps.map((step) => (
          <Line
            key={step.feature}
            step={step}
            scale={scale}
            name={
              step.feature === -1 ? plural(step.features, "other feature") : names.features[step.feature]!
            }
            value={step.feature === -1 ? undefined : valueText(values[step.feature]!, step.feature, names)}
            chosen={step.feature === props.feature}
            onChoose={step.feature === -1 ? () => setAll(true) : () => props.onFeature(step.feature)}
          />
        ))}
      </ol>
      <Axis found={found} scale={scale} unit={unit} />
      {all && (
        <button type="button" class="link" onClick={() => setAll(false)}>
          Only the largest
        </button>
      )}
    </Panel>
  );
}

type Scale = (value: number) => number;

/** From margins to percent of the bars' width. */
function scaleOf({ least, greatest }: Waterfall): Scale {
  const room = (greatest - least || 1) * 0.04;
  const scale = scaleLinear([least - room, greatest + room], [0, 100]);
  return (value) => (Number.isFinite(value) ? scale(value) : 50);
}

function Line(props: {
  readonly step: Step;
  readonly scale: Scale;
  readonly name: string;
  readonly value: string | undefined;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}) {
  const { step, scale, name, value } = props;
  const [from, to] = [scale(step.from), scale(step.to)];
  const [left, right] = [Math.min(from, to), Math.max(from, to)];
  const direction = step.amount > 0 ? "up" : step.amount < 0 ? "down" : "none";
  const text = signed(step.amount);
  // Beside the tip, on the side where there is room.
  const beyond = direction === "down" ? left > 16 : right < 84;
  const style = beyond
    ? direction === "down"
      ? { right: `${100 - left}%` }
      : { left: `${right}%` }
    : direction === "down"
      ? { left: `${right}%` }
      : { right: `${100 - left}%` };
  return (
    <li>
      <button
        type="button"
        class="waterfall-line"
        aria-pressed={step.feature === -1 ? undefined : props.chosen}
        onClick={props.onChoose}
        title={step.feature === -1 ? "Show them" : `${name} = ${value}: ${text}`}
      >
        <span class="waterfall-name">
          <span>{name}</span>
          {value !== undefined && <span class="quiet"> = {value}</span>}
        </span>
        <span class="waterfall-track">
          <span
            class={`waterfall-bar ${direction}`}
            style={{ left: `${left}%`, width: `${right - left}%` }}
          />
          <span class="waterfall-join" style={{ left: `${to}%` }} />
          <span class={`waterfall-amount ${direction}-text`} style={style}>
            {text}
          </span>
        </span>
      </button>
    </li>
  );
}

function Axis({
  found,
  scale,
  unit,
}: {
  readonly found: Waterfall;
  readonly scale: Scale;
  readonly unit: string;
}) {
  const ticks = scaleLinear([found.least, found.greatest], [0, 1]).ticks(4);
  return (
    <div class="waterfall-axis" aria-hidden="true">
      <span class="quiet small">{unit}</span>
      <div class="waterfall-ticks">
        {ticks.map((tick) => (
          <span key={tick} style={{ left: `${scale(tick)}%` }}>
            {number(tick)}
          </span>
        ))}
      </div>
    </div>
  );
}
