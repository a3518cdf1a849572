/** Text dumps: `booster[0]:` headings and one line a node, `0:[f2<2.45] yes=1,no=2,missing=1,gain=…,cover=…`. */
import { describe, ModelFormatError, UnsupportedModelError } from "../errors.ts";
import type { ModelParts } from "../model/builder.ts";
import {
  type DumpNode,
  type DumpOptions,
  type DumpTree,
  dumpParts,
  indicatorError,
  linearParts,
} from "./dump.ts";
import { parseDecimal } from "./number.ts";

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|nan|inf)$/i;

export function looksLikeTextDump(start: string): boolean {
  return /^\s*(?:booster(?:\[\d+\])?:?\s*\n|0:(?:\[|leaf=)|bias:\s*\n)/.test(start);
}

/** The text of `dump_model`, or the texts of `get_dump` one after the other. */
export function readTextDump(text: string, options: DumpOptions | undefined): ModelParts {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const bias = lines.findIndex((line) => line.trim() === "bias:");
  return bias >= 0 ? readLinearText(lines.slice(bias), options) : dumpParts(readTrees(lines), options);
}

function readLinearText(lines: readonly string[], options: DumpOptions | undefined): ModelParts {
  const values: Record<"bias" | "weight", number[]> = { bias: [], weight: [] };
  let section: "bias" | "weight" = "bias";
  for (const line of lines) {
    const word = line.trim();
    if (word === "bias:" || word === "weight:") {
      section = word === "bias:" ? "bias" : "weight";
    } else if (word !== "") {
      values[section].push(number(word, "gblinear dump"));
    }
  }
  return linearParts(
    { bias: Float32Array.from(values.bias), weight: Float32Array.from(values.weight) },
    options,
  );
}

function readTrees(lines: readonly string[]): DumpTree[] {
  const trees: { where: string; nodes: DumpNode[] }[] = [];
  lines.forEach((line, index) => {
    const trimmed = line.trimStart();
    if (trimmed.trim() === "" || /^booster(?:\[\d+\])?:?\s*$/.test(trimmed)) {
      return;
    }
    const node = readNode(trimmed, `line ${index + 1}`);
    if (line.length === trimmed.length) {
      trees.push({ where: `tree ${trees.length} (line ${index + 1})`, nodes: [] });
    }
    const tree = trees[trees.length - 1];
    if (tree === undefined) {
      throw new ModelFormatError(`line ${index + 1}`, "is indented, expected the root of a tree");
    }
    tree.nodes.push(node);
  });
  for (const { nodes, where } of trees) {
    if (new Set(nodes.map((node) => node.id)).size !== nodes.length) {
      throw new ModelFormatError(where, "has two nodes with the same id");
    }
  }
  return trees;
}

function readNode(line: string, where: string): DumpNode {
  const colon = line.indexOf(":");
  const id = integer(line.slice(0, colon), where);
  const rest = line.slice(colon + 1);
  if (rest.startsWith("leaf=")) {
    return readLeaf(id, rest.slice("leaf=".length), where);
  }
  // Names may hold any character: the last "] yes=" ends the condition, the last "<" or ":{" in it ends the name.
  const end = rest.lastIndexOf("] yes=");
  if (!rest.startsWith("[") || end < 0) {
    throw new ModelFormatError(where, "is neither a leaf nor a split of a text dump");
  }
  const fields = readFields(rest.slice(end + 2), where);
  const condition = readCondition(rest.slice(1, end), where);
  const [yes, no, missing] = [fields.get("yes"), fields.get("no"), fields.get("missing")];
  if (condition === undefined) {
    throw indicatorError(where);
  }
  if (yes === undefined || no === undefined || missing === undefined) {
    throw new ModelFormatError(where, "has no yes= or no= or missing=");
  }
  const children = [integer(yes, where), integer(no, where)] as const;
  // A category set reads "yes: in the set", and what is in the set goes right.
  const [left, right] = typeof condition.condition === "number" ? children : [children[1], children[0]];
  return {
    id,
    split: { ...condition, left, right, missing: integer(missing, where) },
    gain: optionalNumber(fields.get("gain"), where),
    cover: optionalNumber(fields.get("cover"), where),
  };
}

function readLeaf(id: number, text: string, where: string): DumpNode {
  if (text.startsWith("[")) {
    const end = text.indexOf("]");
    const values = text.slice(1, end).split(",");
    if (end < 0 || text.slice(1, end).includes("...")) {
      throw new UnsupportedModelError(
        "long vector leaves in a text dump",
        `${where}: the text keeps only some of a leaf's values; use the JSON dump`,
      );
    }
    return leafNode(
      id,
      values.map((value) => number(value.trim(), where)),
      text.slice(end + 1),
      where,
    );
  }
  const comma = text.indexOf(",");
  const value = comma < 0 ? text : text.slice(0, comma);
  return leafNode(id, [number(value.trim(), where)], comma < 0 ? "" : text.slice(comma), where);
}

function leafNode(id: number, values: number[], rest: string, where: string): DumpNode {
  const fields = readFields(rest.replace(/^,/, ""), where);
  return {
    id,
    leaf: Float32Array.from(values),
    gain: undefined,
    cover: optionalNumber(fields.get("cover"), where),
  };
}

/** The condition in brackets: `name<threshold` or `name:{categories}`; `undefined` for an indicator, a name alone. */
function readCondition(
  text: string,
  where: string,
): { feature: string; condition: number | Int32Array } | undefined {
  const brace = text.lastIndexOf(":{");
  if (brace >= 0 && text.endsWith("}")) {
    const categories = text.slice(brace + 2, -1).split(",");
    return {
      feature: text.slice(0, brace),
      condition: Int32Array.from(categories, (item) => integer(item, where)),
    };
  }
  const less = text.lastIndexOf("<");
  return less < 0
    ? undefined
    : { feature: text.slice(0, less), condition: number(text.slice(less + 1), where) };
}

/** `a=1,b=2` → its fields. */
function readFields(text: string, where: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const item of text.trim() === "" ? [] : text.trim().split(",")) {
    const equals = item.indexOf("=");
    if (equals < 0) {
      throw new ModelFormatError(where, `has ${describe(item)}, expected name=value`);
    }
    fields.set(item.slice(0, equals), item.slice(equals + 1));
  }
  return fields;
}

function integer(text: string, where: string): number {
  const value = /^\s*\d{1,10}\s*$/.test(text) ? Number(text) : -1;
  if (value < 0 || value > 0x7fffffff) {
    throw new ModelFormatError(where, `has ${describe(text)}, expected a node number or category`);
  }
  return value;
}

function number(text: string, where: string): number {
  if (!NUMBER.test(text)) {
    throw new ModelFormatError(where, `has ${describe(text)}, expected a number`);
  }
  const word = /nan|inf/i.exec(text)?.[0];
  if (word !== undefined) {
    return word.toLowerCase() === "nan" ? Number.NaN : text.startsWith("-") ? -Infinity : Infinity;
  }
  return parseDecimal(text);
}

function optionalNumber(text: string | undefined, where: string): number | undefined {
  return text === undefined ? undefined : number(text, where);
}
