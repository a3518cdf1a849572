/** Requests that no honest client sends: each gets its status and a clear error, and the service goes on. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, namedText } from "./support/fixture.ts";
import { ROOT, type Running, type SendOptions, startService } from "./support/service.ts";

const MODEL = fixture("binary-logistic-missing");
const COLS = MODEL.cols;
let running: Running;

beforeAll(async () => {
  running = await startService(
    {
      "m.ubj": MODEL.model,
      ...Object.fromEntries(
        ["model.yaml", "model.ubj", "feature_list", "feature_importance"].map((name) => [
          `tumour/${name}`,
          readFileSync(join(ROOT, "examples/tumour", name)),
        ]),
      ),
    },
    { headersTimeout: 500, bodyTimeout: 800 },
  );
});
afterAll(() => running.stop());

const JSON_TYPE = { "Content-Type": "application/json" };
const BINARY = (length: string | number) => ({
  ...JSON_TYPE,
  "Inference-Header-Content-Length": String(length),
});
const ROW = `[${Array.from({ length: COLS }, (_, i) => i)}]`;

function input(changes: Record<string, string> = {}): string {
  const fields = { name: '"rows"', shape: `[1,${COLS}]`, datatype: '"FP32"', data: ROW, ...changes };
  return `{${Object.entries(fields)
    .map(([name, value]) => `"${name}":${value}`)
    .join(",")}}`;
}

function infer(changes: Record<string, string>, more = ""): SendOptions {
  return { headers: JSON_TYPE, body: `{"inputs":[${input(changes)}]${more}}` };
}

function text(body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE): SendOptions {
  return { headers, body };
}

const raw = (json: string, bytes: number, length: string | number = json.length) =>
  text(Buffer.concat([Buffer.from(json), Buffer.alloc(bytes)]), BINARY(length));
const rawInput = (size: string) =>
  `{"inputs":[{"name":"rows","shape":[1,${COLS}],"datatype":"FP32","parameters":{"binary_data_size":${size}}}]}`;
const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const many = (count: number) => `{${Array.from({ length: count }, (_, i) => `"x${i}":1`).join(",")}}`;
const asked = (...names: string[]) => `,"outputs":[${names.map((name) => `{"name":"${name}"}`)}]`;
const columns = (name: string) => `{"name":"${name}","shape":[1],"datatype":"FP32","data":[1]}`;

/** Name, what is sent to `/v2/models/m/infer`, the status, and what the error says. */
const CASES: readonly (readonly [string, SendOptions, number, RegExp])[] = [
  ["empty body", text(""), 400, /empty/],
  ["blank body", text("  \n"), 400, /empty/],
  ["no JSON", text("hello"), 400, /not JSON/],
  ["half a document", text('{"inputs":['), 400, /not JSON/],
  ["null", text("null"), 400, /is null, expected a JSON object/],
  ["a list", text("[]"), 400, /a list, expected a JSON object/],
  ["a number", text("1"), 400, /a number/],
  ["no UTF-8", text(Buffer.from([0x7b, 0xff, 0x7d])), 400, /UTF-8/],
  ["nested 65 levels", text(`{"parameters":${deep(65)}}`), 400, /nested more than 64/],
  ["nested 400,000 levels", text(deep(400_000)), 400, /nested more than 64/],
  ["a key twice", text('{"inputs":[],"inputs":[]}'), 400, /key "inputs" twice/],
  ["a key twice, one of them escaped", text('{"inputs":[],"\\u0069nputs":[]}'), 400, /key "inputs" twice/],
  ["no inputs", text("{}"), 400, /inputs is absent/],
  ["inputs null", text('{"inputs":null}'), 400, /inputs is null/],
  ["inputs empty", text('{"inputs":[]}'), 400, /inputs is empty/],
  ["an input that is a number", text('{"inputs":[1]}'), 400, /inputs\[0\] is a number/],
  ["no name", text(`{"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]}`), 400, /no name/],
  ["unknown datatype", infer({ datatype: '"FLOAT"' }), 400, /datatype is "FLOAT"/],
  ["datatype of a prototype", infer({ datatype: '"constructor"' }), 400, /datatype is "constructor"/],
  ["no datatype", infer({ datatype: "null" }), 400, /datatype is null/],
  ["FP16 in JSON", infer({ datatype: '"FP16"' }), 400, /no form in JSON/],
  ["shape and data differ", infer({ shape: `[2,${COLS}]` }), 400, /means 24/],
  ["negative size", infer({ shape: `[-1,${COLS}]` }), 400, /whole numbers/],
  ["broken size", infer({ shape: `[1.5,${COLS}]` }), 400, /whole numbers/],
  ["size beyond 2^53", infer({ shape: "[9007199254740993,1]" }), 400, /whole numbers/],
  ["huge shape", infer({ shape: "[1000000000,1000000000]" }), 400, /too large/],
  [
    "rows without end, none of them there",
    infer({ shape: "[0,9007199254740991]", data: "[]" }),
    400,
    /columns/,
  ],
  ["no shape", infer({ shape: "[]" }), 400, /shape/],
  ["shape of a hundred sizes", infer({ shape: `[${Array(100).fill(1)}]` }), 400, /shape/],
  ["too few features", infer({ shape: "[1,3]", data: "[1,2,3]" }), 400, /3 columns, the model has 12/],
  ["too many features", infer({ shape: "[1,13]", data: `[${Array(13).fill(1)}]` }), 400, /13 columns/],
  [
    "a million features",
    infer({ shape: "[1,200000]", data: `[${Array(200_000).fill(1)}]` }),
    400,
    /200000 columns/,
  ],
  ["ragged rows", infer({ shape: `[2,${COLS}]`, data: `[${ROW},[1]]` }), 400, /not nested as its shape/],
  ["nested deeper than its shape", infer({ data: `[[${ROW}]]` }), 400, /input "rows"/],
  ["text for a number", infer({ data: ROW.replace("1", '"1"') }), 400, /value 1 is "1"/],
  ["true for a number", infer({ data: ROW.replace("1", "true") }), 400, /value 1 is true/],
  ["an object for a number", infer({ data: ROW.replace("1", "{}") }), 400, /value 1 is an object/],
  [
    "null for a whole number",
    infer({ datatype: '"INT32"', data: ROW.replace("1", "null") }),
    400,
    /value 1 is null/,
  ],
  [
    "whole number out of range",
    infer({ datatype: '"INT8"', data: ROW.replace("1", "128") }),
    400,
    /value 1 is 128/,
  ],
  ["BYTES with numbers", infer({ datatype: '"BYTES"' }), 400, /expected text/],
  [
    "BYTES for numbers",
    infer({ datatype: '"BYTES"', data: `[${Array(COLS).fill('"x"')}]` }),
    400,
    /found "x"/,
  ],
  ["data is an object", infer({ data: "{}" }), 400, /not an array/],
  ["no data", infer({ data: "null" }), 400, /not an array/],
  ["unknown output", infer({}, asked("nothing")), 400, /no output "nothing"/],
  ["output of a prototype", infer({}, asked("constructor")), 400, /no output "constructor"/],
  ["an output twice", infer({}, asked("margin", "margin")), 400, /twice/],
  ["an input twice", text(`{"inputs":[${columns("f1")},${columns("f1")}]}`), 400, /stands twice/],
  [
    "names of no feature",
    text(`{"inputs":[${columns("a")},${columns("b")}]}`),
    400,
    /no input is a feature.*"f0"/,
  ],
  [
    "columns of different lengths",
    text(`{"inputs":[${columns("f1")},${columns("f2").replace("[1]", "[2]").replace("[1]", "[1,1]")}]}`),
    400,
    /rows/,
  ],
  [
    "a matrix beside a feature",
    text(`{"inputs":[${input()},${columns("f1")}]}`),
    400,
    /expected one input of/,
  ],
  ["id is a number", infer({}, ',"id":1'), 400, /id is a number/],
  ["id of 2 kB", infer({}, `,"id":"${"x".repeat(2000)}"`), 400, /id is text of 2000/],
  ["parameters is a list", infer({}, ',"parameters":[]'), 400, /parameters/],
  ["iteration range out of range", infer({}, ',"parameters":{"iteration_range":[0,1000]}'), 400, /rounds/],
  [
    "iteration range that is none",
    infer({}, ',"parameters":{"iteration_range":"x"}'),
    400,
    /iteration_range/,
  ],
  ["binary size without header", text(rawInput("48")), 400, /Inference-Header-Content-Length/],
  ["binary size too short", raw(rawInput("44"), 44), 400, /44 bytes of FP32, expected 48/],
  ["binary size beyond the body", raw(rawInput("48"), 40), 400, /40 bytes are left/],
  ["negative binary size", raw(rawInput("-48"), 48), 400, /no whole number/],
  ["bytes behind the last input", raw(rawInput("48"), 52), 400, /4 bytes behind/],
  ["header length beyond the body", raw(rawInput("48"), 48, 100_000), 400, /expected 0 to/],
  ["negative header length", raw(rawInput("48"), 48, "-1"), 400, /expected 0 to/],
  ["header length that is none", raw(rawInput("48"), 48, "1e1"), 400, /expected 0 to/],
  ["body without JSON, of the wrong size", text(Buffer.alloc(47), BINARY(0)), 400, /47 bytes/],
  ["gzip that is none", text("{}", { ...JSON_TYPE, "Content-Encoding": "gzip" }), 400, /not gzip/],
  [
    "gzip cut short",
    text(gzipSync(infer({}).body as string).subarray(0, 30), { ...JSON_TYPE, "Content-Encoding": "gzip" }),
    400,
    /not gzip/,
  ],
  [
    "gzip bomb",
    text(gzipSync(Buffer.alloc(64 << 20)), { ...JSON_TYPE, "Content-Encoding": "gzip" }),
    413,
    /when unpacked/,
  ],
  [
    "deflate bomb",
    text(deflateSync(Buffer.alloc(64 << 20)), { ...JSON_TYPE, "Content-Encoding": "deflate" }),
    413,
    /when unpacked/,
  ],
  ["unknown encoding", text("{}", { ...JSON_TYPE, "Content-Encoding": "zstd" }), 415, /gzip or deflate/],
  ["too large", text(Buffer.alloc((1 << 20) + 1, " ")), 413, /larger than 1048576/],
  [
    "content type of a form",
    text("a=1", { "Content-Type": "application/x-www-form-urlencoded" }),
    415,
    /expected application\/json/,
  ],
  ["content type of nothing known", text("{}", { "Content-Type": "image/png" }), 415, /image\/png/],
  [
    "another character set",
    text("{}", { "Content-Type": "application/json; charset=utf-16" }),
    415,
    /utf-16/,
  ],
  ["verb", { method: "PUT" }, 405, /takes POST/],
];

describe("POST /v2/models/m/infer", () => {
  it.each(CASES)("%s", async (_, options, status, message) => {
    const answer = await running.send("/v2/models/m/infer", options);
    const { error, ...rest } = answer.json<{ error: string }>();
    expect({ status: answer.status, rest }).toEqual({ status, rest: {} });
    expect(error).toMatch(message);
    expect(error.length).toBeLessThan(1000);
    expect(error).not.toMatch(/\bat .*:\d+|node:|\/dist\//);
    expect((await running.send("/v2/models/m/infer", infer({}))).status).toBe(200);
  });

  it("takes what clients send though it is no JSON, and what looks odd but is not", async () => {
    const fine: SendOptions[] = [
      infer({ data: ROW.replace("1", "NaN").replace("2", "-Infinity") }),
      infer({ data: ROW.replace("1", "1e39") }),
      infer({ data: ROW.replace("1", "null") }),
      infer({}, ',"parameters":{"__proto__":{"binary_data_output":true},"note":"NaN \\" Infinity"}'),
      text(gzipSync(infer({}).body as string), { ...JSON_TYPE, "Content-Encoding": "gzip" }),
      text(deflateSync(infer({}).body as string), { ...JSON_TYPE, "Content-Encoding": "deflate" }),
      text(`\ufeff${infer({}).body}`),
    ];
    for (const options of fine) {
      const answer = await running.send("/v2/models/m/infer", options);
      expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/json"]);
    }
  });
});

describe("paths", () => {
  it.each([
    ["/v2/models/nobody", 404],
    ["/v2/models/nobody/infer", 405],
    ["/v2/models/m/versions/9", 404],
    ["/v2/models/__proto__", 404],
    ["/v2/models/constructor/ready", 404],
    ["/v2/models/%00", 404],
    ["/v2/models/%zz", 404],
    ["/v2/models/%ff%fe", 404],
    ["/v2/models/..%2f..%2fetc%2fpasswd", 404],
    ["/../../etc/passwd", 404],
    ["//v2", 404],
    [`/v2/models/${"x".repeat(5000)}`, 404],
    ["/v2/repository/index", 404],
    ["/metrics", 404],
    ["/nothing", 404],
  ])("%s", async (path, status) => {
    const answer = await running.send(path);
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual({ error: expect.any(String) });
    expect(status === 405 ? answer.headers["allow"] : "POST").toBe("POST");
  });

  it("are the same with a slash behind", async () => {
    for (const path of ["/v2/", "/v2/health/ready/", "/v2/models/m/"]) {
      expect((await running.send(path)).status).toBe(200);
    }
  });
});

describe("POST /", () => {
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  const good = namedText(MODEL, 0).replaceAll("NaN", "null");

  it.each<[string, SendOptions, number, RegExp]>([
    ["empty", text("", form), 1, /resource_id is absent/],
    ["no resource_id", text("feature_dict={}", form), 1, /resource_id is absent/],
    ["no feature_dict", text("resource_id=m", form), 1, /feature_dict is absent/],
    ["resource_id twice", text("resource_id=m&resource_id=m&feature_dict={}", form), 1, /twice/],
    ["unknown model", text("resource_id=x&feature_dict={}", form), 1, /no model "x"/],
    ["model of a prototype", text("resource_id=__proto__&feature_dict={}", form), 1, /no model/],
    ["no JSON", text("resource_id=m&feature_dict={a:1}", form), 1, /feature_dict is not JSON/],
    ["a list", text("resource_id=m&feature_dict=[]", form), 1, /feature_dict is a list/],
    ["a feature twice", text('resource_id=m&feature_dict={"f0":1,"f0":2}', form), 1, /key "f0" twice/],
    ["text for a number", text('{"resource_id":"m","feature_dict":{"f0":"1"}}'), 1, /"f0".*found "1"/],
    [
      "a refused row",
      text('{"resource_id":"tumour","feature_dict":{"mean radius":1}}'),
      1,
      /weightLimit is 0.2/,
    ],
    ["deep", text(`{"resource_id":"m","feature_dict":{"f0":${deep(100)}}}`), 1, /nested/],
    ["bad escapes", text("resource_id=%zz&feature_dict=%", form), 1, /./],
    ["another content type", text("x", { "Content-Type": "text/plain" }), 1, /content type/],
    ["too large", text(Buffer.alloc(2 << 20)), 1, /larger/],
  ])("%s", async (_, options, status, message) => {
    const answer = await running.send("/", options);
    const { status: found, msg, result } = answer.json();
    expect([answer.status, found, result]).toEqual([200, status, null]);
    expect(msg).toMatch(message);
  });

  it("takes 50,000 features, and keys that objects have by themselves", async () => {
    const features = `{"__proto__":1,"constructor":{},"toString":2,${good.slice(1, -1)},${many(50_000).slice(1)}`;
    const body = `{"resource_id":"m","feature_dict":${features}}`;
    const answer = await running.send("/", text(body));
    const { status, result } = answer.json<{
      status: number;
      result: { score: number; unknown: string[] };
    }>();
    expect([status, result.score]).toEqual([0, MODEL.expected.value[0]]);
    expect(result.unknown).toContain("__proto__");
  });

  it("carries the id of the request, the client's or a new one, in header, body and log", async () => {
    const body = `{"resource_id":"m","feature_dict":${good}}`;
    const given = await running.send("/", { body, headers: { ...JSON_TYPE, "X-Request-Id": "abc-1" } });
    expect([given.headers["x-request-id"], given.json()["request_id"]]).toEqual(["abc-1", "abc-1"]);
    const made = await running.send("/", { body, headers: { ...JSON_TYPE, "X-Request-Id": "two words" } });
    expect(made.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(made.json()["request_id"]).toBe(made.headers["x-request-id"]);
    running.flushLog();
    const line = readFileSync(running.logFile, "utf8")
      .split("\n")
      .find((each) => each.includes("abc-1"));
    expect(JSON.parse(line!)).toMatchObject({
      requestId: "abc-1",
      model: "m",
      version: "1",
      status: 200,
      protocol: "original",
    });
    expect(line).not.toContain(String(MODEL.values[0]));
  });
});

describe("other protocols", () => {
  it.each<[string, string, SendOptions, number]>([
    ["KServe v1 without instances", "/v1/models/m:predict", text("{}"), 400],
    ["KServe v1, rows of two kinds", "/v1/models/m:predict", text(`{"instances":[${ROW},{}]}`), 400],
    ["KServe v1, too short", "/v1/models/m:predict", text('{"instances":[[1]]}'), 400],
    ["KServe v1, refused", "/v1/models/tumour:predict", text('{"instances":[{}]}'), 400],
    [
      "KServe v1, refused as a matrix",
      "/v1/models/tumour:predict",
      text(`{"instances":[[${Array(30).fill(null)}]]}`),
      400,
    ],
    ["KServe v1, no such model", "/v1/models/x:predict", text('{"instances":[[1]]}'), 404],
    ["MLflow, no type", "/invocations", text("{}", { "Content-Type": "text/plain" }), 415],
    ["MLflow, no table", "/invocations", text("{}"), 400],
    ["MLflow, two tables", "/invocations", text('{"instances":[],"inputs":[]}'), 400],
    ["MLflow, several models and none named", "/invocations", text(`{"instances":[${ROW}]}`), 400],
    ["MLflow, no such output", "/invocations", text(`{"instances":[${ROW}],"params":{"output":"x"}}`), 400],
    [
      "CSV, broken quotes",
      "/invocations",
      text('"a,b\n1', { "Content-Type": "text/csv", "X-Model-Name": "m" }),
      400,
    ],
    [
      "CSV, a short row",
      "/invocations",
      text("f0,f1\n1", { "Content-Type": "text/csv", "X-Model-Name": "m" }),
      400,
    ],
    [
      "LIBSVM, no colon",
      "/invocations",
      text("1 2 3", { "Content-Type": "text/libsvm", "X-Model-Name": "m" }),
      400,
    ],
    [
      "LIBSVM, feature out of range",
      "/invocations",
      text("1 999999:3", { "Content-Type": "text/libsvm", "X-Model-Name": "m" }),
      400,
    ],
  ])("%s", async (_, path, options, status) => {
    const answer = await running.send(path, options);
    expect([answer.status, typeof answer.json()["error"]]).toEqual([status, "string"]);
  });

  it("an empty body of /invocations has no answer", async () => {
    expect((await running.send("/invocations", text("", { "Content-Type": "text/csv" }))).status).toBe(204);
  });
});

/** Sends bytes as they are; resolves with what came back when the connection is closed, or answered and idle. */
function bytes(sent: string, milliseconds = 3000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(running.service.port, "127.0.0.1", () => socket.write(sent));
    let received = "";
    const end = setTimeout(() => socket.destroy(), milliseconds);
    socket.on("data", (chunk) => {
      received += chunk;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(end);
      resolve(received);
    });
  });
}

describe("connections", () => {
  const head = "POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

  it.each([
    ["large headers", `${head}X: ${"x".repeat(20_000)}\r\n\r\n`, "431"],
    ["two lengths", `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, "400"],
    [
      "length and chunks",
      `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      "400",
    ],
    ["bad chunk", `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`, "400"],
    ["a hello of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400"],
    ["no host", "GET /v2 HTTP/1.1\r\n\r\n", "400"],
    ["headers that do not end", "GET /v2 HTTP/1.1\r\nHost: x\r\n", "408"],
    ["a body that does not come", `${head}Content-Length: 100\r\n\r\n{`, "408"],
  ])("%s are refused and closed", async (_, sent, status) => {
    const received = await bytes(sent);
    expect(received.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    expect(received).not.toMatch(/node:|Error:/);
    expect((await running.send("/v2/health/live")).status).toBe(200);
  });

  it("a chunked body beyond the limit is refused while it comes", async () => {
    const chunk = `10000\r\n${" ".repeat(65_536)}\r\n`;
    expect(await bytes(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}`)).toMatch(
      /^HTTP\/1.1 413/,
    );
  });

  it("requests that come together are answered in order", async () => {
    const two =
      "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    expect((await bytes(two)).match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 404"]);
  });
});
