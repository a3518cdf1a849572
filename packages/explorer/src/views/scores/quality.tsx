/** ROC and precision-recall curves, where a label is named; errors of a regression. */
import { area, line } from "d3-shape";
import { brief, count } from "../../app/format.ts";
import { Problem } from "../../app/problem.tsx";
import { Frame } from "../../charts/frame.tsx";
import { setParameters } from "../../state/route.ts";
import { confusion, type Evaluation, type Point } from "../../tables/evaluate.ts";
import { labelColumn, threshold } from "./choices.ts";
import { ColumnChoice } from "./column-choice.tsx";
import { errors, evaluation, type Labels, labels } from "./truth.ts";

export function QualityCard() {
  const known = labels.value;
  const found = evaluation.value;
  const wrong =
    known !== undefined && "problem" in known
      ? known.problem
      : found !== undefined && "problem" in found
        ? found.problem
        : undefined;
  return (
    <article class="card" aria-labelledby="quality-title">
      <h3 id="quality-title">Quality</h3>
      {labelColumn.value === undefined ? (
        <p class="quiet">
          Name the column that holds the truth for ROC, precision and recall, and calibration.
        </p>
      ) : null}
      <div class="fields">
        <ColumnChoice label="Label" name="label" value={labelColumn.value?.name} />
        {known !== undefined && "found" in known ? <PositiveChoice labels={known.found} /> : null}
      </div>
      {wrong === undefined ? null : <Problem>{wrong}</Problem>}
      <RegressionFacts />
      {found !== undefined && "found" in found ? <Curves of={found.found} /> : null}
    </article>
  );
}

function PositiveChoice({ labels: { names, positive } }: { readonly labels: Labels }) {
  return (
    <label class="field">
      Positive is
      <select
        value={positive}
        onChange={({ currentTarget }) => setParameters({ positive: currentTarget.value })}
      >
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function RegressionFacts() {
  const found = errors.value;
  return found === undefined ? null : (
    <dl class="facts small">
      <div>
        <dt>Root mean square error</dt>
        <dd>{brief(found.rmse)}</dd>
      </div>
      <div>
        <dt>Mean absolute error</dt>
        <dd>{brief(found.mae)}</dd>
      </div>
      <div>
        <dt>R²</dt>
        <dd>{found.r2.toFixed(4)}</dd>
      </div>
      <div>
        <dt>Rows</dt>
        <dd>{count(found.rows)}</dd>
      </div>
    </dl>
  );
}

function Curves({ of }: { readonly of: Evaluation }) {
  const { truePositives, falsePositives } = confusion(of, threshold.value);
  const [positives, negatives] = [of.positives.length, of.negatives.length];
  const recall = truePositives / positives;
  const predicted = truePositives + falsePositives;
  return (
    <>
      <Curve
        title="ROC"
        figure={`AUC ${of.auc.toFixed(4)}`}
        points={of.roc}
        mark={{ x: falsePositives / negatives, y: recall }}
        xTitle="false alarms (false positive rate)"
        yTitle="recall"
        diagonal
      />
      <Curve
        title="Precision and recall"
        figure={`average precision ${of.averagePrecision.toFixed(4)}`}
        points={of.precisionRecall}
        mark={predicted === 0 ? undefined : { x: recall, y: truePositives / predicted }}
        xTitle="recall"
        yTitle="precision"
      />
    </>
  );
}

interface CurveProps {
  readonly title: string;
  readonly figure: string;
  readonly points: readonly Point[];
  /** Where the threshold stands. */
  readonly mark: Point | undefined;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly diagonal?: boolean;
}

function Curve({ title, figure, points, mark, xTitle, yTitle, diagonal = false }: CurveProps) {
  return (
    <figure>
      <figcaption>
        <strong>{title}</strong> <span class="quiet number">{figure}</span>
      </figcaption>
      <Frame
        label={`${title}: ${figure}`}
        height={230}
        x={[0, 1]}
        y={[0, 1]}
        xTitle={xTitle}
        yTitle={yTitle}
        left={52}
      >
        {({ x, y }) => {
          const path =
            line<Point>(
              (p) => x(p.x),
              (p) => y(p.y),
            )(points) ?? "";
          const under =
            area<Point>(
              (p) => x(p.x),
              y(0),
              (p) => y(p.y),
            )(points) ?? "";
          return (
            <>
              {diagonal ? <line class="reference" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} /> : null}
              <path class="under" d={under} />
              <path class="curve" d={path} />
              {mark === undefined || Number.isNaN(mark.x) || Number.isNaN(mark.y) ? null : (
                <circle class="mark" cx={x(mark.x)} cy={y(mark.y)} r="5" />
              )}
            </>
          );
        }}
      </Frame>
    </figure>
  );
}
