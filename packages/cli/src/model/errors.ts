/** Errors of the engine as errors of the command. */
import { InputError, ModelFormatError, UnsupportedModelError } from "xgboost-infer";
import { UsageError } from "../errors.ts";
import { ModelError } from "./open-model.ts";

/** Runs what uses a model: options that do not fit are wrong usage, everything else is the model's. */
export function withModelErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ModelFormatError || error instanceof UnsupportedModelError) {
      throw new ModelError(`${path}: ${error.message}`, { cause: error });
    }
    throw error instanceof InputError ? new UsageError(error.message) : error;
  }
}
