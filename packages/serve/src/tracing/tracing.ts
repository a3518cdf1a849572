/**
 * Requests as parts of traces: by the header `traceparent` alone, or as spans of OpenTelemetry where its package
 * `@opentelemetry/api` is installed and an SDK is registered in the process.
 */
import type * as OpenTelemetry from "@opentelemetry/api";
import type { Scored } from "../api.ts";
import type { FailureKind } from "../failure.ts";
import type { ScoreAnswer } from "../scoring/request.ts";
import { SERVER_NAME, SERVER_VERSION } from "../version.ts";
import { childOf, readTraceparent, type TraceParent, writeTraceparent } from "./traceparent.ts";

type Api = typeof OpenTelemetry;

/** Headers, or metadata, by name in small letters. */
export type Carrier = Readonly<Record<string, unknown>>;

/** How a request ended, for its span. */
export interface SpanEnd {
  /** Such as `POST /v2/models/{name}/infer`. */
  readonly name: string;
  /** By OpenTelemetry's conventions. */
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  readonly requestId: string;
  readonly kind: FailureKind | undefined;
  readonly answer: ScoreAnswer | undefined;
  readonly scored: Scored | undefined;
}

/** A request as a part of a trace. */
export interface Trace {
  /** For log lines. */
  readonly ids: Pick<TraceParent, "traceId" | "spanId">;
  /** For the reply. */
  readonly header: string;
  end(how: SpanEnd): void;
}

/** Failures that are not the client's. */
const OF_THE_SERVICE: ReadonlySet<FailureKind> = new Set(["internal", "busy", "unavailable", "deadline"]);

export class Tracing {
  #api: Api | undefined;

  /** Looks for OpenTelemetry. An SDK that is registered later is not seen. */
  async open(): Promise<void> {
    try {
      const api = await import("@opentelemetry/api");
      const provider = api.trace.getTracerProvider();
      const isProxy = provider instanceof api.ProxyTracerProvider;
      // Spans that nobody gets would cost each request some microseconds.
      this.#api = isProxy && provider.getDelegateTracer(SERVER_NAME) === undefined ? undefined : api;
    } catch {
      // Not installed: headers are passed on all the same.
    }
  }

  /**
   * The part of a trace that a request is; `undefined` where it is part of none.
   * @param begin by `performance.now()`
   */
  begin(carrier: Carrier, begin: number): Trace | undefined {
    return this.#span(carrier, begin) ?? headerTrace(carrier);
  }

  #span(carrier: Carrier, begin: number): Trace | undefined {
    const api = this.#api;
    if (api === undefined) {
      return undefined;
    }
    const parent = api.propagation.extract(api.context.active(), carrier);
    const tracer = api.trace.getTracer(SERVER_NAME, SERVER_VERSION);
    const options = { kind: api.SpanKind.SERVER, startTime: epoch(begin) };
    const span = tracer.startSpan("request", options, parent);
    // An SDK may be there and do nothing.
    return api.isSpanContextValid(span.spanContext()) ? new SpanTrace(api, tracer, parent, span) : undefined;
  }
}

function headerTrace(carrier: Carrier): Trace | undefined {
  const given = readTraceparent(carrier["traceparent"]);
  if (given === undefined) {
    return undefined;
  }
  const own = childOf(given);
  return {
    ids: { traceId: own.traceId, spanId: own.spanId },
    header: writeTraceparent(own),
    end: () => undefined,
  };
}

class SpanTrace implements Trace {
  readonly #api: Api;
  readonly #tracer: OpenTelemetry.Tracer;
  readonly #parent: OpenTelemetry.Context;
  readonly #span: OpenTelemetry.Span;

  constructor(
    api: Api,
    tracer: OpenTelemetry.Tracer,
    parent: OpenTelemetry.Context,
    span: OpenTelemetry.Span,
  ) {
    this.#api = api;
    this.#tracer = tracer;
    this.#parent = parent;
    this.#span = span;
  }

  get ids() {
    const { traceId, spanId } = this.#span.spanContext();
    return { traceId, spanId };
  }

  get header() {
    const { traceFlags } = this.#span.spanContext();
    return writeTraceparent({ ...this.ids, flags: traceFlags.toString(16).padStart(2, "0") });
  }

  end({ name, attributes, requestId, kind, answer, scored }: SpanEnd): void {
    const span = this.#span;
    if (span.isRecording()) {
      span.updateName(name);
      span.setAttributes({
        ...attributes,
        "xgboost_infer.request_id": requestId,
        "error.type": kind,
        ...(answer && {
          "xgboost_infer.model.name": answer.model.name,
          "xgboost_infer.model.version": answer.model.version,
          "xgboost_infer.model.digest": answer.model.digest,
          "xgboost_infer.rows": answer.rows,
        }),
      });
      if (kind !== undefined && OF_THE_SERVICE.has(kind)) {
        span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: kind });
      }
      if (scored?.end !== undefined) {
        const within = this.#api.trace.setSpan(this.#parent, span);
        const score = this.#tracer.startSpan("score", { startTime: epoch(scored.begin) }, within);
        score.end(epoch(scored.end));
      }
    }
    span.end();
  }
}

/** Milliseconds since 1970. */
function epoch(time: number): number {
  return performance.timeOrigin + time;
}
