/**
 * Requests that are made of good ones by chance, over HTTP, as bare bytes and over gRPC: no failure of the service, no end of it, no
 * memory that stays.
 *
 * `XGBOOST_INFER_FUZZ` is the number of requests, 100,000 by default, and `XGBOOST_INFER_FUZZ_SEED` what chance begins with: the
 * same seed gives the same requests.
 */
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { status as Status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ModelInferRequestSchema, ModelStatisticsRequestSchema } from "../../src/proto/open_inference_pb.ts";
import { ScoreRequestSchema } from "../../src/proto/xgboost_infer/v1/scoring_pb.ts";
import { type Command, startCommand } from "../support/child.ts";
import { fixture, namedText, rowTexts } from "../support/fixture.ts";
import { GrpcClient } from "../support/grpc-client.ts";

const REQUESTS = Number(process.env["XGBOOST_INFER_FUZZ"] ?? 100_000);
const SEED = Number(process.env["XGBOOST_INFER_FUZZ_SEED"] ?? 1);
const CLIENTS = 16;

/** No answer is one after so many milliseconds; that is long, for machines that others use, too. */
const ANSWER_TIMEOUT = 60_000;

const OF = fixture("binary-logistic-missing");

let command: Command;
let client: GrpcClient;
beforeAll(async () => {
  command = await startCommand(
    { "m.ubj": OF.model },
    // Bodies that are announced and do not come must not take the time of the test.
    ["--headers-timeout", "300", "--body-timeout", "300", "--keep-alive-timeout", "2000"],
  );
  client = new GrpcClient(command.grpcPort);
}, 60_000);
afterAll(async () => {
  client.close();
  // Not ended by itself, and nothing said on the standard error.
  expect([await command.stop(), command.complaints()]).toEqual([0, ""]);
});

/** Numbers by chance from 0 up to 1: mulberry32. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Sample {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const JSON_TYPE = { "content-type": "application/json" };
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const ROW = rowTexts(OF, [0])[0]!;
const NAMED = namedText(OF, 0).replaceAll("NaN", "null");
const TENSOR = (data: string) => `{"name":"rows","shape":[1,${OF.cols}],"datatype":"FP32",${data}}`;
const BINARY = `{"inputs":[${TENSOR(`"parameters":{"binary_data_size":${4 * OF.cols}}`)}]}`;

function post(path: string, headers: Sample["headers"], body: string | Buffer): Sample {
  return { method: "POST", path, headers, body: Buffer.from(body) };
}

const SAMPLES: readonly Sample[] = [
  post(
    "/v2/models/m/infer",
    JSON_TYPE,
    `{"id":"a","inputs":[${TENSOR(`"data":[${ROW}]`)}],"outputs":[{"name":"leaf"}]}`,
  ),
  post(
    "/v2/models/m/versions/1/infer",
    JSON_TYPE,
    `{"parameters":{"iteration_range":[0,2]},"inputs":[{"name":"f0","shape":[2,1],"datatype":"INT64","data":[[1],[2]]},{"name":"f1","shape":[2],"datatype":"FP64","data":[1.5,null]}]}`,
  ),
  post(
    "/v2/models/m/infer",
    { ...JSON_TYPE, "inference-header-content-length": String(BINARY.length) },
    Buffer.concat([Buffer.from(BINARY), Buffer.from(OF.values.buffer, 0, 4 * OF.cols)]),
  ),
  post("/", FORM, `resource_id=m&feature_dict=${encodeURIComponent(NAMED)}`),
  post("/", JSON_TYPE, `{"resource_id":"m","feature_dict":${NAMED}}`),
  post("/v1/models/m:predict", JSON_TYPE, `{"instances":[${NAMED},{"f1":2}]}`),
  post("/invocations", JSON_TYPE, `{"dataframe_split":{"index":[0],"columns":["f0","f1"],"data":[[1.5,2]]}}`),
  post("/invocations", { "content-type": "text/csv" }, `${OF.names}\n${ROW}\n`),
  post("/invocations", { "content-type": "text/libsvm" }, "1 0:1.5 3:2\n0 1:nan\n"),
  post(
    "/xgboost_infer.v1.ScoringService/Score",
    JSON_TYPE,
    `{"model":"m","features":{"numbers":{"f0":1.5},"missing":["f1"]},"outputs":["OUTPUT_CONTRIBS"]}`,
  ),
  { method: "GET", path: "/v2/models/m", headers: {}, body: Buffer.alloc(0) },
  {
    method: "GET",
    path: "/v2/models/m/stats?x=1",
    headers: { traceparent: `00-${"ab".repeat(16)}-${"cd".repeat(8)}-01` },
    body: Buffer.alloc(0),
  },
];

const TOKENS = [
  ...[
    "NaN",
    "-Infinity",
    "1e999",
    "-0",
    "null",
    "true",
    '"',
    "\\",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
  ],
  ...[
    '"__proto__":',
    '"constructor":{"prototype":1},',
    '"inputs":[],',
    "9007199254740993",
    "-1",
    "1.5",
    "1e-400",
  ],
  ...[
    "\u0000",
    "%00",
    "%zz",
    "..%2f",
    "\r\n",
    "0x10",
    "\ufeff",
    "🦄",
    "[".repeat(100),
    "9".repeat(400),
    "a".repeat(5_000),
  ],
];
const HEADER_VALUES = [
  ...[
    "",
    "0",
    "-1",
    "1e3",
    "99999999999999999999",
    "gzip",
    "deflate",
    "identity, gzip",
    "text/csv; header=absent",
  ],
  ...[
    "application/json; charset=utf-16",
    "multipart/form-data; boundary=x",
    "application/grpc-web-text",
    "application/proto",
  ],
  ...["x".repeat(3_000), "Bearer x", "*/*;q=0", "\u00ff", "1m", "0n"],
];
const HEADER_NAMES = [
  ...[
    "content-type",
    "content-encoding",
    "accept-encoding",
    "inference-header-content-length",
    "x-request-id",
  ],
  ...[
    "accept",
    "x-model-name",
    "grpc-timeout",
    "connect-timeout-ms",
    "traceparent",
    "authorization",
    "expect",
    "te",
  ],
];
const METHODS = ["GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH"];

class Mutator {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = chance(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  oneOf<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }

  bytes(of: Buffer): Buffer {
    let found: Buffer = Buffer.from(of);
    for (let times = 1 + this.below(3); times > 0; times--) {
      found = this.#mutated(found);
    }
    return found;
  }

  sample(): Sample {
    const sample = this.oneOf(SAMPLES);
    const headers = { ...sample.headers };
    if (this.below(4) === 0) {
      headers[this.oneOf(HEADER_NAMES)] = this.oneOf(HEADER_VALUES);
    }
    const path = this.below(8) === 0 ? this.bytes(Buffer.from(sample.path)).toString("latin1") : sample.path;
    return {
      method: this.below(20) === 0 ? this.oneOf(METHODS) : sample.method,
      path: `/${path.replace(/[^\x21-\x7e]/g, "%20").slice(1)}`,
      headers,
      body: sample.body.length === 0 ? sample.body : this.bytes(sample.body),
    };
  }

  #mutated(of: Buffer): Buffer {
    const at = this.below(of.length + 1);
    const end = Math.min(of.length, at + 1 + this.below(20));
    const before = of.subarray(0, at);
    switch (this.below(8)) {
      case 0: {
        const flipped = Buffer.from(of);
        if (at < of.length) {
          flipped.writeUInt8(of.readUInt8(at) ^ (1 << this.below(8)), at);
        }
        return flipped;
      }
      case 1:
        return Buffer.concat([before, of.subarray(end)]);
      case 2:
        return Buffer.concat([of.subarray(0, end), of.subarray(at)]);
      case 3:
        return Buffer.from(before);
      case 4:
        return Buffer.concat([before, this.oneOf(SAMPLES).body.subarray(this.below(50))]);
      case 5:
        return Buffer.concat([before, Buffer.from([this.below(256), this.below(256)]), of.subarray(end)]);
      default:
        return Buffer.concat([
          before,
          Buffer.from(this.oneOf(TOKENS)),
          of.subarray(this.below(2) === 0 ? at : end),
        ]);
    }
  }
}

/** What is said of a failure that should not be. */
const problems: string[] = [];
const counts = new Map<string, number>();

function count(kind: string, status: number | string): void {
  const key = `${kind} ${status}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Failures of the service that are documented: the model lacks it, not ready, too late. */
const ALLOWED = new Set([501, 503, 504]);

function overHttp(sample: Sample, agent: Agent): Promise<void> {
  return new Promise((resolve) => {
    const { method, path, headers, body } = sample;
    const fail = (error: Error) => {
      count("HTTP", (error as NodeJS.ErrnoException).code ?? error.message);
      resolve();
    };
    try {
      const options = { agent, port: command.port, host: "127.0.0.1", method, path, headers };
      const sent = request(options, (response) => {
        const status = response.statusCode!;
        count("HTTP", status);
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", fail);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("latin1");
          if ((status >= 500 && !ALLOWED.has(status)) || /\bat .*:\d+:\d+|node:internal/.test(text)) {
            problems.push(
              `${status} ${text.slice(0, 200)}: ${JSON.stringify({ ...sample, body: body.toString("base64") })}`,
            );
          }
          resolve();
        });
      });
      sent.on("error", fail);
      sent.setTimeout(ANSWER_TIMEOUT, () => {
        problems.push(`no answer: ${JSON.stringify({ ...sample, body: body.toString("base64") })}`);
        sent.destroy();
      });
      sent.end(method === "GET" || method === "HEAD" ? undefined : body);
    } catch (error) {
      // Node's client does not send what is no header or path.
      fail(error as Error);
    }
  });
}

/** Bytes of a whole request that are wrong somewhere: whatever comes back, the connection ends. */
function asBytes(mutator: Mutator): Promise<void> {
  const { method, path, headers, body } = mutator.oneOf(SAMPLES);
  const head = Object.entries({ host: "x", ...headers, "content-length": String(body.length) })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
  const sent = mutator.bytes(Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n`), body]));
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(command.port, "127.0.0.1", () => socket.end(sent));
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.setTimeout(ANSWER_TIMEOUT, () => {
      problems.push(`no end: ${sent.toString("base64")}`);
      socket.destroy();
    });
    socket.on("close", () => {
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(received)?.[1] ?? 0);
      count("bytes", status);
      if (status >= 500 && !ALLOWED.has(status)) {
        problems.push(`${status}: ${sent.toString("base64")}`);
      }
      resolve();
    });
  });
}

const MESSAGES: readonly (readonly [path: string, bytes: Uint8Array])[] = [
  [
    "/inference.GRPCInferenceService/ModelInfer",
    toBinary(
      ModelInferRequestSchema,
      create(ModelInferRequestSchema, {
        modelName: "m",
        inputs: [{ name: "rows", datatype: "FP32", shape: [1n, BigInt(OF.cols)] }],
        outputs: [{ name: "contribs" }],
        rawInputContents: [new Uint8Array(OF.values.buffer.slice(0, 4 * OF.cols))],
      }),
    ),
  ],
  [
    "/xgboost_infer.v1.ScoringService/Score",
    toBinary(
      ScoreRequestSchema,
      create(ScoreRequestSchema, { model: "m", features: { numbers: { f0: 1.5 } } }),
    ),
  ],
  [
    "/inference.GRPCInferenceService/ModelStatistics",
    toBinary(ModelStatisticsRequestSchema, create(ModelStatisticsRequestSchema, { name: "m" })),
  ],
];

async function overGrpc(mutator: Mutator): Promise<void> {
  const [path, message] = mutator.oneOf(MESSAGES);
  const bytes = mutator.bytes(Buffer.from(message));
  const code = await client.send(path, bytes, { deadline: Date.now() + ANSWER_TIMEOUT }).then(
    () => Status.OK,
    ({ code }: { code: Status }) => code,
  );
  count("gRPC", Status[code]!);
  if ([Status.INTERNAL, Status.UNKNOWN, Status.DEADLINE_EXCEEDED].includes(code)) {
    problems.push(`${Status[code]}: ${path} ${bytes.toString("base64")}`);
  }
}

it(
  `${REQUESTS} requests by chance, with seed ${SEED}`,
  async () => {
    // Each client has a chance of its own, so that what it sends does not depend on the order of answers.
    let before = 0;
    const work = (share: number, from: number) =>
      Array.from({ length: CLIENTS }, async (_, i) => {
        const mutator = new Mutator(SEED + 1_000 * i + from);
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        for (let n = 0; n < share / CLIENTS && problems.length < 10; n++) {
          const way = mutator.below(10);
          await (way === 0
            ? asBytes(mutator)
            : way === 1
              ? overGrpc(mutator)
              : overHttp(mutator.sample(), agent));
        }
        agent.destroy();
      });
    // Memory is that of a service that has been at work for a while.
    await Promise.all(work(REQUESTS / 5, 0));
    before = command.rss();
    await Promise.all(work((REQUESTS * 4) / 5, 1));
    const after = command.rss();
    const summary = [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, found]) => `${kind}: ${found}`);
    process.stdout.write(
      `${summary.join(", ")}; memory ${Math.round(before / 2 ** 20)} MiB after a fifth, then ${Math.round(after / 2 ** 20)}\n`,
    );
    expect(problems).toEqual([]);
    expect(command.child.exitCode).toBe(null);
    expect(counts.get("HTTP 200")).toBeGreaterThan(REQUESTS / 50);
    expect(counts.get("HTTP 400")).toBeGreaterThan(REQUESTS / 50);
    expect(after - before).toBeLessThan(150 * 2 ** 20);
  },
  Math.max(300_000, REQUESTS * 10),
);
