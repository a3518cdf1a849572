// @ts-nocheck: addresses of a server
/** As `library.mjs`, for workers without a bundler: import maps are of pages alone. */
export { checkCertificate, readCertificate } from "/node_modules/xgboost-infer/dist/certificate.js";
export { convertModel } from "/node_modules/xgboost-infer/dist/convert.js";
export { ModelExecutor } from "/node_modules/xgboost-infer/dist/executor.js";
export { waterfall } from "/node_modules/xgboost-infer/dist/explain.js";
export { Booster } from "/node_modules/xgboost-infer/dist/index.js";
