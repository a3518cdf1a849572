/** Any model file that can be read to a JSON or UBJSON one. */
import { describe, InputError, ModelFormatError } from "../errors.ts";
import { readTrees } from "../model/builder.ts";
import type { DumpOptions } from "../parse/dump.ts";
import { detectFormat, parseModel } from "../parse/parse.ts";
import { decodeUtf8 } from "../parse/text.ts";
import { inPredictionSpace } from "./base-score.ts";
import { copyJson } from "./json-reader.ts";
import { JsonWriter } from "./json-writer.ts";
import { lossesOf } from "./losses.ts";
import { writeModel } from "./model-writer.ts";
import { ModelFinder } from "./snapshot.ts";
import { copyUbjson } from "./ubjson-reader.ts";
import { UbjsonWriter } from "./ubjson-writer.ts";

declare const TextEncoder: new () => { encode(text: string): Uint8Array };

export interface ConvertOptions {
  /** `"json"`, which every XGBoost since 1.0 loads, or `"ubj"`, for 1.6 and later. */
  readonly to: "json" | "ubj";
  /** What a dump leaves out. Required for dumps only. */
  readonly dump?: DumpOptions;
  /** Refuse larger model files: bytes. */
  readonly maxBytes?: number;
  /** Is told, one line each, what of the model the result does not say, or says otherwise. Conversions of documents lose nothing. */
  readonly onLoss?: (loss: string) => void;
}

/**
 * Converts a model. JSON and UBJSON are copied field by field, unknown ones included, so that nothing is lost; of the payload of a
 * pickle, the model is taken. The old binary format and dumps become a document of the layout that most releases read. Predictions
 * stay the same to the bit, here by default rules and in XGBoost wherever it loads both files: the version in the file is kept
 * for that. Whichever format comes in, the result is written anew as XGBoost writes it.
 * @throws ModelFormatError, UnsupportedModelError; InputError for options that do not fit
 */
export function convertModel(source: Uint8Array | ArrayBuffer | string, options: ConvertOptions): Uint8Array {
  const { to, dump, maxBytes, onLoss } = checkOptions(options);
  const bytes = toBytes(source);
  if (maxBytes !== undefined && bytes.length > maxBytes) {
    throw new ModelFormatError("model file", `has ${bytes.length} bytes, maxBytes allows ${maxBytes}`);
  }
  // Everything is checked here, documents too: what is copied below is a model.
  const model = readTrees(parseModel(bytes, dump));
  const writer = to === "json" ? new JsonWriter() : new UbjsonWriter();
  const finder = new ModelFinder(writer);
  const format = detectFormat(bytes);
  if (format === "ubjson") {
    copyUbjson(bytes, finder);
  } else if (format === "json" && model.version !== undefined) {
    copyJson(bytes, finder);
  } else {
    for (const loss of onLoss === undefined ? [] : lossesOf(model)) {
      onLoss?.(loss);
    }
    // XGBoost refuses models without features; a dump of nothing but leaves has none.
    writeModel(inPredictionSpace({ ...model, numFeatures: Math.max(1, model.numFeatures) }), writer);
  }
  return finder.range === undefined ? writer.finish() : writer.finish().slice(...finder.range);
}

/** What a model file is, by its content. */
export type ModelFileFormat = "json" | "ubjson" | "binary" | "snapshot" | "json-dump" | "text-dump";

/**
 * What a model file is, by its first bytes: `snapshot` is the payload of a pickle of 1.0 to 1.2, later ones are JSON or UBJSON.
 * @throws ModelFormatError where it is none
 */
export function modelFileFormat(source: Uint8Array | ArrayBuffer | string): ModelFileFormat {
  const bytes = toBytes(source);
  const format = detectFormat(bytes);
  if (format === "json") {
    const start = decodeUtf8(bytes.subarray(0, 256));
    return /^[\ufeff\s]*(?:\[|\{\s*"(?:nodeid|leaf|bias)")/.test(start) ? "json-dump" : "json";
  }
  return format === "headerless-binary" ? "binary" : format;
}

function checkOptions(options: ConvertOptions): ConvertOptions {
  if (typeof options !== "object" || options === null || (options.to !== "json" && options.to !== "ubj")) {
    throw new InputError(`to is ${describe(options?.to)}, expected "json" or "ubj"`);
  }
  return options;
}

/** An `ArrayBuffer` by its tag, so that those of other realms count. */
function toBytes(source: unknown): Uint8Array {
  if (typeof source === "string") {
    return new TextEncoder().encode(source);
  }
  if (source instanceof Uint8Array) {
    return source;
  }
  if (Object.prototype.toString.call(source) === "[object ArrayBuffer]") {
    return new Uint8Array(source as ArrayBuffer);
  }
  throw new InputError(`a model to be converted is bytes or text, found ${describe(source)}`);
}
