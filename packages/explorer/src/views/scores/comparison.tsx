/** Scores beside Python's: how many are equal to the bit. */
import { count, counted } from "../../app/format.ts";
import { Problem } from "../../app/problem.tsx";
import { float32Text } from "../../tables/table.ts";
import { pythonColumn } from "./choices.ts";
import { ColumnChoice } from "./column-choice.tsx";
import { type Comparison, comparison } from "./truth.ts";

export function ComparisonCard() {
  const outcome = comparison.value;
  return (
    <article class="card" aria-labelledby="comparison-title">
      <h3 id="comparison-title">Beside Python</h3>
      {outcome === undefined ? (
        <p class="quiet">
          Name a column of predictions that Python made, and every score is compared with it, bit by bit.
        </p>
      ) : "problem" in outcome ? (
        <Problem>{outcome.problem}</Problem>
      ) : (
        <Result of={outcome.found} />
      )}
      <ColumnChoice label="Python’s predictions" name="python" value={pythonColumn.value?.name} />
    </article>
  );
}

function Result({ of: { rows, equal, maxUlps, differences, unscored } }: { readonly of: Comparison }) {
  const all = rows > 0 && equal === rows;
  return (
    <>
      <p class={all ? "verdict good" : "verdict bad"} role="status">
        <span aria-hidden="true">{all ? "✓" : "≠"}</span> {count(equal)} of {count(rows)} equal to the bit
      </p>
      {unscored === 0 ? null : <p class="quiet">{counted(unscored, "row")} without a score are left out.</p>}
      {differences.length === 0 ? null : (
        <>
          <p class="quiet">
            The largest difference is {counted(maxUlps, "unit")} in the last place. Predictions that were
            written with fewer than nine digits are not the same numbers any more.
          </p>
          <table class="differences">
            <thead>
              <tr>
                <th scope="col">row</th>
                <th scope="col">here</th>
                <th scope="col">Python</th>
              </tr>
            </thead>
            <tbody>
              {differences.map(({ row, here, python }) => (
                <tr key={row}>
                  <th scope="row">{count(row)}</th>
                  <td>{float32Text(here)}</td>
                  <td>{float32Text(python)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </>
  );
}
