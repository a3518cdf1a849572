/** Why: one row's score taken apart, its way through a tree, and what matters over the whole table. */
import { useState } from "preact/hooks";
import { Problem } from "../../charts/panel.tsx";
import { analyst, useAnswer } from "../../state/analyst.ts";
import { binding } from "../../state/binding.ts";
import { chooseOutput, output } from "../../state/choices.ts";
import { selectedRow, selectRow } from "../../state/selection.ts";
import { OutputChoice } from "../shared/output-choice.tsx";
import { RowHead } from "../shared/row-head.tsx";
import { PathPanel } from "./path-panel.tsx";
import { SummaryPanels } from "./summary-panels.tsx";
import { WaterfallPanel } from "./waterfall-panel.tsx";
import "./why.css";

export default function WhyView() {
  const rows = binding.value;
  const [feature, setFeature] = useState<number | undefined>(undefined);
  const row = selectedRow.value ?? 0;
  const group = output.value;
  const refusal = rows?.refused.get(row);
  const key = rows === undefined || rows.rows === 0 || refusal !== undefined ? undefined : `${row} ${group}`;
  const { answer, problem } = useAnswer(key, async () => {
    const values = rows!.row(row);
    const group = Math.min(output.peek(), rows!.model.booster.numOutputGroups - 1);
    return { row, values, explanation: await analyst().call("explainRow", values, group) };
  });
  if (rows === undefined) {
    return null;
  }
  return (
    <section class="view why" aria-labelledby="why-title">
      <h2 id="why-title">Why</h2>
      {rows.rows === 0 ? (
        <p>The table has no rows.</p>
      ) : (
        <>
          <RowHead row={row} onRow={selectRow}>
            <OutputChoice value={group} onChange={chooseOutput} />
          </RowHead>
          {refusal !== undefined && (
            <Problem>
              Row {row} cannot be scored: {refusal}.
            </Problem>
          )}
          {problem !== undefined && <Problem>{problem}</Problem>}
          {refusal === undefined && answer !== undefined && (
            <div class="why-row">
              <WaterfallPanel
                key="waterfall"
                row={answer.row}
                values={answer.values}
                explanation={answer.explanation}
                feature={feature}
                onFeature={setFeature}
              />
              <PathPanel row={answer.row} values={answer.values} leaves={answer.explanation.leaves} />
            </div>
          )}
        </>
      )}
      <SummaryPanels feature={feature} onFeature={setFeature} row={row} onRow={selectRow} />
    </section>
  );
}
