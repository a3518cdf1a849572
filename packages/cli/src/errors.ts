/** Errors that end the command, each with its exit status. Anything else that is thrown is a defect of the program. */

/**
 * 0 all scored, 1 some rows refused or the work could not be ended, 2 wrong usage, 3 a model that cannot be used, 70 a defect
 * (EX_SOFTWARE of sysexits), 141 a reader that wanted no more, as shells count a process that a closed pipe ends.
 */
export const EXIT = { ok: 0, refused: 1, usage: 2, model: 3, defect: 70, closedPipe: 141 } as const;

/** The command line, or a file that it names, cannot be used. */
export class UsageError extends Error {
  readonly exitCode = EXIT.usage;
  override readonly name = "UsageError";
}

/** A table that cannot be read any further: which one, where, what was found and what is allowed. */
export class TableError extends Error {
  readonly exitCode = EXIT.refused;
  override readonly name = "TableError";
  /** Line of the file, counted from 1, where there are lines. */
  readonly line: number | undefined;
  /** Column name, where one is to blame. */
  readonly column: string | undefined;

  constructor(message: string, where: { readonly line?: number; readonly column?: string } = {}) {
    super(message);
    this.line = where.line;
    this.column = where.column;
  }
}
