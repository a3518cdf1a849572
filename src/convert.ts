/** xgboost-infer/convert: model files of any format that can be read, as JSON or UBJSON. */
export { type ConvertOptions, convertModel } from "./convert/convert.ts";
