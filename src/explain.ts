/** xgboost-infer/explain: pictures of explanations as SVG text, exact response curves, counterfactuals. */
export { type BarsOptions, type ImportanceOptions, importanceBars, summaryBars } from "./explain/bars.ts";
export { type BeeswarmOptions, beeswarm } from "./explain/beeswarm.ts";
export {
  type Contributions,
  contributionMatrix,
  type Matrix,
  type RowContributions,
  rowContributions,
} from "./explain/contributions.ts";
export { type DependenceOptions, dependence } from "./explain/dependence.ts";
export { type ForceOptions, force } from "./explain/force.ts";
export type { PictureOptions } from "./explain/svg.ts";
export type { Theme } from "./explain/theme.ts";
export { type WaterfallOptions, waterfall } from "./explain/waterfall.ts";
