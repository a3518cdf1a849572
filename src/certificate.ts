/** xgboost-infer/certificate: XGBoost's own answers to adversarial rows of a model, and whether a loaded model gives the same bits. */
export {
  type CertificateCheckOptions,
  type CertificateDifference,
  type CertificateResult,
  checkCertificate,
  type OutputResult,
} from "./certificate/check.ts";
export { CertificateError } from "./certificate/errors.ts";
export { ulpsBetween } from "./certificate/float32.ts";
export {
  type Certificate,
  type CertifiedModel,
  type CertifiedOutput,
  type OutputName,
  type RowKinds,
  readCertificate,
} from "./certificate/read.ts";
