/** xgboost-infer: XGBoost models in pure TypeScript, with Python's predictions to the bit. */
export type { EngineOption } from "./engine/select.ts";
export { InputError, ModelFormatError, UnsupportedModelError } from "./errors.ts";
export type { BoosterName } from "./model/model.ts";
export type { RulesOption } from "./model/rules.ts";
export type { LeafView, SplitView, TreeNodeView, TreeView } from "./model/tree-view.ts";
export type { DumpOptions } from "./parse/dump.ts";
export { Booster, type LoadOptions, type Prediction } from "./predict/booster.ts";
export type { ArrowTableLike, ColumnData, CsrData, Data, DenseData } from "./predict/data.ts";
export type { PredictOptions } from "./predict/options.ts";
export type { ImportanceType } from "./shap/importance.ts";
