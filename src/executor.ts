/** xgboost-infer/executor: a model directory as one thing to load: named features in, checked; a score out. */
export type { FeatureKind } from "./executor/encoder.ts";
export { FeatureCheckError, ModelDirectoryError } from "./executor/errors.ts";
export type { FileContent, ModelFiles } from "./executor/files.ts";
export type { CheckPolicy, Manifest } from "./executor/manifest.ts";
export { type ExecutorParts, ModelExecutor, type ScoredRow } from "./executor/model-executor.ts";
