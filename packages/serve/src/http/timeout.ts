/** Deadlines that clients send in headers. */
import type { IncomingHttpHeaders } from "node:http";
import { invalid } from "../failure.ts";

const MILLISECONDS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/**
 * Milliseconds of `grpc-timeout` or `connect-timeout-ms`; infinite where there is neither.
 * @throws Failure for text that is no timeout
 */
export function timeoutOf(headers: IncomingHttpHeaders): number {
  const grpc = headers["grpc-timeout"];
  const connect = headers["connect-timeout-ms"];
  if (grpc === undefined && connect === undefined) {
    return Number.POSITIVE_INFINITY;
  }
  const text = grpc === undefined ? `${connect}m` : String(grpc);
  const [, digits, unit] = /^(\d{1,10})([HMSmun])$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) {
    throw invalid(`the timeout ${JSON.stringify(String(grpc ?? connect).slice(0, 50))} is none`);
  }
  return Number(digits) * MILLISECONDS[unit]!;
}
