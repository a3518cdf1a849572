/** What handlers see of a request and give for a reply. */
import type { IncomingMessage } from "node:http";
import type { Call } from "../api.ts";
import type { Failure } from "../failure.ts";

export interface Exchange extends Call {
  readonly request: IncomingMessage;
  /** Parts of the path by name, decoded. */
  readonly params: Readonly<Record<string, string | undefined>>;
  /** Unpacked; empty where the route takes none. */
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  /** Names and values in turn. */
  readonly headers?: readonly string[];
}

export type Handler = (exchange: Exchange) => Reply | Promise<Reply>;

export interface Route {
  readonly method: "GET" | "POST" | "PUT";
  /** As in OpenAPI: `/v2/models/{name}/infer`. */
  readonly path: string;
  /** For the log and metrics. */
  readonly protocol: string;
  readonly handle: Handler;
  /** Whether no token is needed. */
  readonly open?: boolean;
  /** The reply to a failure, where the protocol has a form of its own. */
  readonly fail?: (failure: Failure, exchange: Pick<Exchange, "id" | "request">) => Reply;
  readonly operation: Operation;
}

/** What the OpenAPI document says of a route. */
export interface Operation {
  readonly tag: string;
  readonly summary: string;
  /** Media types of the request's body and what it holds. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** Media types of the reply to a request without fault, and what it holds. */
  readonly reply?: Readonly<Record<string, unknown>>;
  /** Statuses of failures besides those that any route has. */
  readonly failures?: readonly number[];
}

const JSON_TYPE = "application/json";

export function json(value: unknown, status = 200, headers?: readonly string[]): Reply {
  const body = JSON.stringify(value);
  return headers === undefined
    ? { status, type: JSON_TYPE, body }
    : { status, type: JSON_TYPE, body, headers };
}
