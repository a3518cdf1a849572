/** A listener for HTTP: limits, routing, replies, the log line of each request, and an end that loses none. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import { type AddressInfo, Server as NetServer, type Socket } from "node:net";
import type { Config } from "../config/settings.ts";
import { type Failure, type FailureKind, toFailure, tooBusy } from "../failure.ts";
import { headerText } from "../header-text.ts";
import type { Logger } from "../log/logger.ts";
import { logRequest, roundTime } from "../log/request-line.ts";
import { requestId } from "../request-id.ts";
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
  | "drainTimeout"
  | "logRequests"
>;

/** A request that has been answered. */
export interface Answered {
  readonly protocol: string;
  readonly status: number;
  /** `undefined` where nothing failed. */
  readonly kind: FailureKind | undefined;
  readonly seconds: number;
  readonly answer: Exchange["answer"];
}

export interface HttpServerOptions {
  readonly routes: readonly Route[];
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly onAnswered: (answered: Answered) => void;
  /** Whether requests must be refused before any work is done for them. */
  readonly isOverloaded?: () => boolean;
}

/** How often connections are looked at for timeouts: the default of 30 s would let slow clients hold on for that long. */
const CHECK_INTERVAL = 500;

/** What is left of a request that was refused for its size is read for so long, so that the client sees the reply and not a reset. */
const LINGER_MILLISECONDS = 2_000;

const EMPTY = Buffer.alloc(0);

export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #router: Router;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #draining = false;
  /** So many connections are closed after their next reply. */
  #surplus = 0;

  constructor(options: HttpServerOptions) {
    const { config, routes } = options;
    this.#options = options;
    this.#router = new Router(routes);
    this.#server = createServer(
      {
        // Node takes no longer one than for the whole request.
        headersTimeout: Math.min(config.headersTimeout, config.bodyTimeout),
        requestTimeout: config.bodyTimeout,
        keepAliveTimeout: config.keepAliveTimeout,
        connectionsCheckingInterval: CHECK_INTERVAL,
        noDelay: true,
      },
      (request, response) => this.#accept(request, response),
    );
    this.#server.maxConnections = config.maxConnections;
    this.#server.on("clientError", refuseConnection);
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
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
      const end = setTimeout(() => this.#server.closeAllConnections(), this.#options.config.drainTimeout);
      NetServer.prototype.close.call(this.#server, () => {
        clearTimeout(end);
        this.#server.closeAllConnections();
        resolve();
      });
    });
  }

  #accept(request: IncomingMessage, response: ServerResponse): void {
    const begin = performance.now();
    const id = requestId(request.headers["x-request-id"]);
    const conversation: Conversation = {
      id,
      begin,
      request,
      response,
      route: undefined,
      exchange: undefined,
    };
    let found: Found;
    try {
      found = this.#router.find(request.method ?? "", request.url ?? "");
    } catch (error) {
      this.#fail(conversation, error);
      return;
    }
    conversation.route = found.route;
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
    const reply = route?.fail?.(failure, { id, request }) ?? errorReply(failure);
    const headers = failure instanceof MethodFailure ? ["Allow", failure.allowed.join(", ")] : [];
    if (!request.complete) {
      response.shouldKeepAlive = false;
      linger(request);
    }
    this.#reply(conversation, { ...reply, headers: [...(reply.headers ?? []), ...headers] }, failure);
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
    const { response, id, exchange } = conversation;
    const { body } = reply;
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    const headers = ["Content-Type", reply.type, "Content-Length", String(length), "X-Request-Id", id];
    const model = exchange?.answer?.model;
    if (model !== undefined) {
      headers.push("X-Model-Version", headerText(model.version), "X-Model-Digest", model.digest);
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
    }
    this.#note(conversation, reply.status, failure);
  }

  #note(
    { id, begin, route, request, exchange }: Conversation,
    status: number,
    failure: Failure | undefined,
  ): void {
    const answer = exchange?.answer;
    const protocol = route?.protocol ?? "none";
    const milliseconds = performance.now() - begin;
    this.#options.onAnswered({ protocol, status, kind: failure?.kind, seconds: milliseconds / 1000, answer });
    if (!this.#options.config.logRequests) {
      return;
    }
    const { method, url } = request;
    const path = route?.path ?? url?.slice(0, 200);
    const line = { requestId: id, protocol, method, path, status, ms: roundTime(milliseconds) };
    logRequest(this.#options.logger, line, answer, failure);
  }
}

/** One request from its arrival to its log line. */
interface Conversation {
  readonly id: string;
  readonly begin: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
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

/** Bytes that are no request of HTTP, or come too slowly. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [status, message] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? [431, "the headers are too large"]
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? [408, "the request took too long to arrive"]
        : [400, "not a request of HTTP/1.1"];
  const body = JSON.stringify({ error: message });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
