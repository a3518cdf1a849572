/** How good scores are where the truth is known. Pure functions, for the worker that runs them. */

export interface EvaluateRequest {
  readonly scores: Float32Array;
  /** 1 where the label is the positive one, 0 where it is not, 255 where it is missing. */
  readonly labels: Uint8Array;
  readonly isProbability: boolean;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface CalibrationBin {
  /** Means of the scores and of the labels, and the rows in the bin. */
  readonly score: number;
  readonly label: number;
  readonly rows: number;
}

export interface Evaluation {
  /** Scores, ascending: of which confusion counts are read. */
  readonly positives: Float32Array;
  readonly negatives: Float32Array;
  readonly roc: readonly Point[];
  readonly auc: number;
  readonly precisionRecall: readonly Point[];
  readonly averagePrecision: number;
  /** Empty where scores are no probabilities. */
  readonly calibration: readonly CalibrationBin[];
  readonly brier: number | undefined;
  readonly logLoss: number | undefined;
}

/** More points than a chart has pixels are of no use. */
const CURVE_POINTS = 600;
const CALIBRATION_BINS = 10;

export function evaluate({ scores, labels, isProbability }: EvaluateRequest): Evaluation {
  const positives = select(scores, labels, 1).sort();
  const negatives = select(scores, labels, 0).sort();
  const curves = sweep(positives, negatives);
  return {
    positives,
    negatives,
    ...curves,
    calibration: isProbability ? calibration(scores, labels) : [],
    brier: isProbability ? mean(scores, labels, (score, label) => (score - label) ** 2) : undefined,
    logLoss: isProbability
      ? mean(scores, labels, (score, label) => -Math.log(Math.max(label === 1 ? score : 1 - score, 2 ** -52)))
      : undefined,
  };
}

function select(scores: Float32Array, labels: Uint8Array, wanted: number): Float32Array {
  return scores.filter((score, row) => labels[row] === wanted && !Number.isNaN(score));
}

/**
 * Lowers the threshold from above the largest score, one distinct score after the other. AUC is the area under straight lines between
 * the points, so that ties count half; average precision is the sum of precision × growth of recall, as scikit-learn has it.
 */
function sweep(
  positives: Float32Array,
  negatives: Float32Array,
): Pick<Evaluation, "roc" | "auc" | "precisionRecall" | "averagePrecision"> {
  const [all, none] = [positives.length, negatives.length];
  const roc: Point[] = [{ x: 0, y: 0 }];
  const precisionRecall: Point[] = [];
  const every = Math.max(1, Math.floor((all + none) / CURVE_POINTS));
  let [p, n, area, averagePrecision, last] = [all, none, 0, 0, 0];
  while (p > 0 || n > 0) {
    const threshold = Math.max(p > 0 ? positives[p - 1]! : -Infinity, n > 0 ? negatives[n - 1]! : -Infinity);
    const [truesBefore, falsesBefore] = [all - p, none - n];
    while (p > 0 && positives[p - 1] === threshold) {
      p--;
    }
    while (n > 0 && negatives[n - 1] === threshold) {
      n--;
    }
    const [trues, falses] = [all - p, none - n];
    area += ((falses - falsesBefore) * (trues + truesBefore)) / 2;
    averagePrecision += ((trues - truesBefore) / all) * (trues / (trues + falses));
    if (trues + falses - last >= every || (p === 0 && n === 0)) {
      last = trues + falses;
      roc.push({ x: falses / none, y: trues / all });
      precisionRecall.push({ x: trues / all, y: trues / (trues + falses) });
    }
  }
  return { roc, auc: area / (all * none), precisionRecall, averagePrecision };
}

function calibration(scores: Float32Array, labels: Uint8Array): CalibrationBin[] {
  const bins = Array.from({ length: CALIBRATION_BINS }, () => ({ score: 0, label: 0, rows: 0 }));
  scores.forEach((score, row) => {
    const label = labels[row]!;
    if (label <= 1 && !Number.isNaN(score)) {
      const bin = bins[Math.min(CALIBRATION_BINS - 1, Math.floor(score * CALIBRATION_BINS))]!;
      bin.score += score;
      bin.label += label;
      bin.rows++;
    }
  });
  return bins
    .filter(({ rows }) => rows > 0)
    .map(({ score, label, rows }) => ({ score: score / rows, label: label / rows, rows }));
}

function mean(
  scores: Float32Array,
  labels: Uint8Array,
  of: (score: number, label: number) => number,
): number {
  let [sum, count] = [0, 0];
  scores.forEach((score, row) => {
    if (labels[row]! <= 1 && !Number.isNaN(score)) {
      sum += of(score, labels[row]!);
      count++;
    }
  });
  return sum / count;
}

export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** Scores at the threshold count as positive. */
export function confusion({ positives, negatives }: Evaluation, threshold: number): Confusion {
  const falseNegatives = below(positives, threshold);
  const trueNegatives = below(negatives, threshold);
  return {
    truePositives: positives.length - falseNegatives,
    falsePositives: negatives.length - trueNegatives,
    trueNegatives,
    falseNegatives,
  };
}

/** How many of an ascending list are less. */
export function below(ascending: Float32Array, threshold: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < threshold) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
