/** Race: the same rows through every engine that this browser has. */
import { useState } from "preact/hooks";
import { Choice, Panel, Problem } from "../../charts/panel.tsx";
import { count, number, plural } from "../../logic/format.ts";
import { type Entrant, LINE_UP } from "../../race/line-up.ts";
import type { Lap } from "../../race/race.ts";
import { binding } from "../../state/binding.ts";
import { cancelRace, racing, startRace } from "../../state/race.ts";
import "./race.css";

const ROWS = [10_000, 100_000, 1_000_000] as const;
/** Values of all rows: 800 MB would be too much for a phone. */
const MOST_VALUES = 100_000_000;

export default function RaceView() {
  const rows = binding.value;
  const [many, setMany] = useState<number>(100_000);
  if (rows === undefined) {
    return null;
  }
  const race = racing.value;
  const sizes = ROWS.filter((each) => each * rows.width <= MOST_VALUES);
  const chosen = sizes.some((each) => each === many) ? many : (sizes.at(-1) ?? 1000);
  const laps = "laps" in race ? race.laps : [];
  const isRunning = race.state === "running";
  return (
    <section class="view race" aria-labelledby="race-title">
      <h2 id="race-title">Race</h2>
      <p>
        The same rows through every engine that runs in this browser, on this machine. They run in turns,
        never at the same time; each one’s best of five counts, and all answers are compared bit by bit.
      </p>
      <div class="race-tools">
        <Choice
          label="Rows"
          value={chosen}
          options={(sizes.length > 0 ? sizes : [1000]).map((each) => [each, count(each)])}
          onChange={(value) => setMany(Number(value))}
        />
        {isRunning ? (
          <button type="button" class="button" onClick={cancelRace}>
            Cancel
          </button>
        ) : (
          <button
            type="button"
            class="button primary"
            disabled={rows.rows === 0}
            onClick={() => startRace(chosen)}
          >
            {race.state === "none" ? "Start the race" : "Run it again"}
          </button>
        )}
        <span class="quiet" role="status">
          {statusOf(race.state, laps)}
        </span>
      </div>
      {race.state === "failed" && <Problem>The race ended: {race.problem}</Problem>}
      <Panel
        title={`${count("rows" in race ? race.rows : chosen)} rows × ${plural(rows.width, "feature")}, ${plural(rows.model.booster.numTrees, "tree")}`}
      >
        <Lanes laps={laps} />
        <p class="small quiet race-notes">
          {rows.rows < chosen && `The table has ${plural(rows.rows, "row")}: they are repeated. `}
          Engines that would take more than half a second for a run get fewer rows.{" "}
          {navigator.hardwareConcurrency} threads here,{" "}
          {crossOriginIsolated
            ? "memory shared with workers."
            : "no memory shared with workers, since the page is not cross-origin isolated: blocks are handed over."}
        </p>
      </Panel>
    </section>
  );
}

function statusOf(state: string, laps: readonly Lap[]): string {
  if (state === "running") {
    const busy = laps.find((lap) => lap.state === "loading");
    return busy === undefined ? "running …" : `loading ${labelOf(busy.name)} …`;
  }
  const fastest = state === "done" ? best(laps) : undefined;
  return state === "cancelled"
    ? "cancelled"
    : fastest === undefined
      ? ""
      : `${labelOf(fastest.name)} was fastest: ${speedText(fastest)} rows a second`;
}

function labelOf(name: string): string {
  return LINE_UP.find((each) => each.name === name)?.label ?? name;
}

/** Rows a second; 0 before the first run. */
function speed({ rows, seconds }: Lap): number {
  return seconds > 0 ? rows / seconds : 0;
}

function speedText(lap: Lap): string {
  return count(Number(speed(lap).toPrecision(3)));
}

function best(laps: readonly Lap[]): Lap | undefined {
  return [...laps].filter((lap) => speed(lap) > 0).sort((a, b) => speed(b) - speed(a))[0];
}

function Lanes({ laps }: { readonly laps: readonly Lap[] }) {
  const most = Math.max(0, ...laps.map(speed));
  return (
    <ul class="plain lanes">
      {LINE_UP.map((entrant, i) => (
        <Lane key={entrant.name} entrant={entrant} lap={laps[i]} most={most} />
      ))}
    </ul>
  );
}

function Lane(props: { readonly entrant: Entrant; readonly lap: Lap | undefined; readonly most: number }) {
  const { entrant, lap, most } = props;
  const fast = lap === undefined ? 0 : speed(lap);
  return (
    <li class={`lane ${entrant.kind} ${lap?.state ?? "waiting"}`}>
      <div class="lane-name">
        <b>{entrant.label}</b>
        <span class="quiet small">{lap?.note ? `${entrant.about} · ${lap.note}` : entrant.about}</span>
      </div>
      <div class="lane-result">
        <div class="lane-track">
          <div class="lane-bar" style={{ width: `${most > 0 ? (100 * fast) / most : 0}%` }} />
        </div>
        <span class="lane-speed">
          {lap === undefined || lap.state === "waiting" ? "" : speedCell(lap, most)}
        </span>
        <span class="lane-bits small">{lap === undefined ? "" : bitsText(lap)}</span>
      </div>
    </li>
  );
}

function speedCell(lap: Lap, most: number): string {
  if (lap.state === "out") {
    return "out";
  }
  if (speed(lap) === 0) {
    return lap.state === "loading" ? "loading …" : "…";
  }
  const times = most / speed(lap);
  return `${speedText(lap)} rows/s${times > 1.005 ? `, ${number(times, 3)} × the time of the fastest` : ""}`;
}

function bitsText(lap: Lap): string {
  if (lap.state === "out") {
    return lap.reason;
  }
  if (lap.compared === 0) {
    return "";
  }
  const of = `${count(lap.equal)} of ${count(lap.compared)} equal to the bit`;
  return lap.equal === lap.compared ? `✓ ${of}` : `${of}; off by up to ${number(lap.largest, 2)}`;
}
