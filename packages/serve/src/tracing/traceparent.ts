/** The header `traceparent` of W3C Trace Context: which trace a request is part of. */
import { randomBytes } from "node:crypto";

export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly flags: string;
}

/** Later versions may have more behind the flags. */
const HEADER = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** `undefined` for what is no such header, which is to be passed over. */
export function readTraceparent(header: unknown): TraceParent | undefined {
  if (typeof header !== "string") {
    return undefined;
  }
  const [, version, traceId, spanId, flags, rest] = HEADER.exec(header) ?? [];
  if (traceId === undefined || (version === "00" && rest !== undefined)) {
    return undefined;
  }
  return { traceId, spanId: spanId!, flags: flags! };
}

/** The part of a trace that a request is. */
export function childOf({ traceId, flags }: TraceParent): TraceParent {
  return { traceId, spanId: randomBytes(8).toString("hex"), flags };
}

export function writeTraceparent({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${flags}`;
}
