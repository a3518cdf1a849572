/** Hostile calls of gRPC beyond the classes of the table. */
import { readFileSync } from "node:fs";
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Metadata, type ServiceError, status as Status } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  GRPCInferenceService,
  type ModelInferRequest,
  type ModelInferRequest_InferInputTensorSchema,
  ModelInferRequestSchema,
} from "../src/proto/open_inference_pb.ts";
import { type ScoreRequestSchema, ScoringService } from "../src/proto/xgboost_infer/v1/scoring_pb.ts";
import { fixture } from "./support/fixture.ts";
import { GrpcClient } from "./support/grpc-client.ts";
import { type Running, startService, until } from "./support/service.ts";

const OF = fixture("binary-logistic");
const { modelInfer, modelReady, serverLive } = GRPCInferenceService.method;
const { score, scoreRows } = ScoringService.method;
const INFER = "/inference.GRPCInferenceService/ModelInfer";
const MAX_BYTES = 1 << 20;

let running: Running;
let client: GrpcClient;
beforeAll(async () => {
  running = await startService({ "m.ubj": OF.model });
  client = new GrpcClient(running.service.grpcPort, { "grpc.max_send_message_length": -1 });
});
afterAll(async () => {
  client.close();
  await running.stop();
});

const ROW = Array.from(OF.values.subarray(0, OF.cols));
const GOOD = { name: "rows", datatype: "FP32", shape: [1n, BigInt(OF.cols)] };

/** The service still answers. */
afterEach(async () => {
  const inputs = [{ ...GOOD, contents: { fp32Contents: ROW } }];
  const { message } = await client.call(modelInfer, { modelName: "m", inputs });
  expect(message.outputs[0]!.contents!.fp32Contents[0]).toBe(OF.expected.value[0]);
});

async function refusal(call: Promise<unknown>): Promise<[Status, string]> {
  const error = (await call.then(
    () => ({ code: Status.OK, details: "" }),
    (thrown: unknown) => thrown,
  )) as ServiceError;
  return [error.code, error.details];
}

type Inputs = MessageInitShape<typeof ModelInferRequest_InferInputTensorSchema>[];
type Infer = Exclude<MessageInitShape<typeof ModelInferRequestSchema>, ModelInferRequest>;
const raw = (input: Inputs[number], ...bytes: Uint8Array[]): Infer => ({
  modelName: "m",
  inputs: [input],
  rawInputContents: bytes,
});
const floats = new Uint8Array(Float32Array.from(ROW).buffer);

describe("ModelInfer", () => {
  it("does not know unknown models and versions", async () => {
    const of = (modelName: string, modelVersion = "") =>
      refusal(client.call(modelInfer, { ...raw(GOOD, floats), modelName, modelVersion }));
    expect(await of("nobody")).toEqual([Status.NOT_FOUND, 'no model "nobody"']);
    expect(await of("m", "2")).toEqual([Status.NOT_FOUND, expect.stringContaining('no version "2"')]);
    expect(await of("../m")).toEqual([Status.NOT_FOUND, 'no model "../m"']);
    expect(await of("__proto__")).toEqual([Status.NOT_FOUND, 'no model "__proto__"']);
  });

  it("refuses a reply that would be too large", async () => {
    const small = await startService({ "m.ubj": OF.model }, { maxResponseValues: 10 });
    const other = new GrpcClient(small.service.grpcPort);
    const request = { ...raw(GOOD, floats), outputs: [{ name: "leaf" }, { name: "contribs" }] };
    expect(await refusal(other.call(modelInfer, request))).toEqual([
      Status.RESOURCE_EXHAUSTED,
      expect.stringContaining("at most 10 are allowed"),
    ]);
    other.close();
    await small.stop();
  });
});

describe("named features", () => {
  type One = MessageInitShape<typeof ScoreRequestSchema>;
  it.each<[string, One, Status, RegExp]>([
    ["no model", {}, Status.INVALID_ARGUMENT, /model is empty/],
    ["an unknown model", { model: "nobody" }, Status.NOT_FOUND, /no model/],
    ["an unknown output", { model: "m", outputs: [99 as never] }, Status.INVALID_ARGUMENT, /no output 99/],
    [
      "rounds that end before they begin",
      { model: "m", options: { iterationBegin: 2, iterationEnd: 1 } },
      Status.INVALID_ARGUMENT,
      /iteration/i,
    ],
    [
      "text for a number",
      { model: "m", features: { categories: { [OF.names[0]!]: "red" } } },
      Status.INVALID_ARGUMENT,
      /red/,
    ],
    [
      "a feature in two maps",
      { model: "m", features: { numbers: { a: 1 }, missing: ["a"] } },
      Status.INVALID_ARGUMENT,
      /"a" stands twice/,
    ],
  ])("refuses %s", async (_, request, code, message) => {
    expect(await refusal(client.call(score, request))).toEqual([code, expect.stringMatching(message)]);
  });

  it("are refused where the model's check says so", async () => {
    const names = OF.names.join("\n");
    const strict = await startService({
      "m/model.yaml":
        "name: m\nmodel: m.ubj\nfeatures: list\ncheck:\n  mode: allowlist\n  unknownFeatures: refuse\n",
      "m/list": names,
      "m/m.ubj": OF.model,
    });
    const other = new GrpcClient(strict.service.grpcPort);
    expect(await refusal(other.call(score, { model: "m" }))).toEqual([
      Status.INVALID_ARGUMENT,
      expect.stringContaining(OF.names[0]!),
    ]);
    other.close();
    await strict.stop();
  });

  it("may be many, and unknown", async () => {
    const numbers = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`unknown ${i}`, i]));
    const { message } = await client.call(score, { model: "m", features: { numbers } });
    expect(message.unknown.length).toBeGreaterThanOrEqual(100);
    const none = await client.call(scoreRows, { model: "m" });
    expect(none.message).toMatchObject({ rows: 0 });
    expect(none.message.outputs!.value!.values).toEqual([]);
  });
});

describe("bytes", () => {
  const good = toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, raw(GOOD, floats)));

  it.each<[string, Uint8Array]>([
    ["a message that is cut off", good.subarray(0, good.length - 5)],
    ["noise", Uint8Array.from({ length: 500 }, (_, i) => (i * 197 + 11) % 256)],
    ["a tag of a type that there is not", Uint8Array.of(0x0f)],
    ["a length beyond the end", Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x07)],
    ["a varint without end", new Uint8Array(100).fill(0xff)],
    ["a name that is not UTF-8", Uint8Array.of(0x0a, 2, 0xc3, 0x28)],
    ["groups in groups", new Uint8Array(200_000).fill(0x0b)],
  ])("that are no message: %s", async (_, bytes) => {
    expect(await refusal(client.send(INFER, bytes))).toEqual([
      Status.INVALID_ARGUMENT,
      expect.stringMatching(/^the message is no inference\.ModelInferRequest: |model_name is empty/),
    ]);
  });

  it("beyond the limit are refused, also when they are only unpacked so", async () => {
    const code = async (options = {}) =>
      (await refusal(client.send(INFER, new Uint8Array(MAX_BYTES + 1), options)))[0];
    expect(await code()).toBe(Status.RESOURCE_EXHAUSTED);
    const gzip = new GrpcClient(running.service.grpcPort, {
      "grpc.default_compression_algorithm": 2,
      "grpc.max_send_message_length": -1,
    });
    expect((await refusal(gzip.send(INFER, new Uint8Array(50 * MAX_BYTES))))[0]).toBe(
      Status.RESOURCE_EXHAUSTED,
    );
    const { message } = await gzip.call(modelInfer, raw(GOOD, floats));
    expect(message.rawOutputContents[0]!.length).toBe(4);
    gzip.close();
  });

  it("in headers beyond the limit are refused", async () => {
    const metadata = new Metadata();
    metadata.set("x-noise", "x".repeat(100_000));
    expect((await refusal(client.call(serverLive, {}, { metadata })))[0]).not.toBe(Status.OK);
  });

  it("of an id that does not go into a log line are replaced", async () => {
    const metadata = new Metadata();
    metadata.set("x-request-id", "two words");
    const { metadata: found } = await client.call(serverLive, {}, { metadata });
    expect(found.get("x-request-id")[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("of a name that is long or odd are answered", async () => {
    for (const name of ["", "\u0000", "x".repeat(100_000), "ü\n"]) {
      expect((await client.call(modelReady, { name })).message.ready).toBe(false);
    }
    expect((await refusal(client.call(modelInfer, { ...raw(GOOD, floats), modelName: "ü\n%" })))[1]).toBe(
      'no model "ü\\n%"',
    );
  });
});

describe("HTTP/2", () => {
  let session: ClientHttp2Session;
  const open = () => {
    session = connectHttp2(`http://127.0.0.1:${running.service.grpcPort}`);
    session.on("error", () => undefined);
    return session;
  };
  const HEADERS = { ":method": "POST", ":path": INFER, "content-type": "application/grpc", te: "trailers" };

  /** Status of gRPC, or the status of HTTP where there is none, or what became of the stream. */
  function send(body: Uint8Array, headers: Record<string, string> = {}): Promise<string> {
    return new Promise((resolve) => {
      const stream = open().request({ ...HEADERS, ...headers });
      let found: unknown;
      const note = (received: Record<string, unknown>) => {
        found = received["grpc-status"] ?? found ?? received[":status"];
      };
      stream.on("response", note);
      stream.on("trailers", note);
      stream.on("error", () => undefined);
      stream.on("close", () => {
        session.destroy();
        resolve(String(found ?? `reset ${stream.rstCode}`));
      });
      stream.resume();
      stream.end(body);
    });
  }

  const frame = (message: Uint8Array, flag = 0, length = message.length) => {
    const header = Buffer.from([flag, 0, 0, 0, 0]);
    header.writeUInt32BE(length, 1);
    return Buffer.concat([header, message]);
  };

  it.each<[string, Uint8Array, Record<string, string>, string]>([
    ["no message", Buffer.alloc(0), {}, "12"],
    ["half a frame's header", Buffer.from([0, 0]), {}, "12"],
    ["a frame that is cut off", frame(Buffer.alloc(10), 0, 1000), {}, "12"],
    ["a frame of 4 GiB", frame(Buffer.alloc(10), 0, 0xffff_ffff), {}, "8"],
    ["two messages", Buffer.concat([frame(Buffer.alloc(0)), frame(Buffer.alloc(0))]), {}, "12"],
    ["a compressed frame without an encoding", frame(Buffer.alloc(10), 1), {}, "3"],
    ["noise as gzip", frame(Buffer.alloc(10, 7), 1), { "grpc-encoding": "gzip" }, "13"],
    [
      "gzip that is cut off",
      frame(gzipSync(Buffer.alloc(999)).subarray(0, 15), 1),
      { "grpc-encoding": "gzip" },
      "13",
    ],
    ["an unknown encoding", frame(Buffer.alloc(10), 1), { "grpc-encoding": "zip" }, "12"],
    ["a timeout that is none", frame(Buffer.alloc(0)), { "grpc-timeout": "soon" }, "13"],
    ["a timeout that has passed", frame(Buffer.alloc(0)), { "grpc-timeout": "0n" }, "4"],
    ["another content type", Buffer.alloc(0), { "content-type": "text/html" }, "415"],
  ])("with %s", async (_, body, headers, expected) => {
    expect(await send(body, headers)).toBe(expected);
  });

  it("of which all streams are reset at once", async () => {
    open();
    for (let i = 0; i < 2_000 && !session.destroyed; i++) {
      const stream = session.request(HEADERS);
      stream.on("error", () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    session.destroy();
  });

  it("whose messages do not arrive", async () => {
    const slow = await startService({ "m.ubj": OF.model }, { bodyTimeout: 300, headersTimeout: 300 });
    const found: unknown[] = [];
    session = connectHttp2(`http://127.0.0.1:${slow.service.grpcPort}`);
    const ends = [INFER, "/grpc.health.v1.Health/Watch"].map((path) => {
      const stream = session.request({ ...HEADERS, ":path": path });
      stream.write(frame(Buffer.alloc(10), 0, 1000));
      return new Promise<void>((resolve) => {
        stream.on("response", (received) => {
          found.push(received["grpc-status"]);
          stream.close();
          resolve();
        });
      });
    });
    await Promise.all(ends);
    expect(found).toEqual(["4", "4"]);
    session.destroy();
    const metrics = (await slow.admin("/metrics")).bytes.toString();
    expect(metrics).toMatch(/requests_total\{protocol="grpc",model="",outcome="invalid"\} 2\b/);
    slow.flushLog();
    expect(readFileSync(slow.logFile, "utf8")).toContain("before a whole message had arrived");
    await slow.stop();
  });

  it("of which large replies are not taken", async () => {
    const slow = await startService({ "m.ubj": OF.model }, { replyTimeout: 500 });
    session = connectHttp2(`http://127.0.0.1:${slow.service.grpcPort}`);
    const rows = 10_000n;
    const request = {
      modelName: "m",
      inputs: [{ name: "rows", datatype: "UINT8", shape: [rows, BigInt(OF.cols)] }],
      rawInputContents: [new Uint8Array(Number(rows) * OF.cols)],
      outputs: [{ name: "leaf" }],
    };
    const body = frame(toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, request)));
    const closed = new Promise<void>((resolve) => session.on("close", resolve));
    session.on("error", () => undefined);
    for (let i = 0; i < 5; i++) {
      const stream = session.request(HEADERS);
      stream.on("error", () => undefined);
      // Never read from: the window of the stream stays closed.
      stream.pause();
      stream.end(body);
    }
    await closed;
    expect((await slow.admin("/metrics")).bytes.toString()).toMatch(
      /refused_connections_total\{listener="grpc",reason="slow reader"\} 1\b/,
    );
    // Those who take theirs have them.
    const honest = new GrpcClient(slow.service.grpcPort);
    for (let i = 0; i < 5; i++) {
      const { message } = await honest.call(modelInfer, request);
      expect(message.rawOutputContents[0]!.length).toBeGreaterThan(100_000);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    honest.close();
    await slow.stop();
  });

  it("that is cut off in the middle of calls", async () => {
    open();
    for (let i = 0; i < 50; i++) {
      const stream = session.request(HEADERS);
      stream.on("error", () => undefined);
      stream.write(frame(Buffer.alloc(10), 0, 1000));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    session.destroy();
    await until(() => running.service.scorer.queued === 0);
  });
});

describe("connections", () => {
  it.each([
    ["HTTP/1.1", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["TLS", "\u0016\u0003\u0001\u0002\u0000\u0001"],
    ["noise", "\u0000".repeat(5_000)],
  ])("that speak %s are closed", async (_, text) => {
    await new Promise<void>((resolve) => {
      const socket = connect(running.service.grpcPort, "127.0.0.1", () => socket.write(text, "latin1"));
      socket.on("error", () => resolve());
      socket.on("close", () => resolve());
      socket.resume();
      // What is a start of the preface may go on; it ends with the client.
      setTimeout(() => socket.destroy(), 2_000);
    });
  });

  it("beyond the limit are closed", async () => {
    const few = await startService({ "m.ubj": OF.model }, { maxConnections: 2, drainTimeout: 500 });
    const clients = Array.from(
      { length: 3 },
      () => new GrpcClient(few.service.grpcPort, { "grpc.use_local_subchannel_pool": 1 }),
    );
    const codes: Status[] = [];
    for (const each of clients) {
      codes.push((await refusal(each.call(serverLive, {}, { deadline: Date.now() + 1_000 })))[0]);
    }
    expect(codes.slice(0, 2)).toEqual([Status.OK, Status.OK]);
    expect(codes[2]).not.toBe(Status.OK);
    for (const each of clients) {
      each.close();
    }
    await few.stop();
  });
});
