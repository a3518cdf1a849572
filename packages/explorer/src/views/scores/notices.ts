/** What is not quite as it should be about table and model. */
import { computed, type ReadonlySignal } from "@preact/signals";
import { counted } from "../../app/format.ts";
import { binding } from "../../state/binding.ts";

const NAMED = 4;

export const bindingNotices: ReadonlySignal<readonly string[]> = computed(() => {
  const from = binding.value;
  if (from === undefined) {
    return [];
  }
  const notices: string[] = [];
  if (from.absent.length > 0) {
    const names = from.absent.slice(0, NAMED).map(({ name }) => name);
    const more = from.absent.length > NAMED ? ", …" : "";
    notices.push(
      `The table has no column for ${counted(from.absent.length, "feature")} of ${from.width}, which count as missing: ${names.join(", ")}${more}.`,
    );
  }
  if (from.by === "position") {
    notices.push(`Columns are taken for features by their position: the first ${from.width} of the table.`);
  }
  if (from.refused.size > 0) {
    const [row, reason] = [...from.refused][0]!;
    notices.push(`${counted(from.refused.size, "row")} without a score. The first is row ${row}: ${reason}.`);
  }
  return notices;
});
