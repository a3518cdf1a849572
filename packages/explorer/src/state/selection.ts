/** The selected row, and the other choices that stand in the address; see `route.ts`. */
import { computed, type ReadonlySignal } from "@preact/signals";
import { parameter, setParameters } from "./route.ts";
import { table } from "./table.ts";

/** Row of the table, counted from 0; undefined while none is selected. In the address: `row`. */
export const selectedRow: ReadonlySignal<number | undefined> = computed(() => {
  const text = parameter("row").value;
  const row = text === undefined || !/^\d{1,9}$/.test(text) ? undefined : Number(text);
  return row !== undefined && row < (table.value?.rows ?? 0) ? row : undefined;
});

export function selectRow(row: number | undefined): void {
  setParameters({ row: row === undefined ? undefined : String(row) });
}
