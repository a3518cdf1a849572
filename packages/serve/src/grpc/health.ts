/** `grpc.health.v1.Health`: whether the server answers, asked for once or watched. */
import { create } from "@bufbuild/protobuf";
import { Failure } from "../failure.ts";
import {
  Health,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../proto/grpc/health/v1/health_pb.ts";
import { type UnaryMethod, unaryMethods } from "./service.ts";

export const HEALTH_PROTOCOL = "grpc-health";

type Watcher = (response: HealthCheckResponse) => void;

export class HealthService {
  readonly methods: readonly UnaryMethod[];
  readonly #services: ReadonlySet<string>;
  readonly #isReady: () => boolean;
  readonly #watchers = new Set<Watcher>();
  #wasReady: boolean;

  /** @param services names of those that are served; the empty name is all of the server */
  constructor(services: readonly string[], isReady: () => boolean) {
    this.#services = new Set(["", Health.typeName, ...services]);
    this.#isReady = isReady;
    this.#wasReady = isReady();
    this.methods = unaryMethods(Health, HEALTH_PROTOCOL, {
      check: ({ service }) => {
        if (!this.#services.has(service)) {
          throw new Failure("notFound", `no service ${JSON.stringify(service.slice(0, 100))}`);
        }
        return this.#status();
      },
    });
  }

  /**
   * Tells the status now and whenever it changes.
   * @returns what ends it
   */
  watch(service: string, watcher: Watcher): () => void {
    if (!this.#services.has(service)) {
      // It may come later, says the specification: the call goes on, though nothing follows.
      watcher(response(ServingStatus.SERVICE_UNKNOWN));
      return () => undefined;
    }
    this.#watchers.add(watcher);
    watcher(this.#status());
    return () => this.#watchers.delete(watcher);
  }

  /** Models have come or gone, or the service is stopping. */
  changed(): void {
    const ready = this.#isReady();
    if (ready !== this.#wasReady) {
      this.#wasReady = ready;
      for (const watcher of this.#watchers) {
        watcher(this.#status());
      }
    }
  }

  #status(): HealthCheckResponse {
    return response(this.#isReady() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
  }
}

function response(status: ServingStatus): HealthCheckResponse {
  return create(HealthCheckResponseSchema, { status });
}
