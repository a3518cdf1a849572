/** Hostile requests beyond the classes of the table: other protocols, and what looks odd but is not. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deep, infer, JSON_TYPE, MODEL, ROW, text } from "./hostile/class.ts";
import { namedText } from "./support/fixture.ts";
import { ROOT, type Running, type SendOptions, startService } from "./support/service.ts";

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

const many = (count: number) => `{${Array.from({ length: count }, (_, i) => `"x${i}":1`).join(",")}}`;

describe("POST /v2/models/m/infer", () => {
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
    ["/v2/models/nobody/infer", 405],
    ["/v2/models/constructor/ready", 404],
    ["/metrics", 404],
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
  it("requests that come together are answered in order", async () => {
    const two =
      "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    expect((await bytes(two)).match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 404"]);
  });

  it("that send a thousand requests and read no reply are cut off", async () => {
    const rss = process.memoryUsage.rss();
    await new Promise<void>((resolve) => {
      const socket = connect(running.service.port, "127.0.0.1", () => {
        socket.write("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_500));
      });
      socket.on("error", () => undefined);
      socket.on("close", () => resolve());
      // An end is noticed by writing only, where nothing is read.
      const writing = setInterval(() => socket.write("\r\n"), 100);
      socket.once("close", () => clearInterval(writing));
    });
    const metrics = (await running.admin("/metrics")).bytes.toString();
    expect(metrics).toMatch(/refused_connections_total\{listener="http",reason="slow reader"\} 1\b/);
    expect(process.memoryUsage.rss() - rss).toBeLessThan(100 * 2 ** 20);
  });
});
