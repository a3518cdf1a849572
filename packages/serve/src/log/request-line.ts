/** The line of log for a request, the same for all protocols. */
import type { Failure } from "../failure.ts";
import type { ScoreAnswer } from "../scoring/request.ts";
import type { Logger } from "./logger.ts";

/** What the transport has to say of a request: method, path and status. */
export interface RequestLine {
  readonly requestId: string;
  readonly protocol: string;
  readonly method?: string | undefined;
  readonly path: string | undefined;
  readonly status?: number | string;
  readonly ms: number;
}

/** What is in the line of some requests. */
export interface RequestExtras {
  /** Ids of the trace that it is part of. */
  readonly trace?: object | undefined;
  /** Values of its rows, where they are asked for. */
  readonly rows?: unknown[] | undefined;
}

const NO_EXTRAS: RequestExtras = {};

/** Longer reasons are those that tell of many names. */
const MAX_REASON = 500;

export function logRequest(
  logger: Logger,
  line: RequestLine,
  answer: ScoreAnswer | undefined,
  failure: Failure | undefined,
  { trace, rows }: RequestExtras = NO_EXTRAS,
): void {
  if (!logger.isLevelEnabled("info")) {
    return;
  }
  // Added to the object as it came: spreading objects into a new one takes as long as writing it.
  const fields: Record<string, unknown> = line as never;
  if (answer !== undefined) {
    const { name, version, digest } = answer.model;
    fields["model"] = name;
    fields["version"] = version;
    fields["digest"] = digest;
    fields["rows"] = answer.rows;
  }
  if (failure !== undefined) {
    fields["failure"] = failure.kind;
    fields["reason"] = failure.message.slice(0, MAX_REASON);
  }
  if (rows !== undefined) {
    fields["features"] = rows;
  }
  logger.info(trace === undefined ? fields : Object.assign(fields, trace), "request");
}

/** Milliseconds to the microsecond. */
export function roundTime(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
