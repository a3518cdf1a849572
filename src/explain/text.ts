/** Names and texts of strangers: made harmless for XML, measured without a DOM, and abbreviated to what fits. */

/** Longest text that a tooltip or a text alternative repeats. */
const MAX_TEXT = 1000;

/** Text without what XML forbids, what moves a terminal's cursor, or what reorders the text around it. */
export function cleanText(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return (
    cut
      .replace(/\s+/g, " ")
      .replace(/\p{Cc}/gu, picture)
      // Bidirectional overrides and isolates, lone surrogates, and what is no character.
      .replace(/[\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd")
  );
}

/** Control characters as Unicode's pictures of them: U+0000 → ␀. */
function picture(control: string): string {
  const code = control.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "␡" : "\ufffd";
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Any text as XML text or attribute value. */
export function escapeXml(text: string): string {
  return cleanText(text).replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}

/** Widths in em of a wide sans-serif font (DejaVu, Verdana), so that estimates err on the safe side. */
const CLASSES: readonly (readonly [RegExp, number])[] = [
  [/^[\p{Mn}\p{Me}\p{Cf}]$/u, 0],
  [/^[iIjl|.,:;'!]$/, 0.36],
  [/^[ ftr()[\]{}/\\"-]$/, 0.46],
  [/^[mwMW@%—…]$/, 0.98],
  [/^[A-Z+=<>~^#≥−]$/, 0.76],
  [/^[\u0020-\u024f\u2010-\u2027]$/, 0.64],
  [
    /^(?:[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})$/u,
    1.3,
  ],
];
const OTHER_WIDTH = 0.86;

const known = new Map<string, number>();

function charWidth(char: string): number {
  let width = known.get(char);
  if (width === undefined) {
    width = CLASSES.find(([pattern]) => pattern.test(char))?.[1] ?? OTHER_WIDTH;
    if (known.size < 4096) {
      known.set(char, width);
    }
  }
  return width;
}

/** Width in pixels that a text needs at most in an ordinary sans-serif font. */
export function textWidth(text: string, fontSize: number): number {
  let em = 0;
  for (const char of text) {
    em += charWidth(char);
  }
  return em * fontSize;
}

/** Columns of a terminal: 2 for wide characters, 0 for marks. */
export function columns(text: string): number {
  let count = 0;
  for (const char of text) {
    const width = charWidth(char);
    count += width === 0 ? 0 : width > 1 ? 2 : 1;
  }
  return count;
}

/** What a reader sees as one character; where the platform cannot tell, one code point. */
function graphemes(text: string): string[] {
  return typeof Intl === "object" && typeof Intl.Segmenter === "function"
    ? Array.from(new Intl.Segmenter("en").segment(text), ({ segment }) => segment)
    : Array.from(text);
}

/** The text, or as much of its beginning and its end as fits, with … between. Both ends tell names apart. */
export function abbreviate(text: string, room: number, measure: (text: string) => number): string {
  if (measure(text) <= room) {
    return text;
  }
  const parts = graphemes(text);
  let [begin, end] = [0, parts.length];
  let left = room - measure("…");
  while (begin < end) {
    // Two thirds of the room for the beginning.
    const takeFront = begin <= 2 * (parts.length - end);
    const width = measure(takeFront ? parts[begin]! : parts[end - 1]!);
    if (width > left) {
      break;
    }
    left -= width;
    takeFront ? begin++ : end--;
  }
  const joined = (): string =>
    `${parts.slice(0, begin).join("").trimEnd()}…${parts.slice(end).join("").trimStart()}`;
  // Widths added in another order can be more in their last bits.
  while (begin > 0 && measure(joined()) > room) {
    begin--;
  }
  return joined();
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdfd\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** A name that is written from right to left, kept from reordering what stands beside it (first strong isolate). */
export function isolate(text: string): string {
  return RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text;
}
