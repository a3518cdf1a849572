/** xgboost-infer/transfer: loaded models from one thread to another, without parsing them again. */
export { type PackedBooster, packBooster, transferList, unpackBooster } from "./transfer/packed-booster.ts";
