/** Metrics for Prometheus. */
import { Counter, Gauge, Registry } from "prom-client";
import type { FailureKind } from "../failure.ts";
import type { ServedModel } from "../repository/served-model.ts";
import type { ScoreAnswer } from "../scoring/request.ts";
import { addProcessMetrics } from "./process.ts";
import { CounterTallies, type Distribution, HistogramTallies, type Tally } from "./tallies.ts";

const PREFIX = "xgboost_infer_";

/** Seconds: a single row takes some ten microseconds, and 3 s is the deadline. */
const LATENCY_BUCKETS = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005],
  ...[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
];

/** Tenths for probabilities, powers of ten for anything else. */
const SCORE_BUCKETS = [
  -1000, -100, -10, -1, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 10, 100, 1000,
];

/** Rows of a request whose scores are counted: more would take longer than scoring them. */
const MAX_SCORES = 256;

export type MetricValues = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

export interface MetricsSources {
  /** Large requests under way. */
  queued(): number;
  /** When the certificate of TLS ends, in seconds since 1970; absent without TLS. */
  readonly certificateExpiry?: (() => number) | undefined;
  /** Milliseconds that the event loop is late. */
  delay(): number;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new CounterTallies({
    name: `${PREFIX}requests_total`,
    help: "Requests by protocol, model and outcome: ok, or the kind of failure",
    labelNames: ["protocol", "model", "outcome"],
    registry: this.#registry,
  });
  readonly #refused = new Counter({
    name: `${PREFIX}refused_connections_total`,
    help: "Connections that were ended without a request or its reply, by listener and reason",
    labelNames: ["listener", "reason"],
    registers: [this.#registry],
  });
  readonly #seconds = new HistogramTallies(
    {
      name: `${PREFIX}request_seconds`,
      help: "Time from the arrival of the headers to the reply",
      labelNames: ["protocol"],
      registry: this.#registry,
    },
    LATENCY_BUCKETS,
  );
  readonly #rows = this.#modelCounter("rows_total", "Rows that were scored");
  readonly #values = this.#modelCounter(
    "values_total",
    "Values of features in these rows, present or missing",
  );
  readonly #missing = this.#modelCounter("missing_values_total", "Values of features that were missing");
  readonly #scores = new HistogramTallies(
    {
      name: `${PREFIX}score`,
      help: `Predictions of models with one output; of the first ${MAX_SCORES} rows of each request`,
      labelNames: ["model", "version"],
      registry: this.#registry,
    },
    SCORE_BUCKETS,
  );
  readonly #models = new Gauge({
    name: `${PREFIX}model_info`,
    help: "1 for every model that is served",
    labelNames: ["model", "version", "digest"],
    // Of several processes: the same 1 in each.
    aggregator: "max",
    registers: [this.#registry],
  });
  readonly #loads = new Counter({
    name: `${PREFIX}model_loads_total`,
    help: "Models taken in, by outcome: ok, failed or removed",
    labelNames: ["model", "outcome"],
    registers: [this.#registry],
  });
  readonly #deaths = new Counter({
    name: `${PREFIX}worker_deaths_total`,
    help: "Worker processes that ended without being told to",
    registers: [this.#registry],
  });
  readonly #workers = new Gauge({
    name: `${PREFIX}workers`,
    help: "Worker processes that answer requests; 0 where one process does all",
    registers: [this.#registry],
  });
  /** By protocol, outcome and model. */
  readonly #ofRequests = new Map<string, Tally>();
  readonly #latencies = new Map<string, Distribution>();
  /** By name and version of the model. */
  readonly #ofModels = new Map<string, ModelMetrics>();
  readonly #ofModel = new WeakMap<ServedModel, ModelMetrics>();

  constructor({ queued, delay, certificateExpiry }: MetricsSources) {
    addProcessMetrics(this.#registry);
    if (certificateExpiry !== undefined) {
      new Gauge({
        name: `${PREFIX}certificate_expiry_seconds`,
        help: "When the certificate of TLS ends, in seconds since 1970",
        registers: [this.#registry],
        aggregator: "min",
        collect() {
          this.set(certificateExpiry());
        },
      });
    }
    new Gauge({
      name: `${PREFIX}event_loop_delay_seconds`,
      help: "How late the event loop is, on average over half a second; of several processes, the latest",
      registers: [this.#registry],
      aggregator: "max",
      collect() {
        this.set(delay() / 1000);
      },
    });
    new Gauge({
      name: `${PREFIX}queued_requests`,
      help: "Large requests under way, which take turns",
      registers: [this.#registry],
      collect() {
        this.set(queued());
      },
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** As data, to be put together with those of other processes. */
  values(): Promise<MetricValues> {
    return this.#registry.getMetricsAsJSON();
  }

  answered(
    protocol: string,
    kind: FailureKind | undefined,
    seconds: number,
    answer: ScoreAnswer | undefined,
  ): void {
    const model = answer?.model.name ?? "";
    const outcome = kind ?? "ok";
    const key = `${protocol} ${outcome} ${model}`;
    let requests = this.#ofRequests.get(key);
    if (requests === undefined) {
      requests = this.#requests.tally({ protocol, model, outcome });
      this.#ofRequests.set(key, requests);
    }
    requests.add(1);
    let latency = this.#latencies.get(protocol);
    if (latency === undefined) {
      latency = this.#seconds.distribution({ protocol });
      this.#latencies.set(protocol, latency);
    }
    latency.observe(seconds);
    if (answer !== undefined) {
      this.#scored(answer);
    }
  }

  refused(listener: string, reason: string): void {
    this.#refused.inc({ listener, reason });
  }

  loaded({ name, version, digest }: ServedModel, previous: ServedModel | undefined): void {
    if (previous !== undefined) {
      this.#models.remove({ model: name, version, digest: previous.digest });
    }
    this.#models.set({ model: name, version, digest }, 1);
    this.#loads.inc({ model: name, outcome: "ok" });
  }

  failed(name: string): void {
    this.#loads.inc({ model: name, outcome: "failed" });
  }

  removed({ name, version, digest }: ServedModel): void {
    this.#models.remove({ model: name, version, digest });
    this.#loads.inc({ model: name, outcome: "removed" });
  }

  workerDied(): void {
    this.#deaths.inc();
  }

  workers(count: number): void {
    this.#workers.set(count);
  }

  #modelCounter(name: string, help: string): CounterTallies {
    return new CounterTallies({
      name: PREFIX + name,
      help,
      labelNames: ["model", "version"],
      registry: this.#registry,
    });
  }

  #scored({ model, rows, missingValues, outputs }: ScoreAnswer): void {
    const metrics = this.#ofModel.get(model) ?? this.#metricsOf(model);
    metrics.rows.add(rows);
    metrics.values.add(rows * model.executor.features.length);
    metrics.missing.add(missingValues);
    const value = outputs.find(({ kind }) => kind === "value");
    if (value !== undefined && value.data.length === rows) {
      for (let row = 0; row < Math.min(rows, MAX_SCORES); row++) {
        metrics.scores.observe(value.data[row]!);
      }
    }
  }

  /** Those of a model go on when it is loaded anew. */
  #metricsOf(model: ServedModel): ModelMetrics {
    const labels = { model: model.name, version: model.version };
    const key = JSON.stringify(labels);
    const metrics = this.#ofModels.get(key) ?? {
      rows: this.#rows.tally(labels),
      values: this.#values.tally(labels),
      missing: this.#missing.tally(labels),
      scores: this.#scores.distribution(labels),
    };
    this.#ofModels.set(key, metrics);
    this.#ofModel.set(model, metrics);
    return metrics;
  }
}

interface ModelMetrics {
  readonly rows: Tally;
  readonly values: Tally;
  readonly missing: Tally;
  readonly scores: Distribution;
}
