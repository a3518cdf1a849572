/** The way of a row through a tree, split by split. */
import { Panel, Problem, Stepper } from "../../charts/panel.tsx";
import { number, signed } from "../../logic/format.ts";
import { pathTo, placeOf, type TreeTable } from "../../logic/tree-table.ts";
import { conditions, featureName, leafText, type Names, valueText } from "../../logic/tree-words.ts";
import { analyst, useAnswer } from "../../state/analyst.ts";
import { model } from "../../state/model.ts";
import { parameter, setParameters, showView } from "../../state/route.ts";
import { namesOf } from "../shared/names.ts";

export function PathPanel(props: {
  readonly row: number;
  readonly values: Float32Array;
  readonly leaves: Int32Array;
}) {
  const loaded = model.value!;
  const { numTrees } = loaded.booster;
  const asked = Number(parameter("tree").value ?? 0);
  const index = Number.isInteger(asked) && asked >= 0 && asked < numTrees ? asked : 0;
  const { answer: table, problem } = useAnswer(numTrees === 0 ? undefined : `${index}`, () =>
    analyst().call("tree", index),
  );
  if (props.leaves.length === 0) {
    return (
      <Panel title="The way through a tree">
        <p>
          {numTrees === 0
            ? "A linear model has no trees: its contributions are weight × value."
            : "The model has no trees."}
        </p>
      </Panel>
    );
  }
  return (
    <Panel
      title="The way through a tree"
      tools={
        <Stepper
          label="Tree"
          unit="tree"
          value={index}
          count={numTrees}
          onChange={(tree) => setParameters({ tree: String(tree) })}
        />
      }
    >
      {problem !== undefined && <Problem>{problem}</Problem>}
      {table !== undefined && (
        <Path table={table} leaf={props.leaves[table.index]!} values={props.values} names={namesOf(loaded)} />
      )}
      <button
        type="button"
        class="button small"
        onClick={() => showView("trees", { tree: String(index), row: String(props.row) })}
      >
        Show the whole tree
      </button>
    </Panel>
  );
}

function Path(props: {
  readonly table: TreeTable;
  readonly leaf: number;
  readonly values: Float32Array;
  readonly names: Names;
}) {
  const { table, values, names } = props;
  const end = placeOf(table, props.leaf);
  const path = pathTo(table, end);
  return (
    <ol class="plain path">
      {path.slice(0, -1).map((place, i) => {
        const feature = table.feature[place]!;
        const goesLeft = table.left[place] === path[i + 1];
        const [left, right] = conditions(table, place, names);
        const value = values[feature]!;
        return (
          <li key={place}>
            <div class="path-step">
              <span>
                <b>{featureName(names, feature)}</b> = {valueText(value, feature, names)}
              </span>
              <span class="path-condition">
                {Number.isNaN(value)
                  ? `missing goes with ${goesLeft ? left : right}`
                  : goesLeft
                    ? left
                    : right}
              </span>
            </div>
            <Facts table={table} place={place} />
          </li>
        );
      })}
      <li class="path-leaf">
        <div class="path-step">
          <b>Leaf {leafText(table, end)}</b>
          {table.weight !== 1 && table.leafSize === 1 && (
            <span>
              × weight {number(table.weight)} = {signed(table.values[end]! * table.weight)}
            </span>
          )}
        </div>
        <Facts table={table} place={end} />
      </li>
    </ol>
  );
}

function Facts({ table, place }: { readonly table: TreeTable; readonly place: number }) {
  const { gain, cover } = table;
  const facts = [
    table.feature[place] === -1 || Number.isNaN(gain[place]!) ? "" : `gain ${number(gain[place]!)}`,
    Number.isNaN(cover[place]!) ? "" : `cover ${number(cover[place]!)}`,
  ].filter((fact) => fact !== "");
  return facts.length === 0 ? null : <span class="quiet small">{facts.join(" · ")}</span>;
}
