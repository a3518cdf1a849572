/** Choices that views share and that stand in the address: which output is looked at, and the threshold of a decision. */
import { computed, type ReadonlySignal } from "@preact/signals";
import { model } from "./model.ts";
import { parameter, setParameters } from "./route.ts";

/** Index of the output that is looked at: class, target. In the address: `output`. */
export const output: ReadonlySignal<number> = computed(() => {
  const index = Number(parameter("output").value ?? 0);
  const outputs = model.value?.outputs.length ?? 1;
  return Number.isInteger(index) && index >= 0 && index < outputs ? index : 0;
});

export function chooseOutput(index: number): void {
  setParameters({ output: index === 0 ? undefined : String(index) });
}

/** A score at or above it is one decision, below it the other; undefined where nobody chose one and 0.5 makes no sense. In the address: `threshold`. */
export const threshold: ReadonlySignal<number | undefined> = computed(() => {
  const text = parameter("threshold").value;
  const chosen = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(chosen) ? chosen : model.value?.isProbability ? 0.5 : undefined;
});

export function chooseThreshold(value: number | undefined): void {
  setParameters({ threshold: value === undefined || Number.isNaN(value) ? undefined : String(value) });
}

/** What contributions are measured in. */
export const marginUnit: ReadonlySignal<string> = computed(() => {
  const objective = model.value?.booster.objective ?? "";
  if (
    ["binary:logistic", "reg:logistic", "binary:logitraw", "multi:softprob", "multi:softmax"].includes(
      objective,
    )
  ) {
    return "log-odds";
  }
  return ["count:poisson", "reg:gamma", "reg:tweedie", "survival:cox"].includes(objective)
    ? "log of the score"
    : "score";
});
