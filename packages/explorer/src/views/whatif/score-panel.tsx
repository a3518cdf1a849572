/** The score now, and before. */
import { Panel } from "../../charts/panel.tsx";
import { number, plural, signed } from "../../logic/format.ts";
import { output, threshold } from "../../state/choices.ts";
import { model } from "../../state/model.ts";
import { edits, resetAll, row, startRow } from "../../state/what-if.ts";

export function ScorePanel() {
  const { booster, outputs, isProbability, isMultiClass } = model.value!;
  const index = output.value;
  const values = booster.predictRow(row.value);
  const before = booster.predictRow(startRow.value)[index]!;
  const now = values[index]!;
  const limit = threshold.value;
  const changed = edits.value.size;
  return (
    <Panel
      title="Score"
      class="score-panel"
      tools={
        <button type="button" class="button small" disabled={changed === 0} onClick={resetAll}>
          Undo {changed === 0 ? "changes" : plural(changed, "change")}
        </button>
      }
    >
      <div class="score-now" role="status" aria-label="Score">
        <output class="score-number">{number(now, 6)}</output>
        <span class="quiet">
          {changed === 0 ? (
            "as the row is"
          ) : (
            <>
              was {number(before, 6)},{" "}
              <b class={now > before ? "up-text" : now < before ? "down-text" : ""}>
                {signed(now - before, 4)}
              </b>
            </>
          )}
        </span>
        {limit !== undefined && (
          <span class={`decision ${now >= limit ? "above" : "below"}`}>
            {now >= limit ? "at or above" : "below"} {number(limit)}
          </span>
        )}
      </div>
      {isProbability && (
        <div class="score-bar" aria-hidden="true">
          <span class="score-fill" style={{ width: `${100 * now}%` }} />
          {changed > 0 && <span class="score-mark before" style={{ left: `${100 * before}%` }} />}
          {limit !== undefined && limit > 0 && limit < 1 && (
            <span class="score-mark limit" style={{ left: `${100 * limit}%` }} />
          )}
        </div>
      )}
      {isMultiClass && (
        <p class="small quiet">
          Largest: {outputs[largest(values)]} with {number(values[largest(values)]!)}
        </p>
      )}
    </Panel>
  );
}

function largest(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}
