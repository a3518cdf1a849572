/** What the handlers of all protocols work with. */
import type { Config } from "./config/settings.ts";
import { Failure } from "./failure.ts";
import type { ModelRepository } from "./repository/repository.ts";
import type { OutputKind, ScoreAnswer, ScoreOptions } from "./scoring/request.ts";
import type { Rows } from "./scoring/rows.ts";
import type { Scorer } from "./scoring/scorer.ts";
import type { Statistics } from "./statistics/statistics.ts";

export interface Api {
  readonly repository: ModelRepository;
  readonly scorer: Scorer;
  readonly statistics: Statistics;
  readonly config: Pick<Config, "defaultModel" | "maxRequestBytes">;
  /** Whether requests should be sent here. */
  isReady(): boolean;
}

/** A request of any protocol, under way. */
export interface Call {
  /** Given by the client or made; in the log and in the reply. */
  readonly id: string;
  /** By `performance.now()`. */
  readonly deadline: number;
  isCancelled(): boolean;
  /** What was scored, for the log and the headers of the reply. */
  answer: ScoreAnswer | undefined;
  /** What was to be scored, once that is known; also where it failed. */
  scored: Scored | undefined;
}

/** The part of a request that is about the model: when its rows were read, and when they were scored. By `performance.now()`. */
export interface Scored {
  readonly asked: Asked;
  readonly begin: number;
  /** `undefined` where it failed. */
  end: number | undefined;
}

export interface Asked {
  readonly protocol: string;
  readonly model: string;
  readonly version?: string | undefined;
  readonly rows: Rows;
  readonly outputs: readonly OutputKind[];
  readonly options?: ScoreOptions | undefined;
}

/** Scores what a call asks for and makes the reply, at once where scoring is done at once. */
export function score<Reply>(
  { scorer }: Api,
  call: Call,
  asked: Asked,
  reply: (answer: ScoreAnswer) => Reply,
): Reply | Promise<Reply> {
  const { id, deadline } = call;
  const of: Scored = { asked, begin: performance.now(), end: undefined };
  call.scored = of;
  const answered = (answer: ScoreAnswer) => {
    of.end = performance.now();
    call.answer = answer;
    return reply(answer);
  };
  const { protocol, model, version, rows, outputs, options } = asked;
  const isCancelled = () => call.isCancelled();
  // Each by its name: spreading `asked` took 6 % of a request.
  const request = { id, protocol, model, version, rows, outputs, options, deadline, isCancelled };
  const scoring = scorer.score(request);
  return scoring instanceof Promise ? scoring.then(answered) : answered(scoring);
}

/**
 * The model of paths that name none.
 * @throws Failure where it is not clear which one
 */
export function onlyModel({ repository, config }: Api): string {
  if (config.defaultModel !== "") {
    return config.defaultModel;
  }
  const names = repository.names();
  if (names.length === 1) {
    return names[0]!;
  }
  throw names.length === 0
    ? new Failure("unavailable", "no model is ready")
    : new Failure(
        "invalid",
        "there are several models: name one in the header X-Model-Name, or set defaultModel",
      );
}
