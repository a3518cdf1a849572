/** Which row is looked at, and what the table says of it besides the features. */
import type { ComponentChildren } from "preact";
import { Stepper } from "../../charts/panel.tsx";
import { binding } from "../../state/binding.ts";
import { cellText } from "../../tables/table.ts";
import "./shared.css";

/** Columns besides the features that are shown. */
const SHOWN = 4;

export function RowHead(props: {
  readonly row: number;
  readonly onRow: (row: number) => void;
  readonly children?: ComponentChildren;
}) {
  const rows = binding.value;
  if (rows === undefined) {
    return <div class="row-head">{props.children}</div>;
  }
  return (
    <div class="row-head">
      <Stepper label="Row" unit="row" value={props.row} count={rows.rows} onChange={props.onRow} />
      {props.children}
      <dl class="row-facts">
        {rows.others.slice(0, SHOWN).map((column) => (
          <div key={column.name}>
            <dt>{column.name}</dt>
            <dd>{cellText(column, props.row) || "missing"}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
