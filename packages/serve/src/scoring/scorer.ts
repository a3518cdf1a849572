/** Requests of all protocols to answers. */
import type { ModelRepository } from "../repository/repository.ts";
import type { ServedModel } from "../repository/served-model.ts";
import { ScoringJob } from "./job.ts";
import type { ScoreAnswer, ScoreRequest } from "./request.ts";
import { NamedRows } from "./rows.ts";
import { Turns } from "./turns.ts";

export interface ScorerOptions {
  readonly repository: Pick<ModelRepository, "get">;
  /** Values of all outputs of an answer. */
  readonly maxResponseValues: number;
  /** Large requests under way. */
  readonly maxQueuedRequests: number;
}

/** Time in which a request is answered at once; longer ones take turns. */
const AT_ONCE_MILLISECONDS = 4;

export class Scorer {
  readonly #options: ScorerOptions;
  readonly #turns: Turns;

  constructor(options: ScorerOptions) {
    this.#options = options;
    this.#turns = new Turns(options.maxQueuedRequests);
  }

  /** Large requests under way. */
  get queued(): number {
    return this.#turns.length;
  }

  /**
   * Scores a request: at once where that takes a moment only, which saves a turn of the event loop for each row of each client.
   * @throws Failure; InputError and FeatureCheckError for rows that the model refuses (`toFailure` makes failures of these)
   */
  score(request: ScoreRequest): ScoreAnswer | Promise<ScoreAnswer> {
    const model = this.#options.repository.get(request.model, request.version);
    if (isSingle(request)) {
      return scoreSingle(model, request.rows.rows[0]!);
    }
    const job = new ScoringJob(model, request, this.#options.maxResponseValues);
    const begin = performance.now();
    do {
      if (job.step()) {
        return job.answer();
      }
    } while (performance.now() - begin < AT_ONCE_MILLISECONDS);
    return this.#turns.finish(job).then(() => job.answer());
  }
}

type SingleRequest = ScoreRequest & { readonly rows: NamedRows };

/** One row by name, and its value: what online scoring is about. */
function isSingle(request: ScoreRequest): request is SingleRequest {
  const { rows, outputs, options } = request;
  return (
    rows instanceof NamedRows &&
    rows.count === 1 &&
    outputs.length === 1 &&
    outputs[0] === "value" &&
    options === undefined
  );
}

function scoreSingle(model: ServedModel, row: Record<string, unknown>): ScoreAnswer {
  const { score, missing, missingWeight, unknown = [] } = model.executor.execute(row);
  const data = typeof score === "number" ? Float32Array.of(score) : Float32Array.from(score);
  return {
    model,
    rows: 1,
    outputs: [{ kind: "value", data, shape: [1, data.length] }],
    missingValues: missing.length,
    unknown,
    row: { missing, missingWeight },
  };
}
