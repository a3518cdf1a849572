/** How scoring goes or went, and what can be done with the scores. */
import { useState } from "preact/hooks";
import { bytes, count, milliseconds, percent } from "../../app/format.ts";
import { Problem } from "../../app/problem.tsx";
import { binding } from "../../state/binding.ts";
import { messageOf } from "../../state/problem.ts";
import { setParameters } from "../../state/route.ts";
import { cancelScoring, rowsPerSecond, type Scores, scoring, startScoring } from "../../state/scores.ts";
import { output } from "./choices.ts";
import { csvOf, fileNameOf, save } from "./download.ts";
import { order } from "./order.ts";

export function RunStrip() {
  const now = scoring.value;
  return (
    <div class="card run-strip">
      {now.state === "running" ? (
        <div class="progress-line">
          <label>
            Scoring: {count(now.done)} of {count(now.rows)} rows
            {now.elapsed > 0 ? `, ${count(Math.round((now.done / now.elapsed) * 1000))} rows/s` : ""}
            <progress max={now.rows} value={now.done} />
          </label>
          <button type="button" class="button" onClick={cancelScoring}>
            Cancel
          </button>
        </div>
      ) : null}
      {now.state === "cancelled" ? (
        <div class="progress-line">
          <p role="status">
            Cancelled after {count(now.done)} of {count(now.rows)} rows ({percent(now.done / now.rows, 0)}).
          </p>
          <button type="button" class="button primary" onClick={startScoring}>
            Score again
          </button>
        </div>
      ) : null}
      {now.state === "failed" ? <Problem>Scoring failed: {now.problem}</Problem> : null}
      {now.state === "done" ? <Done scores={now.scores} /> : null}
    </div>
  );
}

function Done({ scores }: { readonly scores: Scores }) {
  const { binding: rows, time, engine, workers } = scores;
  return (
    <>
      <dl class="facts">
        <div>
          <dt>Rows scored</dt>
          <dd>{count(rows.rows - rows.refused.size)}</dd>
        </div>
        <div>
          <dt>Rows a second</dt>
          <dd>{count(round(rowsPerSecond.value ?? 0))}</dd>
        </div>
        <div>
          <dt>Time</dt>
          <dd>{milliseconds(time)}</dd>
        </div>
        <div>
          <dt>Engine</dt>
          <dd>
            {engine}, {workers === 0 ? "in the page" : workers === 1 ? "1 worker" : `${workers} workers`}
          </dd>
        </div>
      </dl>
      <OutputChoice />
      <DownloadButton scores={scores} />
    </>
  );
}

/** To three digits: more would not be the same twice. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}

function OutputChoice() {
  const names = binding.value?.model.outputs ?? [];
  return names.length < 2 ? null : (
    <label class="field">
      Output
      <select
        value={String(output.value)}
        onChange={({ currentTarget }) =>
          setParameters({
            output: currentTarget.value === "0" ? undefined : currentTarget.value,
            positive: undefined,
          })
        }
      >
        {names.map((name, i) => (
          <option key={name} value={String(i)}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function DownloadButton({ scores }: { readonly scores: Scores }) {
  const [share, setShare] = useState<number | undefined>(undefined);
  const [outcome, setOutcome] = useState<string | undefined>(undefined);
  const download = async (): Promise<void> => {
    const what = { scores, order: order.peek().rows, columns: scores.binding.others };
    setOutcome(undefined);
    try {
      const blob = await csvOf(what, setShare);
      save(blob, fileNameOf(what));
      setOutcome(`${fileNameOf(what)}, ${bytes(blob.size)}`);
    } catch (error) {
      setOutcome(`The file could not be made: ${messageOf(error)}`);
    }
    setShare(undefined);
  };
  return (
    <div class="download">
      <button type="button" class="button" disabled={share !== undefined} onClick={() => void download()}>
        {share === undefined ? "Download scores" : `Writing ${percent(share, 0)}`}
      </button>
      <span class="quiet" role="status">
        {outcome}
      </span>
    </div>
  );
}
