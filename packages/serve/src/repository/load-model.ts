/** From files to a model that is ready to answer: read, parsed, checked, warmed up. */
import { basename } from "node:path";
import type { ModelExecutor as Executor } from "xgboost-infer/executor";
import { ModelExecutor } from "xgboost-infer/executor";
import type { ModelSource } from "./find-models.ts";
import { digestOf, type Files, readFiles } from "./read-files.ts";
import type { ServedModel } from "./served-model.ts";
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

export interface LoadSettings {
  readonly maxModelBytes: number;
  readonly checks: readonly ModelCheck[];
}

/** Version of a model that has none. */
const FIRST_VERSION = "1";

/** A manifest has some dozen lines: a longer `model.json` is a model. */
const MAX_MANIFEST_BYTES = 1 << 18;

/** @throws Error that says what is wrong with the model, without the repository's path */
export async function loadModel(source: ModelSource, settings: LoadSettings): Promise<ServedModel> {
  const begin = performance.now();
  const files = await readFiles(source, settings.maxModelBytes);
  const digest = digestOf(files);
  const parseBegin = performance.now();
  const executor = openExecutor(source, files);
  let blockedTime = performance.now() - parseBegin;
  const notes: string[] = [];
  for (const check of settings.checks) {
    const note = await check({ executor, files });
    notes.push(...(note === undefined ? [] : [note]));
  }
  const warmBegin = performance.now();
  warmUp(executor);
  const end = performance.now();
  blockedTime += end - warmBegin;
  return {
    name: executor.name,
    version: executor.version ?? source.version ?? FIRST_VERSION,
    digest,
    executor,
    loadedAt: new Date(),
    loadTime: end - begin,
    blockedTime,
    notes,
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

/** `model.json` where it is XGBoost's own and no manifest stands beside it. */
function bareModelIn(files: Files): string | undefined {
  const found = files.has("model.yaml") ? undefined : files.get("model.json");
  if (found === undefined) {
    return undefined;
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
