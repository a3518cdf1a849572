/** What the process takes of the machine. Few: prom-client's own come with observers that cost every turn of the event loop. */
import { Counter, Gauge, type Registry } from "prom-client";

const PREFIX = "xgboost_infer_";

export function addProcessMetrics(registry: Registry): void {
  new Gauge({
    name: `${PREFIX}resident_memory_bytes`,
    help: "Memory that the process holds",
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Counter({
    name: `${PREFIX}cpu_seconds_total`,
    help: "Time of processors that the process has taken",
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: `${PREFIX}start_time_seconds`,
    help: "When the process started, in seconds since 1970",
    registers: [registry],
    aggregator: "min",
    collect() {
      this.set(performance.timeOrigin / 1000);
    },
  });
}
