/** What can be wrong with a model directory, and with a row that its check refuses. */
import { describe } from "../errors.ts";

/** A file of a model directory cannot be used: `message` says which line, what was found and what is allowed. */
export class ModelDirectoryError extends Error {
  readonly code = "ERR_MODEL_DIRECTORY";
  /** Name of the file, as in the directory. */
  readonly file: string;
  /** Line in the file, counted from 1, where one line is to blame. */
  readonly line: number | undefined;

  constructor(file: string, problem: string, line?: number) {
    super(`${file}${line === undefined ? "" : `:${line}`}: ${problem}`);
    this.name = "ModelDirectoryError";
    this.file = file;
    this.line = line;
  }
}

/** What a refusal knows of the row. */
export interface Refusal {
  readonly missing: string[];
  readonly missingWeight: number;
  readonly unknown: string[];
  /** Absent features that count against the row, the most important first. */
  readonly costly: readonly string[];
  readonly reason: string;
  readonly weightLimit: number | undefined;
  readonly row: number | undefined;
}

/** The check of the model directory refuses a row: too much is absent, or names are unknown. */
export class FeatureCheckError extends Error {
  readonly code = "ERR_FEATURE_CHECK";
  /** Every feature that the row is refused for: absent ones, the most important first, then unknown names. */
  readonly features: string[];
  /** All absent features in the model's order, as in the result of an accepted row. */
  readonly missing: string[];
  /** Share of importance that absent features hold, without those in `allowMissing`. */
  readonly missingWeight: number;
  /** The share that is allowed; `undefined` but in mode `weight`. */
  readonly weightLimit: number | undefined;
  /** Names in the row that are not features of the model. */
  readonly unknown: string[];
  /** Row number, counted from 0, in a batch. */
  readonly row: number | undefined;

  constructor(refusal: Refusal, refusesUnknown: boolean) {
    super(`${refusal.row === undefined ? "the row" : `row ${refusal.row}`} is refused: ${refusal.reason}`);
    this.name = "FeatureCheckError";
    this.features = [...refusal.costly, ...(refusesUnknown ? refusal.unknown : [])];
    this.missing = refusal.missing;
    this.missingWeight = refusal.missingWeight;
    this.weightLimit = refusal.weightLimit;
    this.unknown = refusal.unknown;
    this.row = refusal.row;
  }
}

/** Names in a message stop here; the arrays of the error have all. */
const MAX_NAMES = 100;

/** `"a", "b", … (300 in all)` */
export function listNames(names: readonly string[], show: (name: string) => string = describe): string {
  const listed = names.slice(0, MAX_NAMES).map(show).join(", ");
  return names.length > MAX_NAMES ? `${listed}, … (${names.length} in all)` : listed;
}
