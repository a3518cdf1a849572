/** The order of versions. */

const collator = new Intl.Collator("en", { numeric: true });

/** Negative where `a` is older: numbers in the text count as numbers, so that "10" comes after "9" and "2026-11" after "2026-9". */
export function compareVersions(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
