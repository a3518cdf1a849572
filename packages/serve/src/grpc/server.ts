/** A listener for gRPC: limits, deadlines, replies, the log line of each call, and an end that loses none. */
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Metadata, Server, type ServerUnaryCall, status as Status, type sendUnaryData } from "@grpc/grpc-js";
import type { Call, Scored } from "../api.ts";
import type { Config } from "../config/settings.ts";
import { Failure, type FailureKind, toFailure, tooBusy } from "../failure.ts";
import { headerText } from "../header-text.ts";
import { loggedRows } from "../log/logged-rows.ts";
import type { Logger } from "../log/logger.ts";
import { logRequest, roundTime } from "../log/request-line.ts";
import { requestId } from "../request-id.ts";
import type { ScoreAnswer } from "../scoring/request.ts";
import type { Security } from "../security/security.ts";
import type { Trace, Tracing } from "../tracing/tracing.ts";
import { type Arrival, Arrivals } from "./arrivals.ts";
import { Departures, type Group, newGroup } from "./departures.ts";
import { HEALTH_PROTOCOL } from "./health.ts";
import { decode, encode } from "./messages.ts";
import { Newcomers } from "./newcomers.ts";
import { Replies } from "./replies.ts";
import { pathOf, type UnaryMethod } from "./service.ts";
import { STATUS } from "./status.ts";
import { OpenStreams, type StreamCall, type StreamMethod } from "./streams.ts";

export type GrpcConfig = Pick<
  Config,
  | "requestTimeout"
  | "maxRequestBytes"
  | "maxConnections"
  | "headersTimeout"
  | "bodyTimeout"
  | "replyTimeout"
  | "keepAliveTimeout"
  | "grpcMaxConnectionAge"
  | "drainTimeout"
  | "logRequests"
  | "logFeatureRows"
>;

/** A call that has been answered. */
export interface GrpcAnswered {
  readonly protocol: string;
  /** `undefined` where nothing failed. */
  readonly kind: FailureKind | undefined;
  readonly seconds: number;
  readonly answer: ScoreAnswer | undefined;
  readonly scored: Scored | undefined;
  /** When it arrived, by `performance.now()`. */
  readonly begin: number;
}

export interface GrpcServerOptions {
  readonly methods: readonly UnaryMethod[];
  readonly streams: readonly StreamMethod[];
  readonly config: GrpcConfig;
  readonly logger: Logger;
  readonly onAnswered: (answered: GrpcAnswered) => void;
  /** Told of each connection that was ended before anything of HTTP/2 came, or with replies that were not taken. */
  readonly onRefused: (reason: "slow request" | "slow reader" | "tls") => void;
  readonly security: Pick<Security, "tls" | "refusal">;
  readonly tracing: Pick<Tracing, "begin">;
  /** Paths of methods that need no token. */
  readonly openPaths: ReadonlySet<string>;
  /** Whether calls must be refused before any work is done for them. */
  readonly isOverloaded?: () => boolean;
}

/** Calls under way on a connection: more wait at the client. */
const MAX_STREAMS = 1_000;

/** Groups of connections, each of which can be ended by itself. */
const GROUPS = 16;

/** Of calls that do not get as far as a service. */
const PROTOCOL = "grpc";

/** Messages stay bytes for the library, so that one that cannot be read is answered, logged and counted as any other call. */
const AS_IT_IS = (bytes: Buffer): Buffer => bytes;

export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #server: Server;
  readonly #listener: NetServer;
  readonly #groups: Group[];
  #nextGroup = 0;
  readonly #sockets = new Set<Socket>();
  readonly #streams = new OpenStreams();
  readonly #arrivals: Arrivals;
  readonly #newcomers: Newcomers;
  readonly #replies: Replies;
  readonly #departures = new Departures();

  constructor(options: GrpcServerOptions) {
    const { config, methods, streams, security, openPaths, onRefused } = options;
    this.#options = options;
    this.#newcomers = new Newcomers(config.headersTimeout, () => onRefused("slow request"));
    this.#replies = new Replies(
      config.replyTimeout,
      () => onRefused("slow reader"),
      (call) => this.#departures.passing(call),
    );
    this.#arrivals = new Arrivals(
      config.bodyTimeout,
      (path, metadata) =>
        openPaths.has(path) ? undefined : security.refusal(metadata.get("authorization")[0]?.toString()),
      (arrival) => this.#noteLost(arrival),
    );
    this.#server = new Server({
      interceptors: [this.#arrivals.interceptor, this.#replies.interceptor],
      "grpc.max_receive_message_length": config.maxRequestBytes,
      "grpc.max_send_message_length": -1,
      "grpc.max_concurrent_streams": MAX_STREAMS,
      "grpc.max_connection_idle_ms": config.keepAliveTimeout,
      ...(config.grpcMaxConnectionAge === 0
        ? {}
        : {
            "grpc.max_connection_age_ms": config.grpcMaxConnectionAge,
            "grpc.max_connection_age_grace_ms": config.requestTimeout,
          }),
      "grpc.enable_channelz": 0,
    });
    for (const method of methods) {
      const path = pathOf(method);
      this.#server.register(path, this.#unary(method), AS_IT_IS, AS_IT_IS, "unary");
    }
    for (const method of streams) {
      const handle = (call: StreamCall) => this.#streams.handle(method, call);
      this.#server.register(method.path, handle as never, AS_IT_IS, AS_IT_IS, method.type);
    }
    this.#groups = Array.from({ length: GROUPS }, () => newGroup(this.#server));
    this.#listener = this.#createListener();
    this.#listener.maxConnections = config.maxConnections;
    this.#listener.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      this.#replies.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** Not the library's own: this one limits connections, can be shared, and takes new certificates while it listens. */
  #createListener(): NetServer {
    const { security, onRefused } = this.#options;
    const accept = (socket: Socket) => {
      this.#newcomers.add(socket);
      this.#nextGroup = (this.#nextGroup + 1) % GROUPS;
      this.#groups[this.#nextGroup]!.injector.injectConnection(socket);
    };
    if (security.tls === undefined) {
      return createServer({ noDelay: true }, accept);
    }
    const listener = createTlsServer(
      { noDelay: true, ALPNProtocols: ["h2"], ...security.tls.options },
      accept,
    );
    listener.on("tlsClientError", (_, socket) => {
      onRefused("tls");
      socket.destroy();
    });
    security.tls.serve(listener);
    return listener;
  }

  /** @returns the port, which the system chose where 0 was asked for */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#listener.once("error", reject);
      this.#listener.listen(port, host, () => {
        this.#listener.off("error", reject);
        resolve((this.#listener.address() as AddressInfo).port);
      });
    });
  }

  /** Open connections. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Ends about so many connections, each with its next reply: clients connect anew (GOAWAY). */
  giveUp(connections: number): void {
    const groups = Math.round((GROUPS * connections) / Math.max(1, this.connections));
    for (let i = 0; i < groups; i++) {
      this.#nextGroup = (this.#nextGroup + 1) % GROUPS;
      const { injector, sessions } = this.#groups[this.#nextGroup]!;
      this.#groups[this.#nextGroup] = newGroup(this.#server);
      // Not the injector's `drain`, which cancels calls after a while.
      void this.#departures.announce(sessions).then(() => injector.destroy());
    }
  }

  /**
   * Stops listening, tells clients to go elsewhere (GOAWAY) and answers what is under way; resolves when no connection is left,
   * or after `drainTimeout`.
   */
  async drain(): Promise<void> {
    this.#streams.close();
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    const end = setTimeout(() => {
      this.#server.forceShutdown();
      for (const socket of this.#sockets) {
        socket.destroy();
      }
    }, this.#options.config.drainTimeout);
    await Promise.race([
      closed,
      this.#departures.announce(this.#groups.flatMap(({ sessions }) => [...sessions])),
    ]);
    this.#server.tryShutdown(() => undefined);
    await closed;
    clearTimeout(end);
    this.#arrivals.close();
    this.#newcomers.close();
    this.#replies.close();
  }

  /** Refused, answered by the library, or the client has gone. */
  #noteLost({ path, begin, refusal }: Arrival): void {
    const failure = refusal ?? new Failure("invalid", "the call ended before a whole message had arrived");
    const milliseconds = performance.now() - begin;
    this.#options.onAnswered({
      protocol: PROTOCOL,
      kind: failure.kind,
      seconds: milliseconds / 1000,
      answer: undefined,
      scored: undefined,
      begin,
    });
    if (this.#options.config.logRequests) {
      const line = { requestId: requestId(undefined), protocol: PROTOCOL, path, ms: roundTime(milliseconds) };
      logRequest(this.#options.logger, line, undefined, failure);
    }
  }

  #unary(method: UnaryMethod) {
    return (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
      const conversation = new Conversation(method, call, callback, this.#options);
      conversation.run();
    };
  }
}

/** One call from its arrival to its log line. */
class Conversation implements Call {
  readonly id: string;
  readonly deadline: number;
  answer: ScoreAnswer | undefined;
  scored: Scored | undefined;
  readonly #begin = performance.now();
  readonly #method: UnaryMethod;
  readonly #call: ServerUnaryCall<Buffer, Buffer>;
  readonly #callback: sendUnaryData<Buffer>;
  readonly #options: GrpcServerOptions;
  readonly #trace: Trace | undefined;

  constructor(
    method: UnaryMethod,
    call: ServerUnaryCall<Buffer, Buffer>,
    callback: sendUnaryData<Buffer>,
    options: GrpcServerOptions,
  ) {
    this.id = requestId(call.metadata.get("x-request-id")[0]);
    // The client's deadline, or the service's where that is sooner.
    const left = Number(call.getDeadline()) - Date.now();
    this.deadline = this.#begin + Math.min(left, options.config.requestTimeout);
    this.#method = method;
    this.#call = call;
    this.#callback = callback;
    this.#options = options;
    this.#trace = options.tracing.begin(call.metadata.getMap(), this.#begin);
  }

  isCancelled(): boolean {
    return this.#call.cancelled;
  }

  run(): void {
    try {
      if (this.deadline <= this.#begin) {
        throw new Failure("deadline", "the deadline has passed");
      }
      const { method, protocol, handle } = this.#method;
      if (protocol !== HEALTH_PROTOCOL && this.#options.isOverloaded?.() === true) {
        throw tooBusy();
      }
      const reply = handle(decode(method.input, this.#call.request), this);
      if (reply instanceof Promise) {
        reply.then((done) => this.#reply(encode(method.output, done))).catch((error) => this.#fail(error));
      } else {
        this.#reply(encode(method.output, reply));
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #reply(bytes: Buffer): void {
    const metadata = this.#metadata();
    const model = this.answer?.model;
    if (model !== undefined) {
      metadata.set("x-model-version", headerText(model.version));
      metadata.set("x-model-digest", model.digest);
    }
    this.#call.sendMetadata(metadata);
    this.#callback(null, bytes);
    this.#note(undefined);
  }

  #fail(error: unknown): void {
    const failure = toFailure(error);
    if (failure.kind === "internal") {
      this.#options.logger.error({ requestId: this.id, err: failure.cause }, "internal error");
    }
    const metadata = this.#metadata();
    metadata.set("x-failure", failure.kind);
    this.#callback({ code: STATUS[failure.kind], details: failure.message, metadata });
    this.#note(failure);
  }

  #metadata(): Metadata {
    const metadata = new Metadata();
    metadata.set("x-request-id", this.id);
    if (this.#trace !== undefined) {
      metadata.set("traceparent", this.#trace.header);
    }
    return metadata;
  }

  #note(failure: Failure | undefined): void {
    const { id, answer, scored } = this;
    const { protocol, service, method } = this.#method;
    const { config, logger, onAnswered } = this.#options;
    const kind = failure?.kind;
    const begin = this.#begin;
    const milliseconds = performance.now() - begin;
    const code = kind === undefined ? Status.OK : STATUS[kind];
    onAnswered({ protocol, kind, seconds: milliseconds / 1000, answer, scored, begin });
    this.#trace?.end({
      name: pathOf(this.#method).slice(1),
      attributes: {
        "rpc.system": "grpc",
        "rpc.service": service.typeName,
        "rpc.method": method.name,
        "rpc.grpc.status_code": code,
      },
      requestId: id,
      kind,
      answer,
      scored,
    });
    if (config.logRequests) {
      const line = {
        requestId: id,
        protocol,
        path: pathOf(this.#method),
        status: Status[code],
        ms: roundTime(milliseconds),
      };
      logRequest(logger, line, answer, failure, {
        trace: this.#trace?.ids,
        rows: loggedRows(scored, answer, config.logFeatureRows),
      });
    }
  }
}
