import { TableError } from "../../errors.ts";

/** @throws TableError for a name that two columns have: nobody could say which is meant */
export function checkNames(table: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new TableError(`${table}: two columns have the name ${JSON.stringify(name)}`, { column: name });
    }
    seen.add(name);
  }
}
