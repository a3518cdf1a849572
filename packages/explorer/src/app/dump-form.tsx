/** What a dump leaves out is asked for. */
import { useState } from "preact/hooks";
import type { DumpOptions } from "xgboost-infer";
import { finishDump, forgetDump, type WaitingDump } from "../state/model.ts";
import { messageOf } from "../state/problem.ts";
import { Problem } from "./problem.tsx";

const OBJECTIVES = [
  "binary:logistic",
  "reg:squarederror",
  "multi:softprob",
  "multi:softmax",
  "reg:logistic",
  "count:poisson",
  "reg:gamma",
  "reg:tweedie",
  "rank:ndcg",
  "survival:cox",
  "binary:logitraw",
  "reg:absoluteerror",
];

export function DumpForm({ dump }: { readonly dump: WaitingDump }) {
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const submit = (form: HTMLFormElement): void => {
    try {
      finishDump(optionsOf(new FormData(form)));
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <form
      class="dump-form"
      aria-label="What the dump leaves out"
      onSubmit={(event) => {
        event.preventDefault();
        submit(event.currentTarget);
      }}
    >
      <p>
        <strong>{dump.name}</strong> is a dump: it holds the trees, and not what their sum means. Please say
        what the model was trained with.
      </p>
      <label>
        Objective
        <input name="objective" list="objectives" required value="binary:logistic" />
      </label>
      <datalist id="objectives">
        {OBJECTIVES.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <label>
        Base score
        <input name="baseScore" inputMode="decimal" required value="0.5" />
      </label>
      <label>
        Classes or targets
        <input name="numClass" type="number" min="1" step="1" value="1" />
      </label>
      <label class="wide">
        Feature names, in order, with commas between
        <input name="featureNames" placeholder="only where they are not f0, f1, …" />
      </label>
      {problem === undefined ? null : <Problem>{problem}</Problem>}
      <div class="buttons">
        <button type="submit" class="button primary">
          Load the dump
        </button>
        <button type="button" class="button" onClick={forgetDump}>
          Leave it
        </button>
      </div>
    </form>
  );
}

function optionsOf(form: FormData): DumpOptions {
  const text = (name: string): string => String(form.get(name) ?? "").trim();
  const baseScores = text("baseScore").split(",").map(Number);
  if (!baseScores.every(Number.isFinite)) {
    throw new Error(
      `Base score is “${text("baseScore")}”, expected a number, or several with commas between.`,
    );
  }
  const numClass = Number(text("numClass") || 1);
  const names = text("featureNames");
  return {
    objective: text("objective"),
    baseScore: baseScores.length === 1 ? baseScores[0]! : baseScores,
    ...(numClass > 1 ? { numClass } : {}),
    ...(names === "" ? {} : { featureNames: names.split(",").map((name) => name.trim()) }),
  };
}
