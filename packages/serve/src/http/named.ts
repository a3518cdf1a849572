/**
 * The service for named features over HTTP, from the same definitions as over gRPC: JSON as protobuf's own mapping has it, or bytes
 * (the unary form of Connect's protocol), and gRPC-Web for browsers.
 */
import { fromJson, type JsonValue, toJsonString } from "@bufbuild/protobuf";
import { status as Status } from "@grpc/grpc-js";
import type { Api, Call } from "../api.ts";
import { type Failure, invalid } from "../failure.ts";
import { decode, encode } from "../grpc/messages.ts";
import { pathOf, type UnaryMethod } from "../grpc/service.ts";
import { STATUS as GRPC_STATUS } from "../grpc/status.ts";
import { scoringMethods } from "../named/scoring-service.ts";
import { type Exchange, json, type Reply, type Route } from "./exchange.ts";
import { failureReply, GRPC_WEB_TYPES, messageReply, readFrame } from "./grpc-web.ts";
import { bodyText, parseJson } from "./json.ts";
import { expectType } from "./media-type.ts";
import { retryHeaders, STATUS } from "./status.ts";
import { timeoutOf } from "./timeout.ts";

const NAMED_HTTP = "named-http";

const JSON_TYPE = "application/json";
const PROTO_TYPE = "application/proto";

export function namedRoutes(api: Api): Route[] {
  return scoringMethods(api, NAMED_HTTP).map((method) => ({
    method: "POST",
    path: pathOf(method),
    protocol: NAMED_HTTP,
    handle: (exchange) => answer(method, exchange),
    fail: (failure, { request }) => failed(failure, request.headers["content-type"]),
    operation: {
      tag: "Named features",
      summary: SUMMARY[method.method.name] ?? "",
      body: {
        [JSON_TYPE]: { type: "object", example: EXAMPLE[method.method.name] },
        [PROTO_TYPE]: { type: "string", format: "binary" },
      },
      reply: { [JSON_TYPE]: { type: "object" }, [PROTO_TYPE]: { type: "string", format: "binary" } },
      failures: [400, 404, 413, 415, 501, 503, 504],
    },
  }));
}

const SUMMARY: Readonly<Record<string, string>> = {
  Score: "Scores one row by feature name: JSON of xgboost_infer.v1.ScoreRequest, its bytes, or gRPC-Web.",
  ScoreRows:
    "Scores rows by feature name: JSON of xgboost_infer.v1.ScoreRowsRequest, its bytes, or gRPC-Web.",
};

const FEATURES = { numbers: { age: 42.5 }, categories: { colour: "red" }, missing: ["income"] };
const EXAMPLE: Readonly<Record<string, unknown>> = {
  Score: { model: "risk-score", features: FEATURES, outputs: ["OUTPUT_VALUE"] },
  ScoreRows: { model: "risk-score", rows: [FEATURES] },
};

function answer(method: UnaryMethod, exchange: Exchange): Reply | Promise<Reply> {
  const { headers } = exchange.request;
  const given = expectType(headers["content-type"], JSON_TYPE, PROTO_TYPE, ...GRPC_WEB_TYPES);
  const type = given.endsWith("+json") ? JSON_TYPE : given;
  const { input, output } = method.method;
  const request = read(exchange.body, type, input);
  const scored = method.handle(request, withDeadline(exchange, timeoutOf(headers)));
  const reply = (message: Awaited<typeof scored>): Reply => {
    switch (type) {
      case JSON_TYPE:
        return { status: 200, type, body: toJsonString(output, message, { alwaysEmitImplicit: true }) };
      case PROTO_TYPE:
        return { status: 200, type, body: encode(output, message) };
      default:
        return messageReply(encode(output, message), type);
    }
  };
  return scored instanceof Promise ? scored.then(reply) : reply(scored);
}

function read(body: Buffer, type: string, schema: UnaryMethod["method"]["input"]) {
  if (type !== JSON_TYPE) {
    return decode(schema, type === PROTO_TYPE ? body : readFrame(body, type));
  }
  const value = parseJson(bodyText(body)) as JsonValue;
  try {
    return fromJson(schema, value);
  } catch (error) {
    throw invalid(`the body is no ${schema.typeName}: ${(error as Error).message.slice(0, 200)}`);
  }
}

/** The exchange itself where the client sets no deadline: what it scores is noted there. */
function withDeadline(exchange: Exchange, timeout: number): Call {
  if (timeout === Number.POSITIVE_INFINITY) {
    return exchange;
  }
  const deadline = Math.min(exchange.deadline, performance.now() + timeout);
  return {
    id: exchange.id,
    deadline,
    isCancelled: () => exchange.isCancelled(),
    get answer() {
      return exchange.answer;
    },
    set answer(answer) {
      exchange.answer = answer;
    },
    get scored() {
      return exchange.scored;
    },
    set scored(scored) {
      exchange.scored = scored;
    },
  };
}

/** `{"code", "message"}`, as Connect has it, or trailers of gRPC-Web. */
function failed(failure: Failure, contentType: string | undefined): Reply {
  const type = (contentType ?? "").replace(/;.*/s, "").trim().toLowerCase();
  if (GRPC_WEB_TYPES.includes(type)) {
    return failureReply(failure, type);
  }
  const code = Status[GRPC_STATUS[failure.kind]].toLowerCase().replace("cancelled", "canceled");
  return json({ code, message: failure.message }, STATUS[failure.kind], retryHeaders(failure));
}
