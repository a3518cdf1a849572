/** Splits and leaves in words. */
import { count, number, plural } from "./format.ts";
import type { TreeTable } from "./tree-table.ts";

/** How features and their categories are called. */
export interface Names {
  readonly features: readonly string[];
  /** Category names of a feature in the order of their codes. */
  readonly categories: (feature: number) => readonly string[] | undefined;
}

/** Characters of a set of categories before it is abbreviated. */
const SET_LENGTH = 24;

/** What leads to the left child and to the right child: "< 3.5", "≥ 3.5"; "not {a, b}", "a or b". */
export function conditions(table: TreeTable, place: number, names: Names): readonly [string, string] {
  const codes = table.categories.get(place);
  if (codes === undefined) {
    const threshold = number(table.threshold[place]!, 6);
    return [`< ${threshold}`, `≥ ${threshold}`];
  }
  const known = names.categories(table.feature[place]!);
  const set = setText(codes.map((code) => known?.[code] ?? String(code)));
  return codes.length === 1 ? [`not ${set}`, `is ${set}`] : [`not in ${set}`, `in ${set}`];
}

function setText(names: readonly string[]): string {
  if (names.length <= 1) {
    return names[0] ?? "{}";
  }
  let [shown, length] = [0, 0];
  while (shown < names.length && (shown === 0 || length + names[shown]!.length <= SET_LENGTH)) {
    length += names[shown]!.length + 2;
    shown++;
  }
  const more = names.length - shown;
  return `{${names.slice(0, shown).join(", ")}${more > 0 ? `, … ${more} more` : ""}}`;
}

export function featureName(names: Names, feature: number): string {
  return names.features[feature] ?? `f${feature}`;
}

/** A leaf's values, the first ones of many. */
export function leafText(table: TreeTable, place: number): string {
  const { values, leafSize } = table;
  const shown = Array.from(
    values.subarray(place * leafSize, place * leafSize + Math.min(3, leafSize)),
    (value) => number(value),
  );
  return leafSize === 1
    ? shown[0]!
    : `[${shown.join(", ")}${leafSize > 3 ? `, … ${leafSize - 3} more` : ""}]`;
}

/** A row's value of a feature: a category by name, a number, or "missing". */
export function valueText(value: number, feature: number, names: Names): string {
  if (Number.isNaN(value)) {
    return "missing";
  }
  return names.categories(feature)?.[Math.trunc(value)] ?? number(value, 6);
}

/** A node in a sentence, for readers of screens and for tooltips. */
export function describeNode(table: TreeTable, place: number, names: Names): string {
  const facts: string[] = [];
  const isLeaf = table.feature[place] === -1;
  if (!Number.isNaN(table.gain[place]!) && !isLeaf) {
    facts.push(`gain ${number(table.gain[place]!)}`);
  }
  if (!Number.isNaN(table.cover[place]!)) {
    facts.push(`cover ${number(table.cover[place]!)}`);
  }
  const tail = facts.length === 0 ? "" : `, ${facts.join(", ")}`;
  if (isLeaf) {
    return `Leaf, node ${table.ids[place]}: ${leafText(table, place)}${tail}`;
  }
  const [left, right] = conditions(table, place, names);
  const missing = table.missingLeft[place] === 1 ? left : right;
  return `Split, node ${table.ids[place]}: ${featureName(names, table.feature[place]!)} ${left} or ${right}, missing goes with ${missing}${tail}`;
}

/** "Tree 3, round 1: 15 nodes, 8 leaves, depth 3". */
export function describeTree(table: TreeTable): string {
  const group = table.group > 0 ? `, output ${table.group}` : "";
  const weight = table.weight === 1 ? "" : `, weight ${number(table.weight)}`;
  return `Tree ${count(table.index)}, round ${count(table.round)}${group}${weight}: ${plural(table.size, "node")}, ${plural(table.leaves, "leaf", "leaves")}, depth ${table.depth}`;
}
