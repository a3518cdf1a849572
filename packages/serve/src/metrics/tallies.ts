/**
 * Counters and histograms for every request and row. prom-client looks each value up by its labels, which takes 0.7 µs: 70 µs for the
 * scores of a hundred rows, half as long as scoring them. These count in place, and hand over what they have when they are asked.
 */
import {
  Counter,
  type Histogram,
  type MetricObject,
  type MetricValueWithName,
  type Registry,
} from "prom-client";

type Labels = Readonly<Record<string, string>>;

interface Details {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registry: Registry;
}

export class Tally {
  /** Since they were handed over last. */
  count = 0;

  add(count: number): void {
    this.count += count;
  }
}

export class CounterTallies {
  readonly #tallies: { readonly labels: Labels; readonly tally: Tally }[] = [];

  constructor({ name, help, labelNames, registry }: Details) {
    const tallies = this.#tallies;
    new Counter({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        for (const { labels, tally } of tallies) {
          this.inc(labels, tally.count);
          tally.count = 0;
        }
      },
    });
  }

  /** To be kept: each call makes one. */
  tally(labels: Labels): Tally {
    const tally = new Tally();
    this.#tallies.push({ labels, tally });
    return tally;
  }
}

export class Distribution {
  /** By bucket, the last one for whatever is above all bounds; not yet summed up. */
  readonly counts: Float64Array;
  sum = 0;
  readonly #bounds: readonly number[];

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && !(value <= bounds[bucket]!)) {
      bucket++;
    }
    this.counts[bucket]!++;
    this.sum += value;
  }
}

export class HistogramTallies {
  readonly #details: Details;
  readonly #bounds: readonly number[];
  /** By labels. */
  readonly #distributions = new Map<
    string,
    { readonly labels: Labels; readonly distribution: Distribution }
  >();

  constructor(details: Details, bounds: readonly number[]) {
    this.#details = details;
    this.#bounds = bounds;
    // What a registry wants of a metric is its name, and its values when asked.
    details.registry.registerMetric({
      name: details.name,
      get: async () => this.#values(),
    } as unknown as Histogram);
  }

  /** The one for these labels, to be kept. */
  distribution(labels: Labels): Distribution {
    const key = JSON.stringify(labels);
    let found = this.#distributions.get(key);
    if (found === undefined) {
      found = { labels, distribution: new Distribution(this.#bounds) };
      this.#distributions.set(key, found);
    }
    return found.distribution;
  }

  #values(): MetricObject & { values: MetricValueWithName<string>[] } {
    const { name, help } = this.#details;
    const values = [...this.#distributions.values()].flatMap(({ labels, distribution }) => {
      let count = 0;
      const buckets = Array.from(distribution.counts, (inBucket, i) => {
        count += inBucket;
        return {
          metricName: `${name}_bucket`,
          labels: { le: this.#bounds[i] ?? "+Inf", ...labels },
          value: count,
        };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: distribution.sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
    });
    return { name, help, type: "histogram", values, aggregator: "sum" } as never;
  }
}
