/** Pictures of text, for terminals and logs. */
import { describe, InputError } from "../errors.ts";
import type { TreeView } from "../model/tree-view.ts";
import { checkRow, type Item, largestItems, type RowContributions, total } from "./contributions.ts";
import { formatNumber, formatSigned } from "./numbers.ts";
import {
  describeTree,
  hiddenText,
  leafText,
  type OutlineNode,
  type OutlineOptions,
  outline,
  splitText,
  statistics,
} from "./outline.ts";
import { abbreviate, cleanText, columns, isolate } from "./text.ts";
import { type Step, stepsOf } from "./waterfall.ts";

export interface TextOptions {
  /** Columns of the terminal, 40 to 1000. Default: 80. */
  readonly width?: number;
  /** ANSI colours: orange pushes up, blue pushes down, as in the pictures. Default: false. */
  readonly colour?: boolean;
}

export interface TextWaterfallOptions extends TextOptions {
  /** Lines; what is left is summed in the last one. Default: 10. */
  readonly maxDisplay?: number;
}

export interface TextTreeOptions extends TextOptions, OutlineOptions {}

type Style = "up" | "down" | "muted" | "bold";

/** Of the 256 colours of terminals: 208 and 39 differ for colour-blind readers too. */
const CODES: Readonly<Record<Style, string>> = { up: "38;5;208", down: "38;5;39", muted: "2", bold: "1" };

type Paint = (style: Style, text: string) => string;

function painter(colour: boolean): Paint {
  return (style, text) => (colour && text !== "" ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
}

function checkWidth(width: number): number {
  if (!(Number.isInteger(width) && width >= 40 && width <= 1000)) {
    throw new InputError(`width is ${describe(width)}, expected a whole number of columns from 40 to 1000`);
  }
  return width;
}

function shorten(text: string, room: number): string {
  return abbreviate(cleanText(text), room, columns);
}

function pad(text: string, width: number, atStart = false): string {
  const spaces = " ".repeat(Math.max(0, width - columns(text)));
  return atStart ? spaces + isolate(text) : isolate(text) + spaces;
}

/**
 * A waterfall as lines of text: f(x) on top, the largest contributions below it, E[f(x)] at the bottom.
 * @throws InputError for lists of different lengths and for options that do not fit
 */
export function textWaterfall(row: RowContributions, options: TextWaterfallOptions = {}): string {
  checkRow(row);
  const width = checkWidth(options.width ?? 80);
  const paint = painter(options.colour ?? false);
  const items = largestItems(row, options.maxDisplay ?? 10);
  const steps = stepsOf(items, row.base);
  const amounts = items.map(({ amount }) => formatSigned(amount));
  const ends = [`f(x) = ${formatNumber(total(row))}`, `E[f(x)] = ${formatNumber(row.base)}`] as const;
  const amountWidth = Math.max(0, ...amounts.map(columns));
  const texts = items.map(({ name, value }) => cleanText(value === undefined ? name : `${name} = ${value}`));
  const nameWidth = Math.min(Math.max(8, ...texts.map(columns)), Math.floor((width - amountWidth) * 0.5));
  const barWidth = width - nameWidth - amountWidth - 3;
  const lines = steps.map((step, i) => {
    const name = pad(nameText(items[i]!, nameWidth), nameWidth);
    const style = step.item.amount > 0 ? "up" : step.item.amount < 0 ? "down" : "muted";
    const bar = barText(step, steps, barWidth);
    return `${name}  ${paint(style, pad(amounts[i]!, amountWidth, true))} ${paint(style, bar)}`.trimEnd();
  });
  return `${[paint("bold", ends[0]), ...lines, paint("muted", ends[1])].join("\n")}\n`;
}

/** A long value leaves half of the room to the name. */
function nameText({ name, value }: Item, width: number): string {
  if (value === undefined) {
    return shorten(name, width);
  }
  const shown = ` = ${shorten(value, Math.max(Math.floor(width / 2) - 3, width - columns(cleanText(name)) - 3))}`;
  return shorten(name, width - columns(shown)) + shown;
}

/** Its step of the waterfall in cells, with a tip where it points. */
function barText({ item, from, to }: Step, steps: readonly Step[], cells: number): string {
  const all = steps.flatMap((step) => [step.from, step.to]);
  const low = all.reduce((least, value) => Math.min(least, value), Infinity);
  const high = all.reduce((greatest, value) => Math.max(greatest, value), -Infinity);
  const place = (value: number): number =>
    high > low ? Math.round(((value / 2 - low / 2) / (high / 2 - low / 2)) * (cells - 1)) : 0;
  const [start, end] = [place(Math.min(from, to)), place(Math.max(from, to))];
  if (!(item.amount > 0 || item.amount < 0)) {
    return `${" ".repeat(start)}│`;
  }
  const body = "█".repeat(end - start);
  return " ".repeat(start) + (item.amount > 0 ? `${body}▶` : `◀${body}`);
}

/**
 * A tree as lines of text, with branches drawn; the path of a row is marked with `●` and bold.
 * @param tree what `booster.tree(index)` returns
 * @throws InputError for a `leaf` that the tree does not have, and for options that do not fit
 */
export function textTree(tree: TreeView, options: TextTreeOptions = {}): string {
  const width = checkWidth(options.width ?? 80);
  const paint = painter(options.colour ?? false);
  const root = outline(tree, options);
  const lines = [shorten(describeTree(tree), width)];
  const marked = options.leaf !== undefined;
  const visit = (node: OutlineNode, first: string, rest: string): void => {
    lines.push(nodeLine(node, first, marked, width, paint, options));
    node.children?.forEach((child, i) => {
      visit(child, `${rest}${i === 0 ? "├─ " : "└─ "}`, `${rest}${i === 0 ? "│  " : "   "}`);
    });
  };
  visit(root, "", "");
  return `${lines.join("\n")}\n`;
}

/** Columns that branches may take: deeper ones are cut at the left, so that there is always room for text. */
const BRANCH_SHARE = 0.5;

function nodeLine(
  each: OutlineNode,
  branches: string,
  marked: boolean,
  width: number,
  paint: Paint,
  options: OutlineOptions,
): string {
  const { node, condition, takesMissing, onPath, hidden } = each;
  const mark = marked ? (onPath ? "● " : "  ") : "";
  const most = Math.floor(width * BRANCH_SHARE);
  const shown = branches.length > most ? `…${branches.slice(branches.length - most + 1)}` : branches;
  const lead = condition === "" ? "" : `${condition}${takesMissing ? " or missing" : ""}: `;
  let what: string;
  let style: Style | undefined = onPath ? "bold" : undefined;
  let notes = statistics(node);
  if (hidden !== undefined) {
    [what, notes] = hiddenText(hidden);
    style = "muted";
  } else if (node.kind === "leaf") {
    what = leafText(node);
    style = node.value.length === 1 && node.value[0] !== 0 ? (node.value[0]! > 0 ? "up" : "down") : style;
  } else {
    const [name, value] = splitText(node, onPath, options);
    what = value === undefined ? name : `${name} = ${value}`;
  }
  const room = width - mark.length - shown.length;
  const text = shorten(`${lead}${what}`, room);
  const left = room - columns(text) - 2;
  const end = notes !== "" && left > 8 ? `  ${paint("muted", shorten(notes, left))}` : "";
  return (
    mark + paint("muted", shown) + (style === undefined ? isolate(text) : paint(style, isolate(text))) + end
  );
}
