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
