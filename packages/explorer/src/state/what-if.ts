/** The row that is played with: a row of the table, or one in which all is missing, and what was changed in it. */
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { type Edits, edited, editsText, readEdits, withEdit } from "../logic/edits.ts";
import { binding } from "./binding.ts";
import { model } from "./model.ts";
import { parameter, setParameters } from "./route.ts";
import { selectedRow } from "./selection.ts";

/** The row as it was. */
export const startRow: ReadonlySignal<Float32Array> = computed(() => {
  const rows = binding.value;
  return rows === undefined || rows.rows === 0
    ? new Float32Array(model.value?.features.length ?? 0).fill(Number.NaN)
    : rows.row(selectedRow.value ?? 0);
});

const current = signal<Edits>(new Map());
export const edits: ReadonlySignal<Edits> = current;

/** The row as it is now. */
export const row: ReadonlySignal<Float32Array> = computed(() => edited(startRow.value, current.value));

// Going back in the browser brings changes back; another model has other features.
effect(() => {
  const text = parameter("edits").value;
  const features = model.value?.features.length ?? 0;
  if (text !== editsText(current.peek())) {
    current.value = readEdits(text, features);
  }
});

let timer: ReturnType<typeof setTimeout> | undefined;

/** Browsers refuse to have the address changed with every step of a slider. */
function writeAddress(): void {
  clearTimeout(timer);
  timer = setTimeout(() => setParameters({ edits: editsText(current.peek()) }), 300);
}

/** @param value rounded to float32; NaN for missing */
export function change(feature: number, value: number): void {
  current.value = withEdit(current.peek(), startRow.peek(), feature, value);
  writeAddress();
}

export function changeAll(changes: readonly { readonly feature: number; readonly to: number }[]): void {
  for (const { feature, to } of changes) {
    change(feature, to);
  }
}

export function reset(feature: number): void {
  change(feature, startRow.peek()[feature]!);
}

export function resetAll(): void {
  current.value = new Map();
  writeAddress();
}
