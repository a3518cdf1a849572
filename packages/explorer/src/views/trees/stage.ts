/** What is drawn of a tree on a canvas, and what lies where. */
import type { Palette } from "../../charts/palette.ts";
import { mix } from "../../charts/palette.ts";
import { number } from "../../logic/format.ts";
import { type TreeLayout, visibleRange } from "../../logic/tree-layout.ts";
import type { TreeTable } from "../../logic/tree-table.ts";
import { conditions, featureName, leafText, type Names } from "../../logic/tree-words.ts";

/** Sizes at scale 1, in pixels. */
export const BOX = 188;
export const HIGH = 38;
const COLUMN = 262;
export const LINE = 44;
/** Below this scale there are boxes without text. */
const TEXT_SCALE = 0.42;
/** Levels with more nodes show only the edges of those in sight. */
const ALL_EDGES = 256;
/** Lines closer than this are not drawn one by one. */
const EDGE_PIXELS = 0.7;

/**
 * World to screen: `x * across + view.x`, `y * scale + view.y`. Large trees are much higher than wide: seen from far away, where there is no
 * text, levels stay as wide as the canvas allows while lines close up.
 */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly across: number;
  /** What `across` does not fall below. */
  readonly leastAcross: number;
}

export interface Scene {
  readonly table: TreeTable;
  readonly layout: TreeLayout;
  readonly names: Names;
  /** Place of the node that the keyboard stands on. */
  readonly focus: number;
  /** Places from the root to the leaf of a row. */
  readonly path: ReadonlySet<number>;
  /** Features that are searched for. */
  readonly wanted: ReadonlySet<number>;
  /** By place: splits on wanted features in its subtree. */
  readonly matches: Int32Array | undefined;
  readonly isOpen: (place: number) => boolean;
}

/** Centre left of a node's box. */
export function positionOf({ table, layout }: Scene, place: number): readonly [number, number] {
  return [table.level[place]! * COLUMN, layout.line[place]! * LINE];
}

export function extentOfTree({ layout }: Scene): readonly [number, number] {
  return [layout.depth * COLUMN + BOX, Math.max(0, layout.lines - 1) * LINE + HIGH];
}

export function drawTree(
  context: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  width: number,
  height: number,
  colours: Palette,
): void {
  const isFar = view.scale < TEXT_SCALE;
  context.save();
  if (!isFar) {
    context.translate(view.x, view.y);
    context.scale(view.scale, view.scale);
  }
  const sight = {
    left: -view.x / view.across,
    right: (width - view.x) / view.across,
    top: (-view.y / view.scale - HIGH) / LINE,
    bottom: ((height - view.y) / view.scale + HIGH) / LINE,
  };
  const seen: Int32Array[] = [];
  for (let level = 0; level <= scene.layout.depth; level++) {
    const places = scene.layout.levels[level]!;
    const [from, to] = visibleRange(scene.layout, level, sight.top, sight.bottom);
    const isNear = (level + 1) * COLUMN > sight.left && (level - 1) * COLUMN < sight.right;
    const range = places.length <= ALL_EDGES ? places : places.subarray(Math.max(0, from - 1), to + 1);
    if (isNear) {
      (isFar ? drawFarEdges : drawEdges)(context, scene, range, view, colours);
      if (level * COLUMN < sight.right && level * COLUMN + BOX + 30 > sight.left) {
        seen.push(places.subarray(from, to));
      }
    }
  }
  for (const places of seen) {
    if (isFar) {
      drawFar(context, scene, places, view, colours);
    } else {
      for (const place of places) {
        drawNode(context, scene, place, colours);
      }
    }
  }
  if (!Number.isNaN(scene.layout.line[scene.focus]!)) {
    const [x, y] = drawnAt(scene, scene.focus, view);
    const [wide, high] = isFar ? [BOX * view.across, Math.max(4, HIGH * view.scale)] : [BOX, HIGH];
    context.strokeStyle = colours.accent;
    context.lineWidth = 2.5;
    roundBox(context, x - 4, y - high / 2 - 4, wide + 8, high + 8, isFar ? 4 : 10);
    context.stroke();
  }
  context.restore();
}

/** Where a node is drawn: text needs even scales, which the canvas does; from far away there is none. */
function drawnAt(scene: Scene, place: number, view: View): readonly [number, number] {
  const [x, y] = positionOf(scene, place);
  return view.scale < TEXT_SCALE ? [x * view.across + view.x, y * view.scale + view.y] : [x, y];
}

/** From each node to its parent. All of a level are one path, which is many times as quick as one path each; the row's way lies above. */
function drawFarEdges(
  context: CanvasRenderingContext2D,
  scene: Scene,
  places: Int32Array,
  view: View,
  colours: Palette,
): void {
  const { table, path } = scene;
  const pitch = (LINE * view.scale * scene.layout.lines) / Math.max(1, places.length);
  const all = pitch < EDGE_PIXELS ? places.filter((place) => path.has(place)) : places;
  const draw = (which: Int32Array, colour: string, alpha: number): void => {
    context.beginPath();
    for (const place of which) {
      const parent = table.parent[place]!;
      if (parent >= 0) {
        const [x0, y0] = drawnAt(scene, parent, view);
        const [x1, y1] = drawnAt(scene, place, view);
        edge(context, x0 + BOX * view.across, y0, x1, y1);
      }
    }
    context.strokeStyle = colour;
    context.globalAlpha = alpha;
    context.lineWidth = Math.max(0.6, edgeWidth(1 / Math.max(1, places.length)) * view.across);
    context.stroke();
    context.globalAlpha = 1;
  };
  draw(all, colours.lineStrong, 0.55);
  const way = all.filter((place) => path.has(place));
  if (way.length > 0) {
    draw(way, colours.accent, 1);
  }
}

function edge(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  const middle = (x0 + x1) / 2;
  context.moveTo(x0, y0);
  context.bezierCurveTo(middle, y0, middle, y1, x1, y1);
}

/** @param share of the root's cover; NaN where the file does not say */
function edgeWidth(share: number): number {
  return Number.isFinite(share) ? 1.2 + 12 * Math.sqrt(Math.max(0, share)) : 1.5;
}

/** From each node to its parent; as wide as the share of the cover that goes this way. */
function drawEdges(
  context: CanvasRenderingContext2D,
  scene: Scene,
  places: Int32Array,
  view: View,
  colours: Palette,
): void {
  const { table, path } = scene;
  const whole = table.cover[0]!;
  for (const place of places) {
    const parent = table.parent[place]!;
    if (parent < 0) {
      continue;
    }
    const [x0, y0] = drawnAt(scene, parent, view);
    const [x1, y1] = drawnAt(scene, place, view);
    const isPath = path.has(place);
    context.strokeStyle = isPath ? colours.accent : colours.lineStrong;
    context.globalAlpha = isPath ? 1 : 0.55;
    context.lineWidth = edgeWidth(table.cover[place]! / whole);
    context.beginPath();
    edge(context, x0 + BOX, y0, x1, y1);
    context.stroke();
    context.globalAlpha = 1;
    const isLeft = table.left[parent] === place;
    const takesMissing = (table.missingLeft[parent] === 1) === isLeft;
    const text = `${isLeft ? "yes" : "no"}${takesMissing ? ", missing" : ""}`;
    edgeLabel(context, (x0 + BOX + x1) / 2, (y0 + y1) / 2, text, colours);
  }
}

function edgeLabel(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  text: string,
  colours: Palette,
): void {
  context.font = `11.5px ${colours.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const wide = context.measureText(text).width + 4;
  context.fillStyle = colours.surface;
  context.fillRect(x - wide / 2, y - 7, wide, 14);
  context.fillStyle = colours.quiet;
  context.fillText(text, x, y);
}

/** Boxes without text, never thinner than a pixel. */
function drawFar(
  context: CanvasRenderingContext2D,
  scene: Scene,
  places: Int32Array,
  view: View,
  colours: Palette,
): void {
  const high = Math.max(1, HIGH * view.scale);
  let last = Number.NaN;
  for (const place of places) {
    const [x, y] = drawnAt(scene, place, view);
    const line = Math.round(2 * y);
    const colour = fillOf(scene, place, colours);
    // Of those in half a pixel one is drawn, but for what is searched for.
    if (line !== last || colour === colours.accent) {
      context.fillStyle = colour;
      context.fillRect(x, y - high / 2, BOX * view.across, high);
    }
    last = line;
  }
}

function fillOf(scene: Scene, place: number, colours: Palette): string {
  const { table, wanted, matches, path } = scene;
  const isWanted = wanted.has(table.feature[place]!) || (!scene.isOpen(place) && (matches?.[place] ?? 0) > 0);
  if (isWanted) {
    return colours.accent;
  }
  if (path.has(place)) {
    return colours.accentSoft;
  }
  return table.feature[place] === -1 ? leafColour(table, place, colours) : colours.markSoft;
}

/** Leaves from the colour of "down" over none to that of "up", by their size among the leaves of the tree. */
function leafColour(table: TreeTable, place: number, colours: Palette): string {
  const most = Math.max(Math.abs(table.least[0]!), Math.abs(table.greatest[0]!)) || 1;
  const value = table.values[place * table.leafSize]!;
  const share = Number.isFinite(value) ? Math.min(1, Math.abs(value) / most) : 0;
  return shades(colours)[value < 0 ? "down" : "up"][Math.round(share * SHADES)]!;
}

const SHADES = 32;

interface Shades {
  readonly down: readonly string[];
  readonly up: readonly string[];
}

const known = new WeakMap<Palette, Shades>();

/** Mixing a colour takes longer than filling a box with it. */
function shades(colours: Palette): Shades {
  let found = known.get(colours);
  if (found === undefined) {
    const of = (colour: string): string[] =>
      Array.from({ length: SHADES + 1 }, (_, i) => mix(colours.surface, colour, 0.12 + (0.5 * i) / SHADES));
    found = { down: of(colours.down), up: of(colours.up) };
    known.set(colours, found);
  }
  return found;
}

function drawNode(context: CanvasRenderingContext2D, scene: Scene, place: number, colours: Palette): void {
  const { table, names, wanted, matches, path } = scene;
  const [x, y] = positionOf(scene, place);
  const isLeaf = table.feature[place] === -1;
  const isWanted = wanted.has(table.feature[place]!);
  context.fillStyle = isWanted
    ? colours.accentSoft
    : isLeaf
      ? leafColour(table, place, colours)
      : colours.surface;
  context.strokeStyle = isWanted || path.has(place) ? colours.accent : colours.lineStrong;
  context.lineWidth = isWanted || path.has(place) ? 2.2 : 1;
  roundBox(context, x, y - HIGH / 2, BOX, HIGH, isLeaf ? HIGH / 2 : 7);
  context.fill();
  context.stroke();
  const [first, second] = isLeaf ? leafLines(table, place) : splitLines(table, place, names);
  context.textAlign = isLeaf ? "center" : "left";
  context.textBaseline = "middle";
  context.fillStyle = colours.text;
  context.font = `600 13.5px ${colours.font}`;
  const at = isLeaf ? x + BOX / 2 : x + 10;
  if (isLeaf) {
    context.fillText(first, at, y - (second === "" ? 0 : 7));
  } else {
    context.fillText(splitLabel(context, scene, place, first), at, y - (second === "" ? 0 : 7));
  }
  if (second !== "") {
    context.fillStyle = isLeaf ? colours.text : colours.quiet;
    context.font = `12px ${colours.font}`;
    context.fillText(cut(context, second, BOX - 18), at, y + 9);
  }
  if (!isLeaf && !scene.isOpen(place)) {
    drawClosed(context, x, y, table.below[place]! - 1, matches?.[place] ?? 0, colours);
  }
}

const labels = new WeakMap<TreeTable, Map<number, string>>();

/** Name and condition within a box: the condition stays whole, the name gives way. Remembered, since measuring is slow. */
function splitLabel(
  context: CanvasRenderingContext2D,
  { table, names }: Scene,
  place: number,
  name: string,
): string {
  let ofTable = labels.get(table);
  if (ofTable === undefined) {
    ofTable = new Map();
    labels.set(table, ofTable);
  }
  let label = ofTable.get(place);
  if (label === undefined) {
    const condition = conditions(table, place, names)[0];
    const room = BOX - 20 - context.measureText(` ${condition}`).width;
    label = cut(context, `${cut(context, name, Math.max(40, room))} ${condition}`, BOX - 18);
    ofTable.set(place, label);
  }
  return label;
}

function leafLines(table: TreeTable, place: number): readonly [string, string] {
  return [
    leafText(table, place),
    Number.isNaN(table.cover[place]!) ? "" : `cover ${number(table.cover[place]!, 3)}`,
  ];
}

function splitLines(table: TreeTable, place: number, names: Names): readonly [string, string] {
  const [gain, cover] = [table.gain[place]!, table.cover[place]!];
  const facts = [
    Number.isNaN(gain) ? "" : `gain ${number(gain, 3)}`,
    Number.isNaN(cover) ? "" : `cover ${number(cover, 3)}`,
  ].filter((fact) => fact !== "");
  return [featureName(names, table.feature[place]!), facts.join(" · ")];
}

/** How many nodes a closed split stands for. */
function drawClosed(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  nodes: number,
  matches: number,
  colours: Palette,
): void {
  const text = `+${number(nodes)}`;
  context.font = `600 11px ${colours.font}`;
  const wide = context.measureText(text).width + 14;
  context.fillStyle = matches > 0 ? colours.accent : colours.sunken;
  context.strokeStyle = matches > 0 ? colours.accent : colours.lineStrong;
  context.lineWidth = 1;
  roundBox(context, x + BOX + 4, y - 10, wide, 20, 10);
  context.fill();
  context.stroke();
  context.textAlign = "center";
  context.fillStyle = matches > 0 ? colours.surface : colours.text;
  context.fillText(text, x + BOX + 4 + wide / 2, y + 0.5);
}

function roundBox(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  wide: number,
  high: number,
  radius: number,
): void {
  context.beginPath();
  context.roundRect(x, y, wide, high, radius);
}

const cuts = new Map<string, string>();

/** A text cut to a width; known ones are remembered, since measuring is slow. */
function cut(context: CanvasRenderingContext2D, text: string, room: number): string {
  const key = `${context.font}|${Math.round(room)}|${text}`;
  let found = cuts.get(key);
  if (found === undefined) {
    found = text;
    for (let length = text.length; context.measureText(found).width > room && length > 1; length--) {
      found = `${text.slice(0, length - 1)}…`;
    }
    if (cuts.size > 20_000) {
      cuts.clear();
    }
    cuts.set(key, found);
  }
  return found;
}

export interface Hit {
  readonly place: number;
  /** Whether it is the sign of a closed split. */
  readonly isSign: boolean;
}

/** The node at a point of the screen. */
export function hitTest(scene: Scene, view: View, x: number, y: number): Hit | undefined {
  const [wx, wy] = [(x - view.x) / view.across, (y - view.y) / view.scale];
  const level = Math.floor(wx / COLUMN);
  const inside = wx - level * COLUMN;
  if (level < 0 || level > scene.layout.depth || inside > BOX + 50) {
    return undefined;
  }
  const half = Math.max(HIGH / 2, 4 / view.scale);
  const [from, to] = visibleRange(scene.layout, level, (wy - half) / LINE, (wy + half) / LINE);
  const place = scene.layout.levels[level]![from];
  if (from >= to || place === undefined) {
    return undefined;
  }
  const isSplit = scene.table.feature[place] !== -1;
  const isSign = inside > BOX;
  return isSign && (!isSplit || scene.isOpen(place)) ? undefined : { place, isSign };
}

/** The view in which all is in sight, but for what would be too small to read at `least` scale. */
export function fit(scene: Scene, width: number, height: number, least: number): View {
  const [wide, high] = extentOfTree(scene);
  const margin = 24;
  const fitsAcross = (width - 2 * margin) / wide;
  const leastAcross = Math.min(0.95 * TEXT_SCALE, fitsAcross);
  const scale = Math.max(least, Math.min(1, fitsAcross, (height - 2 * margin) / high));
  const across = Math.max(scale, leastAcross);
  const root = positionOf(scene, 0)[1];
  const fits = high * scale <= height - 2 * margin + 1;
  const x = wide * across <= width - 2 * margin ? (width - wide * across) / 2 : margin;
  return {
    scale,
    across,
    leastAcross,
    x,
    y: fits ? (height - (high - HIGH) * scale) / 2 : height / 2 - root * scale,
  };
}

/** The view moved as little as it takes to bring a node into sight. */
export function reveal(scene: Scene, view: View, place: number, width: number, height: number): View {
  const [wx, wy] = positionOf(scene, place);
  const [left, right] = [wx * view.across + view.x, (wx + BOX) * view.across + view.x];
  const middle = wy * view.scale + view.y;
  const margin = Math.min(40, width / 6);
  const dx =
    left < margin
      ? margin - left
      : right > width - margin
        ? Math.max(width - margin - right, margin - left)
        : 0;
  const dy = middle < margin ? margin - middle : middle > height - margin ? height - margin - middle : 0;
  return { ...view, x: view.x + dx, y: view.y + dy };
}

/** Zoomed about a point of the screen. */
export function zoomed(view: View, factor: number, x: number, y: number): View {
  const scale = Math.max(0.001, Math.min(3, view.scale * factor));
  const across = Math.max(scale, view.leastAcross);
  return {
    ...view,
    scale,
    across,
    x: x - ((x - view.x) * across) / view.across,
    y: y - ((y - view.y) * scale) / view.scale,
  };
}
