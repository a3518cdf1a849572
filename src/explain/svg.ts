/** SVG as text: elements, labels that fit, and the frame that every picture stands in. */
import { describe, InputError } from "../errors.ts";
import { abbreviate, cleanText, escapeXml, isolate, textWidth } from "./text.ts";
import { styleSheet, type Theme } from "./theme.ts";

/** What every picture takes. */
export interface PictureOptions {
  /** Default: `"auto"`, which follows the reader's system. */
  readonly theme?: Theme;
  /** Width in pixels, 320 or more; each picture has its own default. Heights follow from the content. */
  readonly width?: number;
  /** Heading in the picture; also its accessible name. Default: no heading, and a name that says what is shown. */
  readonly title?: string;
  /** Text alternative. Default: the numbers of the picture in words. */
  readonly description?: string;
  /** Leave the background to the page, which then must match the theme. Default: false. */
  readonly transparent?: boolean;
}

export const FONT_SIZE = 13;
export const SMALL = 12;
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
const MIN_WIDTH = 320;
const MAX_WIDTH = 10_000;

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Coordinates to a tenth of a pixel; what is no finite number is a mistake of ours and must not reach the file. */
export function px(value: number): string {
  if (!Number.isFinite(value)) {
    throw new RangeError(`coordinate ${value}`);
  }
  return String(Math.round(value * 10) / 10);
}

/** `content` is XML already. */
export function element(name: string, attributes: Attributes, content = ""): string {
  let text = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) {
      text += ` ${key}="${typeof value === "number" ? px(value) : escapeXml(value)}"`;
    }
  }
  return content === "" ? `${text}/>` : `${text}>${content}</${name}>`;
}

/** A group with a tooltip. */
export function withTooltip(tooltip: string, content: string): string {
  return element("g", {}, element("title", {}, escapeXml(tooltip)) + content);
}

export interface LabelOptions {
  readonly class?: string;
  readonly anchor?: "start" | "middle" | "end";
  readonly bold?: boolean;
  readonly size?: number;
  /** Abbreviate to this many pixels; the whole text is in a tooltip then. */
  readonly room?: number;
}

/** One line of text; `y` is its middle. */
export function label(x: number, y: number, text: string, options: LabelOptions = {}): string {
  const size = options.size ?? SMALL;
  const whole = cleanText(text);
  const room = (options.room ?? Number.POSITIVE_INFINITY) / (options.bold ? 1.08 : 1);
  const shown = abbreviate(whole, room, (part) => textWidth(part, size));
  const tooltip = shown === whole ? "" : element("title", {}, escapeXml(whole));
  return element(
    "text",
    {
      x,
      y: y + size * 0.35,
      class: options.class || undefined,
      "text-anchor": options.anchor === "start" ? undefined : options.anchor,
      "font-size": size === SMALL ? undefined : size,
      "font-weight": options.bold ? "600" : undefined,
    },
    tooltip + isolateXml(shown),
  );
}

/** The share of a line that a value may take beside its name. */
const VALUE_SHARE = 0.45;

/** "name = value" with the value in grey, abbreviated to `room`; `x` is its end or start, `y` its middle. */
export function nameAndValue(
  x: number,
  y: number,
  name: string,
  value: string | undefined,
  room: number,
  anchor: "start" | "end",
): string {
  const [wholeName, wholeValue] = [cleanText(name), value === undefined ? "" : ` = ${cleanText(value)}`];
  const measure = (part: string): number => textWidth(part, FONT_SIZE);
  const nameWidth = measure(wholeName);
  const valueRoom = Math.max(room * VALUE_SHARE, room - nameWidth);
  const shownValue = abbreviate(wholeValue, valueRoom, measure);
  const shownName = abbreviate(wholeName, room - measure(shownValue), measure);
  const whole = shownName === wholeName && shownValue === wholeValue;
  const tooltip = whole ? "" : element("title", {}, escapeXml(wholeName + wholeValue));
  const tail = shownValue === "" ? "" : element("tspan", { class: "muted" }, valueXml(shownValue));
  return element(
    "text",
    {
      x,
      y: y + FONT_SIZE * 0.35,
      "text-anchor": anchor === "end" ? "end" : undefined,
      "font-size": FONT_SIZE,
    },
    tooltip + isolateXml(shownName) + tail,
  );
}

export function nameAndValueWidth(name: string, value: string | undefined): number {
  return textWidth(cleanText(name) + (value === undefined ? "" : ` = ${cleanText(value)}`), FONT_SIZE);
}

/** Isolates stand after cleaning, which takes those of the text itself away. */
function isolateXml(text: string): string {
  const isolated = isolate(text);
  return isolated === text ? escapeXml(text) : `\u2068${escapeXml(text)}\u2069`;
}

function valueXml(text: string): string {
  return text.startsWith(" = ") ? ` = ${isolateXml(text.slice(3))}` : isolateXml(text);
}

export function line(x1: number, y1: number, x2: number, y2: number, rest: Attributes): string {
  return element("line", { x1, y1, x2, y2, ...rest });
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Accessible name, where the caller gave no title. */
  readonly name: string;
  /** Text alternative, where the caller gave none. */
  readonly description: string;
}

/** Height of the heading, where there is one: bodies start below it. */
export function headingHeight(options: PictureOptions): number {
  return options.title === undefined ? 0 : 34;
}

export function pictureWidth(options: PictureOptions, standard: number): number {
  if (typeof options !== "object" || options === null) {
    throw new InputError(`options is ${describe(options)}, expected an object`);
  }
  const theme = options.theme ?? "auto";
  if (!["auto", "light", "dark"].includes(theme)) {
    throw new InputError(`theme is ${describe(theme)}, expected "auto", "light" or "dark"`);
  }
  const width = options.width ?? standard;
  if (!(Number.isFinite(width) && width >= MIN_WIDTH && width <= MAX_WIDTH)) {
    throw new InputError(
      `width is ${describe(width)}, expected a number of pixels from ${MIN_WIDTH} to ${MAX_WIDTH}`,
    );
  }
  return width;
}

/** The whole picture. `body` is drawn `headingHeight` further down. */
export function frame(
  { width, height, name, description }: Frame,
  options: PictureOptions,
  body: string,
): string {
  const theme = options.theme ?? "auto";
  const heading = headingHeight(options);
  const title = element("title", {}, escapeXml(options.title ?? name));
  const text = element("desc", {}, escapeDescription(options.description ?? description));
  const content =
    `<style>${styleSheet(theme)}</style>` +
    (options.transparent ? "" : element("rect", { width, height: height + heading, class: "bg" })) +
    (options.title === undefined
      ? ""
      : label(16, 20, options.title, { size: 15, bold: true, room: width - 32 })) +
    (heading === 0 ? body : element("g", { transform: `translate(0 ${heading})` }, body));
  // Ids that two pictures of one page share only if they say the same.
  const id = `xgi-${hash(title + text + content)}`;
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${px(width)} ${px(height + heading)}`,
      width,
      height: height + heading,
      role: "img",
      "aria-labelledby": `${id}-t ${id}-d`,
      class: `xgi xgi-${theme}`,
      "font-family": FONT,
      "font-size": SMALL,
      direction: "ltr",
    },
    title.replace("<title", `<title id="${id}-t"`) + text.replace("<desc", `<desc id="${id}-d"`) + content,
  );
}

/** Longer than a name, shorter than a book. */
const MAX_DESCRIPTION = 4000;

function escapeDescription(text: string): string {
  const cut = text.length > MAX_DESCRIPTION ? `${text.slice(0, MAX_DESCRIPTION)} …` : text;
  const pieces: string[] = [];
  for (let at = 0; at < cut.length; at += 1000) {
    pieces.push(cut.slice(at, at + 1000));
  }
  return pieces.map(escapeXml).join("");
}

/** FNV-1a of 32 bits. */
function hash(text: string): string {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  }
  return (state >>> 0).toString(36);
}
