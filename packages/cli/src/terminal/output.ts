/** Text as terminals and pipes want it. */

/** Columns of standard output: those of the terminal; in a pipe, so many that nothing is cut. */
export function outputWidth(): number {
  return process.stdout.isTTY ? Math.max(40, Math.min(process.stdout.columns || 80, 200)) : 120;
}

/** Whether colours are wanted: on a terminal, unless `NO_COLOR` is set. */
export function wantsColour(): boolean {
  return (
    Boolean(process.stdout.isTTY) && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb"
  );
}

export function bold(text: string): string {
  return wantsColour() ? `\u001b[1m${text}\u001b[0m` : text;
}

/** What is written at once is written whole, also into a pipe that is slow. */
export function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

/** Control characters of names do nothing to the terminal. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** `1,234,567` */
export function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Six significant digits: for people, not for programs. */
export function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value);
}

/** `12.3 MB` */
export function byteSize(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}
