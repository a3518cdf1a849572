/** Ids of requests. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What goes into log lines and headers as it is. */
const USABLE = /^[\x21-\x7e]{1,128}$/;

/** The client's `X-Request-Id`, or a new one where there is none that can be used. */
export function requestId({ headers }: IncomingMessage): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && USABLE.test(given) ? given : randomUUID();
}
