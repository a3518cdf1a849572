/** `xgboost-infer/executor` as Node gets it: model directories by path, too. */
import { ModelFormatError, UnsupportedModelError } from "../errors.ts";
import { ModelExecutor as Core, ModelDirectoryError, type ModelFiles } from "../executor.ts";
import type { LoadOptions } from "../predict/booster.ts";
import { openModelDirectory } from "./model-directory.ts";

export * from "../executor.ts";

/** As everywhere else, but `load` takes the path of a directory. */
export class ModelExecutor extends Core {
  static override load(source: string | ModelFiles, options: LoadOptions = {}): ModelExecutor {
    const files = typeof source === "string" ? openModelDirectory(source) : source;
    try {
      // biome-ignore lint/complexity/noThisInStatic: what is made is one of this class
      return super.load(files, options);
    } catch (error) {
      if (typeof source === "string" && isOfFile(error)) {
        error.message = `${source.replace(/[\\/]+$/, "")}/${error.message}`;
      }
      throw error;
    }
  }
}

/** Errors whose message begins with the name of a file in the directory. */
function isOfFile(error: unknown): error is Error {
  return [ModelDirectoryError, ModelFormatError, UnsupportedModelError].some(
    (errorClass) => error instanceof errorClass,
  );
}
