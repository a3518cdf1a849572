/** Statuses of HTTP for failures: Triton's map, and those that HTTP has names for itself. */
import type { Failure, FailureKind } from "../failure.ts";
import { json, type Reply } from "./exchange.ts";

export const STATUS: Readonly<Record<FailureKind, number>> = {
  unauthenticated: 401,
  invalid: 400,
  refused: 400,
  notFound: 404,
  methodNotAllowed: 405,
  tooLarge: 413,
  unsupportedType: 415,
  unsupported: 501,
  busy: 503,
  unavailable: 503,
  deadline: 504,
  // nginx's own; nobody reads it but the log.
  cancelled: 499,
  internal: 500,
};

/** Seconds after which a busy service may be asked again. */
const RETRY_AFTER = ["Retry-After", "1"];

/** How a client is told to name itself. */
const AUTHENTICATE = ["WWW-Authenticate", "Bearer"];

export function retryHeaders({ kind }: Failure): readonly string[] | undefined {
  return kind === "busy" || kind === "unavailable" ? RETRY_AFTER : undefined;
}

/** `{"error": …}`, as the Open Inference Protocol has it. */
export function errorReply(failure: Failure): Reply {
  return json({ error: failure.message }, STATUS[failure.kind], headersOf(failure));
}

function headersOf(failure: Failure): readonly string[] | undefined {
  return failure.kind === "unauthenticated" ? AUTHENTICATE : retryHeaders(failure);
}
