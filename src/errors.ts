/**
 * The three errors that this package throws on purpose. Each has a stable `code`, so that callers can tell bad bytes
 * from a model that is fine but not supported, and both from bad input rows, without reading messages.
 */

/** The bytes are not a well-formed model: `message` says where and what. */
export class ModelFormatError extends Error {
  readonly code = "ERR_MODEL_FORMAT";
  /** Where in the file: a byte offset, a line, or a path such as `learner.gradient_booster.model.trees[3]`. */
  readonly where: string;

  constructor(where: string, problem: string) {
    super(`${where}: ${problem}`);
    this.name = "ModelFormatError";
    this.where = where;
  }
}

/** The model is well formed but needs something that this package does not support. */
export class UnsupportedModelError extends Error {
  readonly code = "ERR_UNSUPPORTED_MODEL";
  /** The name of what is not supported, such as an objective. */
  readonly feature: string;

  constructor(feature: string, explanation: string) {
    super(`${feature}: ${explanation}`);
    this.name = "UnsupportedModelError";
    this.feature = feature;
  }
}

/** Rows or options that cannot be used: which row, which feature, what was found, what was expected. */
export class InputError extends Error {
  readonly code = "ERR_INPUT";
  /** Row number, counted from 0, where one row is to blame. */
  readonly row: number | undefined;
  /** Feature name, where one feature is to blame. */
  readonly feature: string | undefined;

  constructor(message: string, where: { readonly row?: number; readonly feature?: string } = {}) {
    super(message);
    this.name = "InputError";
    this.row = where.row;
    this.feature = where.feature;
  }
}

/** A value as it appears in an error message: short, quoted where it is text, never longer than a line. */
export function describe(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  }
  if (typeof value === "bigint") {
    return `${value}n`;
  }
  if (value === null || (typeof value !== "object" && typeof value !== "function")) {
    return String(value);
  }
  if (Array.isArray(value)) {
    return `an array of ${value.length}`;
  }
  return typeof value === "function" ? "a function" : "an object";
}
