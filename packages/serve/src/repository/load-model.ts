/** From files to a model that is ready to answer: read, parsed, checked, warmed up. */
import { basename } from "node:path";
import type { ModelExecutor as Executor } from "xgboost-infer/executor";
import { ModelExecutor } from "xgboost-infer/executor";
import { certificateCheck } from "./certificate.ts";
import { type ModelSource, modelFiles } from "./find-models.ts";
import { digestOf, type Files, readFiles } from "./read-files.ts";
import { warmUp } from "./warm-up.ts";

/** A model before it is visible, for checks. */
export interface Candidate {
  readonly executor: Executor;
  readonly files: Files;
}

/**
 * Looks at a model before it is visible, such as at its parity certificate.
 * @returns what to tell of it, if anything
 * @throws Error for a model that must not be served
 */
export type ModelCheck = (candidate: Candidate) => string | undefined | Promise<string | undefined>;

export interface LoadedModel extends Candidate {
  readonly name: string;
  readonly version: string;
  /** `sha256:` and the hash over all of its files. */
  readonly digest: string;
  /** What checks have told of it. */
  readonly notes: readonly string[];
  /** Milliseconds after reading, during which this thread stood still. */
  readonly blockedTime: number;
}

/** Version of a model that has none. */
const FIRST_VERSION = "1";

/** A manifest has some dozen lines: a longer `model.json` is a model. */
const MAX_MANIFEST_BYTES = 1 << 18;

/**
 * Loads a model and checks it against its certificate, if it has one.
 * @throws Error that says what is wrong with the model, without the repository's path
 */
export async function loadModel(source: ModelSource, maxModelBytes: number): Promise<LoadedModel> {
  const files = await readFiles(source, maxModelBytes);
  const digest = digestOf(files);
  const begin = performance.now();
  const executor = openExecutor(source, files);
  const note = certificateCheck({ executor, files });
  warmUp(executor);
  return {
    executor,
    files,
    name: executor.name,
    version: executor.version ?? source.version ?? FIRST_VERSION,
    digest,
    notes: note === undefined ? [] : [note],
    blockedTime: performance.now() - begin,
  };
}

function openExecutor(source: ModelSource, files: Files): Executor {
  const bare = source.kind === "file" ? basename(source.path) : bareModelIn(files);
  if (bare !== undefined) {
    const manifest = JSON.stringify({ name: source.name, model: bare });
    return ModelExecutor.load((name) => (name === "model.yaml" ? manifest : files.get(name)));
  }
  return ModelExecutor.load((name) => files.get(name));
}

/** The only model file where no manifest stands beside it. `model.json` is one where it is XGBoost's own. */
function bareModelIn(files: Files): string | undefined {
  if (files.has("model.yaml")) {
    return undefined;
  }
  const found = files.get("model.json");
  if (found === undefined) {
    const names = modelFiles([...files.keys()]);
    return names.length === 1 ? names[0] : undefined;
  }
  if (found.length > MAX_MANIFEST_BYTES) {
    return "model.json";
  }
  try {
    const content: unknown = JSON.parse(Buffer.from(found).toString());
    return typeof content === "object" && content !== null && Object.hasOwn(content, "learner")
      ? "model.json"
      : undefined;
  } catch {
    // The manifest's reader says what is wrong with it.
    return undefined;
  }
}
