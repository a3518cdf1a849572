/** What the suite takes of the package, by the names that it publishes. */
export { Booster } from "xgboost-infer";
export { checkCertificate, readCertificate } from "xgboost-infer/certificate";
export { convertModel } from "xgboost-infer/convert";
export { ModelExecutor } from "xgboost-infer/executor";
export { waterfall } from "xgboost-infer/explain";
