/** What matters over the whole table: the swarm of all features, and one of them closely. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { Choice, Panel, Problem } from "../../charts/panel.tsx";
import { topFeatures } from "../../logic/beeswarm.ts";
import { count, plural } from "../../logic/format.ts";
import { binding } from "../../state/binding.ts";
import { output } from "../../state/choices.ts";
import {
  cancelExplaining,
  type Explanations,
  explaining,
  startExplaining,
} from "../../state/explanations.ts";
import { DependencePanel } from "./dependence-panel.tsx";
import { Swarm } from "./swarm.tsx";

/** Rows of a table that are explained: all up to the first of these. */
const LIMITS = [2000, 5000, 20_000] as const;

interface Props {
  readonly feature: number | undefined;
  readonly onFeature: (feature: number) => void;
  readonly row: number;
  readonly onRow: (row: number) => void;
}

export function SummaryPanels(props: Props) {
  const rows = binding.value;
  const [limit, setLimit] = useState<number>(LIMITS[0]);
  const state = explaining.value;
  const found = state.state === "done" ? state.explanations : undefined;
  const group = output.value;
  const isWanted =
    found?.binding === rows && found?.output === group && isEnough(found, limit, rows?.rows ?? 0);
  useEffect(() => {
    if (!isWanted && rows !== undefined && rows.rows > 0) {
      startExplaining(limit, group);
    }
    // What is under way goes on when the view is left.
  }, [rows, group, limit]);
  const total = rows?.rows ?? 0;
  const tools =
    total > LIMITS[0] ? (
      <Choice
        label="Rows"
        value={limit}
        options={LIMITS.filter((_, i) => i === 0 || LIMITS[i - 1]! < total).map((each) => [
          each,
          each >= total ? `all ${count(total)}` : `${count(each)} of ${count(total)}`,
        ])}
        onChange={(value) => setLimit(Number(value))}
      />
    ) : undefined;
  return (
    <>
      <Panel title="What matters in this table" tools={tools}>
        <Progress onAgain={() => startExplaining(limit, group)} />
        {found !== undefined && found.rows.length > 0 && <Found found={found} total={total} {...props} />}
      </Panel>
      {found !== undefined && found.rows.length > 0 && <Dependence found={found} {...props} />}
    </>
  );
}

function isEnough(found: Explanations, limit: number, total: number): boolean {
  return found.rows.length >= Math.min(limit, total - found.binding.refused.size);
}

function Progress({ onAgain }: { readonly onAgain: () => void }) {
  const state = explaining.value;
  switch (state.state) {
    case "running":
      return (
        <div class="explaining">
          <progress aria-label="Rows explained" max={state.rows} value={state.done} />
          <span class="quiet">
            {count(state.done)} of {plural(state.rows, "row")} explained
          </span>
          <button type="button" class="button small" onClick={cancelExplaining}>
            Cancel
          </button>
        </div>
      );
    case "cancelled":
      return (
        <div class="explaining">
          <span class="quiet">Cancelled.</span>
          <button type="button" class="button small" onClick={onAgain}>
            Explain the rows
          </button>
        </div>
      );
    case "failed":
      return <Problem>The rows could not be explained: {state.problem}</Problem>;
    default:
      return null;
  }
}

function Found({
  found,
  total,
  feature,
  onFeature,
  row,
  onRow,
}: Props & {
  readonly found: Explanations;
  readonly total: number;
}) {
  const shown = found.rows.length;
  const refused = found.binding.refused.size;
  return (
    <>
      <p class="small quiet">
        {shown < total - refused
          ? `A sample of ${plural(shown, "row")} of ${count(total)}, evenly spread`
          : plural(shown, "row")}
        {refused > 0 ? `; ${plural(refused, "row")} cannot be scored` : ""}, explained in{" "}
        {(found.time / 1000).toFixed(1)} s. A dot is a row: to the right its feature raises the score, to the
        left it lowers it.
      </p>
      <Swarm found={found} feature={feature} onFeature={onFeature} row={row} onRow={onRow} />
    </>
  );
}

function Dependence({ found, feature, onFeature, row, onRow }: Props & { readonly found: Explanations }) {
  const top = useMemo(() => topFeatures(found.contributions, 1)[0] ?? 0, [found]);
  return (
    <DependencePanel found={found} feature={feature ?? top} onFeature={onFeature} row={row} onRow={onRow} />
  );
}
