/** Values that were changed in a row, as the address holds them: `3~17.5,8~` is 17.5 for feature 3 and missing for feature 8. */
import { float32Text } from "./format.ts";

/** New values by feature; NaN for missing. */
export type Edits = ReadonlyMap<number, number>;

export function editsText(edits: Edits): string | undefined {
  return edits.size === 0
    ? undefined
    : [...edits]
        .sort(([a], [b]) => a - b)
        .map(([feature, value]) => `${feature}~${Number.isNaN(value) ? "" : float32Text(value)}`)
        .join(",");
}

/** What of a text makes sense for a model of so many features. */
export function readEdits(text: string | undefined, features: number): Edits {
  const edits = new Map<number, number>();
  for (const part of (text ?? "").split(",")) {
    const found = /^(\d{1,9})~(.*)$/.exec(part);
    const value = found?.[2] === "" ? Number.NaN : Math.fround(Number(found?.[2]));
    if (found !== null && Number(found[1]) < features && (found[2] === "" || Number.isFinite(value))) {
      edits.set(Number(found[1]), value);
    }
  }
  return edits;
}

/** A row with its changes. */
export function edited(row: Float32Array, edits: Edits): Float32Array {
  const changed = row.slice();
  for (const [feature, value] of edits) {
    changed[feature] = value;
  }
  return changed;
}

/** With one more change; a value equal to the row's own is none. */
export function withEdit(edits: Edits, row: Float32Array, feature: number, value: number): Edits {
  const next = new Map(edits);
  const exact = Math.fround(value);
  if (Object.is(exact, row[feature]) || (Number.isNaN(exact) && Number.isNaN(row[feature]!))) {
    next.delete(feature);
  } else {
    next.set(feature, exact);
  }
  return next;
}
