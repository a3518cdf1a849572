/** Bars of the features that matter most. */

import { scaleLinear } from "d3-scale";
import { useState } from "preact/hooks";
import type { ImportanceType } from "xgboost-infer";
import { brief } from "../../app/format.ts";
import { Problem } from "../../app/problem.tsx";
import { useWidth } from "../../charts/use-width.ts";
import type { LoadedModel } from "../../state/model.ts";
import { parameter, setParameters } from "../../state/route.ts";
import { IMPORTANCE_TYPES, type Importance, importancesOf } from "./importance.ts";

const SHOWN = 20;

/** Linear models have weights alone. */
export function importanceType({ booster }: LoadedModel): ImportanceType {
  const wanted = parameter("importance").value;
  return booster.booster === "gblinear"
    ? "weight"
    : wanted !== undefined && Object.hasOwn(IMPORTANCE_TYPES, wanted)
      ? (wanted as ImportanceType)
      : "gain";
}

export function ImportanceCard({ loaded }: { readonly loaded: LoadedModel }) {
  const [all, setAll] = useState(false);
  const [output, setOutput] = useState(0);
  const type = importanceType(loaded);
  const isLinear = loaded.booster.booster === "gblinear";
  const outcome = importancesOf(loaded, type, output);
  const found = "found" in outcome ? outcome.found : [];
  const groups = loaded.booster.numOutputGroups;
  return (
    <article class="card importance" aria-labelledby="importance-title">
      <h3 id="importance-title">{isLinear ? "Coefficients" : "Importance"}</h3>
      {isLinear ? null : (
        <fieldset class="segments">
          <legend class="visually-hidden">Type of importance</legend>
          {Object.keys(IMPORTANCE_TYPES).map((name) => (
            <label key={name}>
              <input
                type="radio"
                name="importance"
                checked={name === type}
                onChange={() => setParameters({ importance: name === "gain" ? undefined : name })}
              />
              <span>{name.replace("_", " ")}</span>
            </label>
          ))}
        </fieldset>
      )}
      {isLinear && groups > 1 ? (
        <label>
          Output{" "}
          <select
            value={String(output)}
            onChange={({ currentTarget }) => setOutput(Number(currentTarget.value))}
          >
            {Array.from({ length: groups }, (_, i) => (
              <option key={String(i)} value={String(i)}>
                {i}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      <p class="quiet">
        {isLinear
          ? "What a feature’s value is multiplied by"
          : `A feature’s ${type.replace("_", " ")}: ${IMPORTANCE_TYPES[type]}`}
        {isLinear ? "" : `. ${found.length} of ${loaded.features.length} features are used.`}
      </p>
      {"problem" in outcome ? <Problem>{outcome.problem}</Problem> : null}
      {found.length === 0 ? null : <Bars items={all ? found : found.slice(0, SHOWN)} label={type} />}
      {found.length > SHOWN ? (
        <button type="button" class="button small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? `Show the first ${SHOWN}` : `Show all ${found.length}`}
        </button>
      ) : null}
    </article>
  );
}

const ROW = 26;
const BAR = 16;
const VALUE_ROOM = 66;

function Bars({ items, label }: { readonly items: readonly Importance[]; readonly label: string }) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const longest = Math.max(...items.map(({ feature }) => feature.length));
  const left = Math.min(longest * 8.2 + 14, width * 0.42);
  const values = items.map(({ value }) => value).filter(Number.isFinite);
  const x = scaleLinear(
    [Math.min(0, ...values), Math.max(0, ...values)],
    [left, Math.max(left + 1, width - VALUE_ROOM)],
  );
  const height = items.length * ROW;
  const fits = Math.floor((left - 12) / 8.2);
  return (
    <div ref={ref} class="chart">
      {width === 0 ? null : (
        <svg
          width={width}
          height={height + 26}
          role="img"
          aria-label={`Bar chart of ${label} by feature. ${items
            .slice(0, 10)
            .map(({ feature, value }) => `${feature} ${brief(value)}`)
            .join(", ")}`}
        >
          {x.ticks(4).map((tick) => (
            <g key={tick} class="axis">
              <line class="grid" x1={x(tick)} x2={x(tick)} y1={0} y2={height} />
              <text x={x(tick)} y={height + 18} text-anchor="middle">
                {brief(tick)}
              </text>
            </g>
          ))}
          {items.map(({ feature, value }, i) => {
            const [from, to] = [Math.min(x(0), x(value)), Math.max(x(0), x(value))];
            const y = i * ROW;
            return (
              <g key={feature}>
                <title>
                  {feature}: {value}
                </title>
                <text class="name" x={left - 8} y={y + ROW / 2 + 4} text-anchor="end">
                  {feature.length > fits ? `${feature.slice(0, Math.max(1, fits - 1))}…` : feature}
                </text>
                <rect
                  class="bar over"
                  x={from}
                  y={y + (ROW - BAR) / 2}
                  width={Math.max(1, to - from)}
                  height={BAR}
                  rx="2"
                />
                <text x={Math.max(x(0), to) + 6} y={y + ROW / 2 + 4}>
                  {brief(value)}
                </text>
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}
