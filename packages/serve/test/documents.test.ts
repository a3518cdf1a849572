/** What the service says of itself: metadata, OpenAPI, metrics, level of the log. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture } from "./support/fixture.ts";
import { ROOT, type Running, startService } from "./support/service.ts";

let running: Running;
const named = fixture("feature-names");

beforeAll(async () => {
  running = await startService({
    "named.ubj": named.model,
    "classes.ubj": fixture("multi-softprob").model,
    "linear.ubj": readFileSync(join(ROOT, "fixtures/3.4.1/gblinear/model.ubj")),
    "categories.ubj": readFileSync(join(ROOT, "fixtures/3.4.1/categorical-partition/model.ubj")),
  });
});
afterAll(() => running.stop());

const JSON_TYPE = { "Content-Type": "application/json" };

interface Metadata {
  readonly inputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
  }[];
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

describe("metadata of models", () => {
  const metadata = async (name: string) => (await running.send(`/v2/models/${name}`)).json<Metadata>();

  it("names features and their types", async () => {
    const { inputs } = await metadata("named");
    expect(inputs).toEqual(named.names.map((name) => ({ name, datatype: "FP32", shape: [-1, 1] })));
  });

  it("has the outputs and their real sizes: what it says is what comes", async () => {
    for (const name of running.service.repository.names()) {
      const { inputs, outputs } = await metadata(name);
      const { executor } = running.service.repository.get(name);
      expect(inputs.length).toBe(executor.features.length);
      const row = new Array(inputs.length).fill(0);
      const body = {
        inputs: [{ name: "rows", shape: [1, row.length], datatype: "FP32", data: row }],
        outputs: outputs.map((each) => ({ name: each.name })),
      };
      const answer = await running.send(`/v2/models/${name}/infer`, { body });
      const sizes = answer.json<Metadata>().outputs.map(({ shape }) => shape);
      expect(sizes).toEqual(outputs.map(({ shape }) => [1, ...shape.slice(1)]));
    }
  });
});

describe("the OpenAPI document", () => {
  it("lists every path of the listener, with its parameters", async () => {
    const { openapi, paths } = (await running.send("/openapi.json")).json<{
      openapi: string;
      paths: Record<
        string,
        Record<string, { summary: string; parameters?: { name: string }[]; responses: object }>
      >;
    }>();
    expect(openapi).toBe("3.1.0");
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        "/",
        "/v2",
        "/v2/models/{name}/infer",
        "/v1/models/{name}:predict",
        "/invocations",
        "/ping",
      ]),
    );
    for (const [path, methods] of Object.entries(paths)) {
      for (const { summary, parameters = [], responses } of Object.values(methods)) {
        expect(summary).toMatch(/\.$/);
        expect(parameters.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
        expect(responses).toHaveProperty("200");
      }
      const url = path.replace("{name}", "named").replace("{version}", "1");
      if (methods["get"] !== undefined) {
        expect((await running.send(url)).status, path).toBe(200);
      }
    }
  });

  it("has a page, which loads nothing", async () => {
    const page = await running.send("/docs");
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    const html = page.bytes.toString();
    expect(html).toContain("/v2/models/{name}/infer");
    expect(html).not.toMatch(/<script|src=|https?:/);
  });
});

describe("metrics", () => {
  it("count requests, rows, missing values and scores", async () => {
    const body = { instances: [{ age: 0.1 }, {}] };
    await running.send("/v1/models/named:predict", { body });
    await running.send("/v1/models/named:predict", { body: {} });
    const text = (await running.admin("/metrics")).bytes.toString();
    expect(text).toContain('xgboost_infer_requests_total{protocol="kserve-v1",model="named",outcome="ok"} 1');
    expect(text).toContain('xgboost_infer_requests_total{protocol="kserve-v1",model="",outcome="invalid"} 1');
    const value = (name: string) =>
      Number(new RegExp(`${name}\\{model="named",version="1"\\} (\\d+)`).exec(text)![1]);
    expect(value("values_total")).toBe(value("rows_total") * named.cols);
    expect(value("missing_values_total")).toBe(2 * named.cols - 1);
    expect(text).toMatch(/xgboost_infer_model_info\{model="named",version="1",digest="sha256:\w+"\} 1/);
    expect(text).toMatch(/xgboost_infer_score_count\{model="named",version="1"\} \d/);
    expect(text).toMatch(/xgboost_infer_queued_requests 0/);
    expect(text).toMatch(/xgboost_infer_resident_memory_bytes \d{7}/);
    expect(text).toMatch(/xgboost_infer_cpu_seconds_total \d/);
  });

  it("are all in the documentation, and what is there is a metric", async () => {
    const text = (await running.admin("/metrics")).bytes.toString();
    const names = Array.from(text.matchAll(/^# TYPE xgboost_infer_(\w+)/gm), ([, name]) => name!);
    const page = readFileSync(join(ROOT, "docs/serving.md"), "utf8");
    const section = page.slice(page.indexOf("## Metrics"), page.indexOf("## Traces"));
    const documented = Array.from(section.matchAll(/`(?:xgboost_infer|…)_(\w+)`/g), ([, name]) => name!);
    expect(names.filter((name) => !documented.includes(name))).toEqual([]);
    // Only where there is TLS.
    expect(documented.filter((name) => !names.includes(name))).toEqual(["certificate_expiry_seconds"]);
  });
});

describe("the level of the log", () => {
  it("is read and set on the admin listener", async () => {
    const put = (level: string) => running.admin("/log/level", { method: "PUT", body: { level } });
    expect((await running.admin("/log/level")).json()).toEqual({ level: "info" });
    expect((await put("warn")).json()).toEqual({ level: "warn" });
    await running.send("/v2", { headers: { "X-Request-Id": "not-logged" } });
    expect((await put("loud")).status).toBe(400);
    await put("info");
    await running.send("/v2", { headers: { "X-Request-Id": "logged-again" } });
    running.flushLog();
    const log = readFileSync(running.logFile, "utf8");
    expect([log.includes("not-logged"), log.includes("logged-again")]).toEqual([false, true]);
  });
});

it("/ping, /health, /version and /execution-parameters answer as containers must", async () => {
  expect((await running.send("/ping")).status).toBe(200);
  expect((await running.send("/health")).status).toBe(200);
  expect((await running.send("/version")).bytes.toString()).toBe("0.1.0");
  expect((await running.send("/execution-parameters")).json()).toMatchObject({
    BatchStrategy: "MULTI_RECORD",
    MaxPayloadInMB: 1,
  });
  expect((await running.send("/", { headers: JSON_TYPE })).json()).toEqual({ status: "alive" });
});
