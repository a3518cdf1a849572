/** Statistics of models: Triton's extension of the Open Inference Protocol. */
import type { Api } from "../api.ts";
import type { ServedModel } from "../repository/served-model.ts";
import type { ModelStatistics } from "../statistics/statistics.ts";

/**
 * Of a version of a model, of all its versions, or of all models.
 * @throws Failure for a model, or a version, that is not there
 */
export function statisticsOf(
  { repository, statistics }: Api,
  name?: string,
  version?: string,
): ModelStatistics[] {
  return chosen(repository, name, version).map((model) => statistics.statistics(model));
}

function chosen(repository: Api["repository"], name?: string, version?: string): readonly ServedModel[] {
  if (name === undefined) {
    return repository.names().flatMap((each) => repository.versions(each));
  }
  const found = repository.get(name, version);
  return version === undefined ? repository.versions(name) : [found];
}

const NOTHING = { count: 0, ns: 0 };

/** As JSON has them. Nothing is cached, and batches are not told apart by their size. */
export function statisticsJson(all: readonly ModelStatistics[]): object {
  return {
    model_stats: all.map((each) => ({
      name: each.name,
      version: each.version,
      last_inference: each.lastInference,
      inference_count: each.inferenceCount,
      execution_count: each.executionCount,
      inference_stats: {
        success: each.success,
        fail: each.fail,
        queue: each.queue,
        compute_input: each.computeInput,
        compute_infer: each.computeInfer,
        compute_output: each.computeOutput,
        cache_hit: NOTHING,
        cache_miss: NOTHING,
      },
      batch_stats: [],
    })),
  };
}
