/** Histogram of the scores, and a threshold on it; where the truth is known, what the threshold makes of it. */
import { computed } from "@preact/signals";
import { brief, count, percent } from "../../app/format.ts";
import { Frame } from "../../charts/frame.tsx";
import { histogram } from "../../charts/histogram.ts";
import { binding } from "../../state/binding.ts";
import { type Confusion, confusion } from "../../tables/evaluate.ts";
import { scoreRange, setThreshold, threshold, values } from "./choices.ts";
import { order } from "./order.ts";
import { evaluation, isClassification, labels } from "./truth.ts";

const BINS = 50;
const STEPS = 1000;

/** The rows that are shown; undefined for all, in whatever order: 1,000,000 in the file's order take 9 ms, sorted 35. */
const shown = computed(() => (order.value.count === binding.value?.rows ? undefined : order.value.rows));

const bins = computed(() =>
  values.value === undefined ? undefined : histogram(values.value, shown.value, BINS, scoreRange.value),
);

/** Of the rows that are shown: those with a score, and those at or above the threshold. 1,000,000 rows take 2 ms. */
const counts = computed(() => {
  const [found, rows, at] = [values.value, shown.value, threshold.value];
  let [scored, above] = [0, 0];
  const count = found === undefined ? 0 : (rows?.length ?? found.length);
  for (let i = 0; i < count; i++) {
    const value = found![rows === undefined ? i : rows[i]!]!;
    scored += Number.isNaN(value) ? 0 : 1;
    above += value >= at ? 1 : 0;
  }
  return { scored, above };
});

export function ThresholdCard() {
  const found = bins.value;
  const from = binding.value;
  if (found === undefined || from === undefined) {
    return null;
  }
  const [low, high] = scoreRange.value;
  const at = threshold.value;
  const tallest = found.counts.reduce((most, each) => Math.max(most, each), 1);
  const known = evaluation.value;
  return (
    <article class="card" aria-labelledby="threshold-title">
      <h3 id="threshold-title">Distribution and threshold</h3>
      <Frame
        label={`Histogram of ${count(order.value.count)} scores from ${brief(low)} to ${brief(high)}; threshold at ${brief(at)}`}
        height={190}
        x={[low, high]}
        y={[0, tallest]}
        xTitle={from.model.outputs.length === 1 ? "score" : "score of the chosen output"}
        yFormat={short}
      >
        {({ x, y }) => (
          <>
            {Array.from(found.counts, (each, i) => {
              const [begin, end] = [
                x(low + ((high - low) * i) / BINS),
                x(low + ((high - low) * (i + 1)) / BINS),
              ];
              const isOver = low + ((high - low) * (i + 0.5)) / BINS >= at;
              return each === 0 ? null : (
                <rect
                  key={String(i)}
                  class={isOver ? "bar over" : "bar"}
                  x={begin + 0.5}
                  width={Math.max(1, end - begin - 1)}
                  y={y(each)}
                  height={Math.max(1, y(0) - y(each))}
                />
              );
            })}
            <line class="threshold" x1={x(at)} x2={x(at)} y1={y.range()[1]} y2={y.range()[0]} />
          </>
        )}
      </Frame>
      <label class="slider">
        <span>
          Threshold <output class="number">{brief(at)}</output>
        </span>
        <input
          type="range"
          min={low}
          max={high}
          step={(high - low) / STEPS}
          value={at}
          onInput={({ currentTarget }) => setThreshold(currentTarget.valueAsNumber)}
        />
      </label>
      <Above />
      {isClassification(from) && known !== undefined && "found" in known ? (
        <ConfusionTable counts={confusion(known.found, at)} />
      ) : null}
    </article>
  );
}

/** Ticks: 1.5k rather than 1,500. */
function short(value: number): string {
  return value >= 1e6 ? `${value / 1e6}M` : value >= 1e3 ? `${value / 1e3}k` : String(value);
}

function Above() {
  const { scored, above } = counts.value;
  return (
    <p class="quiet number">
      {count(above)} of {count(scored)} rows ({percent(scored === 0 ? 0 : above / scored)}) score at least
      that.
    </p>
  );
}

function ConfusionTable({ counts }: { readonly counts: Confusion }) {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = counts;
  const known = labels.value;
  const found = known !== undefined && "found" in known ? known.found : undefined;
  const positive = found === undefined ? "" : `${found.column.name}: ${found.positive}`;
  const ratio = (part: number, whole: number): string => (whole === 0 ? "–" : percent(part / whole));
  const all = truePositives + falsePositives + trueNegatives + falseNegatives;
  return (
    <>
      <table class="confusion">
        <caption class="visually-hidden">Confusion counts at the threshold; positive is {positive}</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">at or above</th>
            <th scope="col">below</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{positive}</th>
            <td class="right">{count(truePositives)}</td>
            <td class="wrong">{count(falseNegatives)}</td>
          </tr>
          <tr>
            <th scope="row">other</th>
            <td class="wrong">{count(falsePositives)}</td>
            <td class="right">{count(trueNegatives)}</td>
          </tr>
        </tbody>
      </table>
      <dl class="facts small">
        <div>
          <dt>Accuracy</dt>
          <dd>{ratio(truePositives + trueNegatives, all)}</dd>
        </div>
        <div>
          <dt>Precision</dt>
          <dd>{ratio(truePositives, truePositives + falsePositives)}</dd>
        </div>
        <div>
          <dt>Recall</dt>
          <dd>{ratio(truePositives, truePositives + falseNegatives)}</dd>
        </div>
        <div>
          <dt>False alarms</dt>
          <dd>{ratio(falsePositives, falsePositives + trueNegatives)}</dd>
        </div>
      </dl>
    </>
  );
}
