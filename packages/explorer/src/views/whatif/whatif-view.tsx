/** What if: every feature of a row can be moved, and the score follows at once. */
import { useMemo } from "preact/hooks";
import { Problem } from "../../charts/panel.tsx";
import type { Matrix } from "../../logic/beeswarm.ts";
import { spreadRows } from "../../logic/sample.ts";
import { analyst, useAnswer } from "../../state/analyst.ts";
import { binding } from "../../state/binding.ts";
import { chooseOutput, output } from "../../state/choices.ts";
import { model } from "../../state/model.ts";
import { parameter, setParameters } from "../../state/route.ts";
import { selectedRow, selectRow } from "../../state/selection.ts";
import { edits, resetAll, row, startRow } from "../../state/what-if.ts";
import { OutputChoice } from "../shared/output-choice.tsx";
import { RowHead } from "../shared/row-head.tsx";
import { Controls } from "./controls.tsx";
import { CurvePanel } from "./curve-panel.tsx";
import { FlipsPanel } from "./flips-panel.tsx";
import { ScorePanel } from "./score-panel.tsx";
import "./whatif.css";

/** Rows that tell the range of each slider. */
const SAMPLE = 2000;

export default function WhatIfView() {
  const loaded = model.value;
  const rows = binding.value;
  const at = selectedRow.value ?? 0;
  const sample = useMemo(() => sampleOf(), [rows]);
  const { answer: domains, problem } = useAnswer(
    loaded === undefined ? undefined : `${loaded.name} ${sample?.rows}`,
    () => analyst().call("domains", sample),
  );
  // By what they do to the row as it was, so that controls stay where they are.
  const { answer: order } = useAnswer(
    loaded === undefined ? undefined : `${at} ${output.value} ${rows?.rows}`,
    async () => {
      const group = Math.min(output.peek(), loaded!.booster.numOutputGroups - 1);
      const { contributions } = await analyst().call("explainRow", startRow.peek(), group);
      return [...contributions.keys()].sort(
        (a, b) => Math.abs(contributions[b]!) - Math.abs(contributions[a]!),
      );
    },
  );
  if (loaded === undefined) {
    return null;
  }
  const asked = Number(parameter("feature").value ?? Number.NaN);
  const feature = asked >= 0 && asked < loaded.features.length ? asked : (order?.[0] ?? 0);
  const choose = (next: number): void => setParameters({ feature: String(next) });
  const refusal = rows?.refused.get(at);
  return (
    <section class="view whatif" aria-labelledby="whatif-title">
      <h2 id="whatif-title">What if</h2>
      {(rows !== undefined || loaded.outputs.length > 1) && (
        <RowHead
          row={at}
          onRow={(next) => {
            resetAll();
            selectRow(next);
          }}
        >
          <OutputChoice value={output.value} onChange={chooseOutput} />
        </RowHead>
      )}
      {rows === undefined && (
        <p class="quiet">There is no table that fits the model: the row starts with every value missing.</p>
      )}
      {refusal !== undefined && (
        <Problem>
          Row {at} cannot be scored as it is: {refusal}. Here that value counts as missing.
        </Problem>
      )}
      {problem !== undefined && <Problem>{problem}</Problem>}
      {domains !== undefined && domains.length === loaded.features.length && order !== undefined && (
        <div class="whatif-parts">
          <div class="whatif-answers">
            <ScorePanel />
            <CurvePanel feature={feature} domain={domains[feature]!} />
            <FlipsPanel onFeature={choose} />
          </div>
          <Controls
            domains={domains}
            order={order}
            row={row.value}
            edits={edits.value}
            feature={feature}
            onFeature={choose}
          />
        </div>
      )}
    </section>
  );
}

function sampleOf(): Matrix | undefined {
  const rows = binding.peek();
  if (rows === undefined || rows.rows === 0) {
    return undefined;
  }
  const places = spreadRows(rows.rows, SAMPLE);
  const data = new Float32Array(places.length * rows.width);
  places.forEach(
    (place, i) => void rows.fill(place, place + 1, data.subarray(i * rows.width, (i + 1) * rows.width)),
  );
  return { data, rows: places.length, cols: rows.width };
}
