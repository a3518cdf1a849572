/**
 * The process that starts the workers and sees to it that there are as many as there should be. It answers no requests itself, but
 * those of the admin listener.
 */
import cluster from "node:cluster";
import type { Config, LogLevel } from "../config/settings.ts";
import { Failure } from "../failure.ts";
import { type Admin, adminRoutes } from "../http/admin.ts";
import { HttpServer } from "../http/server.ts";
import type { Log } from "../log/logger.ts";
import { Metrics } from "../metrics/metrics.ts";
import { lookThrough } from "../repository/find-models.ts";
import type { IndexEntry } from "../repository/repository.ts";
import { RepositoryWatch } from "../repository/watch.ts";
import { Security } from "../security/security.ts";
import { Tracing } from "../tracing/tracing.ts";
import { BackOff } from "./back-off.ts";
import { surplus } from "./balance.ts";
import { Member, type MemberEvents } from "./member.ts";
import { type QuestionKind, type Questions, WORKER_ARGUMENT } from "./messages.ts";
import { Totals } from "./totals.ts";

/** Loading a large model takes seconds. */
const LOAD_TIMEOUT = 600_000;
/** How often workers are asked how they are, and connections are spread anew. */
const PING_INTERVAL = 1_000;
const ANSWER_TIMEOUT = 2_000;
/** What a worker has, beyond its own limit, to end. */
const END_MARGIN = 1_000;

/** Settings that a rolling restart leaves as they are: the sockets are open, and this process stays. */
const FIXED = [
  ...(["host", "port", "grpcPort", "adminHost", "adminPort"] as const),
  ...(["tlsCert", "tlsKey", "tlsClientCa", "tokenFile"] as const),
  ...(["logFile", "logMaxBytes", "logMaxFiles"] as const),
];

/** A third of what V8 keeps for new objects. With its own 16, a worker grows by 30 MB under load instead of 15, and is no faster. */
const YOUNG_MEGABYTES = 8;

export class Primary {
  /** Ports that are listened on, known after `start`. */
  port = 0;
  grpcPort = 0;
  adminPort = 0;
  readonly #log: Log;
  readonly #security: Security;
  readonly #members = new Set<Member>();
  readonly #backOff = new BackOff();
  readonly #totals = new Totals();
  readonly #metrics: Metrics;
  readonly #adminServer: HttpServer;
  readonly #unloaded = new Set<string>();
  #config: Config;
  #watch: RepositoryWatch | undefined;
  #pings: NodeJS.Timeout | undefined;
  #started = false;
  #stopping: Promise<void> | undefined;
  /** Rolling restarts come one after the other. */
  #restarts: Promise<void> = Promise.resolve();
  /** When workers that died are replaced. */
  #replacing: NodeJS.Timeout | undefined;

  constructor(config: Config, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#security = new Security(config, log.logger);
    const { tls } = this.#security;
    this.#metrics = new Metrics({
      queued: () => 0,
      delay: () => 0,
      certificateExpiry: tls && (() => tls.expiry),
    });
    this.#adminServer = new HttpServer({
      routes: adminRoutes(this.#admin()),
      config,
      logger: log.logger,
      security: this.#security,
      tracing: new Tracing(),
      onRefused: (reason) => this.#metrics.refused("admin", reason),
      onAnswered: ({ protocol, kind, seconds, answer }) =>
        this.#metrics.answered(protocol, kind, seconds, answer),
    });
  }

  /**
   * Starts the workers; resolves when all answer.
   * @throws Error where one cannot start
   */
  async start(): Promise<void> {
    const { adminHost, adminPort, host, modelRepository, workers } = this.#config;
    // Every worker accepts from the one socket: handing connections over loses those that are on their way to one that ends.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({
      args: [WORKER_ARGUMENT],
      execArgv: [`--max-semi-space-size=${YOUNG_MEGABYTES}`, ...process.execArgv],
      silent: true,
    });
    this.#security.warn();
    this.#security.load();
    this.adminPort = await this.#adminServer.listen(adminPort, adminHost);
    this.#fill();
    const [ports] = await Promise.all([...this.#members].map(({ listening }) => listening));
    this.#started = true;
    this.port = ports!.port;
    this.grpcPort = ports!.grpcPort;
    this.#log.logger.info(
      {
        host,
        port: this.port,
        grpcPort: this.grpcPort,
        adminHost,
        adminPort: this.adminPort,
        modelRepository,
        workers,
        pids: [...this.#members].map(({ pid }) => pid),
      },
      "listening",
    );
    this.#watchRepository();
    this.#pings = setInterval(() => this.#ping(), PING_INTERVAL);
    this.#log.logger.info({}, this.#isReady() ? "ready" : "no model is ready");
  }

  /** Reads certificates and tokens again, here and in all workers. */
  async renew(): Promise<void> {
    this.#security.reload();
    await this.#askAll("renew", {});
  }

  /** Takes in changed models, in all workers. */
  async reload(): Promise<void> {
    await this.#askAll("reload", {});
  }

  /**
   * Replaces the workers one after the other, each by one that is ready before the old one leaves. Where a new one cannot start, the
   * old ones go on.
   */
  restart(config: Config): Promise<void> {
    this.#restarts = this.#restarts.then(() => this.#restart(config));
    return this.#restarts;
  }

  /** Workers answer what is under way, and end. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Ends the workers without waiting for anything. */
  kill(): void {
    for (const member of this.#members) {
      member.kill();
    }
  }

  async #stop(): Promise<void> {
    this.#log.logger.info("stopping");
    clearTimeout(this.#replacing);
    clearInterval(this.#pings);
    await this.#watch?.close();
    await Promise.all([...this.#members].map((member) => this.#leave(member)));
    await this.#adminServer.drain();
    this.#log.logger.info("stopped");
  }

  #leave(member: Member): Promise<void> {
    return member.leave(this.#config.drainTimeout + END_MARGIN);
  }

  /** Starts as many workers as are missing. */
  #fill(): void {
    const staying = [...this.#members].filter(({ leaving }) => !leaving).length;
    for (let i = staying; i < this.#config.workers && this.#stopping === undefined; i++) {
      this.#fork();
    }
  }

  #fork(config = this.#config): Member {
    const logLevel = this.#log.logger.level as LogLevel;
    const start = { type: "start", config: { ...config, logLevel }, unloaded: [...this.#unloaded] } as const;
    const member = new Member(cluster.fork(), start, this.#events());
    this.#members.add(member);
    return member;
  }

  #events(): MemberEvents {
    return {
      changed: () => undefined,
      ended: (member, how) => this.#ended(member, how),
      log: (lines) => this.#log.write(lines),
      complaint: (lines) => process.stderr.write(lines),
    };
  }

  #ended(member: Member, how: string): void {
    this.#members.delete(member);
    void this.#totals.keep(member.metrics);
    if (member.leaving || this.#stopping !== undefined) {
      return;
    }
    const wait = this.#backOff.died(member.served);
    this.#log.logger.error({ pid: member.pid, how, replacedAfterMs: wait }, "a worker died");
    this.#metrics.workerDied();
    if (this.#started) {
      clearTimeout(this.#replacing);
      this.#replacing = setTimeout(() => this.#fill(), wait);
    }
  }

  async #restart(wanted: Config): Promise<void> {
    if (this.#stopping !== undefined) {
      return;
    }
    const { logger } = this.#log;
    const kept = Object.fromEntries(FIXED.map((name) => [name, this.#config[name]]));
    const ignored = FIXED.filter((name) => wanted[name] !== this.#config[name]);
    const config: Config = { ...wanted, ...kept };
    const old = [...this.#members].filter(({ leaving }) => !leaving);
    logger.info(
      { workers: config.workers, ...(ignored.length === 0 ? {} : { notChanged: ignored }) },
      "restarting",
    );
    try {
      for (let i = 0; i < Math.max(old.length, config.workers); i++) {
        if (i < config.workers) {
          await this.#fork(config).listening;
        }
        // From the first that has started well on, those that die are replaced by such.
        this.#config = config;
        if (i < old.length) {
          await this.#leave(old[i]!);
        }
      }
      logger.info({ pids: [...this.#members].map(({ pid }) => pid) }, "restarted");
    } catch (error) {
      logger.error({ reason: (error as Error).message }, "not restarted: a new worker cannot start");
    }
  }

  #ping(): void {
    const members = [...this.#members].filter(({ isListening }) => isListening);
    this.#spread(members);
    for (const member of members) {
      void member.ping();
    }
  }

  #spread(members: readonly Member[]): void {
    const http = surplus(members.map(({ connections }) => connections.http));
    const grpc = surplus(members.map(({ connections }) => connections.grpc));
    members.forEach((member, i) => {
      const connections = { http: http[i]!, grpc: grpc[i]! };
      if (connections.http + connections.grpc > 0) {
        member.giveUp(connections);
      }
    });
  }

  #isReady(): boolean {
    return this.#stopping === undefined && [...this.#members].some((each) => each.isListening && each.ready);
  }

  #admin(): Admin {
    const { logger } = this.#log;
    return {
      metricsType: this.#metrics.contentType,
      get logLevel() {
        return logger.level;
      },
      isReady: () => this.#isReady(),
      index: async () => joined(await this.#askAll("index", {})),
      load: async (name) => {
        this.#unloaded.delete(name);
        await this.#askAll("load", { name });
      },
      unload: async (name) => {
        await this.#askAll("unload", { name });
        this.#unloaded.add(name);
      },
      reload: () => this.reload(),
      metrics: () => this.#allMetrics(),
      setLogLevel: async (level) => {
        logger.level = level;
        await this.#askAll("logLevel", { level });
      },
    };
  }

  /**
   * Asks all workers that answer requests. One that ends meanwhile is left out: another comes in its place, which knows what there
   * is to know.
   * @throws Failure of the first that refuses
   */
  async #askAll<Kind extends QuestionKind>(
    kind: Kind,
    ask: Questions[Kind]["ask"],
  ): Promise<Questions[Kind]["answer"][]> {
    const asked = [...this.#members].filter(({ leaving }) => !leaving);
    const answers = await Promise.all(
      asked.map(async (member) => {
        try {
          await member.listening;
          return [await member.ask(kind, ask, LOAD_TIMEOUT)];
        } catch (error) {
          if (!this.#members.has(member) || member.leaving) {
            return [];
          }
          throw error;
        }
      }),
    );
    const found = answers.flat();
    if (found.length === 0) {
      throw new Failure("unavailable", "no worker is running");
    }
    return found;
  }

  async #allMetrics(): Promise<string> {
    const running = [...this.#members];
    this.#metrics.workers(running.filter(({ isListening }) => isListening).length);
    await Promise.all(
      // One that is just starting has counted nothing, and would keep the others waiting.
      running
        .filter(({ served }) => served > 0)
        .map(async (member) => {
          // Of one that does not answer, what it told last.
          member.metrics = await member.ask("metrics", {}, ANSWER_TIMEOUT).catch(() => member.metrics);
        }),
    );
    const alive = running.filter((member) => this.#members.has(member));
    return this.#totals.text([await this.#metrics.values(), ...alive.map(({ metrics }) => metrics)]);
  }

  #watchRepository(): void {
    const { modelRepository, pollInterval, settleTime, watch } = this.#config;
    if (watch) {
      this.#watch = new RepositoryWatch({
        directory: modelRepository,
        look: () => lookThrough(modelRepository),
        changed: () => this.reload(),
        failed: (error) => this.#log.logger.error({ err: error }, "the model repository cannot be read"),
        pollInterval,
        settleTime,
      });
    }
  }
}

/** The index of all workers: a model is ready where it is in all of them, and of one digest. */
function joined(indexes: readonly (readonly IndexEntry[])[]): readonly IndexEntry[] {
  const [first = [], ...others] = indexes;
  return first.map((entry) => {
    const differs = others
      .map((index) => index.find(({ name, version }) => name === entry.name && version === entry.version))
      .find((other) => other?.digest !== entry.digest);
    return differs === undefined ? entry : { ...entry, state: "LOADING", reason: "not in all workers yet" };
  });
}
