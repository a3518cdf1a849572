/** What the page and the race's worker post to each other. */
import type { RaceInput } from "../race/contenders.ts";
import type { EntrantName } from "../race/line-up.ts";
import type { Lap } from "../race/race.ts";

export interface StartMessage extends Omit<RaceInput, "data"> {
  readonly names: readonly EntrantName[];
  /** Rows of the table; they are repeated until there are `rows`. */
  readonly sample: Float32Array;
  readonly rows: number;
}

export type FromRace =
  | { readonly type: "laps"; readonly laps: readonly Lap[] }
  | { readonly type: "done"; readonly laps: readonly Lap[] }
  | { readonly type: "problem"; readonly problem: string };
