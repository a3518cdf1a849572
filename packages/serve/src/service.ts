/** The service as a whole: models, scoring, listeners, log and metrics, started and stopped together. */
import type { Config } from "./config/settings.ts";
import { adminRoutes } from "./http/admin.ts";
import type { Api } from "./http/api.ts";
import type { Route } from "./http/exchange.ts";
import { invocationRoutes } from "./http/invocations.ts";
import { kserveRoutes } from "./http/kserve-v1.ts";
import { oipRoutes } from "./http/oip-routes.ts";
import { documentRoutes } from "./http/openapi.ts";
import { originalRoutes } from "./http/original.ts";
import { HttpServer } from "./http/server.ts";
import type { Log, Logger } from "./log/logger.ts";
import { Metrics } from "./metrics/metrics.ts";
import type { ModelCheck } from "./repository/load-model.ts";
import { ModelRepository, type RepositoryObserver } from "./repository/repository.ts";
import { RepositoryWatch } from "./repository/watch.ts";
import { Scorer } from "./scoring/scorer.ts";

export interface ServiceOptions {
  readonly config: Config;
  readonly log: Log;
  /** Each looks at a model before it is visible. */
  readonly checks?: readonly ModelCheck[];
}

export class Service {
  readonly repository: ModelRepository;
  readonly scorer: Scorer;
  readonly metrics: Metrics;
  /** Ports that are listened on, known after `start`. */
  port = 0;
  adminPort = 0;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #server: HttpServer;
  readonly #admin: HttpServer;
  #watch: RepositoryWatch | undefined;
  #stopping: Promise<void> | undefined;

  constructor({ config, log, checks = [] }: ServiceOptions) {
    this.#config = config;
    this.#logger = log.logger;
    this.repository = new ModelRepository({
      directory: config.modelRepository,
      maxModelBytes: config.maxModelBytes,
      checks,
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
    ];
    this.#server = this.#listener([...routes, ...documentRoutes(routes)]);
    this.#admin = this.#listener(adminRoutes(api, this.metrics, this.#logger));
  }

  /**
   * Listens, then loads the models: until one is ready, `/v2/health/ready` says so.
   * @throws Node's own error for a port or a repository that cannot be used
   */
  async start(): Promise<void> {
    const { host, port, adminHost, adminPort, modelRepository } = this.#config;
    this.adminPort = await this.#admin.listen(adminPort, adminHost);
    this.port = await this.#server.listen(port, host);
    this.#logger.info(
      { host, port: this.port, adminHost, adminPort: this.adminPort, modelRepository },
      "listening",
    );
    await this.repository.reload();
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
    await this.#server.drain();
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
      },
    };
  }
}
