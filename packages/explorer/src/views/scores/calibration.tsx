/** Whether probabilities are what they say: of rows that score 0.8, eight in ten should be positive. */
import { count } from "../../app/format.ts";
import { Frame } from "../../charts/frame.tsx";
import { evaluation } from "./truth.ts";

export function CalibrationChart() {
  const known = evaluation.value;
  if (known === undefined || "problem" in known || known.found.calibration.length === 0) {
    return null;
  }
  const { calibration, brier, logLoss } = known.found;
  const most = Math.max(...calibration.map(({ rows }) => rows));
  return (
    <article class="card" aria-labelledby="calibration-title">
      <h3 id="calibration-title">Calibration</h3>
      <p class="quiet number">
        Brier score {brier?.toFixed(4)}, log loss {logLoss?.toFixed(4)}. The larger a point, the more rows it
        stands for.
      </p>
      <Frame
        label={`Calibration in ${calibration.length} bins: ${calibration
          .map(
            ({ score, label, rows }) =>
              `${count(rows)} rows at ${score.toFixed(2)}, of which ${label.toFixed(2)} are positive`,
          )
          .join("; ")}`}
        height={230}
        x={[0, 1]}
        y={[0, 1]}
        xTitle="mean score"
        yTitle="share of positives"
        left={52}
      >
        {({ x, y }) => (
          <>
            <line class="reference" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
            <path
              class="curve"
              d={`M${calibration.map(({ score, label }) => `${x(score)},${y(label)}`).join("L")}`}
            />
            {calibration.map(({ score, label, rows }) => (
              <circle
                key={score}
                class="point"
                cx={x(score)}
                cy={y(label)}
                r={3 + 6 * Math.sqrt(rows / most)}
              />
            ))}
          </>
        )}
      </Frame>
    </article>
  );
}
