/** Trees: every tree, node by node. */
import { useMemo, useState } from "preact/hooks";
import { Panel, Problem, Stepper } from "../../charts/panel.tsx";
import { count, number, plural } from "../../logic/format.ts";
import { pathTo, placeOf } from "../../logic/tree-table.ts";
import { describeTree } from "../../logic/tree-words.ts";
import { analyst, useAnswer } from "../../state/analyst.ts";
import { binding } from "../../state/binding.ts";
import { type LoadedModel, model } from "../../state/model.ts";
import { parameter, setParameters } from "../../state/route.ts";
import { selectedRow } from "../../state/selection.ts";
import { namesOf } from "../shared/names.ts";
import { TreePanel } from "./tree-panel.tsx";
import "./trees.css";

export default function TreesView() {
  const loaded = model.value;
  if (loaded === undefined) {
    return null;
  }
  return (
    <section class="view trees" aria-labelledby="trees-title">
      <h2 id="trees-title">Trees</h2>
      {loaded.booster.numTrees === 0 ? (
        <Panel title="No trees">
          <p>
            {loaded.booster.booster === "gblinear"
              ? "A linear model has weights and no trees."
              : "The model has no rounds yet, so it has no trees."}
          </p>
        </Panel>
      ) : (
        <Trees loaded={loaded} />
      )}
    </section>
  );
}

function Trees({ loaded }: { readonly loaded: LoadedModel }) {
  const { numTrees } = loaded.booster;
  const asked = Number(parameter("tree").value ?? 0);
  const index = Number.isInteger(asked) && asked >= 0 && asked < numTrees ? asked : 0;
  const names = useMemo(() => namesOf(loaded), [loaded]);
  const search = parameter("find").value ?? "";
  const wanted = useMemo(() => featuresLike(loaded, search), [loaded, search]);
  const { answer: table, problem } = useAnswer(`${loaded.name} ${index}`, () =>
    analyst().call("tree", index),
  );
  const { answer: uses } = useAnswer(wanted.size === 0 ? undefined : [...wanted].join(), () =>
    analyst().call("treesWith", [...wanted]),
  );
  const leaves = useLeaves();
  const show = (tree: number): void => setParameters({ tree: String(tree) });
  const path = useMemo(() => {
    const leaf = leaves?.leaves[index];
    return new Set(
      table === undefined || leaf === undefined || table.index !== index
        ? []
        : pathTo(table, placeOf(table, leaf)),
    );
  }, [table, leaves, index]);
  return (
    <>
      <div class="trees-tools">
        <Stepper label="Tree" unit="tree" value={index} count={numTrees} onChange={show} />
        <Search loaded={loaded} text={search} found={wanted.size} />
        {wanted.size > 0 && uses !== undefined && (
          <Uses uses={uses.map(({ tree }) => tree)} index={index} total={numTrees} onTree={show} />
        )}
        {uses !== undefined && wanted.size > 0 && (
          <UseFacts splits={sum(uses.map(({ splits }) => splits))} gain={sum(uses.map(({ gain }) => gain))} />
        )}
      </div>
      {problem !== undefined && <Problem>{problem}</Problem>}
      {table !== undefined && (
        <TreePanel
          key={`${loaded.name} ${table.index}`}
          table={table}
          names={names}
          title={describeTree(table)}
          wanted={wanted}
          path={path}
          row={leaves?.row}
          values={leaves?.values}
        />
      )}
    </>
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Features whose name has the text in it; the one with just that name, if there is one. */
function featuresLike({ features }: LoadedModel, text: string): ReadonlySet<number> {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") {
    return new Set();
  }
  const exact = features.find(({ name }) => name.toLowerCase() === wanted);
  return new Set(
    exact === undefined
      ? features.filter(({ name }) => name.toLowerCase().includes(wanted)).map(({ index }) => index)
      : [exact.index],
  );
}

/** The leaves of the selected row, if there is one. */
function useLeaves() {
  const rows = binding.value;
  const row = selectedRow.value;
  const isThere = rows !== undefined && row !== undefined && !rows.refused.has(row);
  const { answer, fresh } = useAnswer(isThere ? `${rows.table.name} ${row}` : undefined, async () => {
    const values = rows!.row(row!);
    const { leaves } = await analyst().call("explainRow", values, 0);
    return { row: row!, values, leaves };
  });
  return isThere && fresh ? answer : undefined;
}

function Search({
  loaded,
  text,
  found,
}: {
  readonly loaded: LoadedModel;
  readonly text: string;
  readonly found: number;
}) {
  const [typed, setTyped] = useState(text);
  return (
    <label class="choice">
      <span>Find a feature</span>
      <input
        type="search"
        list="tree-features"
        value={typed}
        aria-describedby="tree-search-result"
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setParameters({ find: event.currentTarget.value === "" ? undefined : event.currentTarget.value });
        }}
      />
      <datalist id="tree-features">
        {loaded.features.slice(0, 1000).map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <span id="tree-search-result" class="quiet" role="status">
        {text.trim() === ""
          ? ""
          : found === 0
            ? "no feature has this in its name"
            : found > 1
              ? plural(found, "feature")
              : ""}
      </span>
    </label>
  );
}

/** Jumps between the trees that split on what is searched for. */
function Uses(props: {
  readonly uses: readonly number[];
  readonly index: number;
  readonly total: number;
  readonly onTree: (tree: number) => void;
}) {
  const { uses, index } = props;
  const before = uses.filter((tree) => tree < index).at(-1);
  const after = uses.find((tree) => tree > index);
  return (
    <fieldset class="stepper" aria-label="Trees with this feature">
      <button
        type="button"
        class="button small"
        disabled={before === undefined}
        aria-label="Previous tree with it"
        onClick={() => props.onTree(before!)}
      >
        ‹
      </button>
      <span>
        in {count(uses.length)} of {plural(props.total, "tree")}
      </span>
      <button
        type="button"
        class="button small"
        disabled={after === undefined}
        aria-label="Next tree with it"
        onClick={() => props.onTree(after!)}
      >
        ›
      </button>
    </fieldset>
  );
}

function UseFacts({ splits, gain }: { readonly splits: number; readonly gain: number }) {
  return (
    <span class="quiet">
      {plural(splits, "split")}
      {Number.isNaN(gain) || splits === 0 ? "" : `, gain ${number(gain)}`} in all
    </span>
  );
}
