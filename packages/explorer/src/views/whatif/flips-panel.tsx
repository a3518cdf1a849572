/** The nearest changes that bring the score to the other side of the threshold. */
import { useEffect, useState } from "preact/hooks";
import { Panel, Problem } from "../../charts/panel.tsx";
import type { Change, Flip } from "../../logic/flips.ts";
import { float32Text, number } from "../../logic/format.ts";
import { analyst, useAnswer } from "../../state/analyst.ts";
import { chooseThreshold, output, threshold } from "../../state/choices.ts";
import { type LoadedModel, model } from "../../state/model.ts";
import { changeAll, row } from "../../state/what-if.ts";

const SHOWN = 4;

export function FlipsPanel({ onFeature }: { readonly onFeature: (feature: number) => void }) {
  const loaded = model.value!;
  const values = row.value;
  const group = output.value;
  const limit = threshold.value;
  const { answer, fresh, problem } = useAnswer(
    limit === undefined ? undefined : `${limit} ${group} ${values.join()}`,
    () => analyst().call("flips", values, limit!, group),
  );
  const apply = ({ changes }: Flip): void => {
    onFeature(changes[0]!.feature);
    changeAll(changes);
  };
  return (
    <Panel title="What would flip it" tools={<ThresholdInput />}>
      {limit === undefined && <p>Give a threshold: the score at which the decision turns.</p>}
      {problem !== undefined && <Problem>{problem}</Problem>}
      {limit !== undefined && answer !== undefined && problem === undefined && (
        <div class={fresh ? "" : "stale"} aria-busy={!fresh}>
          {answer.single.length === 0 ? (
            <p>No change of one feature within its range flips the decision.</p>
          ) : (
            <>
              <p class="small quiet">
                One feature ({answer.single.length} can), nearest first by share of its range:
              </p>
              <ul class="plain flips">
                {answer.single.slice(0, SHOWN).map((flip) => (
                  <FlipLine
                    key={flip.changes[0]!.feature}
                    flip={flip}
                    loaded={loaded}
                    onApply={() => apply(flip)}
                  />
                ))}
              </ul>
            </>
          )}
          {answer.pair !== undefined && (
            <>
              <p class="small quiet">Two features together, neither of which is enough alone:</p>
              <ul class="plain flips">
                <FlipLine flip={answer.pair} loaded={loaded} onApply={() => apply(answer.pair!)} />
              </ul>
            </>
          )}
        </div>
      )}
    </Panel>
  );
}

function FlipLine(props: {
  readonly flip: Flip;
  readonly loaded: LoadedModel;
  readonly onApply: () => void;
}) {
  const { flip, loaded } = props;
  return (
    <li>
      <span>
        {flip.changes.map((change, i) => (
          <span key={change.feature} class="flip-change">
            {i > 0 && "and "}
            <b>{loaded.features[change.feature]!.name}</b> {textOf(change.from, change, loaded)} →{" "}
            {textOf(change.to, change, loaded)}
          </span>
        ))}
        <span class="quiet"> score {number(flip.score)}</span>
      </span>
      <button type="button" class="button small" onClick={props.onApply}>
        Apply
      </button>
    </li>
  );
}

function textOf(value: number, { feature }: Change, { features }: LoadedModel): string {
  return Number.isNaN(value) ? "missing" : (features[feature]!.categories?.[value] ?? float32Text(value));
}

function ThresholdInput() {
  const chosen = threshold.value;
  const shown = chosen === undefined ? "" : String(chosen);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  return (
    <label class="choice">
      <span>Threshold</span>
      <input
        type="text"
        inputMode="decimal"
        class="threshold"
        value={text}
        aria-invalid={text.trim() !== "" && !Number.isFinite(Number(text))}
        onInput={(event) => {
          const typed = event.currentTarget.value;
          setText(typed);
          if (typed.trim() !== "" && Number.isFinite(Number(typed))) {
            chooseThreshold(Number(typed));
          }
        }}
      />
    </label>
  );
}
