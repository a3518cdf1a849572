/** Named features over HTTP: JSON of the definitions, bytes, and gRPC-Web, with Connect's own clients. */
import { readFileSync } from "node:fs";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Output, ScoreRequestSchema, ScoringService } from "../src/proto/xgboost_infer/v1/scoring_pb.ts";
import { expectBits } from "./support/bits.ts";
import { allRows, fixture } from "./support/fixture.ts";
import { type Running, startService } from "./support/service.ts";

const OF = fixture("binary-logistic-missing");
const SCORE = "/xgboost_infer.v1.ScoringService/Score";
const { names, values, cols, expected } = OF;

let running: Running;
let baseUrl: string;
beforeAll(async () => {
  running = await startService({ "m.ubj": OF.model });
  baseUrl = `http://127.0.0.1:${running.service.port}`;
});
afterAll(() => running.stop());

function featuresOf(row: number) {
  return { numbers: Object.fromEntries(names.map((name, i) => [name, values[row * cols + i]!])) };
}

const transports: Record<string, () => Transport> = {
  "gRPC-Web": () => createGrpcWebTransport({ baseUrl }),
  "Connect, JSON": () => createConnectTransport({ baseUrl, useBinaryFormat: false }),
  "Connect, bytes": () => createConnectTransport({ baseUrl, useBinaryFormat: true }),
};

describe.each(Object.entries(transports))("%s", (_, transport) => {
  it("has the bits that Python answered", async () => {
    const client = createClient(ScoringService, transport());
    for (const row of allRows(OF).slice(0, 20)) {
      const { score } = await client.score({ model: "m", features: featuresOf(row) });
      expect(score).toBe(expected.value[row]);
    }
    const { outputs } = await client.scoreRows({
      model: "m",
      rows: allRows(OF).map(featuresOf),
      outputs: [Output.VALUE, Output.LEAF],
    });
    expectBits(Float32Array.from(outputs!.value!.values), expected.value);
    expectBits(Float32Array.from(outputs!.leaf!.values), expected.leaf);
  });

  it("says what is wrong", async () => {
    const client = createClient(ScoringService, transport());
    const code = (promise: Promise<unknown>) =>
      promise.then(
        () => "no error",
        (error: unknown) => [ConnectError.from(error).code, ConnectError.from(error).rawMessage],
      );
    expect(await code(client.score({ model: "nobody" }))).toEqual([Code.NotFound, 'no model "nobody"']);
    const twice = { numbers: { [names[0]!]: 1 }, integers: { [names[0]!]: 1n } };
    expect(await code(client.score({ model: "m", features: twice }))).toEqual([
      Code.InvalidArgument,
      `feature "${names[0]}" stands twice in features`,
    ]);
    expect(await code(client.score({ model: "m", features: { categories: { [names[0]!]: "ü%" } } }))).toEqual(
      [Code.InvalidArgument, expect.stringContaining("ü%")],
    );
  });
});

describe("JSON", () => {
  it("is protobuf's own mapping, in the names of JavaScript or of the definitions", async () => {
    const of = allRows(OF).find((row) => Number.isNaN(values[row * cols]!))!;
    const { numbers } = featuresOf(of);
    const present = Object.fromEntries(Object.entries(numbers).filter(([, value]) => !Number.isNaN(value)));
    const missing = names.filter((name) => Number.isNaN(numbers[name]!));
    const options = { iteration_begin: 0, iterationEnd: 0 };
    const reply = await running.send(SCORE, {
      body: { model: "m", features: { numbers: present, missing }, outputs: ["OUTPUT_VALUE", 2], options },
    });
    expect(reply.status).toBe(200);
    expect(reply.json()).toEqual({
      model: { name: "m", version: "1", digest: running.service.repository.get("m").digest },
      score: expected.value[of],
      outputs: {
        value: { shape: [1], values: [expected.value[of]] },
        margin: { shape: [1], values: [expected.margin[of]] },
        featureNames: [],
      },
      missing: expect.arrayContaining(missing),
      missingWeight: expect.any(Number),
      unknown: [],
    });
    expect(reply.headers["x-model-version"]).toBe("1");
  });

  it.each([
    ["not JSON", "{", 400, /not JSON/],
    ["a list", "[]", 400, /cannot decode message xgboost_infer.v1.ScoreRequest/],
    ["an unknown field", '{"nonsense":1}', 400, /nonsense/],
    ["text for a number", '{"model":"m","features":{"numbers":{"a":"x"}}}', 400, /features|numbers/],
    ["an unknown output", '{"model":"m","outputs":["OUTPUT_X"]}', 400, /OUTPUT_X/],
    ["an output without a name", '{"model":"m","outputs":[77]}', 400, /no output 77/],
    ["no model", "{}", 400, /model is empty/],
    ["a key twice", '{"model":"m","model":"m"}', 400, /twice/],
  ])("refuses %s", async (_, body, status, message) => {
    const reply = await running.send(SCORE, { body, headers: { "Content-Type": "application/json" } });
    expect(reply.status).toBe(status);
    expect(reply.json()).toEqual({ code: "invalid_argument", message: expect.stringMatching(message) });
  });

  it("has __proto__ as a name like any other", async () => {
    for (const map of ["numbers", "integers"]) {
      const body = `{"model":"m","features":{"${map}":{"__proto__":1,"constructor":2}}}`;
      const reply = await running.send(SCORE, { body, headers: { "Content-Type": "application/json" } });
      expect(reply.status).toBe(200);
      expect(reply.json()["unknown"]).toContain("constructor");
      expect(({} as Record<string, unknown>)["constructor"]).toBe(Object);
    }
  });
});

describe("gRPC-Web", () => {
  const post = (body: Uint8Array | string, type = "application/grpc-web+proto", more = {}) =>
    running.send(SCORE, { body, headers: { "Content-Type": type, ...more } });
  const frame = (message: Uint8Array, flag = 0) => {
    const header = Buffer.from([flag, 0, 0, 0, 0]);
    header.writeUInt32BE(message.length, 1);
    return Buffer.concat([header, message]);
  };
  const request = toBinary(
    ScoreRequestSchema,
    create(ScoreRequestSchema, { model: "m", features: featuresOf(0) }),
  );
  const statusOf = (bytes: Buffer) => /grpc-status: (\d+)/.exec(bytes.toString("latin1"))?.[1];

  it("comes in base64, too", async () => {
    const type = "application/grpc-web-text";
    const reply = await post(frame(request).toString("base64"), type);
    expect(reply.headers["content-type"]).toBe(type);
    expect(statusOf(Buffer.from(reply.bytes.toString(), "base64"))).toBe("0");
  });

  it.each([
    ["an empty body", Buffer.alloc(0), "3"],
    ["half a header", Buffer.from([0, 0]), "3"],
    ["a frame that is cut off", frame(request).subarray(0, 20), "3"],
    ["two frames", Buffer.concat([frame(request), frame(request)]), "3"],
    ["a compressed frame", frame(request, 1), "12"],
    ["trailers", frame(request, 0x80), "3"],
    ["bytes that are no message", frame(Buffer.from([0xff, 0xff])), "3"],
  ])("refuses %s", async (_, body, status) => {
    const reply = await post(body);
    expect([reply.status, statusOf(reply.bytes)]).toEqual([200, status]);
  });

  it("has deadlines", async () => {
    expect(statusOf((await post(frame(request), undefined, { "grpc-timeout": "1n" })).bytes)).toBe("4");
    expect(statusOf((await post(frame(request), undefined, { "grpc-timeout": "5S" })).bytes)).toBe("0");
    expect(statusOf((await post(frame(request), undefined, { "grpc-timeout": "soon" })).bytes)).toBe("3");
  });
});

it("is logged and counted under a protocol of its own", async () => {
  running.flushLog();
  const lines = readFileSync(running.logFile, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toContainEqual(
    expect.objectContaining({ protocol: "named-http", path: SCORE, model: "m", status: 200, rows: 1 }),
  );
  const metrics = (await running.admin("/metrics")).bytes.toString();
  expect(metrics).toMatch(/requests_total\{protocol="named-http",model="m",outcome="ok"\} \d+/);
});
