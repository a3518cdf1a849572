/** A listener for HTTP: limits, routing, replies, the log line of each request, and an end that loses none. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, Server as NetServer, type Socket } from "node:net";
import type { Config } from "../config/settings.ts";
import { type Failure, type FailureKind, invalid, toFailure, tooBusy } from "../failure.ts";
import { headerText } from "../header-text.ts";
import { loggedRows } from "../log/logged-rows.ts";
import type { Logger } from "../log/logger.ts";
import { logRequest, roundTime } from "../log/request-line.ts";
import { requestId } from "../request-id.ts";
import type { Security } from "../security/security.ts";
import type { Trace, Tracing } from "../tracing/tracing.ts";
import { Unread } from "../unread.ts";
import { readBody } from "./body.ts";
import { compress } from "./compress.ts";
import type { Exchange, Reply, Route } from "./exchange.ts";
import { type Found, MethodFailure, Router } from "./router.ts";
import { errorReply } from "./status.ts";

export type ServerConfig = Pick<
  Config,
  | "requestTimeout"
  | "maxRequestBytes"
  | "maxConnections"
  | "headersTimeout"
  | "bodyTimeout"
  | "keepAliveTimeout"
  | "replyTimeout"
  | "drainTimeout"
  | "logRequests"
  | "logFeatureRows"
>;

/** A request that has been answered. */
export interface Answered {
  readonly protocol: string;
  readonly status: number;
  /** `undefined` where nothing failed. */
  readonly kind: FailureKind | undefined;
  readonly seconds: number;
  readonly answer: Exchange["answer"];
  readonly scored: Exchange["scored"];
  /** When it arrived, by `performance.now()`. */
  readonly begin: number;
}

export interface HttpServerOptions {
  readonly routes: readonly Route[];
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly onAnswered: (answered: Answered) => void;
  /** Told of each connection that was ended without a request, or without its reply. */
  readonly onRefused: (reason: RefusedConnection) => void;
  readonly security: Pick<Security, "tls" | "refusal">;
  readonly tracing: Pick<Tracing, "begin">;
  /** Whether requests must be refused before any work is done for them. */
  readonly isOverloaded?: () => boolean;
}

/** Why a connection was ended: what came is no HTTP, headers are too large, a request or the taking of a reply took too long. */
export type RefusedConnection = "malformed" | "headers" | "slow request" | "slow reader" | "tls";

/** How often connections are looked at for timeouts: the default of 30 s would let slow clients hold on for that long. */
const CHECK_INTERVAL = 500;

/** What is left of a request that was refused for its size is read for so long, so that the client sees the reply and not a reset. */
const LINGER_MILLISECONDS = 2_000;

/** Of replies that wait for one connection: a client that sends a thousand requests at once and reads nothing would fill the memory. */
const MAX_UNREAD_BYTES = 1 << 22;

const EMPTY = Buffer.alloc(0);

export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #router: Router;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #unread: Unread;
  #draining = false;
  /** So many connections are closed after their next reply. */
  #surplus = 0;

  constructor(options: HttpServerOptions) {
    const { config, routes, onRefused } = options;
    this.#options = options;
    this.#router = new Router(routes);
    this.#unread = new Unread({
      timeout: config.replyTimeout,
      maxBytesOfOne: MAX_UNREAD_BYTES,
      onClosed: () => onRefused("slow reader"),
    });
    this.#server = this.#createServer({
      // Node takes no longer one than for the whole request.
      headersTimeout: Math.min(config.headersTimeout, config.bodyTimeout),
      requestTimeout: config.bodyTimeout,
      keepAliveTimeout: config.keepAliveTimeout,
      connectionsCheckingInterval: CHECK_INTERVAL,
      // Looked for below: Node's own refusal has no body.
      requireHostHeader: false,
      noDelay: true,
    });
    this.#server.maxConnections = config.maxConnections;
    this.#server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) =>
      refuseConnection(error, socket, onRefused),
    );
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  #createServer(options: ServerOptions): Server {
    const accept = (request: IncomingMessage, response: ServerResponse) => this.#accept(request, response);
    const { security, onRefused } = this.#options;
    if (security.tls === undefined) {
      return createServer(options, accept);
    }
    const server = createTlsServer({ ...options, ...security.tls.options }, accept);
    server.on("tlsClientError", () => onRefused("tls"));
    security.tls.serve(server);
    return server;
  }

  /** @returns the port, which the system chose where 0 was asked for */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Node's own server, for those who share its socket. */
  get server(): Server {
    return this.#server;
  }

  /** Open connections. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Closes so many connections, each after its next reply. */
  giveUp(connections: number): void {
    this.#surplus = connections;
  }

  /**
   * Stops listening, answers what still comes over open connections and closes each after it; resolves when none is left, or
   * after `drainTimeout`. The server's own `close` would break connections on which a request is under way to it.
   */
  drain(): Promise<void> {
    this.#draining = true;
    return new Promise((resolve) => {
      const end = setTimeout(() => {
        this.#server.closeAllConnections();
        // Also those that have not ended their handshake.
        for (const socket of this.#sockets) {
          socket.destroy();
        }
      }, this.#options.config.drainTimeout);
      NetServer.prototype.close.call(this.#server, () => {
        clearTimeout(end);
        this.#unread.close();
        this.#server.closeAllConnections();
        resolve();
      });
    });
  }

  #accept(request: IncomingMessage, response: ServerResponse): void {
    if (request.socket.destroyed) {
      // Came together with others, whose replies nobody read.
      return;
    }
    const begin = performance.now();
    const id = requestId(request.headers["x-request-id"]);
    const conversation: Conversation = {
      id,
      begin,
      request,
      response,
      trace: this.#options.tracing.begin(request.headers, begin),
      route: undefined,
      exchange: undefined,
    };
    const refusal = this.#refusal(request);
    let found: Found;
    try {
      found = this.#router.find(request.method ?? "", request.url ?? "");
    } catch (error) {
      this.#fail(conversation, refusal ?? error);
      return;
    }
    conversation.route = found.route;
    if (refusal !== undefined && (found.route.open !== true || refusal.kind !== "unauthenticated")) {
      this.#fail(conversation, refusal);
      return;
    }
    if (found.route.method === "GET") {
      this.#handle(conversation, found, EMPTY);
      return;
    }
    readBody(request, this.#options.config.maxRequestBytes, (error, body) => {
      if (error === undefined) {
        this.#handle(conversation, found, body);
      } else {
        this.#fail(conversation, error);
      }
    });
  }

  /** What becomes of a request by its headers; `undefined` where it may go on. */
  #refusal({ headers, httpVersion }: IncomingMessage): Failure | undefined {
    if (headers.host === undefined && httpVersion === "1.1") {
      return invalid("there is no header Host");
    }
    return this.#options.security.refusal(headers.authorization);
  }

  #handle(conversation: Conversation, { route, params }: Found, body: Buffer): void {
    const { id, begin, request, response } = conversation;
    const exchange: Exchange = {
      id,
      request,
      params,
      body,
      deadline: begin + this.#options.config.requestTimeout,
      isCancelled: () => response.destroyed,
      answer: undefined,
      scored: undefined,
    };
    conversation.exchange = exchange;
    try {
      if (route.method !== "GET" && this.#options.isOverloaded?.() === true) {
        throw tooBusy();
      }
      const reply = route.handle(exchange);
      if (reply instanceof Promise) {
        reply.then(
          (done) => this.#reply(conversation, done, undefined),
          (error: unknown) => this.#fail(conversation, error),
        );
      } else {
        this.#reply(conversation, reply, undefined);
      }
    } catch (error) {
      this.#fail(conversation, error);
    }
  }

  #fail(conversation: Conversation, error: unknown): void {
    const { id, route, request, response } = conversation;
    const failure = toFailure(error);
    if (failure.kind === "internal") {
      this.#options.logger.error({ requestId: id, err: failure.cause }, "internal error");
    }
    const reply = this.#failureReply(route, failure, { id, request });
    const headers = failure instanceof MethodFailure ? ["Allow", failure.allowed.join(", ")] : [];
    if (!request.complete) {
      response.shouldKeepAlive = false;
      linger(request);
    }
    this.#reply(conversation, { ...reply, headers: [...(reply.headers ?? []), ...headers] }, failure);
  }

  #failureReply(
    route: Route | undefined,
    failure: Failure,
    request: Pick<Exchange, "id" | "request">,
  ): Reply {
    // Who may ask is a matter of HTTP, whatever the protocol: proxies and clients look for 401.
    const ownForm = failure.kind === "unauthenticated" ? undefined : route?.fail?.(failure, request);
    return ownForm ?? errorReply(failure);
  }

  #reply(conversation: Conversation, reply: Reply, failure: Failure | undefined): void {
    const encoding = compress(conversation.request.headers["accept-encoding"], reply.body);
    if (encoding === undefined) {
      this.#send(conversation, reply, failure);
      return;
    }
    encoding.then(
      (packed) =>
        this.#send(
          conversation,
          { ...reply, ...packed, headers: [...(reply.headers ?? []), ...packed.headers] },
          failure,
        ),
      (error: unknown) => this.#fail(conversation, error),
    );
  }

  #send(conversation: Conversation, reply: Reply, failure: Failure | undefined): void {
    const { response, id, exchange, trace } = conversation;
    const { body } = reply;
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    const headers = ["Content-Type", reply.type, "Content-Length", String(length), "X-Request-Id", id];
    const model = exchange?.answer?.model;
    if (model !== undefined) {
      headers.push("X-Model-Version", headerText(model.version), "X-Model-Digest", model.digest);
    }
    if (trace !== undefined) {
      headers.push("traceparent", trace.header);
    }
    if (reply.headers !== undefined) {
      headers.push(...reply.headers);
    }
    if (this.#draining || !response.shouldKeepAlive) {
      headers.push("Connection", "close");
    } else if (this.#surplus > 0) {
      this.#surplus--;
      headers.push("Connection", "close");
    }
    if (!response.destroyed) {
      response.writeHead(reply.status, headers);
      response.end(body);
      this.#noteUnread(response);
    }
    this.#note(conversation, reply.status, failure);
  }

  /** Most replies are with the system at once, and cost nothing here. */
  #noteUnread(response: ServerResponse): void {
    const bytes = response.writableLength;
    // Replies that wait for others on their connection have no socket themselves.
    const { socket } = response.req;
    if (bytes > 0 && !socket.destroyed) {
      response.once("finish", this.#unread.add(socket, bytes));
    }
  }

  #note(conversation: Conversation, status: number, failure: Failure | undefined): void {
    const { id, begin, route, request, exchange, trace } = conversation;
    const { config, logger, onAnswered } = this.#options;
    const { answer, scored } = exchange ?? {};
    const protocol = route?.protocol ?? "none";
    const kind = failure?.kind;
    const milliseconds = performance.now() - begin;
    onAnswered({ protocol, status, kind, seconds: milliseconds / 1000, answer, scored, begin });
    trace?.end({
      name: `${request.method} ${route?.path ?? ""}`.trimEnd(),
      attributes: {
        "http.request.method": request.method,
        "http.route": route?.path,
        "http.response.status_code": status,
      },
      requestId: id,
      kind,
      answer,
      scored,
    });
    if (!config.logRequests) {
      return;
    }
    const { method, url } = request;
    const path = route?.path ?? url?.slice(0, 200);
    const line = { requestId: id, protocol, method, path, status, ms: roundTime(milliseconds) };
    logRequest(logger, line, answer, failure, {
      trace: trace?.ids,
      rows: loggedRows(scored, answer, config.logFeatureRows),
    });
  }
}

/** One request from its arrival to its log line. */
interface Conversation {
  readonly id: string;
  readonly begin: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly trace: Trace | undefined;
  route: Route | undefined;
  exchange: Exchange | undefined;
}

/** Reads on for a while without keeping anything. */
function linger(request: IncomingMessage): void {
  request.resume();
  const end = setTimeout(() => request.destroy(), LINGER_MILLISECONDS);
  end.unref();
  request.once("close", () => clearTimeout(end));
}

interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly reason: RefusedConnection;
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: "the headers are too large", reason: "headers" },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    message: "the request took too long to arrive",
    reason: "slow request",
  },
};

const MALFORMED: Refusal = { status: 400, message: "not a request of HTTP/1.1", reason: "malformed" };

/** Bytes that are no request of HTTP, or come too slowly. */
function refuseConnection(
  error: NodeJS.ErrnoException,
  socket: Socket,
  onRefused: (reason: RefusedConnection) => void,
): void {
  const { code = "" } = error;
  const refusal = REFUSALS[code] ?? (code.startsWith("HPE_") ? MALFORMED : undefined);
  // Others are failures of the connection itself, such as of its handshake: nothing can be said over it.
  if (!socket.writable || refusal === undefined) {
    socket.destroy();
    return;
  }
  const { status, message, reason } = refusal;
  onRefused(reason);
  const body = JSON.stringify({ error: message });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
