/** What can be done with the row that is selected. */
import { count } from "../../app/format.ts";
import { binding } from "../../state/binding.ts";
import { addressOfView } from "../../state/route.ts";
import { scores } from "../../state/scores.ts";
import { selectedRow, selectRow } from "../../state/selection.ts";
import { float32Text } from "../../tables/table.ts";
import { output } from "./choices.ts";

export function SelectedRow() {
  const row = selectedRow.value;
  const problem = row === undefined ? undefined : binding.value?.refused.get(row);
  return (
    <div class="selected-row">
      {row === undefined ? (
        <p class="quiet">Select a row to see why it scores as it does.</p>
      ) : (
        <>
          <p>
            <strong>Row {count(row)}</strong>{" "}
            {problem === undefined ? (
              <span class="number">
                scores {float32Text(scores.value?.at(row, output.value) ?? Number.NaN)}
              </span>
            ) : (
              <span>is not scored: {problem}</span>
            )}
          </p>
          <div class="buttons">
            <a class="button small" href={addressOfView("why")}>
              Why
            </a>
            <a class="button small" href={addressOfView("whatif")}>
              What if
            </a>
            <button type="button" class="button small plain" onClick={() => selectRow(undefined)}>
              Clear
            </button>
          </div>
        </>
      )}
    </div>
  );
}
