/** xgboost-infer/convert: model files of any format that can be read, as JSON or UBJSON. */
export {
  type ConvertOptions,
  convertModel,
  type ModelFileFormat,
  modelFileFormat,
} from "./convert/convert.ts";
