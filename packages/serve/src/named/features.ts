/** Typed maps of features to rows by name. */
import { invalid } from "../failure.ts";
import type { Features } from "../proto/xgboost_infer/v1/scoring_pb.ts";
import type { NamedRow } from "../scoring/rows.ts";

const NO_FEATURES: NamedRow = {};

/**
 * A row of all maps.
 * @param what the row, for errors
 * @throws Failure for a feature that stands in two of them
 */
export function namedRow(features: Features | undefined, what: string): NamedRow {
  if (features === undefined) {
    return NO_FEATURES;
  }
  const { numbers, integers, booleans, categories, missing } = features;
  const others = [...entries(integers), ...entries(booleans), ...entries(categories)];
  if (others.length === 0 && missing.length === 0) {
    // As most rows are: nothing to copy.
    return numbers;
  }
  const row: NamedRow = { ...numbers };
  for (const [name, value] of [...others, ...missing.map((each) => [each, null] as const)]) {
    if (Object.hasOwn(row, name)) {
      throw invalid(`feature ${JSON.stringify(name.slice(0, 100))} stands twice in ${what}`);
    }
    set(row, name, value);
  }
  return row;
}

function entries(map: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(map);
}

/** `__proto__` is a name as any other. */
function set(row: NamedRow, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(row, name, { value, enumerable: true });
  } else {
    row[name] = value;
  }
}
