/** Traces: the header `traceparent`, and spans of OpenTelemetry where an SDK is registered. */
import { readFileSync } from "node:fs";
import { Metadata } from "@grpc/grpc-js";
import { context, propagation, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { GRPCInferenceService } from "../src/proto/open_inference_pb.ts";
import { readTraceparent } from "../src/tracing/traceparent.ts";
import { fixture, rowTexts } from "./support/fixture.ts";
import { GrpcClient } from "./support/grpc-client.ts";
import { type Running, startService } from "./support/service.ts";

const OF = fixture("binary-logistic");
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const HEADER = `00-${TRACE}-${PARENT}-01`;
const BODY = {
  inputs: [{ name: "rows", shape: [1, OF.cols], datatype: "FP32", data: rowTexts(OF, [0])[0]!.map(Number) }],
};

let running: Running;
let client: GrpcClient;
beforeAll(() => start());
afterAll(() => stop());

async function start(): Promise<void> {
  running = await startService({ "m.ubj": OF.model });
  client = new GrpcClient(running.service.grpcPort);
}

async function stop(): Promise<void> {
  client.close();
  await running.stop();
}

async function restart(): Promise<void> {
  await stop();
  await start();
}

function infer(headers: Record<string, string>, body: object = BODY) {
  return running.send("/v2/models/m/infer", {
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

function logLine(requestId: string): Record<string, unknown> {
  running.flushLog();
  const lines = readFileSync(running.logFile, "utf8").split("\n");
  return JSON.parse(lines.find((line) => line.includes(`"${requestId}"`))!);
}

describe("traceparent", () => {
  it.each([
    ["absent", undefined],
    ["empty", ""],
    ["a trace of zeros", `00-${"0".repeat(32)}-${PARENT}-01`],
    ["a span of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["the version that there is not", `ff-${TRACE}-${PARENT}-01`],
    ["capitals", HEADER.toUpperCase()],
    ["more than its version has", `${HEADER}-more`],
    ["short", HEADER.slice(0, -1)],
    ["a list", [HEADER]],
  ])("%s is passed over", (_, header) => {
    expect(readTraceparent(header)).toBeUndefined();
  });

  it("of a later version is read as far as it is known", () => {
    expect(readTraceparent(`01-${TRACE}-${PARENT}-01-more`)).toEqual({
      traceId: TRACE,
      spanId: PARENT,
      flags: "01",
    });
  });

  it("is in the reply, with a span of its own, and in the log", async () => {
    const answer = await infer({ traceparent: HEADER, "X-Request-Id": "traced-1" });
    const own = readTraceparent(answer.headers["traceparent"])!;
    expect([own.traceId, own.flags]).toEqual([TRACE, "01"]);
    expect(own.spanId).not.toBe(PARENT);
    expect(logLine("traced-1")).toMatchObject({ traceId: TRACE, spanId: own.spanId, status: 200 });
  });

  it("is in the replies of failures and of gRPC, too", async () => {
    const failed = await infer({ traceparent: HEADER }, {});
    expect([failed.status, failed.headers["traceparent"]]).toEqual([400, expect.stringContaining(TRACE)]);
    const metadata = new Metadata();
    metadata.set("traceparent", HEADER);
    metadata.set("x-request-id", "traced-2");
    const { metadata: reply } = await client.call(GRPCInferenceService.method.serverLive, {}, { metadata });
    expect(reply.get("traceparent")[0]).toContain(TRACE);
    expect(logLine("traced-2")).toMatchObject({ traceId: TRACE });
  });

  it("is made up for nobody", async () => {
    const answer = await infer({ "X-Request-Id": "not-traced" });
    expect(answer.headers["traceparent"]).toBeUndefined();
    expect(logLine("not-traced")).not.toHaveProperty("traceId");
  });
});

describe("spans", () => {
  const exporter = new InMemorySpanExporter();
  beforeAll(async () => {
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    );
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    await restart();
  });
  afterEach(() => exporter.reset());
  afterAll(() => {
    trace.disable();
    propagation.disable();
    context.disable();
  });

  it("of requests and of scoring are part of the client's trace", async () => {
    const answer = await infer({ traceparent: HEADER, "X-Request-Id": "spanned" });
    const [score, request] = exporter.getFinishedSpans();
    expect(request).toMatchObject({
      name: "POST /v2/models/{name}/infer",
      attributes: {
        "http.request.method": "POST",
        "http.route": "/v2/models/{name}/infer",
        "http.response.status_code": 200,
        "xgboost_infer.request_id": "spanned",
        "xgboost_infer.model.name": "m",
        "xgboost_infer.rows": 1,
      },
    });
    expect([request!.spanContext().traceId, request!.parentSpanContext?.spanId]).toEqual([TRACE, PARENT]);
    expect([score!.name, score!.parentSpanContext?.spanId]).toEqual(["score", request!.spanContext().spanId]);
    expect(readTraceparent(answer.headers["traceparent"])?.spanId).toBe(request!.spanContext().spanId);
    expect(logLine("spanned")).toMatchObject({ spanId: request!.spanContext().spanId });
  });

  it("begin a trace where there is none", async () => {
    const answer = await infer({});
    const request = exporter.getFinishedSpans().at(-1)!;
    expect(request.parentSpanContext).toBeUndefined();
    expect(answer.headers["traceparent"]).toContain(request.spanContext().traceId);
  });

  it("say how requests failed, and carry no values", async () => {
    await infer({}, { inputs: [{ name: "secret", shape: [1], datatype: "FP32", data: [12345.5] }] });
    await infer({}, BODY);
    const [failed] = exporter.getFinishedSpans();
    expect(failed!.attributes).toMatchObject({ "error.type": "invalid", "http.response.status_code": 400 });
    // A fault of the client is none of the service.
    expect(failed!.status.code).toBe(0);
    expect(
      JSON.stringify(exporter.getFinishedSpans().map(({ attributes, name }) => [attributes, name])),
    ).not.toContain("12345");
  });

  it("are there for gRPC", async () => {
    const metadata = new Metadata();
    metadata.set("traceparent", HEADER);
    await client.call(GRPCInferenceService.method.serverLive, {}, { metadata });
    expect(exporter.getFinishedSpans()).toMatchObject([
      {
        name: "inference.GRPCInferenceService/ServerLive",
        attributes: { "rpc.system": "grpc", "rpc.method": "ServerLive", "rpc.grpc.status_code": 0 },
      },
    ]);
  });
});

describe("values of features in the log", () => {
  it("are there for so many rows as the setting says", async () => {
    const asked = await startService({ "m.ubj": OF.model }, { logFeatureRows: 2 });
    const rows = rowTexts(OF, [0, 1, 2]).map((row) => row.map(Number));
    const send = (id: string, path: string, body: object) =>
      asked.send(path, {
        headers: { "X-Request-Id": id, "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
    const matrix = { inputs: [{ name: "rows", shape: [3, OF.cols], datatype: "FP32", data: rows }] };
    await send("as-matrix", "/v2/models/m/infer", matrix);
    await send("by-name", "/v1/models/m:predict", { instances: [{ [OF.names[0]!]: 1.5 }] });
    await send("wrong", "/v1/models/m:predict", { instances: [{ [OF.names[0]!]: "x" }] });
    asked.flushLog();
    const lines = readFileSync(asked.logFile, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
    const features = (id: string) => lines.find(({ requestId }) => requestId === id).features;
    expect(features("as-matrix")).toEqual(rows.slice(0, 2).map((row) => row.map(Math.fround)));
    expect(features("by-name")).toEqual([{ [OF.names[0]!]: 1.5 }]);
    expect(features("wrong")).toEqual([{ [OF.names[0]!]: "x" }]);
    await asked.stop();
  });

  it("are not there otherwise", async () => {
    await infer({ "X-Request-Id": "plain" });
    expect(logLine("plain")).not.toHaveProperty("features");
  });
});
