/** The line of log for a request, the same for all protocols. */
import type { Failure } from "../failure.ts";
import type { ScoreAnswer } from "../scoring/request.ts";
import type { Logger } from "./logger.ts";

export interface RequestLine {
  readonly requestId: string;
  readonly protocol: string;
  /** What the transport has to say: method, path and status. */
  readonly transport: Readonly<Record<string, unknown>>;
  readonly milliseconds: number;
  readonly answer: ScoreAnswer | undefined;
  readonly failure: Failure | undefined;
  /** Ids of the trace that it is part of. */
  readonly trace: object | undefined;
  /** Values of its rows, where they are asked for. */
  readonly rows: unknown[] | undefined;
}

/** Longer reasons are those that tell of many names. */
const MAX_REASON = 500;

export function logRequest(
  logger: Logger,
  { requestId, protocol, transport, milliseconds, answer, failure, trace, rows }: RequestLine,
): void {
  logger.info(
    {
      requestId,
      ...trace,
      protocol,
      ...transport,
      ms: Math.round(milliseconds * 1000) / 1000,
      ...(answer === undefined ? undefined : modelFields(answer)),
      ...(failure === undefined
        ? undefined
        : { failure: failure.kind, reason: failure.message.slice(0, MAX_REASON) }),
      ...(rows === undefined ? undefined : { features: rows }),
    },
    "request",
  );
}

function modelFields({ model, rows }: ScoreAnswer) {
  return { model: model.name, version: model.version, digest: model.digest, rows };
}
