/** A tree as a picture, from left to right, so that names have room. */
import { type HierarchyPointNode, hierarchy, tree as tidyTree } from "d3-hierarchy";
import type { TreeView } from "../model/tree-view.ts";
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
import {
  element,
  frame,
  label,
  nameAndValue,
  nameAndValueWidth,
  type PictureOptions,
  pictureWidth,
  px,
  SMALL,
  withTooltip,
} from "./svg.ts";
import { cleanText, textWidth } from "./text.ts";

/** The width is that of the tree, unless `width` asks for more. */
export interface TreeDiagramOptions extends PictureOptions, OutlineOptions {}

const BOX = 40;
const ROW = 50;
const MARGIN = 20;
const MIN_BOX = 84;
const MAX_BOX = 210;
const MIN_EDGE = 112;
const MAX_EDGE = 230;

type Point = HierarchyPointNode<OutlineNode>;

/** Sizes that hold for the whole picture, so that levels stand in columns. */
interface Columns {
  readonly box: number;
  readonly edge: number;
}

/**
 * One tree as an SVG document: splits are boxes with the feature's name, edges say which values take them and which one a
 * missing value takes; leaves show their values. The path of a row is drawn bold.
 * @param tree what `booster.tree(index)` returns
 * @throws InputError for a `leaf` that the tree does not have, and for options that do not fit
 */
export function treeDiagram(tree: TreeView, options: TreeDiagramOptions = {}): string {
  const asked = pictureWidth(options, 320);
  const root = hierarchy(outline(tree, options), ({ children }) => children as OutlineNode[] | undefined);
  const columns = columnsOf(
    root.descendants().map(({ data }) => data),
    options,
  );
  const placed = tidyTree<OutlineNode>()
    .nodeSize([ROW, columns.box + columns.edge])
    .separation(() => 1)(root);
  const nodes = placed.descendants();
  const top = nodes.reduce((least, { x }) => Math.min(least, x), Infinity);
  const bottom = nodes.reduce((greatest, { x }) => Math.max(greatest, x), -Infinity);
  const right = nodes.reduce((greatest, { y }) => Math.max(greatest, y), 0) + columns.box;
  const links = placed.links().sort((a, b) => Number(a.target.data.onPath) - Number(b.target.data.onPath));
  const body = element(
    "g",
    { transform: `translate(${MARGIN} ${px(MARGIN + BOX / 2 - top)})` },
    links.map(({ source, target }) => drawEdge(source, target, columns)).join("") +
      nodes.map((point) => drawNode(point, columns, options)).join(""),
  );
  const note = `${describeTree(tree)}. Dashed edges: missing values.`;
  const noteWidth = textWidth(note, SMALL) + 2 * MARGIN;
  const width = Math.max(asked, right + 2 * MARGIN, Math.min(noteWidth, 640));
  const height = bottom - top + BOX + 2 * MARGIN + 24;
  return frame(
    { width, height, name: describeTree(tree), description: describeNodes(tree, nodes, options) },
    options,
    body + label(MARGIN, height - 16, note, { class: "muted", room: width - 2 * MARGIN }),
  );
}

/** Width of boxes and of the gaps between them, as the longest texts need within limits. */
function columnsOf(nodes: readonly OutlineNode[], options: OutlineOptions): Columns {
  let [box, edge] = [MIN_BOX, MIN_EDGE];
  for (const each of nodes) {
    const { first, second } = boxTexts(each, options);
    box = Math.max(box, nameAndValueWidth(...first) + 20, textWidth(second, SMALL) + 20);
    edge = Math.max(edge, textWidth(cleanText(each.condition), SMALL) + 40);
  }
  return { box: Math.min(MAX_BOX, box), edge: Math.min(MAX_EDGE, edge) };
}

interface BoxTexts {
  readonly first: readonly [string, string | undefined];
  readonly second: string;
}

function boxTexts({ node, hidden, onPath }: OutlineNode, options: OutlineOptions): BoxTexts {
  if (hidden !== undefined) {
    const [first, second] = hiddenText(hidden);
    return { first: [first, undefined], second };
  }
  return {
    first: node.kind === "leaf" ? [leafText(node), undefined] : splitText(node, onPath, options),
    second: statistics(node),
  };
}

function drawNode(point: Point, { box }: Columns, options: OutlineOptions): string {
  const { data } = point;
  const { node, onPath, hidden } = data;
  const { first, second } = boxTexts(data, options);
  const [x, y] = [point.y, point.x];
  const isLeaf = node.kind === "leaf";
  const frameBox = element("rect", {
    x,
    y: y - BOX / 2,
    width: box,
    height: BOX,
    rx: isLeaf ? BOX / 2 : 4,
    class: "box",
    "stroke-width": onPath ? 2.5 : 1,
    "stroke-dasharray": hidden === undefined ? undefined : "4 3",
  });
  const middle = x + box / 2;
  const firstY = second === "" ? y : y - 7;
  const name = isLeaf
    ? label(middle, firstY, first[0], {
        class: leafClass(node.value),
        anchor: "middle",
        bold: true,
        size: 13,
        room: box - 16,
      })
    : nameAndValue(x + 10, firstY, first[0], first[1], box - 18, "start");
  const numbers = isLeaf
    ? label(middle, y + 9, second, { class: "muted", anchor: "middle", room: box - 16 })
    : label(x + 10, y + 9, second, { class: "muted", room: box - 18 });
  return withTooltip(`node ${node.id}: ${first[0]}`, frameBox + name + (second === "" ? "" : numbers));
}

function leafClass(value: readonly number[]): string {
  const only = value.length === 1 ? value[0]! : 0;
  return only > 0 ? "up" : only < 0 ? "down" : "";
}

function drawEdge(source: Point, target: Point, { box, edge }: Columns): string {
  const { onPath, condition, takesMissing } = target.data;
  const [x0, y0, x1, y1] = [source.y + box, source.x, target.y, target.x];
  const turn = x0 + 22;
  const path = element("path", {
    d: `M${px(x0)} ${px(y0)}C${px(turn)} ${px(y0)} ${px(x0 + 4)} ${px(y1)} ${px(x0 + 26)} ${px(y1)}H${px(x1)}`,
    fill: "none",
    class: onPath ? "strong" : "line",
    "stroke-width": onPath ? 3 : 1.2,
    "stroke-dasharray": takesMissing ? "5 3" : undefined,
  });
  return (
    path +
    label(x0 + 28, y1 - 9, condition, { bold: onPath, room: edge - 32 }) +
    (takesMissing ? label(x0 + 28, y1 + 9, "or missing", { class: "muted", room: edge - 32 }) : "")
  );
}

/** The tree in words, as far as it is shown. */
function describeNodes(tree: TreeView, nodes: readonly Point[], options: OutlineOptions): string {
  const lines = nodes.map(({ data }) => {
    const { first, second } = boxTexts(data, options);
    const what =
      data.node.kind === "leaf"
        ? `leaf ${first[0]}`
        : `${first[0]}${first[1] === undefined ? "" : ` = ${first[1]}`}`;
    const path = data.onPath ? ", on the row's path" : "";
    const condition =
      data.condition === "" ? "" : `${data.condition}${data.takesMissing ? " or missing" : ""}: `;
    return `node ${data.node.id}, ${condition}${what}${second === "" ? "" : ` (${second})`}${path}`;
  });
  return `${describeTree(tree)}. ${lines.join("; ")}.`;
}
