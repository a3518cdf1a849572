/** Metrics of several processes as one. */
import { AggregatorRegistry } from "prom-client";
import type { MetricValues } from "../metrics/metrics.ts";

/**
 * Counters of processes that have ended are kept: a sum that falls would be taken for a service that began anew, and all of it counted
 * once more.
 */
export class Totals {
  #ended: MetricValues = [];

  /** @param last what a process told last, before it ended */
  async keep(last: MetricValues): Promise<void> {
    const counted = last.filter(({ type }) => String(type) === "counter" || String(type) === "histogram");
    this.#ended = await AggregatorRegistry.aggregate([this.#ended, counted]).getMetricsAsJSON();
  }

  text(running: readonly MetricValues[]): Promise<string> {
    return AggregatorRegistry.aggregate([this.#ended, ...running]).metrics();
  }
}
