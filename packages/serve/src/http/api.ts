/** What the routes of all protocols work with. */
import type { Config } from "../config/settings.ts";
import { Failure } from "../failure.ts";
import type { ModelRepository } from "../repository/repository.ts";
import type { OutputKind, ScoreAnswer, ScoreOptions } from "../scoring/request.ts";
import type { Rows } from "../scoring/rows.ts";
import type { Scorer } from "../scoring/scorer.ts";
import type { Exchange, Reply } from "./exchange.ts";

export interface Api {
  readonly repository: ModelRepository;
  readonly scorer: Scorer;
  readonly config: Pick<Config, "defaultModel" | "maxRequestBytes">;
  /** Whether requests should be sent here. */
  isReady(): boolean;
}

export interface Asked {
  readonly protocol: string;
  readonly model: string;
  readonly version?: string | undefined;
  readonly rows: Rows;
  readonly outputs: readonly OutputKind[];
  readonly options?: ScoreOptions | undefined;
}

/** Scores what an exchange asks for and makes the reply, at once where scoring is done at once. */
export function score(
  { scorer }: Api,
  exchange: Exchange,
  asked: Asked,
  reply: (answer: ScoreAnswer) => Reply,
): Reply | Promise<Reply> {
  const { id, deadline } = exchange;
  const answered = (answer: ScoreAnswer) => {
    exchange.answer = answer;
    return reply(answer);
  };
  const scored = scorer.score({ ...asked, id, deadline, isCancelled: () => exchange.isCancelled() });
  return scored instanceof Promise ? scored.then(answered) : answered(scored);
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
