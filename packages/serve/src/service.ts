/** The service as a whole: models, scoring, listeners, log and metrics, started and stopped together. */

import type { Api } from "./api.ts";
import type { Config } from "./config/settings.ts";
import { HealthService } from "./grpc/health.ts";
import { oipMethods } from "./grpc/oip-service.ts";
import { ReflectionService } from "./grpc/reflection.ts";
import { GrpcServer } from "./grpc/server.ts";
import type { UnaryMethod } from "./grpc/service.ts";
import { healthWatch, reflectionStreams } from "./grpc/streams.ts";
import { type Admin, adminRoutes } from "./http/admin.ts";
import type { Route } from "./http/exchange.ts";
import { invocationRoutes } from "./http/invocations.ts";
import { kserveRoutes } from "./http/kserve-v1.ts";
import { namedRoutes } from "./http/named.ts";
import { oipRoutes } from "./http/oip-routes.ts";
import { documentRoutes } from "./http/openapi.ts";
import { originalRoutes } from "./http/original.ts";
import { HttpServer } from "./http/server.ts";
import type { Log, Logger } from "./log/logger.ts";
import { Metrics } from "./metrics/metrics.ts";
import { NAMED_GRPC, scoringMethods } from "./named/scoring-service.ts";
import { Health } from "./proto/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "./proto/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as OlderReflection } from "./proto/grpc/reflection/v1alpha/reflection_pb.ts";
import { GRPCInferenceService } from "./proto/open_inference_pb.ts";
import { ScoringService } from "./proto/xgboost_infer/v1/scoring_pb.ts";
import { lookThrough } from "./repository/find-models.ts";
import type { ModelCheck } from "./repository/load-model.ts";
import { ModelLoader } from "./repository/model-loader.ts";
import { ModelRepository, type RepositoryObserver } from "./repository/repository.ts";
import { RepositoryWatch } from "./repository/watch.ts";
import { EventLoopDelay } from "./scoring/event-loop.ts";
import { Scorer } from "./scoring/scorer.ts";
import { Security } from "./security/security.ts";
import { type Ended, Statistics } from "./statistics/statistics.ts";
import { Tracing } from "./tracing/tracing.ts";

/** What probes and balancers ask, who have no token. */
const OPEN_PATHS: ReadonlySet<string> = new Set([
  `/${Health.typeName}/Check`,
  `/${Health.typeName}/Watch`,
  `/${GRPCInferenceService.typeName}/ServerLive`,
  `/${GRPCInferenceService.typeName}/ServerReady`,
]);

export interface ServiceOptions {
  readonly config: Config;
  readonly log: Log;
  /** Each looks at a model before it is visible; certificates are looked at in any case. */
  readonly checks?: readonly ModelCheck[];
  /** One of several processes: the primary has the admin listener, and says when to look for new models. */
  readonly isWorker?: boolean;
}

export class Service {
  readonly repository: ModelRepository;
  readonly scorer: Scorer;
  readonly metrics: Metrics;
  /** Ports that are listened on, known after `start`. */
  port = 0;
  grpcPort = 0;
  adminPort = 0;
  readonly #config: Config;
  readonly #loader: ModelLoader;
  readonly #logger: Logger;
  readonly #security: Security;
  readonly #tracing = new Tracing();
  readonly #statistics: Statistics;
  readonly #server: HttpServer;
  readonly #grpc: GrpcServer;
  readonly #health: HealthService;
  readonly #delay: EventLoopDelay;
  /** None in workers. */
  readonly #admin: HttpServer | undefined;
  readonly #onReady: ((ready: boolean) => void)[] = [];
  #watch: RepositoryWatch | undefined;
  #stopping: Promise<void> | undefined;
  #prepared: Promise<void> | undefined;

  constructor({ config, log, checks = [], isWorker = false }: ServiceOptions) {
    this.#config = config;
    this.#logger = log.logger;
    this.#security = new Security(config, log.logger);
    this.#loader = new ModelLoader({ maxModelBytes: config.maxModelBytes, checks });
    this.repository = new ModelRepository({
      directory: config.modelRepository,
      loader: this.#loader,
      observer: this.#observer(),
    });
    this.scorer = new Scorer({ ...config, repository: this.repository });
    const { tls } = this.#security;
    this.#delay = new EventLoopDelay(config.maxEventLoopDelay);
    this.metrics = new Metrics({
      queued: () => this.scorer.queued,
      delay: () => this.#delay.milliseconds,
      certificateExpiry: tls && (() => tls.expiry),
    });
    this.#statistics = new Statistics((name, version) => this.repository.find(name, version));
    const api: Api = {
      statistics: this.#statistics,
      repository: this.repository,
      scorer: this.scorer,
      config,
      isReady: () => this.ready,
    };
    const routes = [
      ...originalRoutes(api),
      ...oipRoutes(api),
      ...kserveRoutes(api),
      ...invocationRoutes(api),
      ...namedRoutes(api),
    ];
    this.#health = new HealthService([GRPCInferenceService.typeName, ScoringService.typeName], api.isReady);
    this.#grpc = this.#grpcListener([...oipMethods(api), ...scoringMethods(api, NAMED_GRPC)]);
    this.#server = this.#listener(
      "http",
      [...routes, ...documentRoutes(routes)],
      () => this.#delay.isTooLong,
    );
    this.#admin = isWorker ? undefined : this.#listener("admin", adminRoutes(this.#adminOfThis()));
  }

  /** Whether requests can be answered. */
  get ready(): boolean {
    return this.#stopping === undefined && this.repository.ready;
  }

  /** Has a function called with `ready` whenever models have come or gone. */
  onReady(told: (ready: boolean) => void): void {
    this.#onReady.push(told);
  }

  /**
   * Loads the models, then listens: a proxy that finds the port open sends requests at once, and these would be lost. The admin
   * listener is there before, and says that nothing is ready.
   * @throws Node's own error for a port or a repository that cannot be used; Error for certificates and tokens that cannot
   */
  async start(): Promise<void> {
    this.#security.warn();
    await this.#prepare();
    const { host, adminHost, adminPort, modelRepository } = this.#config;
    this.adminPort = (await this.#admin?.listen(adminPort, adminHost)) ?? 0;
    await this.load();
    await this.listen();
    this.#logger.info(
      {
        host,
        port: this.port,
        grpcPort: this.grpcPort,
        adminHost,
        adminPort: this.adminPort,
        modelRepository,
      },
      "listening",
    );
    if (this.#config.watch) {
      this.#watchRepository();
    }
    this.#logger.info(
      { models: this.repository.names() },
      this.repository.ready ? "ready" : "no model is ready",
    );
  }

  /**
   * Reads certificates and tokens again, and takes in what has changed in the repository.
   * @throws Node's own error for a repository that cannot be read
   */
  reload(): Promise<void> {
    this.renew();
    return this.repository.reload();
  }

  /** Reads certificates and tokens again. */
  renew(): void {
    this.#security.reload();
  }

  /** Loads the models, but for those of names that were unloaded on request. */
  load(unloaded: readonly string[] = []): Promise<void> {
    return this.repository.open(unloaded);
  }

  /** Listens for requests. */
  async listen(): Promise<void> {
    await this.#prepare();
    const { host, port, grpcPort } = this.#config;
    this.grpcPort = await this.#grpc.listen(grpcPort, host);
    this.port = await this.#server.listen(port, host);
  }

  /** Open ones, of requests. */
  get connections(): { readonly http: number; readonly grpc: number } {
    return { http: this.#server.connections, grpc: this.#grpc.connections };
  }

  /** Has the clients of some connections connect anew, without losing a request. */
  giveUp({ http, grpc }: { readonly http: number; readonly grpc: number }): void {
    this.#server.giveUp(http);
    this.#grpc.giveUp(grpc);
  }

  /** Answers what has arrived, closes connections as they fall idle, and ends. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#logger.info("stopping");
    await this.#watch?.close();
    this.#changed();
    await Promise.all([this.#server.drain(), this.#grpc.drain()]);
    await this.#admin?.drain();
    this.#delay.close();
    await this.#loader.close();
    this.#logger.info("stopped");
  }

  #changed(): void {
    this.#health.changed();
    for (const told of this.#onReady) {
      told(this.ready);
    }
  }

  #adminOfThis(): Admin {
    const { repository, metrics } = this;
    const logger = this.#logger;
    return {
      metricsType: metrics.contentType,
      get logLevel() {
        return logger.level;
      },
      isReady: () => this.ready,
      index: async () => repository.index(),
      load: (name) => repository.load(name),
      unload: (name) => repository.unload(name),
      reload: () => repository.reload(),
      metrics: () => metrics.text(),
      setLogLevel: async (level) => {
        logger.level = level;
      },
    };
  }

  /** What listeners need before they listen. */
  #prepare(): Promise<void> {
    this.#prepared ??= this.#prepareOnce();
    return this.#prepared;
  }

  async #prepareOnce(): Promise<void> {
    this.#security.load();
    await this.#tracing.open();
  }

  #listener(name: string, routes: readonly Route[], isOverloaded: () => boolean = () => false): HttpServer {
    return new HttpServer({
      routes,
      security: this.#security,
      tracing: this.#tracing,
      onRefused: (reason) => this.metrics.refused(name, reason),
      isOverloaded,
      config: this.#config,
      logger: this.#logger,
      onAnswered: (answered) => this.#answered(answered),
    });
  }

  #grpcListener(methods: readonly UnaryMethod[]): GrpcServer {
    const reflection = new ReflectionService([
      GRPCInferenceService,
      ScoringService,
      Health,
      ServerReflection,
      OlderReflection,
    ]);
    return new GrpcServer({
      methods: [...methods, ...this.#health.methods],
      security: this.#security,
      tracing: this.#tracing,
      openPaths: OPEN_PATHS,
      onRefused: (reason) => this.metrics.refused("grpc", reason),
      isOverloaded: () => this.#delay.isTooLong,
      streams: [healthWatch(this.#health), ...reflectionStreams(reflection)],
      config: this.#config,
      logger: this.#logger,
      onAnswered: (answered) => this.#answered(answered),
    });
  }

  #answered(answered: Ended & { readonly protocol: string; readonly seconds: number }): void {
    const { protocol, kind, seconds, answer } = answered;
    this.metrics.answered(protocol, kind, seconds, answer);
    this.#statistics.note(answered);
  }

  #watchRepository(): void {
    const { modelRepository, pollInterval, settleTime } = this.#config;
    this.#watch = new RepositoryWatch({
      directory: modelRepository,
      look: () => lookThrough(modelRepository),
      changed: () => this.repository.reload(),
      failed: (error) => this.#logger.error({ err: error }, "the model repository cannot be read"),
      pollInterval,
      settleTime,
    });
  }

  #observer(): RepositoryObserver {
    return {
      loaded: (model, previous) => {
        const { name, version, digest, loadTime, blockedTime, notes } = model;
        const times = { loadMs: Math.round(loadTime), blockedMs: Math.round(blockedTime) };
        this.#logger.info(
          { model: name, version, digest, ...times, notes, replaces: previous?.digest },
          "model loaded",
        );
        this.metrics.loaded(model, previous);
        this.#changed();
      },
      failed: (name, reason, serving) => {
        this.#logger.error({ model: name, reason, stillServing: serving?.digest }, "model cannot be used");
        this.metrics.failed(name);
      },
      removed: (model) => {
        this.#logger.info(
          { model: model.name, version: model.version, digest: model.digest },
          "model removed",
        );
        this.metrics.removed(model);
        this.#statistics.forget(model);
        this.#changed();
      },
    };
  }
}
