/** gRPC as a service: health, metadata, reflection, deadlines, ids, models that change under load, and the end. */
import { readFileSync } from "node:fs";
import { connect, constants } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { join } from "node:path";
import { create, createRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Metadata, type ServiceError, status as Status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from "../src/proto/grpc/health/v1/health_pb.ts";
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../src/proto/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as OlderReflection } from "../src/proto/grpc/reflection/v1alpha/reflection_pb.ts";
import { GRPCInferenceService } from "../src/proto/open_inference_pb.ts";
import { FRAME, frame, headerBlock } from "./hostile/class.ts";
import { GrpcClient } from "./support/grpc-client.ts";
import { put, type Repository, type Running, startService, until } from "./support/service.ts";
import { A, B, MATRIX, swapUnderLoad } from "./support/swaps.ts";

const oip = GRPCInferenceService.method;

vi.setConfig({ testTimeout: 60_000 });

let running: Running;
let client: GrpcClient;

async function start(files: Repository, settings = {}): Promise<Running> {
  running = await startService(files, settings);
  client = new GrpcClient(running.service.grpcPort);
  return running;
}

afterEach(async () => {
  client.close();
  await running.stop();
});

async function codeOf(call: Promise<unknown>): Promise<Status> {
  return call.then(
    () => Status.OK,
    (error: unknown) => (error as ServiceError).code,
  );
}

describe("the Open Inference Protocol", () => {
  it("tells of server and models", async () => {
    await start({ "m.ubj": A.model, "n/1/model.ubj": A.model, "n/2/model.ubj": B.model });
    expect((await client.call(oip.serverLive, {})).message.live).toBe(true);
    expect((await client.call(oip.serverReady, {})).message.ready).toBe(true);
    const server = (await client.call(oip.serverMetadata, {})).message;
    expect(server).toMatchObject({ name: "xgboost-infer-serve", version: expect.stringMatching(/^\d/) });
    for (const [name, version, ready] of [
      ["m", "", true],
      ["m", "1", true],
      ["m", "2", false],
      ["nobody", "", false],
      ["n", "2", true],
    ] as const) {
      expect((await client.call(oip.modelReady, { name, version })).message.ready).toBe(ready);
    }
    const { message } = await client.call(oip.modelMetadata, { name: "n" });
    expect(message).toMatchObject({ name: "n", versions: ["2", "1"], platform: "xgboost" });
    expect(message.inputs.map(({ name }) => name)).toEqual(A.names);
    expect(message.inputs[0]).toMatchObject({ datatype: "FP32", shape: [-1n, 1n] });
    expect(message.outputs.map(({ name }) => name)).toEqual([
      "predict",
      "predict_proba",
      "margin",
      "leaf",
      "contribs",
    ]);
    expect(await codeOf(client.call(oip.modelMetadata, { name: "nobody" }))).toBe(Status.NOT_FOUND);
    const older = await client.call(oip.modelInfer, { ...MATRIX, modelName: "n", modelVersion: "1" });
    expect(older.message.modelVersion).toBe("1");
  });

  it("has the repository on the admin listener alone", async () => {
    await start({ "m.ubj": A.model });
    for (const method of [oip.repositoryIndex, oip.repositoryModelLoad, oip.repositoryModelUnload]) {
      expect(await codeOf(client.call(method, {}))).toBe(Status.UNIMPLEMENTED);
    }
    expect(await codeOf(client.send("/inference.GRPCInferenceService/ModelConfig", new Uint8Array()))).toBe(
      Status.UNIMPLEMENTED,
    );
    expect(await codeOf(client.send("/nobody.Service/Method", new Uint8Array()))).toBe(Status.UNIMPLEMENTED);
    expect((await client.call(oip.modelReady, { name: "m" })).message.ready).toBe(true);
  });
});

describe("health", () => {
  function watch(service: string): { readonly seen: number[]; readonly ended: Promise<Status> } {
    const seen: number[] = [];
    const call = client.client.makeServerStreamRequest(
      `/${Health.typeName}/Watch`,
      (value: Uint8Array) => Buffer.from(value),
      (bytes: Buffer) => fromBinary(HealthCheckResponseSchema, bytes).status,
      toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })),
    );
    call.on("data", (status: number) => seen.push(status));
    const ended = new Promise<Status>((resolve) =>
      call.on("error", (error: ServiceError) => resolve(error.code)),
    );
    return { seen, ended };
  }

  it("is checked and watched, and changes with models and at the end", async () => {
    const of = await start({}, { watch: false, drainTimeout: 5_000 });
    const check = async (service = "") =>
      (await client.call(Health.method.check, { service })).message.status;
    expect(await check()).toBe(Serving.NOT_SERVING);
    const all = watch("");
    const unknown = watch("nobody");
    await until(() => all.seen.length === 1 && unknown.seen.length === 1);
    put(join(of.directory, "m.ubj"), A.model);
    await of.service.repository.reload();
    await until(() => all.seen.length === 2);
    for (const service of [
      "",
      "inference.GRPCInferenceService",
      "xgboost_infer.v1.ScoringService",
      "grpc.health.v1.Health",
    ]) {
      expect(await check(service)).toBe(Serving.SERVING);
    }
    expect(await codeOf(check("nobody"))).toBe(Status.NOT_FOUND);
    const begin = performance.now();
    await of.service.stop();
    expect(performance.now() - begin).toBeLessThan(4_000);
    expect(await all.ended).toBe(Status.UNAVAILABLE);
    expect(all.seen).toEqual([Serving.NOT_SERVING, Serving.SERVING, Serving.NOT_SERVING]);
    expect(unknown.seen).toEqual([Serving.SERVICE_UNKNOWN]);
  });
});

describe("reflection", () => {
  type Asked = ServerReflectionRequest["messageRequest"];
  async function ask(service: string, asked: readonly Asked[]): Promise<ServerReflectionResponse[]> {
    const call = client.client.makeBidiStreamRequest(
      `/${service}/ServerReflectionInfo`,
      (value: Uint8Array) => Buffer.from(value),
      (bytes: Buffer) => fromBinary(ServerReflectionResponseSchema, bytes),
    );
    const answers: ServerReflectionResponse[] = [];
    return new Promise((resolve, reject) => {
      call.on("data", (answer: ServerReflectionResponse) => answers.push(answer));
      call.on("end", () => resolve(answers));
      call.on("error", reject);
      for (const messageRequest of asked) {
        const request = create(ServerReflectionRequestSchema, { host: "h", messageRequest });
        call.write(toBinary(ServerReflectionRequestSchema, request));
      }
      call.end();
    });
  }

  it.each([ServerReflection.typeName, OlderReflection.typeName])(
    "%s describes all services",
    async (service) => {
      await start({});
      const [list, byMethod, byName, nothing, extension] = await ask(service, [
        { case: "listServices", value: "" },
        { case: "fileContainingSymbol", value: "xgboost_infer.v1.ScoringService.Score" },
        { case: "fileByFilename", value: "open_inference.proto" },
        { case: "fileContainingSymbol", value: "nobody" },
        { case: "allExtensionNumbersOfType", value: "x" },
      ]);
      const listed = list!.messageResponse;
      expect(listed.case === "listServicesResponse" && listed.value.service.map(({ name }) => name)).toEqual([
        "inference.GRPCInferenceService",
        "xgboost_infer.v1.ScoringService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
      ]);
      for (const [answer, name] of [
        [byMethod, "xgboost_infer/v1/scoring.proto"],
        [byName, "open_inference.proto"],
      ] as const) {
        const { messageResponse } = answer!;
        expect(messageResponse.case).toBe("fileDescriptorResponse");
        const files = (messageResponse.value as { fileDescriptorProto: Uint8Array[] }).fileDescriptorProto;
        expect(fromBinary(FileDescriptorProtoSchema, files[0]!).name).toBe(name);
      }
      for (const answer of [nothing, extension]) {
        expect(answer!.messageResponse).toMatchObject({ case: "errorResponse", value: { errorCode: 5 } });
      }
      expect(
        createRegistry(GRPCInferenceService.file).getService("inference.GRPCInferenceService"),
      ).toBeDefined();
    },
  );
});

describe("calls", () => {
  it("carry ids into replies, log lines and metrics", async () => {
    const of = await start({ "m.ubj": A.model });
    const metadata = new Metadata();
    metadata.set("x-request-id", "given-7");
    const reply = await client.call(oip.modelInfer, MATRIX, { metadata });
    expect(reply.metadata.get("x-request-id")).toEqual(["given-7"]);
    const made = await client.call(oip.serverLive, {});
    expect(made.metadata.get("x-request-id")[0]).toMatch(/^[0-9a-f-]{36}$/);
    const error = (await client
      .call(oip.modelInfer, { modelName: "nobody" }, { metadata })
      .catch((thrown: unknown) => thrown)) as ServiceError;
    expect(error.metadata.get("x-request-id")).toEqual(["given-7"]);
    expect(error.metadata.get("x-failure")).toEqual(["notFound"]);
    of.flushLog();
    const lines = readFileSync(of.logFile, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const line = { msg: "request", requestId: "given-7", protocol: "oip-grpc" };
    expect(lines).toContainEqual(
      expect.objectContaining({ ...line, status: "OK", model: "m", version: "1", rows: A.rows }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({
        ...line,
        status: "NOT_FOUND",
        failure: "notFound",
        reason: 'no model "nobody"',
      }),
    );
    const metrics = (await of.admin("/metrics")).bytes.toString();
    expect(metrics).toMatch(/requests_total\{protocol="oip-grpc",model="m",outcome="ok"\} 1\b/);
    expect(metrics).toMatch(/requests_total\{protocol="oip-grpc",model="",outcome="notFound"\} 1\b/);
  });

  it("end at their deadline, and work on them with them", async () => {
    const of = await start({ "m.ubj": A.model }, { maxRequestBytes: 1 << 26, requestTimeout: 60_000 });
    const rows = 400_000;
    const large = {
      modelName: "m",
      inputs: [{ name: "rows", datatype: "FP32", shape: [BigInt(rows), BigInt(A.cols)] }],
      outputs: [{ name: "predict" }, { name: "margin" }],
      rawInputContents: [new Uint8Array(4 * rows * A.cols)],
    };
    expect(await codeOf(client.call(oip.modelInfer, large, { deadline: Date.now() + 150 }))).toBe(
      Status.DEADLINE_EXCEEDED,
    );
    await until(() => of.service.scorer.queued === 0, 2_000);
    expect(await codeOf(client.call(oip.modelInfer, MATRIX, { deadline: Date.now() - 1 }))).toBe(
      Status.DEADLINE_EXCEEDED,
    );
    expect(await codeOf(client.call(oip.modelInfer, MATRIX))).toBe(Status.OK);
  });

  it("end at the service's deadline where that is sooner", async () => {
    await start({ "m.ubj": A.model }, { maxRequestBytes: 1 << 26, requestTimeout: 20 });
    const rows = 400_000;
    const error = (await client
      .call(oip.modelInfer, {
        modelName: "m",
        inputs: [{ name: "rows", datatype: "FP32", shape: [BigInt(rows), BigInt(A.cols)] }],
        rawInputContents: [new Uint8Array(4 * rows * A.cols)],
      })
      .catch((thrown: unknown) => thrown)) as ServiceError;
    expect([error.code, error.details]).toEqual([Status.DEADLINE_EXCEEDED, "not done by the deadline"]);
  });

  it("of 20 clients are all answered while models are swapped, each wholly by one", async () => {
    const of = await start({ "m.ubj": A.model });
    const { calls, models } = await swapUnderLoad(of, 10);
    expect(calls).toBeGreaterThan(100);
    expect(models).toBe(2);
  });

  it("are not lost when connections are ended at their age", async () => {
    const of = await start({ "m.ubj": A.model }, { grpcMaxConnectionAge: 100 });
    const session = connect(`http://127.0.0.1:${of.service.grpcPort}`);
    const goneAway = new Promise<number>((resolve) => session.once("goaway", resolve));
    const end = performance.now() + 1_500;
    while (performance.now() < end) {
      expect((await client.call(oip.modelInfer, MATRIX)).message.modelName).toBe("m");
    }
    expect(await goneAway).toBe(constants.NGHTTP2_NO_ERROR);
    session.close();
  });

  it("under way are answered when the service stops, and clients go elsewhere", async () => {
    const of = await start(
      { "m.ubj": A.model },
      { drainTimeout: 20_000, maxRequestBytes: 1 << 26, requestTimeout: 20_000 },
    );
    const rows = 200_000;
    const large = client.call(oip.modelInfer, {
      modelName: "m",
      inputs: [{ name: "rows", datatype: "FP32", shape: [BigInt(rows), BigInt(A.cols)] }],
      rawInputContents: [new Uint8Array(4 * rows * A.cols)],
    });
    await until(() => of.service.scorer.queued === 1);
    const stopped = of.service.stop();
    expect((await large).message.rawOutputContents[0]!.length).toBe(4 * rows);
    await stopped;
    expect(await codeOf(client.call(oip.serverLive, {}))).toBe(Status.UNAVAILABLE);
  });

  it("are told of the end with a reply, before a client makes its next call", async () => {
    const of = await start({ "m.ubj": A.model }, { drainTimeout: 20_000 });
    const socket = connectTcp(of.service.grpcPort, "127.0.0.1");
    const frames = readFrames(socket);
    const call = (stream: number) => {
      const headers = {
        ":method": "POST",
        ":scheme": "http",
        ":path": "/inference.GRPCInferenceService/ServerLive",
        ":authority": "localhost",
        "content-type": "application/grpc",
        te: "trailers",
      };
      socket.write(
        Buffer.concat([
          frame(FRAME.headers, END_HEADERS, stream, headerBlock(headers)),
          frame(FRAME.data, END_STREAM, stream, Buffer.alloc(5)),
        ]),
      );
    };
    const ended = (stream: number) =>
      frames.findIndex((each) => each.stream === stream && (each.flags & END_STREAM) > 0);
    const told = () => frames.findIndex(({ type }) => type === FRAME.goaway);
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    socket.write(frame(FRAME.settings, 0, 0));
    call(1);
    await until(() => ended(1) >= 0);
    const stopped = of.service.stop();
    // This one comes when the service is stopping already.
    call(3);
    await until(() => ended(3) >= 0);
    expect(frames.filter(({ type }) => type === FRAME.rstStream)).toEqual([]);
    expect(told()).toBeGreaterThan(ended(1));
    expect(told()).toBeLessThan(ended(3));
    expect(frames[told()]!.content.readUInt32BE(0)).toBe(3);
    await stopped;
  });
});

const END_STREAM = 1;
const END_HEADERS = 4;

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly content: Buffer;
}

/** The frames that have come so far: a list that grows. */
function readFrames(socket: Socket): Frame[] {
  const frames: Frame[] = [];
  let rest = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      frames.push({
        type: rest[3]!,
        flags: rest[4]!,
        stream: rest.readUInt32BE(5),
        content: rest.subarray(9, end),
      });
      rest = rest.subarray(end);
    }
  });
  return frames;
}
