/** xgboost-infer/explain: pictures of explanations as SVG text, exact response curves, counterfactuals. */
export { type Axis, type CategoricalAxis, cellOf, cellText, type NumericAxis } from "./explain/axes.ts";
export { type BarsOptions, type ImportanceOptions, importanceBars, summaryBars } from "./explain/bars.ts";
export { type BeeswarmOptions, beeswarm } from "./explain/beeswarm.ts";
export {
  type Contributions,
  contributionMatrix,
  type Matrix,
  type RowContributions,
  rowContributions,
} from "./explain/contributions.ts";
export {
  type Counterfactual,
  type CounterfactualOptions,
  counterfactuals,
  type FeatureChange,
} from "./explain/counterfactual.ts";
export { type CurvePictureOptions, curvePicture } from "./explain/curve-picture.ts";
export { type DependenceOptions, dependence } from "./explain/dependence.ts";
export { type ForceOptions, force } from "./explain/force.ts";
export { type GridPictureOptions, gridPicture } from "./explain/grid-picture.ts";
export type { OutlineOptions } from "./explain/outline.ts";
export {
  curveAt,
  type GridOptions,
  gridAt,
  type ResponseCurve,
  type ResponseGrid,
  type ResponseOptions,
  responseCurve,
  responseGrid,
} from "./explain/response.ts";
export type { PictureOptions } from "./explain/svg.ts";
export {
  type TextOptions,
  type TextTreeOptions,
  type TextWaterfallOptions,
  textTree,
  textWaterfall,
} from "./explain/terminal.ts";
export type { Theme } from "./explain/theme.ts";
export { type TreeDiagramOptions, treeDiagram } from "./explain/tree-diagram.ts";
export { type WaterfallOptions, waterfall } from "./explain/waterfall.ts";
