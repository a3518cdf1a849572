/** The chosen node in words, how one gets there, and the nodes beside it. */
import { Panel } from "../../charts/panel.tsx";
import { count, number, plural } from "../../logic/format.ts";
import { pathTo, type TreeTable } from "../../logic/tree-table.ts";
import { conditions, featureName, leafText, type Names, valueText } from "../../logic/tree-words.ts";

interface Props {
  readonly table: TreeTable;
  readonly names: Names;
  readonly place: number;
  readonly onGo: (place: number) => void;
  readonly row: number | undefined;
  readonly values: Float32Array | undefined;
  readonly path: ReadonlySet<number>;
}

export function NodeFacts(props: Props) {
  const { table, names, place, onGo } = props;
  const isLeaf = table.feature[place] === -1;
  return (
    <Panel title={`${isLeaf ? "Leaf" : "Split"}, node ${table.ids[place]}`} class="node-facts">
      <dl class="node-list">
        {factsOf(props).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="button-row">
        <button
          type="button"
          class="button small"
          disabled={place === 0}
          onClick={() => onGo(table.parent[place]!)}
        >
          Parent
        </button>
        {!isLeaf &&
          (["left", "right"] as const).map((side, i) => (
            <button type="button" class="button small" key={side} onClick={() => onGo(table[side][place]!)}>
              {conditions(table, place, names)[i]}
            </button>
          ))}
      </div>
      {place !== 0 && (
        <>
          <h4>How one gets here</h4>
          <ol class="plain node-path">
            {pathTo(table, place)
              .slice(0, -1)
              .map((at, i, path) => {
                const next = path[i + 1] ?? place;
                const [left, right] = conditions(table, at, names);
                return (
                  <li key={at}>
                    <button type="button" class="link" onClick={() => onGo(at)}>
                      {featureName(names, table.feature[at]!)} {table.left[at] === next ? left : right}
                    </button>
                  </li>
                );
              })}
          </ol>
        </>
      )}
      {props.row !== undefined && (
        <p class="small quiet">
          {props.path.has(place)
            ? `Row ${count(props.row)} comes through here.`
            : `Row ${count(props.row)} does not come here.`}
        </p>
      )}
    </Panel>
  );
}

function factsOf({ table, names, place, values, path }: Props): (readonly [string, string])[] {
  const facts: (readonly [string, string])[] = [];
  const feature = table.feature[place]!;
  const share = table.cover[place]! / table.cover[0]!;
  if (feature === -1) {
    facts.push(["Value", leafText(table, place)]);
    if (table.weight !== 1) {
      facts.push(["Weight of the tree", number(table.weight)]);
    }
  } else {
    const [left, right] = conditions(table, place, names);
    facts.push(["Feature", featureName(names, feature)], ["Yes", left], ["No", right]);
    facts.push(["Missing goes with", table.missingLeft[place] === 1 ? "yes" : "no"]);
    if (values !== undefined && path.has(place)) {
      facts.push(["The row has", valueText(values[feature]!, feature, names)]);
    }
    if (!Number.isNaN(table.gain[place]!)) {
      facts.push(["Gain", number(table.gain[place]!, 5)]);
    }
  }
  if (!Number.isNaN(table.cover[place]!)) {
    facts.push([
      "Cover",
      `${number(table.cover[place]!, 5)}${Number.isFinite(share) ? ` (${number(100 * share, 3)} %)` : ""}`,
    ]);
  }
  if (feature !== -1) {
    facts.push(["Beneath", plural(table.below[place]! - 1, "node")]);
    facts.push(["Leaves", `${number(table.least[place]!)} to ${number(table.greatest[place]!)}`]);
  }
  facts.push(["Level", String(table.level[place])]);
  return facts;
}
