/** Exact response curves: the model's output as a function of one or two features, the rest of the row held. */
import { describe, InputError } from "../errors.ts";
import type { Booster } from "../predict/booster.ts";
import { type Axis, type Cells, cellOf, cellsOf, checkTrees, featureIndex, isNamed } from "./axes.ts";

export interface ResponseOptions {
  /** `"value"` (default): what `predict` returns; `"margin"`: before the objective's transform. */
  readonly output?: "value" | "margin";
  /** Boosting rounds `[begin, end)`, as for `predict`. */
  readonly iterationRange?: readonly [number, number];
  /** Replaces the base score: one margin an output group, for this row. */
  readonly baseMargin?: ArrayLike<number>;
  /** Value that means missing in the row besides NaN. */
  readonly missing?: number;
}

export interface GridOptions extends ResponseOptions {
  /** Cells before equal neighbours are merged; more are refused, since each is one row to score. Default: 2,000,000. */
  readonly maxCells?: number;
}

/** The step function of a feature. `values[cell * outputs + i]` is output i in a cell of the axis. */
export interface ResponseCurve {
  readonly axis: Axis;
  readonly outputs: number;
  readonly values: Float32Array;
  /** The row's own value: float32, a code, or NaN for missing. */
  readonly current: number;
}

/** The step function of two features: `values[(cell of x * y.size + cell of y) * outputs + i]` is output i. */
export interface ResponseGrid {
  readonly x: Axis;
  readonly y: Axis;
  readonly outputs: number;
  readonly values: Float32Array;
  /** The row's own values. */
  readonly current: readonly [number, number];
}

/** Rows that are scored at a time, in values: 4 MB. */
const BLOCK_VALUES = 1 << 20;

/** Scores one row with values put into it. */
export class RowScorer {
  readonly row: Float32Array;
  readonly outputs: number;
  readonly #booster: Booster;
  readonly #options: ResponseOptions;

  constructor(booster: Booster, row: ArrayLike<number> | Record<string, unknown>, options: ResponseOptions) {
    checkTrees(booster);
    const { output = "value", missing } = options;
    if (output !== "value" && output !== "margin") {
      throw new InputError(`output is ${describe(output)}, expected "value" or "margin"`);
    }
    this.#booster = booster;
    this.#options = options;
    this.row = booster.encodeRow(row, missing === undefined ? {} : { missing });
    this.outputs = this.score([this.row]).length;
  }

  /** Outputs of rows that are as `encodeRow` gives them. */
  score(rows: readonly Float32Array[]): Float32Array {
    return this.fill(rows.length, (i, at) => void at.set(rows[i]!));
  }

  /** Outputs of `count` rows that start as the row itself and are changed by `change`. */
  fill(count: number, change: (i: number, row: Float32Array) => void): Float32Array {
    const cols = this.row.length;
    const block = Math.max(1, Math.min(count, Math.floor(BLOCK_VALUES / Math.max(1, cols))));
    const data = new Float32Array(block * cols);
    let out = new Float32Array(0);
    for (let begin = 0; begin < count; begin += block) {
      const rows = Math.min(block, count - begin);
      for (let i = 0; i < rows; i++) {
        const at = data.subarray(i * cols, (i + 1) * cols);
        at.set(this.row);
        change(begin + i, at);
      }
      const scored = this.#predict(data.subarray(0, rows * cols), rows, cols);
      if (begin === 0) {
        out = new Float32Array((scored.length / rows) * count);
      }
      out.set(scored, begin * (scored.length / rows));
    }
    return out;
  }

  #predict(data: Float32Array, rows: number, cols: number): Float32Array {
    const { output, iterationRange, baseMargin } = this.#options;
    return this.#booster.predict(
      { data, rows, cols },
      {
        outputMargin: output === "margin",
        ...(iterationRange === undefined ? {} : { iterationRange }),
        ...(baseMargin === undefined ? {} : { baseMargin: repeat(baseMargin, rows) }),
      },
    ).data;
  }
}

function repeat(values: ArrayLike<number>, times: number): Float32Array {
  const out = new Float32Array(values.length * times);
  for (let i = 0; i < out.length; i++) {
    out[i] = values[i % values.length]!;
  }
  return out;
}

/**
 * The model's output as a function of one feature, exactly: it is constant in every cell of the axis, and every float32
 * value of the feature gives the bits that `predict` gives. Neighbours with the same bits are one cell.
 * @param row as for `predictRow`
 * @param feature its name or index
 * @throws InputError for what is not in the model; UnsupportedModelError for gblinear, which is no step function, and for
 * categories from 256 on by the rules of 1.6 where those that no split names have several values
 */
export function responseCurve(
  booster: Booster,
  row: ArrayLike<number> | Record<string, unknown>,
  feature: string | number,
  options: ResponseOptions = {},
): ResponseCurve {
  return curveOf(booster, new RowScorer(booster, row, options), featureIndex(booster, feature));
}

export function curveOf(booster: Booster, scorer: RowScorer, feature: number): ResponseCurve {
  const { outputs } = scorer;
  const cells = cellsOf(booster, feature);
  const scored = scorer.fill(cells.values.length, (i, row) => {
    row[feature] = cells.values[i]!;
  });
  const bits = new Int32Array(scored.buffer);
  const same = (a: number, b: number): boolean => {
    for (let i = 0; i < outputs; i++) {
      if (bits[a * outputs + i] !== bits[b * outputs + i]) {
        return false;
      }
    }
    return true;
  };
  const kept = keptCells(cells, same, isNamed(booster, feature));
  return {
    axis: keepCells(cells.axis, kept),
    outputs,
    values: Float32Array.from({ length: kept.length * outputs }, (_, i) => {
      return scored[kept[Math.floor(i / outputs)]! * outputs + (i % outputs)]!;
    }),
    current: scorer.row[feature]!,
  };
}

/** Cells that remain: those that differ from the one before, or of categories, those with a name or a value of their own. */
function keptCells(
  { axis }: Cells,
  same: (a: number, b: number) => boolean,
  named: (code: number, isLikeUnknown: boolean) => boolean,
): number[] {
  const kept: number[] = [];
  const stands = (code: number, cell: number): boolean => {
    const isLikeUnknown = same(axis.size - 2, cell);
    return named(code, isLikeUnknown) || !isLikeUnknown;
  };
  for (let cell = 0; cell < axis.size; cell++) {
    const isLast = cell >= axis.size - (axis.kind === "numeric" ? 1 : 2);
    if (
      isLast ||
      (axis.kind === "numeric" ? cell === 0 || !same(cell - 1, cell) : stands(axis.codes[cell]!, cell))
    ) {
      kept.push(cell);
    }
  }
  return kept;
}

function keepCells(axis: Axis, kept: readonly number[]): Axis {
  if (axis.kind === "numeric") {
    const breakpoints = Float32Array.from(kept.slice(1, -1), (cell) => axis.breakpoints[cell - 1]!);
    return { ...axis, breakpoints, size: kept.length };
  }
  const inner = kept.slice(0, -2);
  return {
    ...axis,
    codes: Int32Array.from(inner, (cell) => axis.codes[cell]!),
    labels: inner.map((cell) => axis.labels[cell]!),
    size: kept.length,
  };
}

/**
 * The model's output as a function of two features, exactly: constant in every rectangle. Neighbouring columns and rows
 * with the same bits are one.
 * @throws InputError for what is not in the model, the same feature twice, or too many cells; UnsupportedModelError for gblinear
 */
export function responseGrid(
  booster: Booster,
  row: ArrayLike<number> | Record<string, unknown>,
  features: readonly [string | number, string | number],
  options: GridOptions = {},
): ResponseGrid {
  const scorer = new RowScorer(booster, row, options);
  const { outputs } = scorer;
  const [f, g] = [featureIndex(booster, features[0]), featureIndex(booster, features[1])];
  if (f === g) {
    throw new InputError(`features are ${describe(features[0])} twice, expected two different ones`);
  }
  const [x, y] = [cellsOf(booster, f), cellsOf(booster, g)];
  const height = y.values.length;
  const count = x.values.length * height;
  const maxCells = options.maxCells ?? 2_000_000;
  if (count > maxCells) {
    throw new InputError(`the grid has ${count} cells, maxCells allows ${maxCells}`);
  }
  const scored = scorer.fill(count, (i, values) => {
    values[f] = x.values[Math.floor(i / height)]!;
    values[g] = y.values[i % height]!;
  });
  const bits = new Int32Array(scored.buffer);
  const sameColumns = (a: number, b: number): boolean => {
    const size = height * outputs;
    for (let i = 0; i < size; i++) {
      if (bits[a * size + i] !== bits[b * size + i]) {
        return false;
      }
    }
    return true;
  };
  const sameRows = (a: number, b: number): boolean => {
    for (let column = 0; column < x.values.length; column++) {
      for (let i = 0; i < outputs; i++) {
        if (bits[(column * height + a) * outputs + i] !== bits[(column * height + b) * outputs + i]) {
          return false;
        }
      }
    }
    return true;
  };
  const keptX = keptCells(x, sameColumns, isNamed(booster, f));
  const keptY = keptCells(y, sameRows, isNamed(booster, g));
  const values = new Float32Array(keptX.length * keptY.length * outputs);
  let at = 0;
  for (const column of keptX) {
    for (const cell of keptY) {
      const from = (column * height + cell) * outputs;
      values.set(scored.subarray(from, from + outputs), at);
      at += outputs;
    }
  }
  return {
    x: keepCells(x.axis, keptX),
    y: keepCells(y.axis, keptY),
    outputs,
    values,
    current: [scorer.row[f]!, scorer.row[g]!],
  };
}

/** Outputs of a curve for a value of its feature: a number, a code, or NaN for missing. */
export function curveAt(curve: ResponseCurve, value: number): Float32Array {
  const at = cellOf(curve.axis, value) * curve.outputs;
  return curve.values.slice(at, at + curve.outputs);
}

/** Outputs of a grid for values of its two features. */
export function gridAt(grid: ResponseGrid, x: number, y: number): Float32Array {
  const at = (cellOf(grid.x, x) * grid.y.size + cellOf(grid.y, y)) * grid.outputs;
  return grid.values.slice(at, at + grid.outputs);
}
