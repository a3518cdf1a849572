/** Lines of a block as text. */
import { LF } from "./lines.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Without their ends; `undefined` for a line that is not UTF-8. */
export function linesOf(bytes: Uint8Array): (string | undefined)[] {
  const text = decode(bytes);
  const lines = text === undefined ? cut(bytes).map(decode) : text.split("\n");
  // What follows the last line end is a line only where there is something.
  if (lines.at(-1) === "") {
    lines.pop();
  }
  return lines;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function cut(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let at = 0; at <= bytes.length; ) {
    const found = bytes.indexOf(LF, at);
    const end = found < 0 ? bytes.length : found;
    lines.push(bytes.subarray(at, end));
    at = end + 1;
  }
  return lines;
}
