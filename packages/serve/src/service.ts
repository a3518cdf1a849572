/** The service as a whole: models, scoring, listeners, log and metrics, started and stopped together. */

import type { Api } from "./api.ts";
import type { Config } from "./config/settings.ts";
import { HealthService } from "./grpc/health.ts";
import { oipMethods } from "./grpc/oip-service.ts";
import { ReflectionService } from "./grpc/reflection.ts";
import { GrpcServer } from "./grpc/server.ts";
import type { UnaryMethod } from "./grpc/service.ts";
import { healthWatch, reflectionStreams } from "./grpc/streams.ts";
import { adminRoutes } from "./http/admin.ts";
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
import { certificateCheck } from "./repository/certificate.ts";
import type { ModelCheck } from "./repository/load-model.ts";
import { ModelRepository, type RepositoryObserver } from "./repository/repository.ts";
import { RepositoryWatch } from "./repository/watch.ts";
import { Scorer } from "./scoring/scorer.ts";

export interface ServiceOptions {
  readonly config: Config;
  readonly log: Log;
  /** Each looks at a model before it is visible; certificates are looked at in any case. */
  readonly checks?: readonly ModelCheck[];
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
  readonly #logger: Logger;
  readonly #server: HttpServer;
  readonly #grpc: GrpcServer;
  readonly #health: HealthService;
  readonly #admin: HttpServer;
  #watch: RepositoryWatch | undefined;
  #stopping: Promise<void> | undefined;

  constructor({ config, log, checks = [] }: ServiceOptions) {
    this.#config = config;
    this.#logger = log.logger;
    this.repository = new ModelRepository({
      directory: config.modelRepository,
      maxModelBytes: config.maxModelBytes,
      checks: [certificateCheck, ...checks],
      observer: this.#observer(),
    });
    this.scorer = new Scorer({ ...config, repository: this.repository });
    this.metrics = new Metrics({ queued: () => this.scorer.queued });
    const api: Api = {
      repository: this.repository,
      scorer: this.scorer,
      config,
      isReady: () => this.#stopping === undefined && this.repository.ready,
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
    this.#server = this.#listener([...routes, ...documentRoutes(routes)]);
    this.#admin = this.#listener(adminRoutes(api, this.metrics, this.#logger));
  }

  /**
   * Loads the models, then listens: a proxy that finds the port open sends requests at once, and these would be lost. The admin
   * listener is there before, and says that nothing is ready.
   * @throws Node's own error for a port or a repository that cannot be used
   */
  async start(): Promise<void> {
    const { host, port, grpcPort, adminHost, adminPort, modelRepository } = this.#config;
    this.adminPort = await this.#admin.listen(adminPort, adminHost);
    await this.repository.reload();
    this.grpcPort = await this.#grpc.listen(grpcPort, host);
    this.port = await this.#server.listen(port, host);
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

  /** Answers what has arrived, closes connections as they fall idle, and ends. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#logger.info("stopping");
    await this.#watch?.close();
    this.#health.changed();
    await Promise.all([this.#server.drain(), this.#grpc.drain()]);
    await this.#admin.drain();
    this.#logger.info("stopped");
  }

  #listener(routes: readonly Route[]): HttpServer {
    return new HttpServer({
      routes,
      config: this.#config,
      logger: this.#logger,
      onAnswered: ({ protocol, kind, seconds, answer }) =>
        this.metrics.answered(protocol, kind, seconds, answer),
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
      streams: [healthWatch(this.#health), ...reflectionStreams(reflection)],
      config: this.#config,
      logger: this.#logger,
      onAnswered: ({ protocol, kind, seconds, answer }) =>
        this.metrics.answered(protocol, kind, seconds, answer),
    });
  }

  #watchRepository(): void {
    const { modelRepository, pollInterval, settleTime } = this.#config;
    this.#watch = new RepositoryWatch({
      directory: modelRepository,
      look: () => this.repository.look(),
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
        this.#health.changed();
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
        this.#health.changed();
      },
    };
  }
}
