/** Scores: all rows, how fast they were scored, and how good the scores are. */
import "./scores.css";
import { CalibrationChart } from "./calibration.tsx";
import { ComparisonCard } from "./comparison.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { Grid } from "./grid.tsx";
import { bindingNotices } from "./notices.ts";
import { QualityCard } from "./quality.tsx";
import { RunStrip } from "./run-strip.tsx";
import { SelectedRow } from "./selected-row.tsx";
import { ThresholdCard } from "./threshold.tsx";

export default function ScoresView() {
  return (
    <section class="view scores" aria-labelledby="scores-title">
      <h2 id="scores-title" class="visually-hidden">
        Scores
      </h2>
      <RunStrip />
      {bindingNotices.value.map((notice) => (
        <p key={notice} class="notice">
          {notice}
        </p>
      ))}
      <div class="scores-columns">
        <div class="card grid-card">
          <FilterBar />
          <Grid />
          <SelectedRow />
        </div>
        <div class="scores-side">
          <ThresholdCard />
          <ComparisonCard />
          <QualityCard />
          <CalibrationChart />
        </div>
      </div>
    </section>
  );
}
